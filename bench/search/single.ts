/** Tasks of one objective: BBOB as it is, noisy, discretised; conditional spaces. */
import type { Params, ParamValue } from '../../src/protocol/values/index.js';
import { bbob } from './bbob.js';
import { Keyed } from './keyed.js';
import { draw, type Problem, type Task } from './tasks.js';

const box = (d: number): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: d }, (_, i) => [`x${i}`, { uniform: [-5, 5] }]));
const vector = (params: Params, d: number): number[] => Array.from({ length: d }, (_, i) => params[`x${i}`] as number);
const task = (id: string, group: string, floor: number, problem: Task['problem']): Task => ({
  id,
  group,
  version: 1,
  floor,
  objectives: 1,
  problem,
});

/** Dimensions of f1 … f24. */
const DIMENSIONS = [5, 10, 5, 8, 3, 10, 5, 5, 10, 5, 3, 10, 20, 10, 5, 5, 10, 5, 5, 10, 2, 5, 3, 20];
const UNIMODAL = new Set([1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);

function continuous(): Task[] {
  return DIMENSIONS.map((d, i) =>
    task(`f${i + 1}-${d}d`, UNIMODAL.has(i + 1) ? 'unimodal' : 'multimodal', 1e-6, (seed) => {
      const { f } = bbob(i + 1, d, `seed ${seed}`);
      return { space: box(d), truth: (params) => [f(vector(params, d))], best: 0 };
    }),
  );
}

/** Normal noise whose deviation is a share of what the best tenth of random configurations reaches. */
function noisy(): Task[] {
  const all: [number, number, number][] = [
    [1, 5, 0.1],
    [8, 4, 0.1],
    [10, 10, 0.3],
    [14, 8, 0.3],
    [15, 5, 0.1],
    [17, 6, 0.3],
  ];
  return all.map(([number, d, share]) =>
    task(`f${number}-${d}d-noise`, 'noisy', 1e-4, (seed) => {
      const key = `noise ${number} ${d} ${seed}`;
      const { f } = bbob(number, d, key);
      const truth = (params: Params): number[] => [f(vector(params, d))];
      const random = new Keyed(`${key} scale`);
      const values = Array.from({ length: 499 }, () => truth(draw(box(d), random))[0]!).sort((a, b) => a - b);
      const sd = share * values[49]!;
      const measure = (params: Params, repeat: number): number[] => {
        return [truth(params)[0]! + sd * new Keyed(`${key} ${JSON.stringify(params)} ${repeat}`).normal()];
      };
      return { space: box(d), truth, measure, best: 0 };
    }),
  );
}

type Axis = 'real' | 'log' | 'step' | number | string[];
/** Levels of a discrete axis lie evenly in [-5, 5]; categories stand for levels in an order drawn by the seed. */
function mixedProblem(number: number, axes: Axis[], key: string): Problem {
  const random = new Keyed(`mixed ${key}`);
  const levelsOf = (axis: Axis): number => (Array.isArray(axis) ? axis.length : typeof axis === 'number' ? axis : 21);
  const orders = axes.map((axis) => (Array.isArray(axis) ? random.shuffle(axis) : []));
  const level = (i: number, count: number): number => -5 + (10 * i) / (count - 1);
  const { f } = bbob(number, axes.length, `mixed ${key}`, {
    place: (optimum) =>
      axes.forEach((axis, i) => {
        if (axis === 'real' || axis === 'log') return;
        const count = levelsOf(axis);
        optimum[i] = level(Math.round(((optimum[i]! + 5) / 10) * (count - 1)), count);
      }),
  });
  const space = Object.fromEntries(
    axes.map((axis, i): [string, unknown] => {
      if (axis === 'real') return [`x${i}`, { uniform: [-5, 5] }];
      if (axis === 'log') return [`x${i}`, { log: [1e-5, 1e-1] }];
      if (axis === 'step') return [`x${i}`, { uniform: [0, 1], step: 0.05 }];
      if (typeof axis === 'number') return [`x${i}`, { int: [1, axis] }];
      return [`x${i}`, { choice: axis }];
    }),
  );
  const place = (axis: Axis, value: ParamValue, i: number): number => {
    if (axis === 'real') return value as number;
    if (axis === 'log') return 10 * ((Math.log10(value as number) + 5) / 4) - 5;
    if (axis === 'step') return level(Math.round((value as number) * 20), 21);
    if (typeof axis === 'number') return level((value as number) - 1, axis);
    return level(orders[i]!.indexOf(value as string), axis.length);
  };
  return { space, truth: (params) => [f(axes.map((axis, i) => place(axis, params[`x${i}`]!, i)))], best: 0 };
}

function mixed(): Task[] {
  const [two, three, four, six] = [2, 3, 4, 6].map((n) => ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, n));
  const all: [string, number, Axis[]][] = [
    ['sphere', 1, ['real', 'log', 9, 33, three!, four!]],
    ['ellipsoid', 10, ['real', 'real', 'log', 17, 65, two!, three!]],
    ['sector', 6, ['log', 'log', 'step', 5, three!]],
    ['ridge', 13, ['real', 'log', 8, 8, 16, 128, two!, two!, three!, four!]],
    ['rastrigin', 15, ['real', 'real', 'log', 'step', 11, 11]],
    ['powers', 14, ['log', 'log', 5, 9, six!, six!, three!, two!]],
    ['integers', 1, [4, 4, 8, 8, 16, 32, 64, 128]],
    ['categories', 6, [three!, three!, four!, four!, six!, six!]],
  ];
  return all.map(([name, number, axes]) =>
    task(`mixed-${name}`, 'mixed', 1e-4, (seed) => mixedProblem(number, axes, `${name} ${seed}`)),
  );
}

