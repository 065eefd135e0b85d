/** Tells classes from numbers by the targets alone. */
import type { Task } from '../../experiment/network/index.js';

/** Whole numbers are classes up to this many different ones, each with a few examples on average. */
const MOST_CLASSES = 20;
const EXAMPLES_PER_CLASS = 4;

/** `values`: the different targets; null: too many to count. `count`: number of examples. */
export function taskOfNumbers(values: readonly number[] | null, count: number): Task {
  if (values === null || values.length > MOST_CLASSES) return 'regression';
  if (values.length === 2) return 'classification';
  const whole = values.every((value) => Number.isInteger(value));
  return whole && values.length * EXAMPLES_PER_CLASS <= count ? 'classification' : 'regression';
}

/** Returns the different values, in the order found; null: more than could be classes. */
export function differentValues(values: ArrayLike<number>): number[] | null {
  const found = new Set<number>();
  for (let i = 0; i < values.length; i++) {
    found.add(values[i]!);
    if (found.size > MOST_CLASSES) return null;
  }
  return [...found];
}
