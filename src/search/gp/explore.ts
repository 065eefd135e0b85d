/**
 * Maximizes a function over a conditional space of numbers and choices: evaluates many points from a scrambled Sobol
 * sequence and around the best trials, then climbs from the most promising of them, alternating between the continuous
 * columns together (L-BFGS) and each of the others by itself (Ru, Alvi, Nguyen, Osborne & Roberts, "Bayesian
 * Optimisation over Multiple Continuous and Categorical Inputs", ICML 2020, section 3, alternate in the same way).
 */
import { scramble, sobolBits } from '../samplers/sobol/index.js';
import { DIRECTIONS } from '../samplers/sobol/table.js';
import type { Random } from '../types.js';
import type { Coding } from './coding.js';
import { ABSENT } from './kernel.js';
import { minimize } from './lbfgs.js';
import type { Box } from './region.js';

/** A function to maximize. */
export interface Landscape {
  value(row: Float64Array): number;
  /** Returns the value and writes the gradient along continuous columns to `gradient`. */
  slope(row: Float64Array, gradient: Float64Array): number;
}

export interface ExploreOptions {
  random: Random;
  /** Good rows to search around, best first. */
  around: readonly Float64Array[];
  /** Length scale of the function, by column. */
  scales: Float64Array;
  /** Rows from all over the space. */
  anywhere: Iterable<Float64Array>;
  /** Number of additional points around the good rows. */
  nearby: number;
  /** Number of points to climb from, and evaluations per climb along the continuous columns. */
  climbs: number;
  steps: number;
  /** Bounds of the continuous columns; null means [0, 1]. */
  box: Box | null;
  /** Tells which rows may be suggested. */
  allowed: ((row: Float64Array) => boolean) | null;
}

export interface Found {
  row: Float64Array;
  value: number;
}

const REACHES = [0.5, 0.15, 0.04, 0.01];

/** Returns the points found, greatest first. The result is empty only if constraints allowed none. */
export function explore(coding: Coding, landscape: Landscape, options: ExploreOptions): Found[] {
  const { random, allowed } = options;
  const drawn: Found[] = [];
  const add = (row: Float64Array) => {
    if (allowed && !allowed(row)) return;
    const value = landscape.value(row);
    if (value > -Infinity) drawn.push({ row, value });
  };
  for (const row of options.anywhere) add(row);
  const { around } = options;
  for (let i = 0; around.length && i < options.nearby; i++) {
    const from = around[Math.floor(random.next() * random.next() * around.length)]!;
    const row = mutate(coding, from, REACHES[i % REACHES.length]!, options.scales, random);
    if (options.box) keepIn(options.box, coding, row);
    add(row);
  }
  drawn.sort(descending);
  const climbed = distinct(drawn, options.climbs).map((found) => climb(coding, landscape, found, options));
  return [...climbed, ...drawn.slice(0, 20)].sort(descending);
}

const descending = (a: Found, b: Found) => b.value - a.value;

/** Returns the first few points that differ noticeably. */
function distinct(sorted: readonly Found[], count: number): Found[] {
  const chosen: Found[] = [];
  for (const found of sorted) {
    if (chosen.length >= count) break;
    const close = chosen.some(({ row }) => row.every((at, j) => Math.abs(at - found.row[j]!) < 0.02));
    if (!close) chosen.push(found);
  }
  return chosen;
}

/** Yields draws from the parameters' own distributions that fill the space evenly. */
export function* evenly(coding: Coding, count: number, random: Random): Generator<Float64Array> {
  const seeds = coding.columns.map(() => random.int(2 ** 32));
  for (let i = 0; i < count; i++) {
    const row = new Float64Array(coding.width);
    for (let j = 0; j < coding.columns.length; j++) {
      const u = j < DIRECTIONS.length ? (scramble(sobolBits(i, j), seeds[j]!) + 0.5) / 2 ** 32 : random.next();
      row[j] = coding.isActive(j, row) ? coding.ofUnit(j, u) : ABSENT;
    }
    yield row;
  }
}

