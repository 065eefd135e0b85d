/**
 * A random forest for regression: Breiman, "Random Forests" (Machine Learning 45, 2001), adapted to searches:
 *
 * - A threshold is drawn uniformly between the two adjacent values, so that the average over trees is smooth and trees
 *   differ where there are no trials; their spread is the uncertainty. Hutter, Xu, Hoos & Leyton-Brown, "Algorithm
 *   runtime prediction: Methods & evaluation" (Artificial Intelligence 206, 2014), section 4.3.2.
 * - Choices are split in two groups: the best such split is one of those in the order of their means (Breiman et al.,
 *   "Classification and Regression Trees", 1984, section 9.4).
 * - Trials without the parameter go to whichever side of a split suits them better.
 * - Candidates are at most `BINS` quantiles of each column, and a tree sees at most `ROWS` trials, which bounds the
 *   time.
 *
 * The settings are usual for such data: 5/6 of the columns at each split, and half of the trials drawn without
 * replacement for each tree; leaves of at least 2 to 5 trials (more where there are many) limit the noise.
 */
import { createRandom } from '../maths/random.js';
import type { Random } from '../types.js';
import { INACTIVE, type Rows } from './rows.js';

const TREES = 32;
const BINS = 64;
const ROWS = 1536;
const SORTED = 2048;
const SHARE_OF_COLUMNS = 5 / 6;

export interface ForestOptions {
  trees?: number;
  seed?: number;
  leastLeaf?: number;
}

/** A column prepared for splits: values in order, in groups that are not distinguished. */
interface Feature {
  ordered: boolean;
  /** Number of groups; the next index is the group of inactive rows. */
  groups: number;
  codes: Uint16Array;
  /** Minimum and maximum of each group. */
  from: Float64Array;
  to: Float64Array;
}

interface Tree {
  /** Feature of the split, or -1 for a leaf. */
  feature: Int16Array;
  threshold: Float64Array;
  /** Groups that go left in a split of choices, by index. */
  groups: (Uint8Array | null)[];
  /** By node: 1 if inactive rows go left. */
  inactive: Uint8Array;
  left: Int32Array;
  right: Int32Array;
  value: Float64Array;
}

export class Forest {
  readonly trees: Tree[] = [];
  private readonly mean: number;
  private readonly scale: number;

  /** Fits the forest; `losses` must be finite. */
  constructor(rows: Rows, losses: Float64Array, options: ForestOptions = {}) {
    const { trees = TREES, seed = 1 } = options;
    const { leastLeaf = rows.count < 100 ? 2 : rows.count < 500 ? 3 : 5 } = options;
    const features = rows.axes.map((axis, d) => featureOf(rows.columns[d]!, axis.ordered, axis.count));
    const random = createRandom(seed);
    const n = Math.max(1, rows.count);
    this.mean = losses.reduce((sum, loss) => sum + loss / n, 0);
    this.scale = Math.sqrt(losses.reduce((sum, loss) => sum + (loss - this.mean) ** 2 / n, 0)) || 1;
    const scaled = losses.map((loss) => (loss - this.mean) / this.scale);
    const grower = new Grower(features, scaled, leastLeaf, random);
    for (let t = 0; t < trees; t++) this.trees.push(grower.grow());
  }

  /** Returns the mean over all trees, by row. */
  predict(columns: readonly Float64Array[], count: number): Float64Array {
    const sum = new Float64Array(count);
    for (const tree of this.trees) addPredictions(tree, columns, sum);
    return sum.map((all) => this.mean + (all / this.trees.length) * this.scale);
  }

  /** Returns the prediction of one tree, by row. */
  predictOf(tree: number, columns: readonly Float64Array[], count: number): Float64Array {
    const said = new Float64Array(count);
    addPredictions(this.trees[tree]!, columns, said);
    return said.map((one) => this.mean + one * this.scale);
  }
}

/** Adds the tree's prediction of each row. */
function addPredictions(tree: Tree, columns: readonly Float64Array[], into: Float64Array): void {
  const { feature, threshold, groups, inactive, left, right, value } = tree;
  for (let i = 0; i < into.length; i++) {
    let node = 0;
    for (let d = feature[0]!; d >= 0; d = feature[node]!) {
      const at = columns[d]![i]!;
      let goesLeft: boolean;
      if (at === INACTIVE) goesLeft = inactive[node] === 1;
      else {
        const group = groups[node];
        goesLeft = group ? group[at] === 1 : at <= threshold[node]!;
      }
      node = goesLeft ? left[node]! : right[node]!;
    }
    into[i]! += value[node]!;
  }
}

