/** Curves of several runs together: a group's middle with its band, and branches that leave another run's curve. */
import { formatParam } from '../format/numbers.js';
import type { ParamChange, Run } from '../protocol/engine/index.js';
import { bandOf, type Band } from './bands.js';
import { buildCurve, pointsOf, type Curve } from './curves.js';
import type { Look } from './palette.js';
import { nearest, type Series, type XAxis } from './series.js';
import type { Smoothing } from './smoothing.js';

/** The curve of a group over the series of its runs, at least one. */
export function groupCurve(
  group: { id: string; label: string },
  look: Look,
  all: readonly Series[],
  { band, smoothing, smoothKind }: { band: Band; smoothing: number; smoothKind: Smoothing },
): Curve {
  const found = bandOf(all, band);
  const total = all.reduce((sum, series) => sum + series.total, 0);
  const line = (y: readonly number[]): Curve =>
    buildCurve(
      `group:${group.id}`,
      look,
      { ...all[0]!, x: found.x, y, total, inRange: found.x.length },
      { smoothing, smoothKind, origin: 0, status: 'completed' },
    );
  return {
    ...line(found.middle),
    isSmoothed: false,
    label: `${group.label} (${all.length})`,
    ...(band !== 'none' &&
      all.length > 1 && { band: { low: pointsOf(line(found.low)), high: pointsOf(line(found.high)) } }),
  };
}

/** Marks where a run branched from another one whose curve is drawn. Only steps tell where that is. */
export function withForks(curves: readonly Curve[], runs: readonly Run[]): Curve[] {
  if (!runs.some(({ branch }) => branch)) return [...curves];
  const byId = new Map(runs.map((run) => [run.id, run]));
  return curves.map((curve) => {
    const branch = byId.get(curve.run)?.branch;
    if (!branch || curve.isBound) return curve;
    const step = branch.step ?? curve.x[0];
    const parent = curves.find((one) => one.run === branch.run && one.note === curve.note && !one.isBound);
    const at = parent && step !== undefined ? nearest(parent.x, step) : -1;
    const y = at >= 0 ? parent!.shown[at]! : curve.shown[0];
    const fork = step !== undefined && y !== undefined && Number.isFinite(y) ? { x: step, y } : undefined;
    return sameFork(curve.fork, fork) ? curve : { ...curve, ...(fork && { fork }) };
  });
}

const sameFork = (a: Curve['fork'], b: Curve['fork']): boolean => a?.x === b?.x && a?.y === b?.y;

/** `lr 0.01 → 0.003`. */
export const changeText = ({ name, before, after }: ParamChange): string =>
  `${name} ${formatParam(before)} → ${formatParam(after)}`;

/**
 * Places on a run's curve where its hyperparameters changed while it ran. Steps and times tell where that is; on other axes
 * nothing is marked. `origin`: subtracted from times.
 */
export function marksOf(
  run: Pick<Run, 'changes'>,
  curve: Pick<Curve, 'x' | 'shown'>,
  x: XAxis,
  origin: number,
): Mark[] {
  if (!run.changes || curve.x.length === 0 || x === 'epoch' || x === 'metric') return [];
  const marks = new Map<number, Mark>();
  for (const change of run.changes) {
    const at = nearest(curve.x, x === 'step' ? change.step : change.time - origin);
    const [place, y] = [curve.x[at]!, curve.shown[at]!];
    if (!Number.isFinite(y)) continue;
    const known = marks.get(at);
    // Several at one place are one mark.
    if (known) known.text += `, ${changeText(change)}`;
    else marks.set(at, { x: place, y, text: changeText(change) });
  }
  return [...marks.values()];
}

type Mark = NonNullable<Curve['marks']>[number];
