/** Generated learning curves: what a trial would report after each step, for pruners and schedulers. */
import type { Params } from '../../src/protocol/values/index.js';
import { Keyed } from './keyed.js';
import { minimum, type Problem, type Task } from './tasks.js';

interface Shape {
  id: string;
  steps: number;
  /** Deviation of each report. */
  noise: number;
  /** How much slower what ends well is (0: not at all). */
  crossing: number;
  /** How much later some configurations begin to learn, as a share of the steps. */
  delay: number;
  /** How fast the loss rises again after its least. */
  overfit: number;
  /** True if each optimizer has parameters of its own. */
  conditional: boolean;
}

const SHAPES: Shape[] = [
  { id: 'curve-plain', steps: 27, noise: 0.005, crossing: 0.3, delay: 0, overfit: 0, conditional: false },
  { id: 'curve-crossing', steps: 50, noise: 0.005, crossing: 1, delay: 0, overfit: 0, conditional: false },
  { id: 'curve-late', steps: 50, noise: 0.01, crossing: 0.3, delay: 0.4, overfit: 0, conditional: false },
  { id: 'curve-overfit', steps: 81, noise: 0.005, crossing: 0.5, delay: 0, overfit: 0.3, conditional: false },
  { id: 'curve-noisy', steps: 27, noise: 0.05, crossing: 0.5, delay: 0, overfit: 0, conditional: false },
  { id: 'curve-switch', steps: 81, noise: 0.01, crossing: 0.5, delay: 0.1, overfit: 0.1, conditional: true },
];

function problemOf(shape: Shape, seed: number): Problem {
  const key = `${shape.id} ${seed}`;
  const random = new Keyed(key);
  const space: Record<string, unknown> = {
    lr: { log: [1e-5, 1] },
    decay: { log: [1e-6, 1e-1] },
    width: { logInt: [16, 512] },
    dropout: { uniform: [0, 0.7] },
    optimizer: { choice: ['adam', 'sgd'] },
    ...(shape.conditional
      ? {
          beta: { uniform: [0.8, 0.999], when: { optimizer: 'adam' } },
          momentum: { uniform: [0, 0.99], when: { optimizer: 'sgd' } },
          nesterov: { choice: [true, false], when: { optimizer: 'sgd' } },
        }
      : {}),
  };
  const best = { adam: random.uniform(0.25, 0.6), sgd: random.uniform(0.45, 0.8) };
  const at = Array.from({ length: 4 }, () => random.uniform(0.15, 0.85));
  const penalty = random.uniform(-0.08, 0.08);
  const unit = (p: Params) => ({
    lr: Math.log10((p.lr as number) / 1e-5) / 5,
    decay: Math.log10((p.decay as number) / 1e-6) / 5,
    width: Math.log((p.width as number) / 16) / Math.log(32),
    dropout: (p.dropout as number) / 0.7,
  });
  const noiseless = (p: Params, step: number): number => {
    const u = unit(p);
    const t = step / shape.steps;
    const adam = p.optimizer === 'adam';
    const off = u.lr - (adam ? best.adam : best.sgd);
    // Too large a learning rate diverges.
    const blown = Math.max(0, off - 0.25);
    let end = 0.1 + 0.8 * off * off + 0.25 * (u.decay - at[0]!) ** 2 + 0.35 * (u.width - at[1]! - 0.3 * off) ** 2;
    end +=
      0.3 * (u.dropout - at[2]! + 0.3 * (u.width - at[1]!)) ** 2 +
      (adam ? Math.max(0, penalty) : Math.max(0, -penalty));
    if (p.beta !== undefined) end += 0.2 * ((p.beta as number) - 0.8 - 0.199 * at[3]!) ** 2 * 25;
    if (p.momentum !== undefined) end += 0.2 * ((p.momentum as number) - at[3]!) ** 2 + (p.nesterov ? 0 : 0.02);
    // Wide, regularised networks with a small learning rate end well and begin slowly.
    const speed = 6 * 10 ** (shape.crossing * (1.6 * off + 0.5 * (0.5 - u.width) - 0.4 * u.dropout));
    const start = shape.delay * Math.max(0, Math.min(1, 0.5 - 2 * off)) * u.dropout;
    const gone = Math.max(0, t - start);
    const learnt = 0.6 * (1 - Math.exp(-speed * gone)) + 0.4 * (1 - (1 + 3 * speed * gone) ** -0.7);
    const turn = 0.2 + 0.8 * u.dropout + 0.3 * u.decay;
    const rise = shape.overfit * Math.max(0, t - turn) ** 1.5 * u.width;
    return Math.min(3, end + (2.3 - end) * (1 - learnt) + rise + (blown > 0 ? 8 * blown * (0.2 + t) : 0));
  };
  const truth = (p: Params): number => noiseless(p, shape.steps);
  return {
    space,
    truth: (p) => [truth(p)],
    best: minimum(space, truth, key),
    curve: {
      steps: shape.steps,
      at: (p, step) => noiseless(p, step) + shape.noise * new Keyed(`${key} ${JSON.stringify(p)} ${step}`).normal(),
    },
  };
}

/** Ten folds of a cross-validation: some are harder than others for everybody; the value is the mean. */
function folds(seed: number): Problem {
  const key = `folds ${seed}`;
  const random = new Keyed(key);
  const hard = Array.from({ length: 10 }, () => 0.3 * random.normal());
  const at = Array.from({ length: 4 }, () => random.uniform(0.1, 0.9));
  const space = {
    c: { log: [1e-3, 1e3] },
    gamma: { log: [1e-5, 1] },
    weight: { uniform: [0, 1] },
    degree: { int: [1, 5] },
  };
  const truth = (p: Params): number => {
    const u = [Math.log10((p.c as number) / 1e-3) / 6, Math.log10((p.gamma as number) / 1e-5) / 5, p.weight as number];
    const cross = u[0]! - at[0]! + 0.6 * (u[1]! - at[1]!);
    const degree = ((p.degree as number) - 1) / 4 - at[3]!;
    return 0.2 + cross ** 2 + 1.5 * (u[1]! - at[1]!) ** 2 + 0.3 * (u[2]! - at[2]!) ** 2 + 0.4 * degree ** 2;
  };
  return {
    space,
    truth: (p) => [truth(p)],
    best: minimum(space, truth, key),
    curve: {
      steps: 10,
      mean: true,
      at: (p, step) => truth(p) + hard[step - 1]! + 0.05 * new Keyed(`${key} ${JSON.stringify(p)} ${step}`).normal(),
    },
  };
}

export const CURVES: Task[] = [
  ...SHAPES.map((shape): Task => ({
    id: shape.id,
    group: 'fidelity',
    version: 1,
    floor: 1e-3,
    objectives: 1,
    problem: (seed) => problemOf(shape, seed),
  })),
  { id: 'folds', group: 'fidelity', version: 1, floor: 1e-3, objectives: 1, problem: folds },
];
