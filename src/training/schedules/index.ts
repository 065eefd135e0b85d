/**
 * Learning rate schedules. Each is a closed-form function of time in epochs that gives a share of the base rate; only
 * `plateau` is stateful. A warm-up can precede any of them (Goyal et al. 2017, section 2.2).
 */
import type { ScheduleSettings } from '../../experiment/network/index.js';
import { Plateau, type PlateauState } from './plateau.js';

export interface Schedule {
  /**
   * Returns the share of the base rate for the step that begins after `epochs` epochs (fractional within an epoch) and
   * takes `step` epochs. A warm-up rises to the end of the step, so that the first step is not lost.
   */
  at(epochs: number, step?: number): number;
  /** Receives the metrics after each epoch. */
  judged(metrics: Readonly<Record<string, number>>): void;
  state(): PlateauState | null;
  load(state: PlateauState | null): void;
}

/** Builds a schedule for a training of `epochs` epochs. */
export function buildSchedule(settings: ScheduleSettings, epochs: number): Schedule {
  const { warmup, per } = settings;
  const plateau = settings.name === 'plateau' ? new Plateau(settings) : null;
  const rest = Math.max(0, epochs - warmup);
  const within = (time: number): number => (plateau ? plateau.share : shareAt(settings, time, rest));
  return {
    at(time, step = 0) {
      const now = per === 'epoch' ? Math.floor(time) : time;
      // The small offset compensates for rounding in times that are sums of fractions.
      if (now < warmup - 1e-9) {
        return Math.min(1, per === 'epoch' ? (now + 1) / Math.ceil(warmup) : (now + step) / warmup);
      }
      return within(Math.max(0, now - warmup));
    },
    judged: (metrics) => plateau?.judged(metrics),
    state: () => plateau?.state() ?? null,
    load: (state) => state && plateau?.load(state),
  };
}

/** Returns the share of the base rate `time` epochs after the warm-up, out of `total`. */
function shareAt(s: ScheduleSettings, time: number, total: number): number {
  const part = total > 0 ? Math.min(1, time / total) : 1;
  switch (s.name) {
    case 'step':
      // The small offset compensates for rounding in times that are sums of fractions.
      return s.factor ** Math.floor(time / s.every + 1e-9);
    case 'exponential':
      return s.factor ** time;
    case 'inverseTime':
      return 1 / (1 + s.decay * time);
    case 'polynomial':
      return s.end + (1 - s.end) * (1 - part) ** s.power;
    case 'cosine':
      return s.restart === null ? cosine(part, s.end) : cosine(sinceRestart(time, s.restart, s.stretch), s.end);
    case 'oneCycle':
      // Smith & Topin (arXiv 1708.07120), with cosine instead of linear annealing, as is common now.
      return part < s.rise
        ? s.start + ((1 - s.start) * (1 - Math.cos((Math.PI * part) / s.rise))) / 2
        : cosine(s.rise < 1 ? (part - s.rise) / (1 - s.rise) : 1, s.end);
    default:
      return 1;
  }
}

/** Falls from 1 to `end`: Loshchilov & Hutter, "SGDR" (ICLR 2017), equation 5. */
function cosine(part: number, end: number): number {
  return end + ((1 - end) * (1 + Math.cos(Math.PI * part))) / 2;
}

/** Returns the fraction of the current period that has passed; each period is `stretch` times as long as the last. */
function sinceRestart(time: number, first: number, stretch: number): number {
  let [start, length] = [0, first];
  if (stretch === 1) return (time % first) / first;
  while (time >= start + length - 1e-9) {
    start += length;
    length *= stretch;
  }
  return Math.max(0, (time - start) / length);
}
