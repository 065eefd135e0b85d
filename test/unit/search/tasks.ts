/** Functions with known minima for statistical tests; all values are regrets. */
import type { Params } from '../../../src/protocol/values/index.js';
import type { Dimension, Space } from '../../../src/search/types.js';

export interface Task {
  space: Space;
  f(params: Params): number;
  trials: number;
  /** Upper bound of the regret as a share of random search's. */
  ratio: number;
}
const box = (count: number, low: number, high: number): Space => ({
  dimensions: Array.from({ length: count }, (_, i): Dimension => ({
    kind: 'float',
    name: `x${i}`,
    low,
    high,
    log: false,
    step: null,
    when: null,
  })),
});
const numbers = (params: Params, count: number) => Array.from({ length: count }, (_, i) => params[`x${i}`] as number);

/** Test set of Dixon & Szegö (1978). */
function branin(params: Params): number {
  const [u, v] = numbers(params, 2) as [number, number];
  const [a, b] = [u * 15 - 5, v * 15];
  const parabola = b - (5.1 / (4 * Math.PI ** 2)) * a * a + (5 / Math.PI) * a - 6;
  return parabola ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(a) + 10 - 0.39788735772973816;
}
const A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const P = [
  [1312, 1696, 5569, 124, 8283, 5886],
  [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650],
  [4047, 8828, 8732, 5743, 1091, 381],
];
function hartmann6(params: Params): number {
  const at = numbers(params, 6);
  const terms = [1, 1.2, 3, 3.2].map((alpha, i) => {
    return alpha * Math.exp(-at.reduce((sum, x, j) => sum + A[i]![j]! * (x - P[i]![j]! / 10_000) ** 2, 0));
  });
  return 3.322368011415515 - terms.reduce((sum, term) => sum + term, 0);
}

export const TASKS: Record<string, Task> = {
  'shifted sphere, 5 dimensions': {
    space: box(5, -5, 5),
    f: (p) => numbers(p, 5).reduce((sum, x, i) => sum + (x - [1.3, -2.1, 0.4, 2.7, -3.3][i]!) ** 2, 0),
    trials: 80,
    ratio: 0.1,
  },
  Branin: { space: box(2, 0, 1), f: branin, trials: 60, ratio: 0.15 },
  'Hartmann 6': { space: box(6, 0, 1), f: hartmann6, trials: 100, ratio: 0.25 },
  'a classifier with conditions, scales, steps and choices': {
    space: {
      dimensions: [
        { kind: 'choice', name: 'model', choices: ['svm', 'forest', 'net'], weights: null, when: null },
        { kind: 'float', name: 'c', low: 1e-4, high: 1e4, log: true, step: null, when: { model: ['svm'] } },
        { kind: 'choice', name: 'kernel', choices: ['rbf', 'poly'], weights: null, when: { model: ['svm'] } },
        { kind: 'int', name: 'degree', low: 2, high: 6, log: false, step: 1, when: { kernel: ['poly'] } },
        { kind: 'int', name: 'trees', low: 8, high: 2048, log: true, step: 1, when: { model: ['forest'] } },
        { kind: 'float', name: 'share', low: 0.1, high: 1, log: false, step: 0.1, when: { model: ['forest'] } },
        { kind: 'float', name: 'lr', low: 1e-6, high: 1, log: true, step: null, when: { model: ['net'] } },
        { kind: 'int', name: 'layers', low: 1, high: 12, log: false, step: 1, when: { model: ['net'] } },
        {
          kind: 'choice',
          name: 'act',
          choices: ['relu', 'tanh', 'gelu', 'silu'],
          weights: null,
          when: { model: ['net'] },
        },
      ],
    },
    f: (p) => {
      if (p.model === 'svm') {
        const poly = p.kernel === 'poly' ? 0.1 + 0.05 * ((p.degree as number) - 3) ** 2 : 0;
        return 0.2 + poly + 0.05 * (Math.log10(p.c as number) - 1) ** 2;
      }
      if (p.model === 'forest') {
        return 0.15 + 0.02 * (Math.log2(p.trees as number) - 9) ** 2 + ((p.share as number) - 0.4) ** 2;
      }
      const act = { relu: 0.05, tanh: 0.2, gelu: 0, silu: 0.02 }[p.act as 'relu'];
      const layers = 0.02 * ((p.layers as number) - 5) ** 2;
      return 0.001 + act + layers + 0.1 * (Math.log10(p.lr as number) + 3.2) ** 2;
    },
    trials: 80,
    ratio: 0.4,
  },
};
