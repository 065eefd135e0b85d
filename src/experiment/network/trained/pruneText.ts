/** The experiment that prunes a run's trained network: the run's own, with its layers and weights taken from there. */
import type { Experiment } from '../../types.js';
import type { WrittenPrune } from './prune.js';

/** Keys that say how another network was made. */
const REPLACED = [
  ...['layers', 'architecture', 'body', 'from', 'freeze', 'rates', 'epochs', 'folds', 'fold'],
  ...['prune', 'decompose', 'transform', 'quantise'],
];

/** Returns the text of an experiment file; null if the run did not train a network of the built-in trainer. */
export function pruneText(
  experiment: Pick<Experiment, 'name' | 'program'>,
  run: { id: string; params: Record<string, unknown> },
  prune: WrittenPrune,
): string | null {
  const { program, name } = experiment;
  if (program.kind !== 'network' || typeof program.value !== 'object' || program.value === null) return null;
  const kept = Object.entries(program.value).filter(([key]) => !REPLACED.includes(key));
  const network = { ...Object.fromEntries(kept), from: { run: run.id }, epochs: 0, prune };
  const objective = { metric: 'pruned/final', goal: 'maximize' };
  return JSON.stringify({ name, network, params: run.params, objective }, null, 2);
}
