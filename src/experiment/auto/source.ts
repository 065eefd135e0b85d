/** The experiment file of `tunesmith auto`: the data and a time, nothing else. */
import { flowText } from '../file/flowText.js';

export interface AutoSource {
  /** Format of the files. */
  format: 'csv' | 'images' | 'npz' | 'npy' | 'idx';
  /** Paths relative to the experiment file: one, or inputs and targets. */
  files: readonly string[];
  /** Column of a CSV file, or name of an array of targets. */
  target: string | null;
  /** Name of the array of inputs in an NPZ archive. */
  inputs: string | null;
  task: 'classification' | 'regression' | null;
  kind: 'rows' | 'pictures' | 'sequences' | null;
  /** As written, such as `60s`. */
  time: string;
  trials: number | null;
}

/** First line of the files that are written here, by which they are recognized. */
export const AUTO_MARK = '# Written by "tunesmith auto".';

/** Returns the kind of data in a file or folder, by its name; null: none that networks learn from. */
export function formatOf(name: string, isFolder: boolean): AutoSource['format'] | null {
  if (isFolder) return 'images';
  const plain = name.toLowerCase().replace(/\.gz$/, '');
  if (/\.(csv|tsv|tab|txt)$/.test(plain)) return 'csv';
  if (plain.endsWith('.npz')) return 'npz';
  if (plain.endsWith('.npy')) return 'npy';
  return /ubyte$|\.idx\d?$/.test(plain) ? 'idx' : null;
}

export function dataOf({ format, files, target, inputs, task }: AutoSource): Record<string, unknown> {
  const [file, second] = files;
  const said = task === null ? {} : { task };
  switch (format) {
    case 'csv':
      return { csv: { file, target, ...said } };
    case 'images':
      return { images: { folder: file } };
    case 'npz':
      return { npz: { file, inputs: inputs ?? 'x', targets: target ?? 'y', ...said } };
    case 'npy':
    case 'idx':
      return { [format]: { inputs: file, targets: second, ...said } };
  }
}

export function autoText(source: AutoSource): string {
  const { time, kind, trials } = source;
  const more = { ...(kind !== null && { kind }), ...(trials !== null && { trials }) };
  const auto = Object.keys(more).length > 0 ? { time, ...more } : time;
  return [
    `${AUTO_MARK} It searches for a network for these data; run it again with: tunesmith search FILE`,
    'network:',
    `  data: ${flowText(dataOf(source))}`,
    `  auto: ${flowText(auto)}`,
    '',
  ].join('\n');
}
