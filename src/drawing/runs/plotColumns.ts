/** Values of runs by column: parameters, metrics, the objective and facts, as plots of any selection of runs take them. */
import type { Run } from '../../protocol/engine/index.js';
import { entryOf } from '../../protocol/values/records.js';
import { isSystemMetric } from '../../protocol/run/systemMetrics.js';
import type { ParamValue } from '../../protocol/values/index.js';
import { fromWire } from '../../protocol/values/wireNumber.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { statusText } from '../../format/statuses.js';
import { runDuration } from '../../format/times.js';
import { l10n } from '../../format/l10n.js';
import { choiceAxis, logAxis, numberAxis, type PlotAxis } from '../axes.js';

export interface Column {
  /** `param:NAME`, `metric:NAME` or the name of a fact. */
  key: string;
  title: string;
  kind: 'number' | 'choice';
  /** True if its values are compared by their ratio. */
  log: boolean;
  /** Undefined: the run has none, or NaN. */
  of(run: Run): ParamValue | undefined;
}

/** Different values that a choice has at most; with more it tells nothing. */
const MOST_CHOICES = 30;

/**
 * Columns in which the runs differ: the objective first, then parameters, facts and metrics. Metrics among `others` that no row
 * has yet are columns, too: their values are read once they are chosen.
 */
export function columnsOf(runs: readonly Run[], others: Iterable<string> = [], now = Date.now()): Column[] {
  const params = new Set(runs.flatMap((run) => Object.keys(run.params)));
  const metrics = new Set(runs.flatMap((run) => Object.keys(run.metrics).filter((name) => !isSystemMetric(name))));
  const objective = runs.findLast((run) => run.objective)?.objective;
  const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);
  const candidates: [key: string, title: string, of: Column['of']][] = [];
  if (objective) {
    const { metric, goal } = objective;
    const title = l10n.t('{0} (best)', metric);
    candidates.push([
      'objective',
      title,
      ({ objective: own }) =>
        own?.metric === metric && own.goal === goal && own.value !== null ? finite(fromWire(own.value)) : undefined,
    ]);
  }
  for (const name of params) candidates.push([`param:${name}`, name, (run) => valueOf(entryOf(run.params, name))]);
  candidates.push(
    ['duration', l10n.t('Duration (s)'), (run) => seconds(runDuration(run, now))],
    ['order', l10n.t('Started (order)'), (run) => places.get(run.id)],
    ['status', l10n.t('Status'), (run) => statusText(run.status)],
    ['device', l10n.t('Device'), (run) => run.device ?? undefined],
    ['tags', l10n.t('Tags'), (run) => (run.tags.length > 0 ? run.tags.join(', ') : undefined)],
    ['search', l10n.t('Search'), (run) => run.search ?? undefined],
  );
  for (const name of metrics) {
    candidates.push([
      `metric:${name}`,
      name,
      (run) => {
        const summary = entryOf(run.metrics, name);
        return summary && finite(fromWire(summary.last));
      },
    ]);
  }
  const places = new Map(runs.toSorted((a, b) => a.createdAt - b.createdAt).map(({ id }, i) => [id, i]));
  const isLeftOut = runs.some(({ more }) => more !== undefined);
  const unread = isLeftOut ? [...others].filter((name) => !metrics.has(name) && !isSystemMetric(name)) : [];
  return [
    ...candidates.flatMap(([key, title, of]) => column(key, title, of, runs) ?? []),
    ...unread.map((name): Column => ({
      key: `metric:${name}`,
      title: name,
      kind: 'number',
      log: false,
      of: () => undefined,
    })),
  ];
}

const seconds = (milliseconds: number | null): number | undefined =>
  milliseconds === null ? undefined : Number((milliseconds / 1000).toPrecision(6));

const valueOf = (value: ParamValue | undefined): ParamValue | undefined =>
  value === null || (typeof value === 'number' && !Number.isFinite(value)) ? undefined : value;

/** Null: all runs have the same value, or too many different texts. */
function column(key: string, title: string, of: Column['of'], runs: readonly Run[]): Column | null {
  const values = runs.map(of).filter((value) => value !== undefined);
  const kinds = new Set(values.map((value) => JSON.stringify(value)));
  if (kinds.size < 2) return null;
  if (!values.every((value) => typeof value === 'number'))
    return kinds.size > MOST_CHOICES ? null : { key, title, kind: 'choice', log: false, of };
  const [low, high] = [least(values), most(values)];
  return { key, title, kind: 'number', log: low > 0 && high / low >= 50, of };
}

export const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);
export const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

/** An axis that holds the column's values. */
export function axisOf({ kind, log, of }: Column, runs: readonly Run[], count = 4): PlotAxis {
  const values = runs.map(of).filter((value) => value !== undefined);
  if (kind === 'choice') {
    const kinds = new Map(values.map((value) => [JSON.stringify(value), value]));
    return choiceAxis([...kinds.values()].sort((a, b) => (formatParam(a) < formatParam(b) ? -1 : 1)));
  }
  const numbers = values.map(Number);
  const [low, high] = numbers.length > 0 ? [least(numbers), most(numbers)] : [0, 1];
  if (log) return logAxis(low / (high / low) ** 0.03, high * (high / low) ** 0.03, count);
  const margin = (high - low) * 0.04 || Math.abs(high) * 0.05 || 0.5;
  return numberAxis(low - margin, high + margin, count);
}

export const textOf = (value: ParamValue | undefined): string =>
  typeof value === 'number' ? formatNumber(value) : formatParam(value);

/** A run in one line: its name and its values in these columns. */
export const titleOf = (run: Run, columns: readonly Column[]): string =>
  [run.name, ...columns.map(({ title, of }) => `${title} ${textOf(of(run))}`)].join('\n');

/** Place of each value among all, in [0, 1]; equal values share their mean place. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
  const result = new Array<number>(values.length).fill(0.5);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && order[to + 1]!.value === order[from]!.value) to++;
    const rank = order.length > 1 ? (from + to) / 2 / (order.length - 1) : 0.5;
    for (let k = from; k <= to; k++) result[order[k]!.i] = rank;
    from = to + 1;
  }
  return result;
}
