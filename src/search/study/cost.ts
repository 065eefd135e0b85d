/**
 * How much the cost of a trial counts for the choice of the next one: the acquisition is divided by cost^α, where α
 * falls from 1 to 0 as the budget is used up ("cost-cooling": Lee, Perrone, Archambeau & Seeger, "Cost-aware Bayesian
 * Optimization", 2020, section 4.1). So the search begins with the improvement per second (Snoek, Larochelle & Adams,
 * "Practical Bayesian Optimization of Machine Learning Algorithms", NeurIPS 2012, section 3.2), and its last trials may
 * cost what they cost.
 */
import type { Cost, Trial } from '../types.js';

/**
 * Returns α in [0, 1]. `planned`: number of trials, null if unknown. Depends on the outcomes alone and on no clock, so
 * that a restored study continues in the same way.
 */
export function costWeight({ seconds }: Cost, trials: readonly Trial[], planned: number | null): number {
  let spent = 0;
  for (const trial of trials) spent += trial.seconds ?? 0;
  const byTime = seconds === undefined ? 0 : spent / seconds;
  const byCount = planned === null ? 0 : trials.length / Math.max(1, planned);
  return Math.max(0, 1 - Math.max(byTime, byCount));
}
