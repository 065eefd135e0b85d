/**
 * Tasks of several objectives: ZDT1-4 and 6 (Zitzler, Deb, Thiele, Evolutionary Computation 8(2), 2000) and DTLZ1, 2 and 7 (Deb
 * et al., 2005), with where the distance variables are best moved by the seed.
 */
import type { Params } from '../../src/protocol/values/index.js';
import { hypervolume } from './hypervolume.js';
import { Keyed } from './keyed.js';
import { draw, type Task } from './tasks.js';

type Objectives = (x: number[]) => number[];

function zdt(number: number): Objectives {
  return (x) => {
    const rest = x.slice(1);
    const mean = rest.reduce((sum, v) => sum + v, 0) / rest.length;
    const first = number === 6 ? 1 - Math.exp(-4 * x[0]!) * Math.sin(6 * Math.PI * x[0]!) ** 6 : x[0]!;
    let g = 1 + 9 * mean;
    if (number === 4) {
      g = 1 + 10 * rest.length + rest.reduce((sum, v) => sum + (5 * v) ** 2 - 10 * Math.cos(4 * Math.PI * 5 * v), 0);
    }
    if (number === 6) g = 1 + 9 * mean ** 0.25;
    return [first, g * shape(number, first / g, first)];
  };
}
function shape(number: number, ratio: number, first: number): number {
  if (number === 2 || number === 6) return 1 - ratio ** 2;
  if (number === 3) return 1 - Math.sqrt(ratio) - ratio * Math.sin(10 * Math.PI * first);
  return 1 - Math.sqrt(ratio);
}

function dtlz(number: number): Objectives {
  return ([a, b, ...rest]) => {
    if (number === 7) {
      const g = 1 + (9 * rest.reduce((sum, v) => sum + v, 0)) / rest.length;
      const h = 3 - [a!, b!].reduce((sum, f) => sum + (f / (1 + g)) * (1 + Math.sin(3 * Math.PI * f)), 0);
      return [a!, b!, (1 + g) * h];
    }
    const squares = rest.reduce((sum, v) => sum + (v - 0.5) ** 2, 0);
    if (number === 1) {
      const g = 100 * (rest.length + squares - rest.reduce((sum, v) => sum + Math.cos(20 * Math.PI * (v - 0.5)), 0));
      return [0.5 * a! * b! * (1 + g), 0.5 * a! * (1 - b!) * (1 + g), 0.5 * (1 - a!) * (1 + g)];
    }
    const [u, v] = [(a! * Math.PI) / 2, (b! * Math.PI) / 2];
    const far = 1 + squares;
    return [far * Math.cos(u) * Math.cos(v), far * Math.cos(u) * Math.sin(v), far * Math.sin(u)];
  };
}

/** Hypervolume of the whole front. */
function largest(family: string, number: number, reference: number[]): number {
  const [r1, r2, r3] = reference as [number, number, number];
  if (family === 'zdt') {
    const points = Array.from({ length: 4001 }, (_, i) => {
      const first = number === 6 ? 1 - Math.exp(-4 * (i / 4000)) * Math.sin((6 * Math.PI * i) / 4000) ** 6 : i / 4000;
      return [first, shape(number, first, first)];
    });
    return hypervolume(points, reference);
  }
  if (number === 1) return r1 * r2 * r3 - 0.5 ** 3 / 6;
  if (number === 2) return r1 * r2 * r3 - Math.PI / 6;
  // DTLZ7: on the front f3 is least where both others have their best so far.
  const n = 2000;
  const gain = (reach: number): Float64Array => {
    const gains = new Float64Array(n);
    let most = 0;
    for (let i = 0; i < n; i++) {
      const f = Math.min(1, (reach * (i + 0.5)) / n);
      gains[i] = most = Math.max(most, f * (1 + Math.sin(3 * Math.PI * f)));
    }
    return gains;
  };
  const [first, second] = [gain(r1), gain(r2)];
  let total = 0;
  for (const one of first) for (const other of second) total += Math.max(0, r3 - (6 - one - other));
  return (total * r1 * r2) / n ** 2;
}

function task(family: 'zdt' | 'dtlz', number: number, d: number): Task {
  const f = family === 'zdt' ? zdt(number) : dtlz(number);
  const [objectives, free] = family === 'zdt' ? [2, 1] : [3, 2];
  const id = `${family}${number}-${d}d`;
  return {
    id,
    group: 'several',
    version: 1,
    floor: 1e-6,
    objectives,
    problem(seed) {
      const random = new Keyed(`${id} ${seed}`);
      const at = Array.from({ length: d }, () => random.uniform(0.2, 0.8));
      const space = Object.fromEntries(at.map((_, i) => [`x${i}`, { uniform: [0, 1] }]));
      // A distance variable is best at 0 (ZDT, DTLZ7) or 0.5 (DTLZ1, 2): both are moved to `at`.
      const centred = family === 'dtlz' && number !== 7;
      const truth = (params: Params): number[] =>
        f(
          at.map((best, i) => {
            const u = params[`x${i}`] as number;
            if (i < free) return u;
            const off = (u - best) / Math.max(best, 1 - best);
            return centred ? 0.5 + off / 2 : Math.abs(off);
          }),
        );
      const sample = Array.from({ length: 499 }, () => truth(draw(space, random)));
      const reference = Array.from({ length: objectives }, (_, k) => {
        return sample.map((values) => values[k]!).sort((a, b) => a - b)[400]!;
      });
      // Chosen so that the whole front lies within.
      const reach = family === 'zdt' ? [1, 0] : number === 1 ? [0.5, 0.5, 0.5] : number === 2 ? [1, 1, 1] : [1, 1, 0];
      const corner = reference.map((v, k) => Math.max(v, reach[k]!) * 1.01);
      return { space, truth, best: 0, front: { reference: corner, hypervolume: largest(family, number, corner) } };
    },
  };
}

export const SEVERAL: Task[] = [
  ...[1, 2, 3, 4].map((number) => task('zdt', number, number === 4 ? 6 : 10)),
  task('zdt', 6, 6),
  ...[1, 2, 7].map((number) => task('dtlz', number, 7)),
];