/** A bowl on [0, 1] axes around a place drawn by the seed, steeper or flatter by axis; 0 there. */
function bowl(random: Keyed, d: number): (u: number[]) => number {
  const at = Array.from({ length: d }, () => random.uniform(0.1, 0.9));
  const steep = Array.from({ length: d }, () => 10 ** random.uniform(-0.5, 1));
  const cross = random.uniform(0, 0.8);
  return (u) => {
    let total = 0;
    for (let i = 0; i < d; i++) {
      const before = i === 0 ? 0 : u[i - 1]! - at[i - 1]!;
      total += steep[i]! * (u[i]! - at[i]! - cross * before) ** 2;
    }
    return total;
  };
}
const unit = (value: ParamValue | undefined, low: number, high: number, log = false): number =>
  log ? Math.log((value as number) / low) / Math.log(high / low) : ((value as number) - low) / (high - low);

/** As many branches as names; `sizes[i]` parameters in branch i; the best branch beats the next by little. */
function branches(names: string[], sizes: number[], gap: number): Task['problem'] {
  return (seed) => {
    const random = new Keyed(`branches ${names.join()} ${seed}`);
    const offsets = random.shuffle(names.map((_, i) => i * gap));
    const bowls = sizes.map((size) => bowl(random, size));
    const space: Record<string, unknown> = { kind: { choice: names } };
    names.forEach((name, b) => {
      for (let i = 0; i < sizes[b]!; i++)
        space[`${name}${i}`] = { [i % 2 ? 'log' : 'uniform']: i % 2 ? [1e-4, 1] : [0, 1], when: { kind: name } };
    });
    const truth = (params: Params): number[] => {
      const b = names.indexOf(params.kind as string);
      const u = Array.from({ length: sizes[b]! }, (_, i) =>
        unit(params[`${names[b]}${i}`], i % 2 ? 1e-4 : 0, 1, i % 2 === 1),
      );
      return [offsets[b]! + bowls[b]!(u)];
    };
    return { space, truth, best: 0 };
  };
}

