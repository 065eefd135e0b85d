/** Messages about a search that has trouble. They are stored in English, and retold when they are shown. */
import type { Run } from '../../../protocol/engine/index.js';
import { entryOf } from '../../../protocol/values/records.js';
import { ownMetrics } from '../../../protocol/run/systemMetrics.js';
import { objectivesOf, type SearchPlan } from '../plan.js';

/** While running trials may still show that the program works. */
export const doubtText = (failed: number, live: number): string =>
  live === 1
    ? `The first ${failed} trials failed. No new ones start until the one that is still running reports a value.`
    : `The first ${failed} trials failed. No new ones start until one of the ${live} still running reports a value.`;

export const gaveUpText = (id: string, failed: number, runs: readonly Run[], plan: SearchPlan): string =>
  `Gave up: the first ${failed} trials failed and none reported a value. Running trials were left to end. ${lastFailure(runs, plan)} Fix the program, then retry the failed trials with \`tunesmith search --resume ${id} --retry-failed\`, or continue with the next ones with \`--resume ${id}\`. "search.giveUpAfter" in the file sets the limit (0: never).`;

export const allFailedText = (id: string, failed: number, runs: readonly Run[], plan: SearchPlan): string =>
  `All ${failed} trials failed. ${lastFailure(runs, plan)} Fix the program, then retry the failed trials with \`tunesmith search --resume ${id} --retry-failed\`, or continue with the next ones with \`--resume ${id}\`. "search.giveUpAfter" in the file sets the limit (0: never).`;

function lastFailure(runs: readonly Run[], plan: SearchPlan): string {
  const run = runs.findLast((one) => one.error !== null && one.status === 'failed');
  if (run?.error) return `Trial ${run.trial}: ${ended(run.error.message)}`;
  const done = runs.findLast((one) => one.status === 'completed');
  const objectives = objectivesOf(plan.experiment);
  const missing = done && (objectives.find(({ metric }) => !entryOf(done.metrics, metric)) ?? objectives[0]);
  if (!missing) return '';
  const logged = ownMetrics(done.metrics)
    .map(([name]) => name)
    .slice(0, 12)
    .join(', ');
  return logged
    ? `None logged the objective "${missing.metric}"; they logged ${logged}. Set objective.metric to what the program logs.`
    : `None logged the objective "${missing.metric}". Set objective.metric to what the program logs.`;
}

const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
