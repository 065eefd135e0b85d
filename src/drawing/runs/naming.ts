import type { Run } from '../../protocol/engine/index.js';
import { formatRunParam } from '../../format/runParams.js';
import { entryOf, hasEntry } from '../../protocol/values/records.js';

type Named = Pick<Run, 'id' | 'name' | 'params'>;

const MAX_VALUE = 28;
const shorten = (text: string, max = MAX_VALUE) => (text.length > max ? `${text.slice(0, max - 1)}…` : text);

/** Names of the params that are not alike in all the runs, in the order of the first run that has them. */
export function differingParams(runs: readonly Named[]): string[] {
  if (runs.length < 2) return [];
  const names = new Set<string>();
  for (const run of runs) for (const name of Object.keys(run.params)) names.add(name);
  return [...names].filter((name) => {
    const first = JSON.stringify(entryOf(runs[0]!.params, name));
    return runs.some((run) => JSON.stringify(entryOf(run.params, name)) !== first);
  });
}

export interface Label {
  /** The params that differ between the runs: `lr 0.01 · dropout 0.3`; the run's name if none does. */
  text: string;
  /** The differing params alone; empty when none differs. */
  parts: { name: string; value: string }[];
  /** True if another run has the same params, so that the name has to tell them apart. */
  ambiguous: boolean;
}

/** A label for each run that names what differs between them, and only that. */
export function labels(runs: readonly Named[]): Map<string, Label> {
  const names = differingParams(runs);
  const result = new Map<string, Label>();
  const seen = new Map<string, number>();
  const texts = runs.map((run) => {
    const parts = names
      .filter((name) => hasEntry(run.params, name))
      .map((name) => ({ name, value: shorten(formatRunParam(run, name)) }));
    const text = parts.map((part) => `${part.name} ${part.value}`).join(' · ');
    seen.set(text, (seen.get(text) ?? 0) + 1);
    return { run, parts, text };
  });
  for (const { run, parts, text } of texts) {
    const ambiguous = seen.get(text)! > 1;
    const name = shorten(run.name, 60);
    result.set(run.id, {
      parts,
      ambiguous,
      text: text === '' ? name : ambiguous ? `${text} · ${name}` : text,
    });
  }
  return result;
}
