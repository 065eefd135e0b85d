/** The comparison at the end of meta-learning: new tasks from the learned weights, and from those it began with. */
import type { TrainingLog } from '../loop/types.js';
import { inEnglish, said } from '../../format/said.js';

export interface Compared {
  /** Inner steps. */
  steps: number;
  learned: Record<string, number>;
  scratch: Record<string, number>;
}

/** Logs the comparison as curves over the inner steps. Returns false when there is none, because a stop was requested. */
export function sayComparison(
  compared: readonly Compared[] | null,
  { log, network }: { log: TrainingLog; network: { meta: { unseen: { steps: number } } | null } },
): boolean {
  if (!compared) return false;
  const prefixed = (prefix: string, values: Record<string, number>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));
  for (const { steps, learned, scratch } of compared) {
    log.log({ ...prefixed('new_tasks', learned), ...prefixed('scratch', scratch) }, { step: steps });
  }
  const usual = compared.find(({ steps }) => steps === network.meta!.unseen.steps)!;
  const metric = 'accuracy' in usual.learned ? 'accuracy' : 'loss';
  const of = (values: Record<string, number>): number => values[metric]!;
  const better = (a: Compared, b: Compared): boolean =>
    metric === 'accuracy' ? of(a.scratch) > of(b.scratch) : of(a.scratch) < of(b.scratch);
  const best = compared.reduce((one, other) => (better(other, one) ? other : one));
  const text = said(
    'new tasks after {0} steps: {1} {2}; from the weights at the start: {3}, at best {4} (after {5})',
    usual.steps,
    metric,
    of(usual.learned).toPrecision(4),
    of(usual.scratch).toPrecision(4),
    of(best.scratch).toPrecision(4),
    best.steps,
  );
  log.message('info', text);
  console.log(inEnglish(text));
  return true;
}
