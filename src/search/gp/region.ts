/**
 * A trust region. With many parameters a model knows little about most of the space and would explore forever, so
 * suggestions stay in a box around the best trial, longer along parameters that change little. Eriksson, Pearce,
 * Gardner, Turner & Poloczek, "Scalable Global Optimization via Local Bayesian Optimization" (NeurIPS 2019), section 2:
 * the box doubles after `SUCCESSES` records in a row and halves after as many trials without a record as half the
 * number of parameters. Once it has collapsed, the search restarts elsewhere: the next trials are anywhere, and the
 * best of them becomes the new center. Unlike in the paper, the model continues to learn from all trials.
 *
 * On nine functions of 20 to 60 dimensions it made no clear difference (docs/search.md), because the prior of the
 * length scales and the points sampled around the best trials keep suggestions near them anyway; so it is optional.
 *
 * The region follows from the trials in the order of their start, so nothing has to be saved. Choices and steps are not
 * bounded.
 */
import { exp, log } from '../maths/numeric.js';
import type { Coding, Column } from './coding.js';
import type { Row } from './data.js';
import { ABSENT } from './kernel.js';

const FIRST = 0.8;
const LARGEST = 1.6;
const SMALLEST = 1 / 128;
const SUCCESSES = 3;
const LEAST_FAILURES = 4;
/** Maximum ratio between the longest and the shortest side of the box. */
const LONGEST = 4;

export interface Region {
  center: Row;
  /** Side length as a share of the ranges, before the length scales are applied. */
  length: number;
}

export interface Box {
  lower: Float64Array;
  upper: Float64Array;
}

/**
 * Returns the region of a single objective, or null for anywhere. `startup` is the number of trials after a restart.
 */
export function regionOf(rows: readonly Row[], parameters: number, startup: number): Region | null {
  const patience = Math.max(LEAST_FAILURES, Math.ceil(parameters / 2));
  let [length, successes, failures, age] = [FIRST, 0, 0, 0];
  let center: Row | null = null;
  for (const row of rows) {
    if (row.earlier) continue;
    const isRecord = isFine(row) && (!center || row.losses[0]! < center.losses![0]!);
    if (isRecord) center = row;
    if (age++ < startup) continue;
    [successes, failures] = isRecord ? [successes + 1, 0] : [0, failures + 1];
    if (successes >= SUCCESSES) [length, successes] = [Math.min(LARGEST, 2 * length), 0];
    if (failures < patience) continue;
    [length, failures] = [length / 2, 0];
    if (length < SMALLEST) [length, age, center] = [FIRST, 0, null];
  }
  return center && age >= startup ? { center, length } : null;
}

/** Returns the bounds by column, within [0, 1]. `scales` are the length scales. */
export function boxOf({ center, length }: Region, coding: Coding, scales: Float64Array): Box {
  const n = coding.columns.length;
  const lower = new Float64Array(n);
  const upper = new Float64Array(n).fill(1);
  const bounded = coding.columns.flatMap((column, j) => (isBounded(column) && center.at[j] !== ABSENT ? [j] : []));
  const least = Math.min(...bounded.map((j) => scales[j]!));
  const extents = bounded.map((j) => Math.min(scales[j]!, LONGEST * least));
  const mean = exp(extents.reduce((sum, extent) => sum + log(extent), 0) / bounded.length);
  for (const [k, j] of bounded.entries()) {
    const half = (length / 2) * (extents[k]! / mean);
    lower[j] = Math.max(0, center.at[j]! - half);
    upper[j] = Math.min(1, center.at[j]! + half);
  }
  return { lower, upper };
}

/** Maps a row from anywhere in the space to the same relative position in the box. */
export function into(box: Box, coding: Coding, row: Float64Array): Float64Array {
  for (const [j, column] of coding.columns.entries()) {
    if (!isBounded(column) || row[j] === ABSENT) continue;
    row[j] = box.lower[j]! + (box.upper[j]! - box.lower[j]!) * row[j]!;
  }
  return row;
}

const isBounded = ({ axis, parent }: Column) => axis.count === 0 && !parent;

const isFine = (row: Row): row is Row & { losses: number[] } => {
  return row.losses !== null && !row.constraints?.some((c) => !(c <= 0));
};
