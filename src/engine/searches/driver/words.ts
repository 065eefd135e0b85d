/** Messages about a search that has trouble. */
import type { Run } from '../../../protocol/engine/index.js';
import { entryOf } from '../../../protocol/values/records.js';
import { ownMetrics } from '../../../protocol/run/systemMetrics.js';
import { objectivesOf, type SearchPlan } from '../plan.js';

const HOW_TO_GO_ON = (id: string): string =>
  `Fix the program, then retry the failed trials with \`tunesmith search --resume ${id} --retry-failed\`, or continue with ` +
  `the next ones with \`--resume ${id}\`. "search.giveUpAfter" in the file sets the limit (0: never).`;

/** While running trials may still show that the program works. */
export function doubtText(failed: number, live: number): string {
  const others = live === 1 ? 'the one that is still running reports' : `one of the ${live} still running reports`;
  return `The first ${failed} trials failed. No new ones start until ${others} a value.`;
}

export function gaveUpText(id: string, failed: number, runs: readonly Run[], plan: SearchPlan): string {
  return (
    `Gave up: the first ${failed} trials failed and none reported a value. Running trials were left to end. ` +
    `${lastFailure(runs, plan)} ${HOW_TO_GO_ON(id)}`
  );
}

export function allFailedText(id: string, failed: number, runs: readonly Run[], plan: SearchPlan): string {
  return `All ${failed} trials failed. ${lastFailure(runs, plan)} ${HOW_TO_GO_ON(id)}`;
}

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
  return `None logged the objective "${missing.metric}"${logged ? `; they logged ${logged}` : ''}. Set objective.metric to what the program logs.`;
}

const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
