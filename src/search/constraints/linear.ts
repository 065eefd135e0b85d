/**
 * A space's linear constraints, compiled for many queries. Interval arithmetic bounds the undecided values, so a search
 * for allowed points turns back early.
 */
import type { Params } from '../../protocol/values/index.js';
import { allows, rangeOf } from '../space/dimension.js';
import type { Allowed, Dimension, Space } from '../types.js';
import { entryOf } from '../../protocol/values/records.js';

interface Row {
  /** Indices into `space.dimensions`, and the factor of each. */
  at: number[];
  factors: number[];
  atMost: number;
  /** `atMost` plus the rounding error that any sum of this row may have. */
  limit: number;
}

/** Relative tolerances of the bound and of each term: decimal sums are inexact, but 0.1 + 0.2 ≤ 0.3 counts as met. */
const TOLERANCE = 1e-9;
const NOISE = 1e-11;

export class Linear {
  readonly rows: Row[];
  /** Rows that each dimension appears in. */
  readonly rowsOf: number[][];
  /** Parallel to `rowsOf`: the dimension's factor, and the minimum of its term. */
  readonly factorsOf: number[][];
  readonly leastOf: number[][];
  /** Minimum and maximum of each dimension; 0 for dimensions that no row uses. */
  readonly lows: number[];
  readonly highs: number[];
  /** By dimension: true if the conditions of other dimensions refer to it. */
  readonly isParent: boolean[];
  private readonly parents: { at: number; allowed: Allowed }[][];

  constructor(
    readonly dimensions: readonly Dimension[],
    constraints: NonNullable<Space['constraints']>,
  ) {
    const places = new Map(dimensions.map((d, i) => [d.name, i]));
    this.rows = constraints.map(({ terms, atMost }) => {
      const used = Object.entries(terms).filter(([, factor]) => factor !== 0);
      const at = used.map(([name]) => places.get(name)!);
      const factors = used.map(([, factor]) => factor);
      return { at, factors, atMost, limit: atMost };
    });
    this.rowsOf = dimensions.map((_, i) => this.rows.flatMap((row, r) => (row.at.includes(i) ? [r] : [])));
    const ranges = dimensions.map((d, i) => (this.rowsOf[i]!.length ? rangeOf(d) : null) ?? [0, 0]);
    this.lows = ranges.map(([low]) => low!);
    this.highs = ranges.map(([, high]) => high!);
    for (const row of this.rows) {
      const sizes = row.at.map(
        (i, k) => Math.abs(row.factors[k]!) * Math.max(Math.abs(this.lows[i]!), Math.abs(this.highs[i]!)),
      );
      row.limit += TOLERANCE * Math.abs(row.atMost) + NOISE * sizes.reduce((sum, size) => sum + size, 0);
    }
    this.factorsOf = this.rowsOf.map((rows, i) => rows.map((r) => this.rows[r]!.factors[this.rows[r]!.at.indexOf(i)]!));
    this.leastOf = this.factorsOf.map((factors, i) => factors.map((factor) => this.leastTerm(i, factor)));
    this.parents = dimensions.map((d) =>
      Object.entries(d.when ?? {}).map(([name, allowed]) => ({ at: places.get(name)!, allowed })),
    );
    const named = new Set(this.parents.flatMap((list) => list.map(({ at }) => at)));
    this.isParent = dimensions.map((_, i) => named.has(i));
  }

  allows(params: Params): boolean {
    for (const row of this.rows) {
      let noise = TOLERANCE * Math.abs(row.atMost);
      const { at, factors } = row;
      for (let k = 0; k < at.length; k++) {
        const value = entryOf(params, this.dimensions[at[k]!]!.name);
        if (typeof value === 'number') noise += NOISE * Math.abs(factors[k]! * value);
      }
      if (!(this.sum(row, params) <= row.atMost + noise)) return false;
    }
    return true;
  }

  sum({ at, factors }: Row, params: Params): number {
    let sum = 0;
    for (let k = 0; k < at.length; k++) {
      const value = entryOf(params, this.dimensions[at[k]!]!.name);
      if (typeof value === 'number') sum += factors[k]! * value;
    }
    return sum;
  }

  /**
   * Returns a lower bound of the row's sum; `decided` tells which dimensions already have their value (or none) in
   * `params`.
   */
  least({ at, factors }: Row, params: Params, decided: (dimension: number) => boolean, without = -1): number {
    let sum = 0;
    for (let k = 0; k < at.length; k++) {
      const i = at[k]!;
      if (i === without) continue;
      const factor = factors[k]!;
      if (decided(i)) {
        const value = entryOf(params, this.dimensions[i]!.name);
        if (typeof value === 'number') sum += factor * value;
        continue;
      }
      const active = this.activity(i, params, decided);
      if (active === 'no') continue;
      const least = this.leastTerm(i, factor);
      sum += active === 'yes' ? least : Math.min(0, least);
    }
    return sum;
  }

  private leastTerm(i: number, factor: number): number {
    return factor * (factor > 0 ? this.lows[i]! : this.highs[i]!);
  }

  /** Returns false if a constraint is broken whatever values the undecided dimensions take. */
  mayBeMet(params: Params, decided: (dimension: number) => boolean): boolean {
    return this.rows.every((row) => this.least(row, params, decided) <= row.limit);
  }

  private activity(i: number, params: Params, decided: (dimension: number) => boolean): 'yes' | 'maybe' | 'no' {
    let result: 'yes' | 'maybe' = 'yes';
    for (const { at, allowed } of this.parents[i]!) {
      if (decided(at)) {
        const value = entryOf(params, this.dimensions[at]!.name);
        if (value === undefined || !allows(allowed, value)) return 'no';
      } else if (this.activity(at, params, decided) === 'no') return 'no';
      else result = 'maybe';
    }
    return result;
  }

  /**
   * Returns the interval from low to high in which the dimension may lie; it is empty if low > high. `others` returns
   * the minimum of the rest of a row; `k` is the row's index in `rowsOf` of the dimension.
   */
  room(i: number, others: (row: Row, k: number) => number): [low: number, high: number] {
    let [low, high] = [this.lows[i]!, this.highs[i]!];
    let noise = 0;
    for (const [k, r] of this.rowsOf[i]!.entries()) {
      const row = this.rows[r]!;
      const factor = this.factorsOf[i]![k]!;
      const bound = (row.atMost - others(row, k)) / factor;
      if (factor > 0) high = Math.min(high, bound);
      else low = Math.max(low, bound);
      noise += (row.limit - row.atMost) / Math.abs(factor);
    }
    // The value is on the edge, or between two edges that coincide.
    if (low > high && low - high <= noise) [low, high] = [high, low];
    return [low, high];
  }
}

const known = new WeakMap<object, { dimensions: readonly Dimension[]; linear: Linear }>();

/** Returns null if the space has no constraints. They must have been checked. */
export function linearOf(space: Space): Linear | null {
  const { dimensions, constraints } = space;
  if (!constraints?.length) return null;
  const found = known.get(constraints);
  if (found?.dimensions === dimensions) return found.linear;
  const linear = new Linear(dimensions, constraints);
  known.set(constraints, { dimensions, linear });
  return linear;
}
