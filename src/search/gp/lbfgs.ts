/**
 * Minimizes a smooth function within a box: limited-memory BFGS (Nocedal & Wright, "Numerical Optimization", 2nd
 * edition, 2006, algorithms 7.4 and 7.5) on the free coordinates, with a backtracking line search along the projected
 * path (Bertsekas, "Projected Newton methods", SIAM J. Control and Optimization 20, 1982).
 */

/** A function that returns its value at x and writes its gradient to `gradient`. Infinity or NaN: undefined at x. */
export type Smooth = (x: Float64Array, gradient: Float64Array) => number;

export interface MinimizeOptions {
  lower: Float64Array;
  upper: Float64Array;
  /** Maximum number of function evaluations. */
  evaluations: number;
  /** Minimum gain of a step; a smaller one ends the search. */
  tolerance?: number;
  /** Maximum length of the first step. */
  firstStep?: number;
}

const MEMORY = 8;
const ENOUGH = 1e-4;

/** Moves x, which must lie within the box, to the smallest value found and returns that value. */
export function minimize(f: Smooth, x: Float64Array, options: MinimizeOptions): number {
  const { lower, upper, tolerance = 1e-7, firstStep = 0.25 } = options;
  const n = x.length;
  const gradient = new Float64Array(n);
  const direction = new Float64Array(n);
  const next = new Float64Array(n);
  const nextGradient = new Float64Array(n);
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];
  const curvatures: number[] = [];
  let value = f(x, gradient);
  let left = options.evaluations - 1;
  if (!Number.isFinite(value)) return value;
  const fixed = (i: number) => (x[i]! <= lower[i]! && gradient[i]! > 0) || (x[i]! >= upper[i]! && gradient[i]! < 0);

  while (left > 0) {
    let largest = 0;
    for (let i = 0; i < n; i++) {
      direction[i] = fixed(i) ? 0 : -gradient[i]!;
      largest = Math.max(largest, Math.abs(direction[i]!));
    }
    if (!(largest > 1e-9)) break;
    twoLoops(direction, steps, changes, curvatures);
    let slope = 0;
    for (let i = 0; i < n; i++) {
      if (fixed(i)) direction[i] = 0;
      slope += direction[i]! * gradient[i]!;
    }
    if (!(slope < 0)) {
      slope = 0;
      for (let i = 0; i < n; i++) slope += (direction[i] = fixed(i) ? 0 : -gradient[i]!) * gradient[i]!;
      steps.length = changes.length = curvatures.length = 0;
    }
    let length = steps.length ? 1 : Math.min(1, firstStep / largest);
    let reached = NaN;
    for (; left > 0; length *= 0.35) {
      let expected = 0;
      let moved = 0;
      for (let i = 0; i < n; i++) {
        next[i] = Math.min(upper[i]!, Math.max(lower[i]!, x[i]! + length * direction[i]!));
        expected += (next[i]! - x[i]!) * gradient[i]!;
        moved = Math.max(moved, Math.abs(next[i]! - x[i]!));
      }
      if (moved < 1e-10) break;
      left--;
      const at = f(next, nextGradient);
      if (at <= value + ENOUGH * expected) {
        reached = at;
        break;
      }
    }
    if (Number.isNaN(reached)) break;
    remember(x, gradient, next, nextGradient, steps, changes, curvatures);
    const gained = value - reached;
    x.set(next);
    gradient.set(nextGradient);
    value = reached;
    if (gained < tolerance) break;
  }
  return value;
}

function remember(
  x: Float64Array,
  gradient: Float64Array,
  next: Float64Array,
  nextGradient: Float64Array,
  steps: Float64Array[],
  changes: Float64Array[],
  curvatures: number[],
): void {
  const step = next.map((v, i) => v - x[i]!);
  const change = nextGradient.map((v, i) => v - gradient[i]!);
  let curvature = 0;
  let square = 0;
  for (let i = 0; i < step.length; i++) {
    curvature += step[i]! * change[i]!;
    square += change[i]! * change[i]!;
  }
  if (!(curvature > 1e-10 * square) || !(curvature > 0)) return;
  steps.push(step);
  changes.push(change);
  curvatures.push(curvature);
  if (steps.length <= MEMORY) return;
  steps.shift();
  changes.shift();
  curvatures.shift();
}

/** Multiplies `q` by the estimate of the inverse Hessian, in place. */
function twoLoops(q: Float64Array, steps: Float64Array[], changes: Float64Array[], curvatures: number[]): void {
  const n = q.length;
  const shares: number[] = [];
  for (let k = steps.length - 1; k >= 0; k--) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += steps[k]![i]! * q[i]!;
    const share = (shares[k] = sum / curvatures[k]!);
    for (let i = 0; i < n; i++) q[i] = q[i]! - share * changes[k]![i]!;
  }
  const last = changes.at(-1);
  if (last) {
    let square = 0;
    for (let i = 0; i < n; i++) square += last[i]! * last[i]!;
    const scale = curvatures.at(-1)! / square;
    for (let i = 0; i < n; i++) q[i] = q[i]! * scale;
  }
  for (let k = 0; k < steps.length; k++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += changes[k]![i]! * q[i]!;
    const more = shares[k]! - sum / curvatures[k]!;
    for (let i = 0; i < n; i++) q[i] = q[i]! + more * steps[k]![i]!;
  }
}
