import type { RunStatus } from '../../src/protocol/engine.js';
import type { Look } from '../model/runs/palette.js';
import { isDownsampled, type Series } from '../model/charts/series.js';
import { pointSpacing, smooth } from '../model/charts/smoothing.js';
import { l10n } from '../../src/format/l10n.js';

/** One run's curve, ready to draw. x is as on the axis (relative time in milliseconds). */
export interface Curve {
  run: string;
  look: Look;
  x: number[];
  /** As logged. */
  y: number[];
  /** Drawn values: smoothed, or the same as y. */
  shown: number[];
  points: { x: number; y: number }[];
  /** Unsmoothed points to draw faintly behind; null when nothing is smoothed. */
  raw: { x: number; y: number }[] | null;
  /** Places where the value was NaN or infinite. */
  odd: { x: number; value: number }[];
  total: number;
  /** Points in the range that was read; more than x.length when some stand for several. */
  inRange: number;
  downsampled: boolean;
  /** Points that a log axis cannot show. */
  notShown: number;
  /** How the run ended, if not well: marked at the curve's end. */
  end: 'failed' | 'pruned' | 'stopped' | null;
  /** Which of several curves of the run it is, in words; absent if it is the only one. */
  note?: string;
  /** One end of a range around the run's curve. */
  isBound?: boolean;
}

export interface CurveSettings {
  smoothing: number;
  logX: boolean;
  logY: boolean;
  /** Subtracted from x. */
  origin: number;
  status: RunStatus;
}

export function buildCurve(run: string, look: Look, series: Series, settings: CurveSettings): Curve {
  const { origin, logX, logY, status } = settings;
  const x = origin === 0 ? [...series.x] : series.x.map((value) => value - origin);
  const y = [...series.y];
  const shown = settings.smoothing > 0 ? smooth(x, y, settings.smoothing, pointSpacing(x, series.inRange)) : y;
  const odd: Curve['odd'] = [];
  let notShown = 0;
  const visible = (at: number, value: number) => !(logX && at <= 0) && !(logY && value <= 0);
  const collect = (values: readonly number[], count: boolean) => {
    const points: { x: number; y: number }[] = [];
    for (let i = 0; i < x.length; i++) {
      const at = x[i]!;
      const value = values[i]!;
      if (!Number.isFinite(value)) {
        // A gap: the line must not pretend to know what was in between.
        if (count) odd.push({ x: at, value });
        points.push({ x: at, y: NaN });
      } else if (visible(at, value)) points.push({ x: at, y: value });
      else if (count) notShown++;
    }
    return points;
  };
  const raw = collect(y, true);
  return {
    run,
    look,
    x,
    y,
    shown,
    points: settings.smoothing > 0 ? collect(shown, false) : raw,
    raw: settings.smoothing > 0 ? raw : null,
    odd,
    total: series.total,
    inRange: series.inRange,
    downsampled: isDownsampled(series),
    notShown,
    end: status === 'failed' || status === 'pruned' || status === 'stopped' ? status : null,
  };
}

/** Returns the note below a chart, or ''. */
export function chartNote(curves: readonly Curve[], format: (value: number) => string): string {
  const notes: string[] = [];
  const coarse = curves.filter((curve) => curve.downsampled);
  if (coarse.length > 0) {
    const total = coarse.reduce((sum, curve) => sum + curve.inRange, 0);
    const drawn = coarse.reduce((sum, curve) => sum + curve.x.length, 0);
    notes.push(l10n.t('{0} points drawn as {1}, extrema kept – zoom in for more', format(total), format(drawn)));
  }
  const odd = curves.reduce((sum, curve) => sum + curve.odd.length, 0);
  if (odd > 0) notes.push(l10n.t('{0} NaN or infinite (×)', format(odd)));
  const notShown = curves.reduce((sum, curve) => sum + curve.notShown, 0);
  if (notShown > 0) notes.push(l10n.t('{0} points ≤ 0 not shown on a log axis', format(notShown)));
  return notes.join(' · ');
}
