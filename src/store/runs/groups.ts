/** Groups of runs by the values of some fields, with statistics of some columns. */
import type { RunGroups } from '../../protocol/engine/groups.js';
import { toWire } from '../../protocol/values/index.js';
import type { FieldValue } from '../../query/filter/index.js';
import type { FieldReader, ValueOf } from './fields.js';

/** Groups that are listed. */
const MOST_GROUPS = 1000;

interface Sums {
  n: number;
  mean: number;
  /** Sum of squared differences from the mean (Welford, 1962). */
  squares: number;
  min: number;
  max: number;
}

/** `by` and `columns`: keys as the table has them, `param:lr`, `metric:loss`, `objective`, `status`, `tags`, `search`, `device`. */
export function groupsOf(
  keys: readonly number[],
  by: readonly string[],
  columns: readonly string[],
  reader: FieldReader,
): RunGroups {
  const groupers = by.map((key) => reader.of(fieldOf(key)));
  const measured = columns.map((key) => reader.of(fieldOf(key)));
  const groups = new Map<string, { values: FieldValue[]; runs: number; sums: Sums[] }>();
  for (const key of keys) {
    const values = groupers.map((value) => flat(value(key)));
    const id = JSON.stringify(values);
    let group = groups.get(id);
    if (!group) groups.set(id, (group = { values, runs: 0, sums: columns.map(empty) }));
    group.runs++;
    for (const [i, value] of measured.entries()) add(group.sums[i]!, value, key);
  }
  const all = [...groups.values()];
  return {
    total: all.length,
    groups: all.slice(0, MOST_GROUPS).map(({ values, runs, sums }) => ({
      values: values as RunGroups['groups'][number]['values'],
      runs,
      columns: sums.map(({ n, mean, squares, min, max }) =>
        n === 0
          ? null
          : { n, mean: toWire(mean), sd: n > 1 ? Math.sqrt(squares / (n - 1)) : 0, min: toWire(min), max: toWire(max) },
      ),
    })),
  };
}

const empty = (): Sums => ({ n: 0, mean: 0, squares: 0, min: Infinity, max: -Infinity });

function add(sums: Sums, valueOf: ValueOf, key: number): void {
  const value = valueOf(key);
  if (typeof value !== 'number' || !Number.isFinite(value)) return;
  const delta = value - sums.mean;
  sums.n++;
  sums.mean += delta / sums.n;
  sums.squares += delta * (value - sums.mean);
  sums.min = Math.min(sums.min, value);
  sums.max = Math.max(sums.max, value);
}

const flat = (value: FieldValue): FieldValue =>
  Array.isArray(value) ? (value.length > 0 ? [...(value as readonly string[])].sort().join(', ') : null) : value;

function fieldOf(key: string): Parameters<FieldReader['of']>[0] {
  const at = key.indexOf(':');
  const [kind, name] = [key.slice(0, at), key.slice(at + 1)];
  if (at > 0 && (kind === 'param' || kind === 'metric' || kind === 'info')) return { kind, name };
  return { kind: 'fact', name: key === 'tags' ? 'tag' : key };
}
