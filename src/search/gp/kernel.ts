/**
 * The kernel: Matérn-5/2 (Rasmussen & Williams, "Gaussian Processes for Machine Learning", 2006, equation 4.17) of one
 * joint distance r² = Σ_j D_j / ℓ_j², with a length scale per column (ARD). D_j depends on the kind of column:
 *
 * - ordered: the squared difference on [0, 1]; for integers and steps between their actual values, so that the model is
 *   flat within a step (Garrido-Merchán & Hernández-Lobato, Neurocomputing 380, 2020, section 4);
 * - category: 0 if equal, else 1 (Hutter's Hamming distance: "Sequential model-based optimization", LION 2011, 4.1);
 * - optional, which not every point has: two points that have it lie on an arc of one radian, those that don't at its
 *   centre (Swersky, Duvenaud, Snoek, Hutter & Osborne, "Raiders of the Lost Architecture", 2014, section 2). So a
 *   difference t counts 2 - 2 cos t, nearly t², and having it or not counts 1, the whole range, wherever it lies.
 *
 * Input warping: an ordered column may be bent by Kumaraswamy's distribution function 1 - (1 - u^a)^b, with a and b
 * learned (Snoek, Swersky, Zemel & Adams, "Input Warping for Bayesian Optimization", ICML 2014, section 3).
 */
import { exp, log, quickExp } from '../maths/numeric.js';

export type ColumnKind = 'ordered' | 'optional' | 'category';

/** Column entry of a parameter that the point doesn't have. */
export const ABSENT = -1;

const SQRT5 = 2.23606797749979;

/** Returns the Matérn-5/2 kernel as a function of the squared distance. */
export function matern(r2: number): number {
  const s = SQRT5 * Math.sqrt(r2);
  return (1 + s + (5 / 3) * r2) * quickExp(-s);
}

/** Returns the kernel's derivative by the squared distance. */
export function maternSlope(r2: number): number {
  const s = SQRT5 * Math.sqrt(r2);
  return -(5 / 6) * (1 + s) * quickExp(-s);
}

/** Returns the squared distance along one column. */
export function separation(kind: ColumnKind, a: number, b: number): number {
  if (kind === 'category') return a === b ? 0 : 1;
  if (kind === 'optional' && (a === ABSENT || b === ABSENT)) return a === b ? 0 : 1;
  const t2 = (a - b) * (a - b);
  return kind === 'ordered' ? t2 : t2 * (1 - (t2 / 12) * (1 - (t2 / 30) * (1 - (t2 / 56) * (1 - t2 / 90))));
}

/** Returns the derivative of `separation` by a. */
export function separationSlope(kind: ColumnKind, a: number, b: number): number {
  if (kind === 'category' || (kind === 'optional' && (a === ABSENT || b === ABSENT))) return 0;
  const t = a - b;
  const t2 = t * t;
  return kind === 'ordered' ? 2 * t : 2 * t * (1 - (t2 / 6) * (1 - (t2 / 20) * (1 - (t2 / 42) * (1 - t2 / 72))));
}

/** Kumaraswamy's distribution function, and its derivatives by u, log a and log b. */
export interface Bent {
  value: number;
  slope: number;
  byLogA: number;
  byLogB: number;
}

/** Margin left out at both ends, where the slopes may be infinite. */
const EDGE = 1e-6;

export function bend(u: number, a: number, b: number, out: Bent): void {
  if (u === ABSENT) {
    out.value = ABSENT;
    out.slope = out.byLogA = out.byLogB = 0;
    return;
  }
  const at = EDGE + (1 - 2 * EDGE) * u;
  const logAt = log(at);
  const power = exp(a * logAt);
  const rest = 1 - power;
  const logRest = log(rest);
  const tail = exp(b * logRest);
  out.value = 1 - tail;
  const inner = (b * tail * power) / rest;
  out.slope = ((1 - 2 * EDGE) * inner * a) / at;
  out.byLogA = inner * logAt * a;
  out.byLogB = -tail * logRest * b;
}