function featureOf(column: Float64Array, ordered: boolean, count: number): Feature {
  const codes = new Uint16Array(column.length);
  if (!ordered) {
    for (let i = 0; i < column.length; i++) codes[i] = column[i] === INACTIVE ? count : column[i]!;
    return { ordered, groups: count, codes, from: new Float64Array(0), to: new Float64Array(0) };
  }
  const cuts = cutsOf(column);
  const from = new Float64Array(cuts.length).fill(Infinity);
  const to = new Float64Array(cuts.length).fill(-Infinity);
  for (let i = 0; i < column.length; i++) {
    const at = column[i]!;
    let [low, high] = [0, cuts.length];
    if (at === INACTIVE) low = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cuts[middle]! < at) low = middle + 1;
      else high = middle;
    }
    codes[i] = low;
    if (low === cuts.length) continue;
    if (at < from[low]!) from[low] = at;
    if (at > to[low]!) to[low] = at;
  }
  return { ordered, groups: cuts.length, codes, from, to };
}

/** Returns the maximum of each group, from evenly spaced quantiles of the column. */
function cutsOf(column: Float64Array): number[] {
  const active = column.filter((at) => at !== INACTIVE);
  const every = Math.ceil(active.length / SORTED);
  const values = every > 1 ? active.filter((_, i) => i % every === 0) : active;
  values.sort();
  const cuts: number[] = [];
  for (let i = 0; i < values.length;) {
    const end = Math.max(i + 1, Math.round(((cuts.length + 1) * values.length) / BINS));
    while (i < values.length && (i < end || values[i] === values[i - 1])) i++;
    cuts.push(values[i - 1]!);
  }
  if (cuts.length > 0) cuts[cuts.length - 1] = Infinity;
  return cuts;
}

interface Split {
  gain: number;
  feature: number;
  /** Groups that go left, in the order below; `inactive` covers the inactive rows. */
  goesLeft: Uint8Array;
  last: number;
}

class Grower {
  private readonly order: Int32Array;
  private readonly columns: Int32Array;
  private readonly counts: Float64Array;
  private readonly sums: Float64Array;
  private readonly sorted: Int32Array;
  private readonly best: Split;

  constructor(
    private readonly features: readonly Feature[],
    private readonly losses: Float64Array,
    private readonly leastLeaf: number,
    private readonly random: Random,
  ) {
    const groups = features.reduce((most, f) => Math.max(most, f.groups), 0) + 1;
    this.order = Int32Array.from(losses.keys());
    this.columns = Int32Array.from(features.keys());
    this.counts = new Float64Array(groups);
    this.sums = new Float64Array(groups);
    this.sorted = new Int32Array(groups);
    this.best = { gain: 0, feature: -1, goesLeft: new Uint8Array(groups), last: 0 };
  }

