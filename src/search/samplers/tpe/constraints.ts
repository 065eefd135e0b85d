/**
 * Estimates how likely a point is to meet the constraints that can only be measured: c-TPE, Watanabe & Hutter, "c-TPE:
 * Tree-structured Parzen Estimator with Inequality Constraints" (IJCAI 2023), section 3.2. For each constraint, the
 * trials are split by whether they met it, and the ratio of the two estimates gives a factor; there is none if all met
 * it. If no trial has met a constraint, the nearest tenth stands in for those that do.
 */
import { exp, log } from '../../maths/numeric.js';
import type { Observations } from '../observations.js';
import { type Bandwidth, type Kernels, Parzen } from '../parzen/index.js';
import type { Point, Tree } from '../parzen/tree.js';
import { sample } from './split.js';

const NEAREST = 0.1;
/** Maximum number of trials of each kind: these estimates are broader than that of the good trials. */
const MOST = 200;

interface Parted {
  share: number;
  met: Parzen;
  broken: Parzen;
}

export class Feasibility {
  private readonly parts: Parted[] = [];

  constructor(
    observations: Observations,
    tree: Tree,
    bandwidth: Bandwidth,
    kernelsOf: (rows: Int32Array, weights: Float64Array) => Kernels,
  ) {
    if (!observations.broken) return;
    const estimate = (rows: Int32Array) => {
      const some = sample(rows, MOST);
      return new Parzen(tree, kernelsOf(some, new Float64Array(some.length).fill(1)), bandwidth);
    };
    for (const values of observations.constraints) {
      const [met, broken] = part(values, observations.count);
      if (broken.length === 0) continue;
      this.parts.push({
        share: met.length / (met.length + broken.length),
        met: estimate(met),
        broken: estimate(broken),
      });
    }
  }

  /** Returns the logarithm of the factors, the same for all points if nothing is known. */
  score(point: Point): number {
    let sum = 0;
    for (const { share, met, broken } of this.parts) {
      const ratio = Math.min(700, broken.logDensity(point) - met.logDensity(point));
      sum -= log(share + (1 - share) * exp(ratio));
    }
    return sum;
  }
}

/**
 * Splits the trials by whether they met the constraint or, if none did, by whether they came near. Unmeasured ones are
 * in neither.
 */
function part(values: Float64Array, count: number): [met: Int32Array, broken: Int32Array] {
  const met = new Int32Array(count);
  const broken = new Int32Array(count);
  let [m, b] = [0, 0];
  for (let id = 0; id < count; id++) {
    if (values[id]! <= 0) met[m++] = id;
    else if (values[id]! > 0) broken[b++] = id;
  }
  if (m > 0 || b === 0) return [met.subarray(0, m), broken.subarray(0, b)];
  const order = broken.subarray(0, b).sort((x, y) => {
    return values[x] === values[y] ? x - y : values[x]! < values[y]! ? -1 : 1;
  });
  const near = Math.ceil(NEAREST * b);
  return [order.slice(0, near).sort(), order.slice(near).sort()];
}
