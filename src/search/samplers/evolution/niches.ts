/** NSGA-III's normalised objectives and reference directions: Deb & Jain (IEEE TEC 2014), sections IV-B to IV-D. */
import { cholesky, solveLower, solveLowerTransposed } from '../../maths/linalg.js';
import { referencePoints } from '../../pareto/index.js';

/** Returns the finest set of at most `most` directions; with many objectives it has a second, inner layer. */
export function directionsOf(objectives: number, most: number): Float64Array[] {
  if (objectives === 1) return [Float64Array.of(1)];
  let divisions = 1;
  while (binomial(objectives + divisions, divisions + 1) <= most) divisions++;
  // With fewer divisions than objectives, all directions lie on the border.
  return referencePoints(objectives, divisions, divisions < objectives ? Math.max(1, divisions - 1) : 0);
}

/**
 * Associates each point with its nearest direction and returns the distance, after shifting objectives to the ideal
 * point and dividing by the intercepts of the plane through the extreme points. The first `leading` points determine
 * the scale if there is no such plane.
 */
export function associate(points: readonly number[][], leading: number, directions: readonly Float64Array[]) {
  const scaled = normalized(points, leading);
  const niche = new Int32Array(points.length);
  const distance = new Float64Array(points.length).fill(Infinity);
  for (const [k, point] of scaled.entries()) {
    for (const [d, direction] of directions.entries()) {
      let [along, length, own] = [0, 0, 0];
      for (let i = 0; i < point.length; i++) {
        along += point[i]! * direction[i]!;
        length += direction[i]! * direction[i]!;
        own += point[i]! * point[i]!;
      }
      const square = Math.max(0, own - (along * along) / length);
      if (square < distance[k]!) [niche[k], distance[k]] = [d, square];
    }
  }
  return { niche, distance };
}

function normalized(points: readonly number[][], leading: number): Float64Array[] {
  const m = points[0]!.length;
  const finite = (x: number) => Math.min(1e150, Math.max(-1e150, x));
  const ideal = new Float64Array(m).fill(Infinity);
  const worst = new Float64Array(m).fill(-Infinity);
  for (const [k, point] of points.entries()) {
    for (let i = 0; i < m; i++) {
      ideal[i] = Math.min(ideal[i]!, finite(point[i]!));
      if (k < leading) worst[i] = Math.max(worst[i]!, finite(point[i]!));
    }
  }
  const shifted = points.map((point) => Float64Array.from(point, (x, i) => finite(x) - ideal[i]!));
  const extent = interceptsOf(shifted, m) ?? worst.map((x, i) => x - ideal[i]!);
  return shifted.map((point) => point.map((x, i) => x / Math.max(1e-12, extent[i]!)));
}

/** Returns where the plane through the extreme points meets the axes; null if it does not, or not above 0. */
function interceptsOf(shifted: readonly Float64Array[], m: number): Float64Array | null {
  const extremes = Array.from({ length: m }, (_, axis) => {
    let [best, least] = [shifted[0]!, Infinity];
    for (const point of shifted) {
      let reach = 0;
      for (let i = 0; i < m; i++) reach = Math.max(reach, i === axis ? point[i]! : point[i]! * 1e6);
      if (reach < least) [best, least] = [point, reach];
    }
    return best;
  });
  // The plane's normal solves E n = 1; uses the normal equations, with rows of unit length.
  const normal = new Float64Array(m * m);
  const right = new Float64Array(m);
  for (const row of extremes) {
    let length = 0;
    for (const x of row) length += x * x;
    if (!(length > 0)) return null;
    for (let i = 0; i < m; i++) {
      right[i]! += row[i]! / length;
      for (let j = 0; j <= i; j++) normal[i * m + j]! += (row[i]! * row[j]!) / length;
    }
  }
  if (!cholesky(normal, m)) return null;
  solveLower(normal, m, right);
  solveLowerTransposed(normal, m, right);
  const intercepts = right.map((x) => 1 / x);
  return intercepts.every((x) => x > 1e-6 && x < 1e150) ? intercepts : null;
}

function binomial(n: number, k: number): number {
  let product = 1;
  for (let i = 1; i <= k; i++) product = (product * (n - k + i)) / i;
  return Math.round(product);
}
