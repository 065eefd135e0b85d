/** Paths of the data in a network section that is written into another folder. */
import * as path from 'node:path';

const PATHS = ['file', 'folder', 'inputs', 'targets', 'validation'];

/** Returns the section with paths of data that are relative to the folder of the file `to` instead of that of `from`. */
export function relocated(template: Record<string, unknown>, from: string, to: string): Record<string, unknown> {
  const [old, own] = [path.dirname(from), path.dirname(to)];
  const { data } = template;
  if (old === own || typeof data !== 'object' || data === null) return template;
  const [[source, settings]] = Object.entries(data) as [[string, Record<string, unknown> | null]];
  // A source of examples that Tunesmith brings along.
  if (settings === null || typeof settings !== 'object') return template;
  // Inputs and targets of an archive are names.
  const keys = source === 'npz' ? ['file'] : PATHS;
  const moved = (value: unknown): unknown => {
    if (typeof value === 'string') return path.relative(own, path.resolve(old, value)).split(path.sep).join('/') || '.';
    if (typeof value !== 'object' || value === null) return value;
    return movedAll(value as Record<string, unknown>);
  };
  const movedAll = (group: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(group).map(([key, value]) => [key, keys.includes(key) ? moved(value) : value]));
  return { ...template, data: { [source]: movedAll(settings) } };
}