  grow(): Tree {
    const { order, random } = this;
    const rows = sampleSize(order.length);
    for (let i = 0; i < rows; i++) swap(order, i, i + random.int(order.length - i));
    const nodes: { feature: number; threshold: number; group: Uint8Array | null; inactive: number; value: number }[] =
      [];
    const left: number[] = [];
    const right: number[] = [];
    const stack = [{ from: 0, to: rows, parent: -1, isLeft: false }];
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { from, to, parent, isLeft } = next;
      const id = nodes.length;
      if (parent >= 0) (isLeft ? left : right)[parent] = id;
      left.push(-1);
      right.push(-1);
      const node = {
        feature: -1,
        threshold: 0,
        group: null as Uint8Array | null,
        inactive: 0,
        value: this.mean(from, to),
      };
      nodes.push(node);
      if (to - from < 2 * this.leastLeaf || !this.findSplit(from, to)) continue;
      const { feature, goesLeft } = this.best;
      const f = this.features[feature]!;
      node.feature = feature;
      node.inactive = goesLeft[f.groups]!;
      if (f.ordered) node.threshold = this.thresholdOf(f);
      else node.group = goesLeft.slice(0, f.groups).map((side) => (side === 2 ? random.int(2) : side));
      const middle = this.part(f, goesLeft, from, to);
      stack.push({ from: middle, to, parent: id, isLeft: false }, { from, to: middle, parent: id, isLeft: true });
    }
    return {
      feature: Int16Array.from(nodes, (n) => n.feature),
      threshold: Float64Array.from(nodes, (n) => n.threshold),
      groups: nodes.map((n) => n.group),
      inactive: Uint8Array.from(nodes, (n) => n.inactive),
      left: Int32Array.from(left),
      right: Int32Array.from(right),
      value: Float64Array.from(nodes, (n) => n.value),
    };
  }

  private mean(from: number, to: number): number {
    let sum = 0;
    for (let i = from; i < to; i++) sum += this.losses[this.order[i]!]!;
    return sum / (to - from);
  }

  /** Draws a threshold between two groups: midway for the indices of an ordered list, anywhere for other values. */
  private thresholdOf({ from, to }: Feature): number {
    const { last, goesLeft } = this.best;
    if (last < 0) return -1;
    // Groups without rows in this node lie in between: the threshold may be anywhere among them.
    let next = last + 1;
    while (goesLeft[next] === 2) next++;
    const [low, high] = [to[last]!, from[next]!];
    const at = low + (high - low) * this.random.next();
    return at < high ? at : low;
  }

  /** Moves the rows that go left to the front; returns the position of the first one that does not. */
  private part({ codes }: Feature, goesLeft: Uint8Array, from: number, to: number): number {
    const { order } = this;
    let middle = from;
    for (let i = from; i < to; i++) if (goesLeft[codes[order[i]!]!] === 1) swap(order, i, middle++);
    return middle;
  }

  private findSplit(from: number, to: number): boolean {
    const { columns, best, random } = this;
    best.gain = 1e-12;
    best.feature = -1;
    const tried = Math.max(1, Math.ceil(columns.length * SHARE_OF_COLUMNS));
    for (let k = 0; k < columns.length; k++) {
      if (k >= tried && best.feature >= 0) break;
      swap(columns, k, k + random.int(columns.length - k));
      this.consider(columns[k]!, from, to);
    }
    return best.feature >= 0;
  }

  private consider(feature: number, from: number, to: number): void {
    const { counts, sums, sorted, order, losses, leastLeaf, best } = this;
    const { codes, groups, ordered } = this.features[feature]!;
    let [total, present] = [0, 0];
    const n = to - from;
    const few = n < groups;
    if (!few) for (let g = 0; g < groups; g++) sums[(sorted[present++] = g)] = counts[g] = 0;
    counts[groups] = sums[groups] = 0;
    if (few) for (let i = from; i < to; i++) counts[codes[order[i]!]!] = 0;
    for (let i = from; i < to; i++) {
      const row = order[i]!;
      const code = codes[row]!;
      const loss = losses[row]!;
      total += loss;
      if (counts[code]!++ > 0) {
        sums[code]! += loss;
        continue;
      }
      sums[code] = loss;
      if (few && code < groups) sorted[present++] = code;
    }
    if (few) sorted.subarray(0, present).sort();
    else {
      present = 0;
      for (let g = 0; g < groups; g++) if (counts[g]! > 0) sorted[present++] = g;
    }
    if (!ordered) {
      sorted.subarray(0, present).sort((a, b) => sums[a]! / counts[a]! - sums[b]! / counts[b]! || a - b);
    }
    const idle = counts[groups]!;
    const baseline = (total * total) / n;
    // Inactive rows are alone on one side, or join either part of the others.
    for (let side = 0; side < (idle > 0 ? 2 : 1); side++) {
      let count = side ? idle : 0;
      let sum = side ? sums[groups]! : 0;
      for (let k = 0; k < present; k++) {
        if (k > 0 || side) {
          const gain = (sum * sum) / count + (total - sum) ** 2 / (n - count) - baseline;
          if (count >= leastLeaf && n - count >= leastLeaf && gain > best.gain)
            this.keep(feature, gain, k, present, side);
        }
        count += counts[sorted[k]!]!;
        sum += sums[sorted[k]!]!;
      }
    }
  }

  /** Records a split in which the first `k` groups present go left; 2 marks groups without rows here. */
  private keep(feature: number, gain: number, k: number, present: number, side: number): void {
    const { best, sorted } = this;
    const { groups } = this.features[feature]!;
    best.gain = gain;
    best.feature = feature;
    best.goesLeft.fill(2, 0, groups);
    for (let i = 0; i < present; i++) best.goesLeft[sorted[i]!] = i < k ? 1 : 0;
    best.goesLeft[groups] = side;
    best.last = k > 0 ? sorted[k - 1]! : -1;
  }
}

function sampleSize(rows: number): number {
  return Math.min(ROWS, Math.ceil(rows * 0.8));
}

function swap(of: Int32Array, i: number, j: number): void {
  const kept = of[i]!;
  of[i] = of[j]!;
  of[j] = kept;
}
