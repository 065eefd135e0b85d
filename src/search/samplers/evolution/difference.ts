/**
 * Differential evolution's operators on genes (see genes.ts): R. Storn & K. Price, "Differential Evolution" (Journal of
 * Global Optimization 11, 1997). Integers and steps are numbers that are rounded, as in Awad, Mallik & Hutter, "DEHB"
 * (IJCAI 2021), section 3. A choice has no differences: it takes a parent's value with probability F where a number
 * would move by the factor F.
 */
import type { Random } from '../../types.js';
import { bounce, type Genes, type Genome } from './genes.js';

/**
 * Computes x + F (best − x) + F (one − other): current-to-pbest/1 of Zhang & Sanderson, "JADE" (IEEE TEC 2009), section
 * III.
 */
export function currentToBest(
  genome: Genome,
  [own, best, one, other]: [own: Genes, best: Genes, one: Genes, other: Genes],
  f: number,
  random: Random,
): Genes {
  return own.map((x, i) => {
    if (genome.isChoice(i)) {
      const towards = random.next() < f ? best[i]! : x;
      const differs = one[i] !== other[i] && !Number.isNaN(one[i]!);
      return differs && random.next() < f ? one[i]! : known(towards, best[i]!, one[i]!);
    }
    const from = known(x, best[i]!, one[i]!);
    const pull = Number.isNaN(best[i]!) ? 0 : best[i]! - from;
    const difference = Number.isNaN(one[i]!) || Number.isNaN(other[i]!) ? 0 : one[i]! - other[i]!;
    return bounce(from + f * pull + f * difference, from);
  });
}

/** Computes base + F (one − other): rand/1 of Storn & Price, or best/1, depending on the base. */
export function differenceFrom(
  genome: Genome,
  [base, one, other]: [base: Genes, one: Genes, other: Genes],
  f: number,
  random: Random,
): Genes {
  return currentToBest(genome, [base, base, one, other], f, random);
}

/**
 * Performs binomial crossover: each gene comes from the mutant with probability `rate`, and at least one for certain.
 */
export function binomial(genome: Genome, own: Genes, mutant: Genes, rate: number, random: Random): Genes {
  const { free } = genome;
  const certain = free.length ? free[random.int(free.length)]! : -1;
  return own.map((x, i) => (i === certain || Number.isNaN(x) || random.next() < rate ? mutant[i]! : x));
}

function known(...genes: number[]): number {
  return genes.find((gene) => !Number.isNaN(gene)) ?? NaN;
}