/** A network: shared learning rate, optimizer with parameters of its own, and a width for every layer there is. */
function network(seed: number): Problem {
  const random = new Keyed(`network ${seed}`);
  const rate = bowl(random, 2);
  const widths = [1, 2, 3, 4].map((n) => bowl(random, n));
  const depth = random.shuffle([0, 0.03, 0.06, 0.12]);
  const optimizers = { adam: bowl(random, 2), sgd: bowl(random, 2), rms: bowl(random, 1) };
  const cost = Object.fromEntries(random.shuffle([0, 0.05, 0.15]).map((c, i) => [Object.keys(optimizers)[i]!, c]));
  const space: Record<string, unknown> = {
    lr: { log: [1e-5, 1] },
    decay: { log: [1e-6, 1e-1] },
    optimizer: { choice: ['adam', 'sgd', 'rms'] },
    beta1: { uniform: [0.8, 0.999], when: { optimizer: 'adam' } },
    beta2: { uniform: [0.9, 0.9999], when: { optimizer: 'adam' } },
    momentum: { uniform: [0, 0.99], when: { optimizer: 'sgd' } },
    dampening: { uniform: [0, 0.9], when: { optimizer: 'sgd' } },
    alpha: { uniform: [0.8, 0.999], when: { optimizer: 'rms' } },
    layers: { int: [1, 4] },
  };
  for (let i = 1; i <= 4; i++)
    space[`width${i}`] = { log: [16, 1024], when: { layers: [1, 2, 3, 4].filter((n) => n >= i) } };
  const truth = (p: Params): number[] => {
    const u =
      p.optimizer === 'adam'
        ? [unit(p.beta1, 0.8, 0.999), unit(p.beta2, 0.9, 0.9999)]
        : p.optimizer === 'sgd'
          ? [unit(p.momentum, 0, 0.99), unit(p.dampening, 0, 0.9)]
          : [unit(p.alpha, 0.8, 0.999)];
    const layers = p.layers as number;
    const sizes = Array.from({ length: layers }, (_, i) => unit(p[`width${i + 1}`], 16, 1024, true));
    return [
      rate([unit(p.lr, 1e-5, 1, true), unit(p.decay, 1e-6, 1e-1, true)]) +
        cost[p.optimizer as string]! +
        0.3 * optimizers[p.optimizer as keyof typeof optimizers](u) +
        depth[layers - 1]! +
        0.5 * widths[layers - 1]!(sizes),
    ];
  };
  return { space, truth, best: 0 };
}

/** Switches within switches: augmentation, and in it a policy with its strength. */
function nested(seed: number): Problem {
  const random = new Keyed(`nested ${seed}`);
  const base = bowl(random, 3);
  const parts = { flip: bowl(random, 1), crop: bowl(random, 2), mix: bowl(random, 2) };
  const gains = random.shuffle([0, 0.1, 0.2]);
  const space = {
    lr: { log: [1e-4, 1] },
    wd: { log: [1e-6, 1e-2] },
    batch: { choice: [16, 32, 64, 128, 256] },
    augment: { choice: [true, false] },
    policy: { choice: ['flip', 'crop', 'mix'], when: { augment: true } },
    chance: { uniform: [0, 1], when: { policy: 'flip' } },
    size: { uniform: [0.5, 1], when: { policy: 'crop' } },
    ratio: { uniform: [0.5, 2], when: { policy: 'crop' } },
    alpha: { log: [0.01, 10], when: { policy: 'mix' } },
    share: { uniform: [0, 1], when: { policy: 'mix' } },
  };
  const target = random.int(5);
  const truth = (p: Params): number[] => {
    const batch = [16, 32, 64, 128, 256].indexOf(p.batch as number);
    const shared = base([unit(p.lr, 1e-4, 1, true), unit(p.wd, 1e-6, 1e-2, true), 0.5]) - floor;
    const policy = p.policy as keyof typeof parts | undefined;
    let rest = 0.35;
    if (policy === 'flip') rest = gains[0]! + 0.4 * parts.flip([p.chance as number]);
    if (policy === 'crop') rest = gains[1]! + 0.4 * parts.crop([unit(p.size, 0.5, 1), unit(p.ratio, 0.5, 2)]);
    if (policy === 'mix') rest = gains[2]! + 0.4 * parts.mix([unit(p.alpha, 0.01, 10, true), p.share as number]);
    return [shared + 0.02 * (batch - target) ** 2 + rest];
  };
  // The third axis of the base is held at its middle, so its own minimum is looked for on a fine grid.
  let floor = Infinity;
  for (let i = 0; i <= 400; i++) for (let j = 0; j <= 400; j++) floor = Math.min(floor, base([i / 400, j / 400, 0.5]));
  return { space, truth, best: 0 };
}

function conditional(): Task[] {
  return [
    task('cond-three', 'conditional', 1e-4, branches(['svm', 'forest', 'net'], [2, 3, 4], 0.05)),
    task('cond-eight', 'conditional', 1e-4, branches([...'abcdefgh'], [3, 3, 3, 3, 3, 3, 3, 3], 0.03)),
    task('cond-deep', 'conditional', 1e-4, branches(['small', 'large'], [1, 8], 0.1)),
    task('cond-network', 'conditional', 1e-4, network),
    task('cond-nested', 'conditional', 1e-4, nested),
  ];
}

export const SINGLE: Task[] = [...continuous(), ...noisy(), ...mixed(), ...conditional()];
