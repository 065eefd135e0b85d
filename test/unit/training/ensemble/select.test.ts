import { describe, expect, it } from 'vitest';
import { averaged, lossOf, scoreOf, select } from '../../../../src/training/ensemble/select.js';
import { TimeLimit } from '../../../../src/training/loop/timeLimit.js';
import { differentValues, taskOfNumbers } from '../../../../src/training/data/task.js';

const of = (...values: number[]) => ({ values: Float32Array.from(values), width: 1 });
const truth = { targets: [1, 2, 3, 4], classes: false };

describe('greedy selection', () => {
  it('takes networks whose errors cancel out, weighted, and never one that does harm', () => {
    const [high, low, bad] = [of(1.2, 2.2, 3.2, 4.2), of(0.6, 1.6, 2.6, 3.6), of(9, 9, 9, 9)];
    const counts = select([high, low, bad], truth);
    expect(counts[0]! / counts[1]!).toBeCloseTo(2, 1);
    expect(counts[2]).toBe(0);
    const mean = averaged([
      { ...high, weight: 2 },
      { ...low, weight: 1 },
    ]);
    expect(lossOf(mean, truth)).toBeCloseTo(0, 5);
    expect(scoreOf(mean, truth)).toBeCloseTo(1, 5);
  });

  it('takes the best network alone when nothing helps', () => {
    expect(select([of(5, 5, 5, 5), of(1, 2, 3, 4)], truth)).toEqual([0, 1]);
    expect(select([], truth)).toEqual([]);
  });

  it('scores classes by their probabilities', () => {
    const predictions = { values: Float32Array.from([0.9, 0.1, 0.4, 0.6, 0.7, 0.3]), width: 2 };
    const classes = { targets: [0, 1, 1], classes: true };
    expect(scoreOf(predictions, classes)).toBeCloseTo(2 / 3);
    expect(lossOf(predictions, classes)).toBeCloseTo(-(Math.log(0.9) + Math.log(0.6) + Math.log(0.3)) / 3, 5);
  });
});

describe('a limit of time', () => {
  it('lets as many epochs be trained as the first ones suggest, and none after its end', () => {
    let now = performance.now();
    const limit = new TimeLimit(10, () => now);
    now += 500;
    expect(limit.after(1, { epochs: 100 })).toBeNull();
    now += 600;
    expect(limit.after(2, { epochs: 100 })).toBeLessThanOrEqual(18);
    expect(limit.after(3, { epochs: 18 })).toBeNull();
    now += 10_000;
    expect(limit.after(9, { epochs: 18 })).toBe(9);
  });

  it('changes nothing when there is time for all epochs', () => {
    let now = performance.now();
    const limit = new TimeLimit(10, () => now);
    now += 100;
    expect(limit.after(1, { epochs: 10 })).toBeNull();
    now += 1900;
    expect(limit.after(5, { epochs: 10 })).toBeNull();
  });
});

it('tells classes from numbers by the targets', () => {
  expect(taskOfNumbers([0, 1], 10)).toBe('classification');
  expect(taskOfNumbers([1.5, 2.5], 10)).toBe('classification');
  expect(taskOfNumbers([3, 4, 5, 6], 100)).toBe('classification');
  expect(taskOfNumbers([3, 4, 5, 6], 8)).toBe('regression');
  expect(taskOfNumbers([0.1, 0.2, 0.3], 100)).toBe('regression');
  expect(taskOfNumbers(null, 1000)).toBe('regression');
  expect(differentValues(Float32Array.from({ length: 30 }, (_, i) => i))).toBeNull();
  expect(differentValues([3, 1, 3])).toEqual([3, 1]);
});
