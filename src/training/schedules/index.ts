/**
 * Learning rate schedules. Each is a closed form of time in epochs, as a share of the rate that was set; only `plateau`
 * has a memory. A warm-up goes before any of them (Goyal et al. 2017, section 2.2).
 */
import type { ScheduleSettings } from '../../experiment/network/index.js';
import { Plateau, type PlateauState } from './plateau.js';

export interface Schedule {
  /** Share of the rate that was set, for the step that begins after so many epochs (a fraction within an epoch). */
  at(epochs: number): number;
  /** After each epoch, what it measured. */
  judged(metrics: Readonly<Record<string, number>>): void;
  state(): PlateauState | null;
  load(state: PlateauState | null): void;
}

/** `epochs`: of the whole training. */
export function buildSchedule(settings: ScheduleSettings, epochs: number): Schedule {
  const { warmup, per } = settings;
  const plateau = settings.name === 'plateau' ? new Plateau(settings) : null;
  const rest = Math.max(0, epochs - warmup);
  const within = (time: number): number => (plateau ? plateau.share : shareAt(settings, time, rest));
  return {
    at(time) {
      const now = per === 'epoch' ? Math.floor(time) : time;
      if (now < warmup) return (per === 'epoch' ? now + 1 : now) / (per === 'epoch' ? Math.ceil(warmup) : warmup);
      return within(now - warmup);
    },
    judged: (metrics) => plateau?.judged(metrics),
    state: () => plateau?.state() ?? null,
    load: (state) => state && plateau?.load(state),
  };
}

/** `time` in epochs since the warm-up, of `total`. */
function shareAt(s: ScheduleSettings, time: number, total: number): number {
  const part = total > 0 ? Math.min(1, time / total) : 1;
  switch (s.name) {
    case 'step':
      // A small part of a step more, for times that are sums of fractions.
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
      // Smith & Topin (arXiv 1708.07120), with cosines instead of lines, as is usual since.
      return part < s.rise
        ? s.start + ((1 - s.start) * (1 - Math.cos((Math.PI * part) / s.rise))) / 2
        : cosine(s.rise < 1 ? (part - s.rise) / (1 - s.rise) : 1, s.end);
    default:
      return 1;
  }
}

/** From 1 down to `end`: Loshchilov & Hutter, "SGDR" (ICLR 2017), equation 5. */
function cosine(part: number, end: number): number {
  return end + ((1 - end) * (1 + Math.cos(Math.PI * part))) / 2;
}

/** Which part of the present period is over; periods grow by `stretch`. */
function sinceRestart(time: number, first: number, stretch: number): number {
  let [start, length] = [0, first];
  if (stretch === 1) return (time % first) / first;
  while (time >= start + length - 1e-9) {
    start += length;
    length *= stretch;
  }
  return Math.max(0, (time - start) / length);
}
