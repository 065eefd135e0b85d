/** Schema and normal form of learning rate schedules. Times are in epochs and may be fractional. */
import { z } from 'zod';
import { number, oneOf, type Kit } from '../kit.js';

interface Settings {
  constant: object;
  step: { every: number; factor: number };
  exponential: { factor: number };
  inverseTime: { decay: number };
  polynomial: { power: number; end: number };
  cosine: { end: number; restart: number | null; stretch: number };
  oneCycle: { start: number; end: number; rise: number };
  plateau: { factor: number; patience: number; threshold: number; end: number; metric: string };
}
export type ScheduleName = keyof Settings;
export type ScheduleSettings = {
  [N in ScheduleName]: {
    name: N;
    /** Epochs over which the rate rises from 0 before the schedule begins. */
    warmup: number;
    /** Interval between changes of the rate: every step, or once per epoch. */
    per: 'step' | 'epoch';
  } & Settings[N];
}[ScheduleName];

const KNOWN: { [N in ScheduleName]: Settings[N] } = {
  constant: {},
  step: { every: 10, factor: 0.1 },
  exponential: { factor: 0.95 },
  inverseTime: { decay: 1 },
  polynomial: { power: 1, end: 0 },
  cosine: { end: 0, restart: null, stretch: 1 },
  oneCycle: { start: 0.04, end: 0.0001, rise: 0.3 },
  plateau: { factor: 0.1, patience: 3, threshold: 1e-4, end: 0, metric: 'val/loss' },
};
export const SCHEDULES = Object.keys(KNOWN) as [ScheduleName, ...ScheduleName[]];

export function scheduleSchema({ p, optional }: Kit) {
  const name = oneOf('schedule', SCHEDULES);
  const share = (what: string) =>
    number(what).min(0, `${what} must be at least 0`).max(1, `${what} must be at most 1: it is a share`);
  const settings = z.strictObject({
    name: p(name),
    warmup: optional(number('warmup').min(0, 'warmup must be at least 0')).describe(
      'Epochs (may be fractional) over which the rate rises linearly from 0 before the schedule begins. Default: 0.',
    ),
    per: optional(oneOf('per', ['step', 'epoch'])).describe('How often the rate changes. Default: step.'),
    every: optional(number('every').positive('every must be above 0')).describe(
      'step: epochs between two drops. Default: 10.',
    ),
    factor: optional(number('factor').gt(0, 'factor must be above 0').max(1, 'factor must be at most 1')).describe(
      'Factor of the rate. step, plateau: at each drop (0.1). exponential: at each epoch (0.95).',
    ),
    decay: optional(number('decay').min(0, 'decay must be at least 0')).describe(
      'inverseTime: rate / (1 + decay · epochs). Default: 1.',
    ),
    power: optional(number('power').positive('power must be above 0')).describe(
      'polynomial: exponent. Default: 1 (linear).',
    ),
    start: optional(share('start')).describe('oneCycle: initial rate, as a share of the learning rate. Default: 0.04.'),
    rise: optional(share('rise')).describe(
      'oneCycle: share of the training during which the rate rises. Default: 0.3.',
    ),
    end: optional(share('end')).describe('Final rate, as a share of the learning rate. Default: 0; oneCycle: 0.0001.'),
    restart: optional(number('restart').positive('restart must be above 0')).describe(
      'cosine: epochs to the first restart. Default: none.',
    ),
    stretch: optional(number('stretch').min(1, 'stretch must be at least 1')).describe(
      'cosine: factor by which the time between restarts grows. Default: 1.',
    ),
    patience: optional(number('patience').int().min(0)).describe(
      'plateau: epochs without improvement before a drop. Default: 3.',
    ),
    threshold: optional(number('threshold').min(0)).describe(
      'plateau: smallest improvement that counts. Default: 0.0001.',
    ),
    metric: optional(z.string()).describe('plateau: metric to monitor, such as val/loss or val/accuracy.'),
  });
  return z.union([p(name), settings], {
    error: 'schedule must be a name such as cosine, or { name: cosine, warmup: 1, … }',
  });
}
export type WrittenSchedule = z.output<ReturnType<typeof scheduleSchema>>;

/** Returns the normal form. Settings of other schedules are accepted, so that a search can choose the schedule. */
export function normalizeSchedule(written: WrittenSchedule | null | undefined): ScheduleSettings {
  const { name, ...given } =
    typeof written === 'string' ? { name: written } : (written ?? { name: 'constant' as const });
  const known = { warmup: 0, per: 'step', ...KNOWN[name] };
  const said = Object.entries(given).filter(([key, value]) => value !== null && value !== undefined && key in known);
  return { name, ...known, ...Object.fromEntries(said) } as ScheduleSettings;
}
