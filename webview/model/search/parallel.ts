import type { Run } from '../../../src/protocol/engine/index.js';
import type { ParamValue } from '../../../src/protocol/values/index.js';
import { choiceAxis, clamp, logAxis, numberAxis, objectiveRange, type PlotAxis } from '../../../src/drawing/axes.js';
import { formatNumber, formatParam } from '../../../src/format/numbers.js';
import { fromWire } from '../../../src/protocol/values/wireNumber.js';
import { formatRunParam } from '../../../src/format/runParams.js';
import { entryOf, hasEntry } from '../../../src/protocol/values/records.js';
import { l10n } from '../../../src/format/l10n.js';

/** One vertical axis: of a parameter, or last of the objective. */
export interface ParallelAxis {
  name: string;
  axis: PlotAxis;
  /** Labels at its ends, or next to each choice. */
  labels: { at: number; text: string }[];
}
export interface ParallelLine {
  run: string;
  /** By axis the place, in [0, 1]; null where the parameter takes no part. */
  places: (number | null)[];
  /** 0: the worst; 1: the best. */
  good: number;
  title: string;
}

/** More lines say no more. */
const MOST = 400;
const CHOICES = 8;

/** Every trial with a value as a line across its parameters, the best last so that it is drawn on top. */
export function parallel(
  runs: readonly Run[],
  names: readonly string[],
  logs: ReadonlySet<string>,
  objective: { metric: string; goal: 'minimize' | 'maximize' },
): { axes: ParallelAxis[]; lines: ParallelLine[] } | null {
  const sign = objective.goal === 'maximize' ? 1 : -1;
  const measured = runs
    .map((run) => ({ run, value: fromWire(run.objective?.value ?? 'NaN') }))
    .filter(({ value }) => Number.isFinite(value))
    .sort((a, b) => sign * (a.value - b.value));
  // All of the best are drawn, and as many of the others as can be distinguished.
  const every = Math.ceil(measured.length / MOST);
  const shown = measured.filter((_, i) => i % every === 0 || i >= measured.length - 20);
  const axes = names.flatMap(
    (name) =>
      axisOf(
        name,
        shown.map(({ run }) => entryOf(run.params, name)),
        logs.has(name),
      ) ?? [],
  );
  if (shown.length < 2 || axes.length === 0) return null;
  const values = shown.map(({ value }) => value);
  const range = objectiveRange(values, objective.goal);
  const [low, high] = [Math.max(range[0], Math.min(...values)), Math.min(range[1], Math.max(...values))];
  const last = numberAxis(low, high);
  const ends = [low, high].map((value, at) => ({ at, text: formatNumber(Number(value.toPrecision(4))) }));
  axes.push({ name: objective.metric, axis: last, labels: ends });
  const lines = shown.map(({ run, value }, i) => ({
    run: run.id,
    places: axes.map(({ name, axis }, k) => {
      if (k === axes.length - 1) return clamp(axis.place(value));
      const own = entryOf(run.params, name);
      return own === undefined ? null : clamp(axis.place(own));
    }),
    good: shown.length > 1 ? i / (shown.length - 1) : 1,
    title: `${l10n.t('trial {0}: {1} {2}', run.trial ?? run.name, objective.metric, formatNumber(value))}\n${names
      .filter((name) => hasEntry(run.params, name))
      .map((name) => `${name} ${formatRunParam(run, name)}`)
      .join('\n')}`,
  }));
  return { axes, lines };
}

/** Null: the parameter has one value only. */
function axisOf(name: string, given: readonly (ParamValue | undefined)[], log: boolean): ParallelAxis | null {
  const values = given.filter((value) => value !== undefined);
  const kinds = new Map(values.map((value) => [JSON.stringify(value), value]));
  if (kinds.size < 2) return null;
  if (values.every((value) => typeof value === 'number')) {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const axis = log && low > 0 ? logAxis(low, high) : numberAxis(low, high);
    const labels = [low, high].map((value, at) => ({ at, text: formatNumber(Number(value.toPrecision(4))) }));
    return { name, axis, labels };
  }
  const axis = choiceAxis([...kinds.values()].sort((a, b) => (formatParam(a) < formatParam(b) ? -1 : 1)));
  return { name, axis, labels: axis.ticks.length <= CHOICES ? axis.ticks : [] };
}
