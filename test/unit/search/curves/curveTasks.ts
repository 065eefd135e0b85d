/**
 * Generated learning-curve tasks for tests of pruners and schedulers: a space, and for every configuration a loss by
 * step. The same kind and seed give the same task; noise depends on task, configuration and step only.
 */
import type { Params } from '../../../../src/protocol/values/index.js';
import { exp, log } from '../../../../src/search/maths/numeric.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { isActive } from '../../../../src/search/space/index.js';
import type { Dimension, Space } from '../../../../src/search/types.js';

export const KINDS = ['power', 'crossing', 'diverging', 'noisy', 'conditional', 'overfitting', 'plateau'] as const;
export type Kind = (typeof KINDS)[number];

export interface CurveTask {
  space: Space;
  maxSteps: number;
  /** Loss as logged at a step from 1 to maxSteps; NaN if the training has diverged. */
  loss(params: Params, step: number): number;
  /** Final loss without noise; a large number if the training diverges. */
  final(params: Params): number;
  /** Best and median of `final` over many random configurations. */
  best: number;
  typical: number;
}

const float = (name: string, low: number, high: number, isLog = false): Dimension => ({
  kind: 'float',
  name,
  low,
  high,
  log: isLog,
  step: null,
  when: null,
});
const LR = float('lr', 1e-5, 1, true);
const SGD = { optimizer: ['sgd'] };

export function spaceOf(kind: Kind): Space {
  const dimensions: Dimension[] = [
    LR,
    float('decay', 1e-6, 1e-1, true),
    float('dropout', 0, 0.7),
    { kind: 'int', name: 'width', low: 16, high: 1024, log: true, step: 1, when: null },
  ];
  if (kind === 'conditional') {
    dimensions.push(
      { kind: 'choice', name: 'optimizer', choices: ['adam', 'sgd', 'rmsprop'], weights: null, when: null },
      { ...float('momentum', 0, 0.99), when: SGD } as Dimension,
      { kind: 'choice', name: 'nesterov', choices: [true, false], weights: null, when: SGD },
    );
  }
  return { dimensions };
}

/** Positions on [0, 1]. */
function placesOf(params: Params): number[] {
  const p = params as Record<string, number>;
  return [
    (log(p.lr!) - log(1e-5)) / log(1e5),
    (log(p.decay!) - log(1e-6)) / log(1e5),
    p.dropout! / 0.7,
    (log(p.width!) - log(16)) / log(64),
  ];
}

function hash(text: string): number {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619) >>> 0;
  return h;
}

interface Shape {
  final: number;
  start: number;
  /** Number of steps in which the first half or so is learnt, and the exponent of the rest. */
  tau: number;
  alpha: number;
  /** Number of steps before any learning. */
  delay: number;
  /** Last step with finite losses. */
  until: number;
  /** Rise of the loss after its minimum, per full length. */
  rise: number;
}

export function curveTask(kind: Kind, seed: number): CurveTask {
  const random = createRandom(seed * 7919 + KINDS.indexOf(kind) * 104729 + 17);
  const space = spaceOf(kind);
  const maxSteps = [27, 50, 81, 100, 200][random.int(5)]!;
  const optimum = [0.35 + 0.4 * random.next(), random.next(), random.next(), 0.3 + 0.7 * random.next()];
  const weights = [1.5 + random.next(), 0.3 * random.next(), 0.4 * random.next(), 0.2 + 0.4 * random.next()];
  const twist = 0.6 * (random.next() - 0.5);
  const [floor, start] = [0.02 + 0.2 * random.next(), 0.9 + 1.4 * random.next()];
  const slow = 0.02 + 0.2 * random.next();
  const noise = (kind === 'noisy' ? 0.04 : 0.006) * (0.5 + random.next());

  const shapeOf = (params: Params): Shape => {
    const u = placesOf(params);
    const d = u.map((x, i) => x - optimum[i]!);
    let bad = d.reduce((sum, x, i) => sum + weights[i]! * x * x, 0) + twist * d[0]! * d[3]! + Math.max(0, twist) * 0.1;
    if (kind === 'conditional') {
      const momentum = params.momentum as number | undefined;
      if (params.optimizer === 'rmsprop') bad += 0.06;
      if (momentum !== undefined) bad += (momentum / 0.99 - 0.85) ** 2 * 0.3 + (params.nesterov ? 0 : 0.01) - 0.02;
    }
    const final = floor + (start - floor) * (1 - exp(-1.5 * Math.max(0, bad)));
    // A larger learning rate learns faster up to a point.
    const pace = kind === 'crossing' ? 3.5 : 1.5;
    const tau = maxSteps * slow * exp(pace * (optimum[0]! - u[0]!) + (kind === 'crossing' ? 1.5 * (0.5 - u[3]!) : 0));
    const alpha = 0.6 + 0.8 * (1 - u[2]!);
    const hot = u[0]! - optimum[0]!;
    const until = kind === 'diverging' && hot > 0.12 ? maxSteps * exp(-12 * (hot - 0.12)) * 0.9 : Infinity;
    const delay = kind === 'plateau' ? maxSteps * Math.min(0.6, 0.25 * exp(-3 * hot) * (0.5 + u[1]!)) : 0;
    const rise = kind === 'overfitting' ? 0.25 * Math.max(0, u[3]! - 0.4 * u[2]! - 0.2) * exp(2 * hot) : 0;
    return { final, start, tau, alpha, delay, until, rise };
  };
  const clean = (shape: Shape, step: number): number => {
    const { final, start: top, tau, alpha, delay, until, rise } = shape;
    if (step > until) return NaN;
    const left = (t: number) => exp(-alpha * log(1 + Math.max(0, t - delay) / tau));
    const end = left(maxSteps);
    const at = top === final ? 0 : (left(step) - end) / (1 - end);
    return final + (top - final) * at + rise * Math.max(0, (step / maxSteps) * 2 - 1);
  };
  const final = (params: Params): number => {
    const shape = shapeOf(params);
    return Number.isFinite(shape.until) ? shape.start : clean(shape, maxSteps);
  };
  const loss = (params: Params, step: number): number => {
    const value = clean(shapeOf(params), step);
    const jitter = createRandom(hash(`${kind} ${seed} ${JSON.stringify(params)} ${step}`)).normal();
    return value + noise * jitter;
  };
  const draw = createRandom(99);
  const sample = Array.from({ length: 4000 }, () => final(drawn(space, draw))).sort((a, b) => a - b);
  const centre: Params = {
    lr: 1e-5 * exp(log(1e5) * optimum[0]!),
    decay: 1e-6 * exp(log(1e5) * optimum[1]!),
    dropout: 0.7 * optimum[2]!,
    width: Math.round(16 * exp(log(64) * optimum[3]!)),
    optimizer: 'adam',
  };
  return { space, maxSteps, loss, final, best: Math.min(sample[0]!, final(centre)), typical: sample[2000]! };
}

function drawn({ dimensions }: Space, random: ReturnType<typeof createRandom>): Params {
  const params: Params = {};
  for (const d of dimensions) {
    if (!isActive(d, params)) continue;
    if (d.kind === 'choice') params[d.name] = d.choices[random.int(d.choices.length)]!;
    else if (d.kind === 'float' || d.kind === 'int') {
      const u = random.next();
      const value = d.log ? exp(log(d.low) + u * (log(d.high) - log(d.low))) : d.low + u * (d.high - d.low);
      params[d.name] = d.kind === 'int' ? Math.round(value) : value;
    }
  }
  return params;
}
