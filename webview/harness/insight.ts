/** Insights of a made-up search: `?insight=few` with too few trials, `?insight=two` with two objectives. */
import type { Curve, Importance, Insight } from '../../src/protocol/engine/insight.js';
import type { RequestParams } from '../../src/protocol/engine/index.js';
import type { FakeRun } from './world.js';

const kind = new URLSearchParams(location.search).get('insight') ?? '';
const COUNT = 60;
const noise = (seed: number): number => {
  const x = Math.sin(seed * 12.9898) * 43758.5453;
  return x - Math.floor(x);
};

const curve = (
  name: string,
  scale: Curve['scale'],
  values: Curve['values'],
  f: (t: number) => number,
  sd: number,
): Curve => {
  const along = values.map((_, i) => i / Math.max(1, values.length - 1));
  return { name, scale, values, mean: along.map(f), sd: along.map((t) => sd * (0.5 + 2 * Math.abs(t - 0.45))) };
};
const spread = (low: number, high: number, log: boolean): number[] => {
  return Array.from({ length: 33 }, (_, i) => (log ? low * (high / low) ** (i / 32) : low + ((high - low) * i) / 32));
};
const CURVES: Curve[] = [
  curve('lr', 'log', spread(1e-4, 1e-1, true), (t) => 0.985 - 0.09 * (t - 0.45) ** 2 * 4, 0.006),
  curve('batch_size', 'choice', [64, 128, 256], (t) => 0.975 - 0.004 * t, 0.003),
  curve('dropout', 'linear', spread(0, 0.6, false), (t) => 0.98 - 0.012 * t, 0.004),
  curve('optimizer', 'choice', ['adam', 'sgd'], (t) => 0.982 - 0.03 * t, 0.005),
];
const SHARES = [
  { name: 'lr', share: 0.612 },
  { name: 'optimizer', share: 0.27 },
  { name: 'dropout', share: 0.103 },
  { name: 'batch_size', share: 0.015 },
];

export function insight(params: RequestParams<'searches/insight'>, runs: readonly FakeRun[]): Insight {
  const { parts = [], method = 'pedAnova', objective = 0, surface } = params;
  const two = kind === 'two';
  const few = kind === 'few';
  const has = (part: (typeof parts)[number]): boolean => parts.includes(part);
  const count = few ? 5 : COUNT;
  let top = -Infinity;
  const value = (i: number): number => 0.99 - 0.25 * noise(i + 3) ** 3 * Math.exp(-i / 40) - 0.02 * noise(i + 91);
  const history = Array.from({ length: count }, (_, trial) => {
    const own = value(trial);
    const best = own > top;
    if (best) top = own;
    return { trial, run: runs[trial]?.id ?? null, value: own, best };
  });
  const importance: Importance = {
    method,
    trials: COUNT,
    shares: SHARES,
    ...(method === 'fanova'
      ? {
          alone: 0.83,
          pairs: [
            { names: ['lr', 'optimizer'], share: 0.11 },
            { names: ['lr', 'dropout'], share: 0.02 },
          ],
        }
      : { alone: null, pairs: [] }),
  };
  const unknown = (needed: number) => ({
    unknown: `needs at least ${needed} trials that have completed`,
    trials: 5,
    needed,
  });
  const points = Array.from({ length: COUNT }, (_, trial) => ({
    trial,
    run: runs[trial]?.id ?? null,
    values: [value(trial) - 0.05 * noise(trial + 7), 20 + 400 * noise(trial + 11) * (value(trial) - 0.7)],
  }));
  const front = points.filter(
    (one) => !points.some((other) => other.values[0]! > one.values[0]! && other.values[1]! < one.values[1]!),
  );
  const [a, b] = (surface ?? []).map((name) => CURVES.find((one) => one.name === name));
  return {
    search: params.id,
    objectives: [
      { metric: 'val/accuracy', goal: 'maximize' },
      ...(two ? [{ metric: 'seconds', goal: 'minimize' as const }] : []),
    ],
    objective,
    history: has('history') ? history : null,
    importance: has('importance') ? (few ? unknown(16) : importance) : null,
    curves: has('curves') ? (few ? unknown(8) : { model: 'gp', trials: COUNT, curves: CURVES }) : null,
    surface:
      a && b && !few
        ? {
            names: [a.name, b.name],
            scales: [a.scale, b.scale],
            values: [a.values, b.values],
            mean: a.mean.flatMap((x, i) => b.mean.map((y, k) => x + y - 0.98 - 0.02 * noise(i * 0.1) * (k % 2))),
            sd: a.mean.flatMap(() => b.mean.map(() => 0.004)),
          }
        : null,
    left:
      !has('left') || two
        ? null
        : few
          ? unknown(10)
          : {
              atMost: 0.0042,
              noise: 0.001,
              trials: COUNT,
              sentence: 'As far as a model can tell, at most 0.0042 is left to gain.',
            },
    front:
      has('front') && two
        ? {
            front: front.sort((one, other) => other.values[0]! - one.values[0]!),
            others: points.filter((one) => !front.includes(one)),
            reference: [0.7, 140],
            hypervolume: [0, 3, 9, 14, 22, 41].map((trial, i) => ({ trial, value: 22 * (1 - Math.exp(-(i + 1) / 2)) })),
          }
        : null,
  };
}
