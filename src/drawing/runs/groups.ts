/** Runs put together by the values of some fields. */
import type { Run } from '../../protocol/engine/index.js';
import { titleOf, valueOf, valueText } from './fields.js';

export interface RunGroup {
  /** The values as JSON: stays the same while runs come and go. */
  id: string;
  /** `optimizer adam · lr 0.01`. */
  label: string;
  parts: { name: string; value: string }[];
  runs: Run[];
}

/** Groups in the order of their values; runs without a value form a separate group. No keys: no groups. */
export function groupRuns(runs: readonly Run[], keys: readonly string[]): RunGroup[] {
  if (keys.length === 0) return [];
  const groups = new Map<string, RunGroup & { values: ReturnType<typeof valueOf>[] }>();
  for (const run of runs) {
    const values = keys.map((key) => valueOf(run, key));
    const id = JSON.stringify(values);
    const known = groups.get(id);
    if (known) {
      known.runs.push(run);
      continue;
    }
    const parts = keys.map((key, i) => ({ name: titleOf(key), value: valueText(values[i]!) }));
    const label = parts.map(({ name, value }) => `${name} ${value}`).join(' · ');
    groups.set(id, { id, label, parts, runs: [run], values });
  }
  return [...groups.values()].sort((a, b) => compareAll(a.values, b.values));
}

function compareAll(a: readonly unknown[], b: readonly unknown[]): number {
  for (const [i, value] of a.entries()) {
    const order = compareValues(value, b[i]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers in order, then texts in order, then missing values. */
export function compareValues(a: unknown, b: unknown): number {
  const rank = (value: unknown): number => (value === null ? 2 : typeof value === 'number' ? 0 : 1);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true });
}
