/**
 * Comparison of trials with several objectives. Everything is minimised; rows are points, columns objectives; NaN
 * counts as the worst.
 *
 * - Sorting into fronts: M. T. Jensen, "Reducing the run-time complexity of multiobjective EAs" (IEEE TEC 2003) for two
 *   objectives, O(n log n); for more, the efficient sort with binary search of Zhang, Tian, Cheng & Jin, "An Efficient
 *   Approach to Nondominated Sorting" (IEEE TEC 2015), section III.
 * - Crowding distance: Deb, Pratap, Agarwal & Meyarivan, "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II"
 *   (IEEE TEC 2002), section III-B.
 * - Reference points: Das & Dennis, "Normal-Boundary Intersection" (SIAM J. Optim. 1998); in two layers as in Deb &
 *   Jain, "An Evolutionary Many-Objective Optimization Algorithm" (IEEE TEC 2014), section IV.
 */
export type Point = ArrayLike<number>;

/** Returns whether a is no worse than b in any objective and better in at least one. */
export function dominates(a: Point, b: Point): boolean {
  let better = false;
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [valueOf(a[k]!), valueOf(b[k]!)];
    if (x > y) return false;
    if (x < y) better = true;
  }
  return better;
}

/** Returns the front of each point: 0 for non-dominated points, 1 for points that only front 0 dominates, and so on. */
export function nonDominatedRanks(points: readonly Point[]): Int32Array {
  const ranks = new Int32Array(points.length);
  if (points.length === 0) return ranks;
  const order = lexicographic(points);
  if (points[0]!.length <= 2) ranksOfTwo(points, order, ranks);
  else ranksOfMany(points, order, ranks);
  return ranks;
}

/** Returns the fronts as indices into `points`, best first; within a front in the original order. */
export function nonDominatedSort(points: readonly Point[]): number[][] {
  const fronts: number[][] = [];
  for (const [i, rank] of nonDominatedRanks(points).entries()) {
    while (fronts.length <= rank) fronts.push([]);
    fronts[rank]!.push(i);
  }
  return fronts;
}

/** Returns the indices of the non-dominated points, in the original order; equal points are all included. */
export function paretoFront(points: readonly Point[]): number[] {
  if (points.length === 0) return [];
  const order = lexicographic(points);
  const front: number[] = [];
  if (points[0]!.length <= 2) {
    // Later points have a first value no smaller: only the second decides, and the first if they are equal.
    let best = -1;
    for (const i of order) {
      if (best >= 0 && dominates(points[best]!, points[i]!)) continue;
      front.push(i);
      best = i;
    }
  } else {
    // Whatever dominates a point comes before it, and is in the front or is itself dominated by a point there.
    for (const i of order) if (!front.some((j) => dominates(points[j]!, points[i]!))) front.push(i);
  }
  return front.sort((a, b) => a - b);
}

/**
 * Returns the crowding distance of each point of one front: the sum over objectives of the distance between its two
 * neighbours, as a share of the front's extent. It is Infinity for the outermost points; objectives without finite
 * extent are ignored.
 */
export function crowdingDistances(front: readonly Point[]): Float64Array {
  const n = front.length;
  const distances = new Float64Array(n);
  if (n === 0) return distances;
  const order = Array.from({ length: n }, (_, i) => i);
  for (let k = 0; k < front[0]!.length; k++) {
    const at = (i: number) => valueOf(front[order[i]!]![k]!);
    order.sort((a, b) => compare(valueOf(front[a]![k]!), valueOf(front[b]![k]!)) || a - b);
    const extent = at(n - 1) - at(0);
    if (!(extent > 0)) continue;
    distances[order[0]!] = distances[order[n - 1]!] = Infinity;
    if (extent === Infinity) continue;
    for (let i = 1; i < n - 1; i++) distances[order[i]!]! += (at(i + 1) - at(i - 1)) / extent;
  }
  return distances;
}

/**
 * Returns all points of the unit simplex whose coordinates are integer multiples of 1/divisions: C(objectives +
 * divisions − 1, divisions) of them. `inner` adds a second layer with that many divisions, shrunk halfway towards the
 * centre.
 */
export function referencePoints(objectives: number, divisions: number, inner = 0): Float64Array[] {
  const points: Float64Array[] = [];
  const layer = (parts: number, shrink: number) => {
    const point = new Float64Array(objectives);
    const fill = (k: number, left: number): void => {
      if (k === objectives - 1) {
        point[k] = left;
        points.push(point.map((x) => (x / parts) * shrink + (1 - shrink) / objectives));
        return;
      }
      for (let x = 0; x <= left; x++) {
        point[k] = x;
        fill(k + 1, left - x);
      }
    };
    fill(0, parts);
  };
  layer(divisions, 1);
  if (inner > 0) layer(inner, 0.5);
  return points;
}

function ranksOfTwo(points: readonly Point[], order: Int32Array, ranks: Int32Array): void {
  // The last point of each front. It dominates the next point in order exactly if its second value is no larger (and
  // the two are not equal). Those second values grow from front to front, so binary search finds the right front.
  const last: number[] = [];
  for (const i of order) {
    let [low, high] = [0, last.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (dominates(points[last[middle]!]!, points[i]!)) low = middle + 1;
      else high = middle;
    }
    last[low] = i;
    ranks[i] = low;
  }
}

function ranksOfMany(points: readonly Point[], order: Int32Array, ranks: Int32Array): void {
  const fronts: number[][] = [];
  const beaten = (front: number[], i: number) => {
    for (let j = front.length - 1; j >= 0; j--) if (dominates(points[front[j]!]!, points[i]!)) return true;
    return false;
  };
  for (const i of order) {
    let [low, high] = [0, fronts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (beaten(fronts[middle]!, i)) low = middle + 1;
      else high = middle;
    }
    (fronts[low] ??= []).push(i);
    ranks[i] = low;
  }
}

/**
 * Returns the indices sorted by the first value, then the second and so on, ties by index. Dominating points come
 * first.
 */
function lexicographic(points: readonly Point[]): Int32Array {
  const objectives = points[0]!.length;
  return Int32Array.from(points.keys()).sort((a, b) => {
    for (let k = 0; k < objectives; k++) {
      const order = compare(valueOf(points[a]![k]!), valueOf(points[b]![k]!));
      if (order) return order;
    }
    return a - b;
  });
}

function valueOf(x: number): number {
  return Number.isNaN(x) ? Infinity : x;
}
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
