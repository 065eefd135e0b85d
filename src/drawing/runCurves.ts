/** Curves of several runs together: a group's middle with its band, and branches that leave another run's curve. */
import type { Run } from '../protocol/engine.js';
import { bandOf, type Band } from './bands.js';
import { buildCurve, type Curve } from './curves.js';
import type { Look } from './palette.js';
import { nearest, type Series } from './series.js';
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
    raw: null,
    label: `${group.label} (${all.length})`,
    ...(band !== 'none' && all.length > 1 && { band: { low: line(found.low).points, high: line(found.high).points } }),
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
