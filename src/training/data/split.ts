/**
 * Splits and subsets of the examples. They don't depend on a run's seed: every trial of a search is evaluated on the same
 * examples.
 */
import { TrainingError } from '../errors.js';
import { Random } from '../random.js';
import type { Division } from './types.js';
import { said } from '../../format/said.js';

const SPLIT_SEED = 20_240_229;
export const DEFAULT_VALIDATION = 0.2;

/** Returns the indexes of the training and validation examples, stratified by class if there are classes. */
export function splitIndexes(
  count: number,
  fraction: number,
  classes: ArrayLike<number> | null,
): [Int32Array, Int32Array] {
  if (count < 2)
    throw new TrainingError(
      count === 1
        ? said('the data are too few: training and validation share 1 example')
        : said('the data are too few: training and validation share {0} examples', count),
    );
  const train: number[] = [];
  const validation: number[] = [];
  // Counts are rounded on the running total, so that many small classes together match the requested fraction.
  let seen = 0;
  for (const group of groups(count, classes)) {
    seen += group.length;
    const wanted = Math.round(seen * fraction) - validation.length;
    const most = classes ? group.length - 1 : group.length;
    const share = Math.max(0, Math.min(wanted, most));
    for (let i = 0; i < group.length; i++) (i < share ? validation : train).push(group[i]!);
  }
  if (validation.length === 0) validation.push(train.pop()!);
  if (train.length === 0) train.push(validation.pop()!);
  return [Int32Array.from(train).sort(), Int32Array.from(validation).sort()];
}

/** Returns the folds of a cross-validation, stratified by class: each example is validated on in exactly one fold. */
export function foldIndexes(count: number, folds: number, classes: ArrayLike<number> | null): Division[] {
  if (count < folds) throw new TrainingError(said('{0} examples are too few for folds: {1}', count, folds));
  const foldOf = new Int32Array(count);
  const sizes = new Int32Array(folds);
  // Examples are dealt like cards, continuing from one class to the next, so fold sizes differ by one at most.
  let next = 0;
  for (const group of groups(count, classes)) {
    for (const index of group) {
      foldOf[index] = next;
      sizes[next]!++;
      next = (next + 1) % folds;
    }
  }
  return Array.from(sizes, (size, fold) => {
    const validation = new Int32Array(size);
    const train = new Int32Array(count - size);
    let [i, j] = [0, 0];
    for (let index = 0; index < count; index++) {
      if (foldOf[index] === fold) validation[i++] = index;
      else train[j++] = index;
    }
    return { train, validation };
  });
}

/** Returns shuffled indexes grouped by class, in the order of the classes. */
function groups(count: number, classes: ArrayLike<number> | null): number[][] {
  const random = new Random(SPLIT_SEED);
  const found = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const key = classes ? classes[i]! : 0;
    const group = found.get(key);
    if (group) group.push(i);
    else found.set(key, [i]);
  }
  return [...found.keys()].sort((a, b) => a - b).map((key) => random.shuffle(found.get(key)!));
}

/** Returns at most `limit` of the indexes, sampled evenly, in ascending order. */
export function limited(indexes: Int32Array, limit: number | null): Int32Array {
  if (limit === null || limit >= indexes.length) return indexes;
  const order = new Random(SPLIT_SEED).shuffle(Int32Array.from(indexes, (_, i) => i));
  return order
    .slice(0, limit)
    .sort()
    .map((i) => indexes[i]!);
}

/** Returns the indexes 0 to count − 1. */
export const upTo = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);
