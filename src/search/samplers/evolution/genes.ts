/**
 * Trials as lists of genes, one for each parameter, and operators on them. A gene is the parameter's position in [0, 1]
 * (unit.ts); for choices, constants and the few values of a short range it is the middle of their cell. NaN means that
 * the parent did not have the parameter. A child has the parameter if its own parents in the conditions say so: then
 * the gene comes from another parent that has it, or is drawn.
 */
import type { Params } from '../../../protocol/values/index.js';
import { isAllowed, nearestAllowed } from '../../constraints/index.js';
import { exp, log } from '../../maths/numeric.js';
import { isActive } from '../../space/index.js';
import type { Random, Space } from '../../types.js';
import { axesOf, cellOf, type Axis } from '../../space/unit.js';
import { entryOf, setEntry } from '../../../protocol/values/records.js';

export type Genes = Float64Array;

export class Genome {
  readonly axes: Axis[];
  /** Parameters that can have more than one value. */
  readonly free: number[];

  constructor(private readonly space: Space) {
    this.axes = axesOf(space);
    this.free = this.axes.flatMap(({ count }, i) => (count === 1 ? [] : [i]));
  }

  genesOf(params: Params): Genes {
    return Float64Array.from(this.axes, ({ dimension, toUnit }) => {
      const value = entryOf(params, dimension.name);
      return value === undefined ? NaN : toUnit(value);
    });
  }

  /** Returns the params of the genes. Missing or out-of-range genes are drawn; constraints are obeyed. */
  paramsOf(genes: Genes, random: Random): Params {
    const params: Params = {};
    for (const [i, axis] of this.axes.entries()) {
      if (!isActive(axis.dimension, params)) continue;
      const gene = genes[i]!;
      const known = gene >= 0 && gene <= 1;
      setEntry(
        params,
        axis.dimension.name,
        axis.count === 1 ? axis.fromIndex(0) : axis.fromUnit(known ? gene : random.next()),
      );
    }
    return isAllowed(this.space, params) ? params : nearestAllowed(this.space, params, random);
  }

  /** Returns whether gene i stands for a choice, whose values have no order. */
  isChoice(i: number): boolean {
    return !this.axes[i]!.ordered;
  }
}

/**
 * Simulated binary crossover of one gene: as near to the parents, and as far apart, as a bit string's crossover would
 * leave them. Deb & Agrawal, "Simulated Binary Crossover for Continuous Search Space" (Complex Systems 9, 1995), within
 * bounds as in Deb & Jain (2014). Returns the child that is nearer to `a`.
 */
export function sbx(a: number, b: number, eta: number, random: Random): number {
  const distance = Math.abs(b - a);
  if (distance < 1e-14) return a;
  const room = a < b ? a : 1 - a;
  const beta = 1 + (2 * room) / distance;
  const alpha = 2 - power(beta, -(eta + 1));
  const u = random.next();
  const spread = u <= 1 / alpha ? power(u * alpha, 1 / (eta + 1)) : power(1 / (2 - u * alpha), 1 / (eta + 1));
  return clip((a + b) / 2 + ((a < b ? -1 : 1) * spread * distance) / 2);
}

/** Polynomial mutation of one gene within bounds: Deb & Agrawal (1999), as in Deb et al. (2002), section IV. */
export function polynomial(gene: number, eta: number, random: Random): number {
  const u = random.next();
  if (u < 0.5) {
    const room = power(1 - gene, eta + 1);
    return clip(gene + power(2 * u + (1 - 2 * u) * room, 1 / (eta + 1)) - 1);
  }
  const room = power(gene, eta + 1);
  return clip(gene + 1 - power(2 * (1 - u) + (2 * u - 1) * room, 1 / (eta + 1)));
}

/** Returns another value of a choice (any) or of a short range (a near one). */
export function otherCell({ count, edges, ordered }: Axis, gene: number, reach: number, random: Random): number {
  const own = cellOf(edges!, gene);
  let cell = own;
  if (ordered) {
    const steps = 1 + Math.floor(Math.abs(random.normal()) * reach * count);
    const up = own + steps < count;
    const down = own - steps >= 0;
    if (up || down) cell = up && (!down || random.next() < 0.5) ? own + steps : own - steps;
    else cell = own * 2 < count ? count - 1 : 0;
  } else {
    const others: number[] = [];
    for (let k = 0; k < count; k++) if (k !== own && edges![k + 1]! > edges![k]!) others.push(k);
    if (others.length) cell = others[random.int(others.length)]!;
  }
  return (edges![cell]! + edges![cell + 1]!) / 2;
}

/** Returns a mutant gene within [0, 1]: beyond a bound, halfway between it and the origin (Zhang & Sanderson, 2009). */
export function bounce(gene: number, from: number): number {
  return gene < 0 ? from / 2 : gene > 1 ? (from + 1) / 2 : gene;
}

function power(base: number, exponent: number): number {
  return base > 0 ? exp(exponent * log(base)) : 0;
}
function clip(u: number): number {
  return u > 0 ? Math.min(1, u) : 0;
}
