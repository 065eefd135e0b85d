/** Splitting and limiting. Independent of a run's seed: every trial of a search is judged on the same examples. */
import type { Task } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { Random } from '../random.js';
import type { Examples } from './types.js';

const SPLIT_SEED = 20_240_229;
export const DEFAULT_VALIDATION = 0.2;

/** Indexes of the training and the validation examples; with classes, each class keeps its share in both. */
export function splitIndexes(
  count: number,
  fraction: number,
  classes: ArrayLike<number> | null,
): [Int32Array, Int32Array] {
  if (count < 2) throw new TrainingError(`${count} example is too few to split into training and validation`);
  const random = new Random(SPLIT_SEED);
  const groups = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const key = classes ? classes[i]! : 0;
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  }
  const train: number[] = [];
  const validation: number[] = [];
  // Shares are rounded on the running total, so that many small classes together still give the fraction asked for.
  let seen = 0;
  for (const key of [...groups.keys()].sort((a, b) => a - b)) {
    const group = random.shuffle(groups.get(key)!);
    seen += group.length;
    const wanted = Math.round(seen * fraction) - validation.length;
    const most = classes ? group.length - 1 : group.length;
    const share = Math.max(0, Math.min(wanted, most));
    validation.push(...group.slice(0, share));
    train.push(...group.slice(share));
  }
  if (validation.length === 0) validation.push(train.pop()!);
  if (train.length === 0) train.push(validation.pop()!);
  return [Int32Array.from(train).sort(), Int32Array.from(validation).sort()];
}

/** Some examples of `all`, in the order of `indexes`. `width`: numbers per input; `outputs`: per target. */
export function take(all: Examples, indexes: ArrayLike<number>, width: number, outputs: number): Examples {
  const inputs = new (all.inputs.constructor as new (length: number) => Examples['inputs'])(indexes.length * width);
  const targets = new (all.targets.constructor as new (length: number) => Examples['targets'])(
    indexes.length * outputs,
  );
  for (let i = 0; i < indexes.length; i++) {
    const from = indexes[i]!;
    inputs.set(all.inputs.subarray(from * width, (from + 1) * width), i * width);
    targets.set(all.targets.subarray(from * outputs, (from + 1) * outputs), i * outputs);
  }
  return { count: indexes.length, inputs, targets };
}

/** At most `limit` examples, drawn evenly from all. */
export function limited(all: Examples, limit: number | null, width: number, outputs: number): Examples {
  if (limit === null || limit >= all.count) return all;
  const order = new Random(SPLIT_SEED).shuffle(Int32Array.from({ length: all.count }, (_, i) => i));
  return take(all, order.slice(0, limit).sort(), width, outputs);
}

/** The training and validation parts of what was loaded. */
export function divide(
  all: Examples,
  given: Examples | null,
  fraction: number | null,
  task: Task,
  width: number,
  outputs: number,
  limit: number | null,
): { train: Examples; validation: Examples } {
  // An explicit fraction wins over files that come with a data set (MNIST's test images).
  if (given && fraction === null) {
    return { train: limited(all, limit, width, outputs), validation: limited(given, limit, width, outputs) };
  }
  const classes = task === 'classification' ? all.targets : null;
  const [train, validation] = splitIndexes(all.count, fraction ?? DEFAULT_VALIDATION, classes);
  return {
    train: limited(take(all, train, width, outputs), limit, width, outputs),
    validation: limited(take(all, validation, width, outputs), limit, width, outputs),
  };
}
