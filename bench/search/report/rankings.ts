/** All samplers beside each other: average ranks, and the share of targets that each reaches. */
import { common, ranks, reached } from '../stats.js';
import { counted, countedAll, digits, shown, table } from './format.js';
import type { Goals } from './goals.js';
import { AT, type Selection } from './selection.js';

/** Below this number of trials the slow samplers take part. */
const SLOW = 300;

export function rankingsText(results: Selection, goals: Goals): string {
  const columns = AT.map((at) => ({ at, of: ranks(results.everybody(at < SLOW), at) }));
  const order = (name: string): number => columns[2]!.of.get(name)?.value ?? Infinity;
  const rows = [...results.everybody(true).keys()]
    .sort((a, b) => order(a) - order(b))
    .map((name) => [name, ...columns.map(({ of }) => shown(of.get(name) ?? null))]);
  const first = columns.map(({ of }) => [...of.entries()].sort((a, b) => a[1].value - b[1].value)[0]);
  const known = columns.flatMap(({ at, of }) => {
    const auto = of.get('ours: auto')?.value;
    const theirs = [...of.entries()].filter(([name]) => name.startsWith('Optuna'));
    if (auto === undefined || theirs.length === 0) return [];
    return [{ at, auto, best: Math.min(...theirs.map(([, found]) => found.value)) }];
  });
  goals.add(
    '`auto` better than every single Optuna sampler and than AutoSampler’s rule, on average rank',
    known.length === 0 ? 'not measured' : known.every(({ auto, best }) => auto < best) ? 'met' : 'not met',
    countedAll(columns.map(({ of }) => of.get('ours: auto') ?? null)),
    known.map(({ at, auto, best }) => `${at}: ${digits(auto)} (best of Optuna ${digits(best)})`).join(', '),
  );
  const counts = columns.map(({ of }, i) => counted(of.get(first[i]?.[0] ?? '') ?? null));
  return table(['average rank', ...AT.map((at) => `${at} trials`)], [...rows, ['tasks × seeds', ...counts]]);
}

export function targetsText(results: Selection): string {
  const columns = AT.map((at) => common(results.everybody(at < SLOW), at));
  const rows = [...results.everybody(true).keys()].map((name) => {
    const shares = AT.map((at, i) => reached(columns[i]!.get(name) ?? [], at));
    return [name, ...shares.map((share) => (share === null ? '' : `${(100 * share).toFixed(0)} %`))];
  });
  return table(['targets reached', ...AT.map((at) => `${at} trials`)], rows);
}
