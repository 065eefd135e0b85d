import type { RunStatus } from '../protocol/engine/index.js';
import type { Look } from './palette.js';
import { isDownsampled, type Series, type XAxis } from './series.js';
import { pointSpacing, smoothed, type Smoothing } from './smoothing.js';
import { quantile } from './bands.js';
import { l10n } from '../format/l10n.js';

/** One run's curve, ready to draw. x is as on the axis (relative time in milliseconds). */
export interface Curve {
  run: string;
  look: Look;
  x: readonly number[];
  /** As logged. */
  y: readonly number[];
  /** Drawn values: smoothed, or the same as y. */
  shown: readonly number[];
  /** True if it is smoothed, and drawn faintly as logged, too. */
  isSmoothed: boolean;
  /** Places where the value was NaN or infinite. */
  odd: { x: number; value: number }[];
  total: number;
  /** Number of points in the range that was read; more than x.length if some represent several. */
  inRange: number;
  downsampled: boolean;
  /** How the run ended, if not well: marked at the curve's end. */
  end: 'failed' | 'pruned' | 'stopped' | null;
  /** Which of several curves of the run it is, in words; absent if it is the only one. */
  note?: string;
  /** One end of a range around the run's curve. */
  isBound?: boolean;
  /** Place of its vertical axis among those of the card; absent: the first. */
  axis?: number;
  /** Name of a group of runs, if it is that of several. */
  label?: string;
  /** Ends of the band around a group's curve. */
  band?: { low: { x: number; y: number }[]; high: { x: number; y: number }[] };
  /** Where it branched from another run's curve. */
  fork?: { x: number; y: number };
  /** Places where hyperparameters changed while it ran, with what changed. */
  marks?: { x: number; y: number; text: string }[];
}

export interface CurveSettings {
  smoothing: number;
  smoothKind: Smoothing;
  /** Subtracted from x. */
  origin: number;
  status: RunStatus;
}

export function buildCurve(run: string, look: Look, series: Series, settings: CurveSettings): Curve {
  const { origin, status } = settings;
  const x = origin === 0 ? series.x : series.x.map((value) => value - origin);
  const { y } = series;
  const odd: Curve['odd'] = [];
  for (let i = 0; i < y.length; i++) if (!Number.isFinite(y[i])) odd.push({ x: x[i]!, value: y[i]! });
  const isSmoothed = settings.smoothing > 0;
  return {
    run,
    look,
    x,
    y,
    shown: isSmoothed ? smoothed(settings.smoothKind, x, y, settings.smoothing, pointSpacing(x, series.inRange)) : y,
    isSmoothed,
    odd,
    total: series.total,
    inRange: series.inRange,
    downsampled: isDownsampled(series),
    end: status === 'failed' || status === 'pruned' || status === 'stopped' ? status : null,
  };
}

type Point = { x: number; y: number };
const drawnPoints = new WeakMap<readonly number[], WeakMap<readonly number[], Point[]>>();

/** Points to draw; y is NaN in a gap, because a line must not suggest values in between. Made when they are first needed. */
function pointsFrom(x: readonly number[], y: readonly number[]): Point[] {
  let byValues = drawnPoints.get(x);
  if (!byValues) drawnPoints.set(x, (byValues = new WeakMap()));
  let points = byValues.get(y);
  if (!points) byValues.set(y, (points = x.map((at, i) => ({ x: at, y: Number.isFinite(y[i]) ? y[i]! : NaN }))));
  return points;
}

/** Points of a curve as drawn. */
export const pointsOf = (curve: Pick<Curve, 'x' | 'shown'>): Point[] => pointsFrom(curve.x, curve.shown);

/** Points of a smoothed curve as logged; null if it is not smoothed. */
export const rawPointsOf = (curve: Pick<Curve, 'x' | 'y' | 'isSmoothed'>): Point[] | null =>
  curve.isSmoothed ? pointsFrom(curve.x, curve.y) : null;

/**
 * Ends of the y-axis that leave a share of the values outside at each end; null: all are shown, or nothing is gained.
 */
export function withoutOutliers(curves: readonly Curve[], share: number): [low: number, high: number] | null {
  if (share <= 0) return null;
  const values = curves.flatMap(({ shown }) => shown.filter(Number.isFinite)).sort((a, b) => a - b);
  if (values.length < 10) return null;
  const [low, high] = [quantile(values, share), quantile(values, 1 - share)];
  const margin = (high - low) * 0.05;
  return high > low ? [Math.max(values[0]!, low - margin), Math.min(values.at(-1)!, high + margin)] : null;
}

/** The smallest magnitude, if some values are not above zero: the constant of a log axis through zero; else null. */
export function throughZero(values: Iterable<number>): number | null {
  let [least, isBelow] = [Infinity, false];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value <= 0) isBelow = true;
    if (value !== 0) least = Math.min(least, Math.abs(value));
  }
  return isBelow ? (Number.isFinite(least) ? least : 1) : null;
}

/** Smallest sizes that log axes through zero tell apart; null: all values of the axis are above zero, or it is linear. */
export interface Zeros {
  x: number | null;
  /** By vertical axis. */
  y: readonly (number | null)[];
}

/** Finds the constants of a card's axes. Its curves share the horizontal one; each vertical one has those of its own curves. */
export function zerosOf(
  curves: readonly Curve[],
  { logX, logY }: { logX: boolean; logY: boolean },
  axes: number,
): Zeros {
  const valuesOn = (at: number): number[] =>
    curves
      .filter(({ axis = 0 }) => axis === at)
      .flatMap(({ shown, band }) => [...shown, ...(band?.low.map(({ y }) => y) ?? [])]);
  return {
    x: logX ? throughZero(curves.flatMap((curve) => curve.x)) : null,
    y: Array.from({ length: axes }, (_, at) => (logY ? throughZero(valuesOn(at)) : null)),
  };
}

/** Values beyond the ends of the y-axis. */
export function valuesOutside(curves: readonly Curve[], clip: readonly [number, number] | null): number {
  if (!clip) return 0;
  return curves.reduce((sum, { shown }) => sum + shown.filter((y) => y < clip[0] || y > clip[1]).length, 0);
}

/** Returns the note below a chart, or ''. `outside`: number of values outside the axis. */
export function chartNote(curves: readonly Curve[], format: (value: number) => string, outside = 0): string {
  const notes: string[] = [];
  const coarse = curves.filter((curve) => curve.downsampled);
  if (coarse.length > 0) {
    const total = coarse.reduce((sum, curve) => sum + curve.inRange, 0);
    const drawn = coarse.reduce((sum, curve) => sum + curve.x.length, 0);
    notes.push(l10n.t('{0} points drawn as {1}, extrema kept – zoom in for more', format(total), format(drawn)));
  }
  const odd = curves.reduce((sum, curve) => sum + curve.odd.length, 0);
  if (odd > 0) notes.push(l10n.t('{0} NaN or infinite (×)', format(odd)));
  if (outside > 0) notes.push(l10n.t('{0} values outside the axis (▲▼)', format(outside)));
  return notes.join(' · ');
}

/** Returns why a chart is empty, or ''. */
export function emptyNote(runs: number, curves: readonly Curve[], x: XAxis): string {
  if (runs === 0) return l10n.t('All runs with this metric are hidden.');
  if (curves.length === 0) return l10n.t('Reading…');
  if (curves.some((curve) => curve.x.length > 0)) return '';
  if (x === 'epoch') return l10n.t('No epochs were logged with this metric: choose step or time.');
  return x === 'metric' ? l10n.t('No step has values of both metrics.') : '';
}
