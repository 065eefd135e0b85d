/**
 * The user's prior (`Dimension.prior`) as a term of the acquisition: Hvarfner, Stoll, Souza, Lindauer, Hutter & Nardi,
 * "πBO: Augmenting Acquisition Functions with User Beliefs for Bayesian Optimization" (ICLR 2022), section 4.1. The
 * acquisition is multiplied by π(x)^(β/n), so evidence from the trials soon outweighs the prior.
 *
 * On ordered columns, π is normal around the value with standard deviation `sd`. For a choice, the preferred value
 * exceeds each of the others by the ratio between a normal density at its centre and at a distance of one whole range.
 */
import type { Random } from '../types.js';
import { drawWithinUnit } from '../maths/normal.js';
import type { Coding } from './coding.js';
import type { Landscape } from './explore.js';
import { ABSENT } from './kernel.js';

/** The paper's β for a hundred trials: a tenth of them. */
const BETA = 10;
const SD = 0.25;

export class Beliefs implements Landscape {
  private readonly held: { column: number; at: number; sd: number; category: boolean }[] = [];
  private share = 1;

  constructor(private readonly coding: Coding) {
    for (const [column, { axis, kind }] of coding.columns.entries()) {
      const { prior } = axis.dimension;
      if (!prior) continue;
      const at = axis.count ? coding.ofIndex(column, Math.max(0, axis.indexOf(prior.value))) : axis.toUnit(prior.value);
      this.held.push({ column, at, sd: prior.sd ?? SD, category: kind === 'category' });
    }
  }

  get any(): boolean {
    return this.held.length > 0;
  }

  /** Scales the prior for n trials. */
  after(n: number): this {
    this.share = BETA / Math.max(1, n);
    return this;
  }

  value(row: Float64Array): number {
    let sum = 0;
    for (const { column, at, sd, category } of this.held) {
      const here = row[column]!;
      if (here === ABSENT) continue;
      const off = category ? (here === at ? 0 : 1) : here - at;
      sum -= (off * off) / (2 * sd * sd);
    }
    return this.share * sum;
  }

  slope(row: Float64Array, gradient: Float64Array): number {
    for (const { column, at, sd, category } of this.held) {
      if (category || row[column] === ABSENT) continue;
      gradient[column] = gradient[column]! - (this.share * (row[column]! - at)) / (sd * sd);
    }
    return this.value(row);
  }

  /** Draws these columns from π. */
  draw(row: Float64Array, random: Random): void {
    for (const { column, at, sd, category } of this.held) {
      if (row[column] === ABSENT) continue;
      if (!category) row[column] = this.coding.ofUnit(column, drawWithinUnit(at, sd, random));
      else if (random.next() < 0.5) row[column] = at;
    }
  }
}