function mutate(coding: Coding, from: Float64Array, reach: number, scales: Float64Array, random: Random): Float64Array {
  const row = from.slice();
  const d = coding.columns.length;
  const share = Math.min(1, 1 / d + (random.next() < 0.5 ? 1 : 6 / d));
  const sure = random.int(Math.max(1, d));
  for (let j = 0; j < d; j++) {
    if (!coding.isActive(j, row)) {
      row[j] = ABSENT;
      continue;
    }
    if (row[j] === ABSENT) {
      row[j] = coding.ofUnit(j, random.next());
      continue;
    }
    if (j !== sure && random.next() >= share) continue;
    const { axis, kind } = coding.columns[j]!;
    if (kind === 'category') {
      if (j === sure || random.next() < Math.min(0.5, 2 / d)) row[j] = coding.ofUnit(j, random.next());
    } else if (axis.count) {
      const index = coding.indexAt(j, row[j]!);
      const far = Math.max(1, reach * axis.count * Math.min(1, scales[j]!));
      const moved = index + Math.round(far * random.normal());
      row[j] = coding.ofIndex(j, Math.min(axis.count - 1, Math.max(0, moved)));
    } else {
      const at = row[j]! + reach * Math.min(1, scales[j]!) * random.normal();
      row[j] = Math.min(1, Math.max(0, at));
    }
  }
  return row;
}

function keepIn({ lower, upper }: Box, coding: Coding, row: Float64Array): void {
  for (const [j, { axis }] of coding.columns.entries()) {
    if (!axis.count && row[j] !== ABSENT) row[j] = Math.min(upper[j]!, Math.max(lower[j]!, row[j]!));
  }
}

function climb(coding: Coding, landscape: Landscape, start: Found, options: ExploreOptions): Found {
  let best = start;
  for (let round = 0; round < 3; round++) {
    const before = best.value;
    best = alongContinuous(coding, landscape, best, options);
    const moved = alongListed(coding, landscape, best, options);
    if (moved === best || !(moved.value > before + 1e-4)) return moved;
    best = moved;
  }
  return best;
}

function alongContinuous(coding: Coding, landscape: Landscape, from: Found, options: ExploreOptions): Found {
  const { steps, allowed, box } = options;
  const free: number[] = [];
  for (const [j, { axis }] of coding.columns.entries()) if (!axis.count && from.row[j] !== ABSENT) free.push(j);
  if (free.length === 0 || steps < 2) return from;
  const row = from.row.slice();
  const gradient = new Float64Array(coding.width);
  const x = Float64Array.from(free, (j) => row[j]!);
  const f = (at: Float64Array, by: Float64Array) => {
    for (let i = 0; i < free.length; i++) row[free[i]!] = at[i]!;
    const value = landscape.slope(row, gradient);
    for (let i = 0; i < free.length; i++) by[i] = -gradient[free[i]!]!;
    return -value;
  };
  const lower = Float64Array.from(free, (j) => box?.lower[j] ?? 0);
  const upper = Float64Array.from(free, (j) => box?.upper[j] ?? 1);
  minimize(f, x, { lower, upper, evaluations: steps, tolerance: 1e-5, firstStep: 0.05 });
  const place = (share: number) => {
    const at = from.row.slice();
    for (let i = 0; i < free.length; i++) at[free[i]!] = (1 - share) * at[free[i]!]! + share * x[i]!;
    return at;
  };
  for (let share = 1; share > 0.05; share /= 2) {
    const at = place(share);
    if (allowed && !allowed(at)) continue;
    const value = landscape.value(at);
    return value > from.value ? { row: at, value } : from;
  }
  return from;
}

/** Improves each choice and step by itself, repeatedly while that helps. */
function alongListed(coding: Coding, landscape: Landscape, from: Found, options: ExploreOptions): Found {
  const { random, allowed } = options;
  let best = from;
  for (const [j, { axis, kind, parent }] of coding.columns.entries()) {
    if (!axis.count) continue;
    for (let step = 1; best.row[j] !== ABSENT;) {
      const index = coding.indexAt(j, best.row[j]!);
      const others: number[] = [];
      if (kind === 'category') for (let i = 0; i < axis.count; i++) others.push(i);
      else others.push(index - step, index + step);
      let next: Found | null = null;
      for (const i of others) {
        if (i === index || i < 0 || i >= axis.count || !(axis.edges![i + 1]! > axis.edges![i]!)) continue;
        const row = best.row.slice();
        row[j] = coding.ofIndex(j, i);
        if (parent) settle(coding, row, j, random);
        if (allowed && !allowed(row)) continue;
        const value = landscape.value(row);
        if (value > (next ?? best).value) next = { row, value };
      }
      if (next) best = next;
      if (kind === 'category') break;
      if (!next && step === 1) break;
      step = next ? step * 2 : step >> 1;
    }
  }
  return best;
}

/** Updates the row after a change in column j: conditions activate and deactivate parameters. */
function settle(coding: Coding, row: Float64Array, j: number, random: Random): void {
  for (let k = j + 1; k < coding.columns.length; k++) {
    const active = coding.isActive(k, row);
    if (!active) row[k] = ABSENT;
    else if (row[k] === ABSENT) row[k] = coding.ofUnit(k, random.next());
  }
}
