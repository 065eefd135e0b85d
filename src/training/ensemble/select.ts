/** Greedy selection of an ensemble (Caruana et al., "Ensemble Selection from Libraries of Models", ICML 2004). */

/** Predictions of a network for examples: `width` numbers each. */
export interface Predictions {
  values: Float32Array;
  width: number;
}

/** True class of each example, or `width` true numbers each. */
export interface Truth {
  targets: ArrayLike<number>;
  /** True for classes. */
  classes: boolean;
}

const LEAST_PROBABILITY = 1e-7;

/** Mean cross-entropy of probabilities, or mean squared error of numbers. Lower is better. */
export function lossOf({ values, width }: Predictions, { targets, classes }: Truth): number {
  let sum = 0;
  if (!classes) {
    for (let i = 0; i < values.length; i++) sum += (values[i]! - targets[i]!) ** 2;
    return sum / values.length;
  }
  const count = values.length / width;
  for (let i = 0; i < count; i++) sum -= Math.log(Math.max(LEAST_PROBABILITY, values[i * width + targets[i]!]!));
  return sum / count;
}

/** Share of right predictions, or R² (of several numbers the mean; NaN if they do not vary). Higher is better. */
export function scoreOf({ values, width }: Predictions, { targets, classes }: Truth): number {
  const count = values.length / width;
  if (classes) {
    let right = 0;
    for (let i = 0; i < count; i++) {
      let best = 0;
      for (let j = 1; j < width; j++) if (values[i * width + j]! > values[i * width + best]!) best = j;
      if (best === targets[i]) right++;
    }
    return right / count;
  }
  let mean = 0;
  for (let j = 0; j < width; j++) {
    let [sum, residual, total] = [0, 0, 0];
    for (let i = 0; i < count; i++) sum += targets[i * width + j]!;
    for (let i = 0; i < count; i++) {
      residual += (targets[i * width + j]! - values[i * width + j]!) ** 2;
      total += (targets[i * width + j]! - sum / count) ** 2;
    }
    mean += (1 - residual / total) / width;
  }
  return mean;
}

/** Weighted mean of several networks' predictions. */
export function averaged(members: readonly (Predictions & { weight: number })[]): Predictions {
  const [first] = members;
  const values = new Float32Array(first!.values.length);
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  for (const { values: own, weight } of members) {
    for (let i = 0; i < values.length; i++) values[i]! += (own[i]! * weight) / total;
  }
  return { values, width: first!.width };
}

/** Rounds of the selection; each adds one network, again or for the first time. */
const ROUNDS = 25;

/**
 * Returns how often each network is in the ensemble whose average has the least loss: starting from the best one, each
 * round adds the one that helps most, with replacement, and the best of these ensembles is taken (section 2.1 and 2.2).
 */
export function select(all: readonly Predictions[], truth: Truth, rounds = ROUNDS): number[] {
  const counts = all.map(() => 0);
  if (all.length === 0) return counts;
  const sum = new Float32Array(all[0]!.values.length);
  const trial = new Float32Array(sum.length);
  const { width } = all[0]!;
  let best: { loss: number; counts: number[] } = { loss: Infinity, counts };
  for (let round = 1; round <= rounds; round++) {
    let [chosen, least] = [0, Infinity];
    for (const [i, { values }] of all.entries()) {
      for (let k = 0; k < trial.length; k++) trial[k] = (sum[k]! + values[k]!) / round;
      const loss = lossOf({ values: trial, width }, truth);
      if (loss < least) [chosen, least] = [i, loss];
    }
    const { values } = all[chosen]!;
    for (let k = 0; k < sum.length; k++) sum[k]! += values[k]!;
    counts[chosen]!++;
    // A further member must help: with equal losses, the smaller ensemble is taken.
    if (least < best.loss) best = { loss: least, counts: [...counts] };
  }
  return best.counts;
}
