/** A search's state when its driver begins: from its study and the runs in the store. */
import { LIVE_STATUSES, type Run } from '../../../protocol/engine/index.js';
import { hasEntry } from '../../../protocol/values/records.js';
import type { Outcome } from '../../../search/types.js';
import type { StoreApi } from '../../../store/api.js';
import type { ActiveRuns } from '../../runs/life/activeRuns.js';
import { giveUpAfter, type SearchPlan } from '../plan.js';
import type { StudyOpened } from '../study/messages.js';
import { outcomeOfTrial } from '../trialOutcome.js';
import type { DrivenStudy } from './drivenStudy.js';
import type { Phase, SearchState } from './state.js';
import { takeUp, type RunFacts, type Telling } from './takeUp.js';

export interface LoadOptions {
  id: string;
  plan: SearchPlan;
  study: { opened: StudyOpened };
  store: StoreApi;
  active: ActiveRuns;
  phase: Phase;
  resumed: boolean;
}

/** Tells the study the results that it has missed. */
export function loadState(options: LoadOptions, study: DrivenStudy): SearchState {
  const { id, plan, store, active, phase, resumed } = options;
  const { trials, heard } = options.study.opened;
  const runs = new Map(store.searches.trials(id).map((run) => [run.trial ?? -1, run]));
  const space = plan.experiment.search!.space;
  const { state, tellings } = takeUp({
    phase,
    resumed,
    trials,
    worked: heard,
    giveUpAfter: giveUpAfter(plan.experiment),
    forgiven: plan.forgiven ?? 0,
    runs: new Map([...runs].map(([trial, run]) => [trial, factsOf(run, space, plan, active)])),
  });
  for (const telling of tellings) say(telling, study, runs);
  if (runs.size > 0) void study.saver.now();
  return state;
}

/** Derives the outcome for the search from the end of a trial's run. */
export function endOf(
  run: Run,
  plan: SearchPlan,
  active: ActiveRuns,
): { outcome: Outcome; stopped: boolean; excused: boolean } {
  const outcome = outcomeOfTrial(run, plan.experiment, active.secondsAtWork(run.id));
  return { outcome, stopped: run.status === 'stopped', excused: run.error?.kind === 'out-of-memory' };
}

function factsOf(run: Run, space: Record<string, unknown>, plan: SearchPlan, active: ActiveRuns): RunFacts {
  const { id, status } = run;
  return {
    id,
    status,
    live: LIVE_STATUSES.includes(status) && !active.isSuspended(id),
    params: Object.fromEntries(Object.entries(run.params).filter(([name]) => hasEntry(space, name))),
    outcome: () => endOf(run, plan, active).outcome,
    excused: run.error?.kind === 'out-of-memory',
  };
}

function say(telling: Telling, study: DrivenStudy, runs: ReadonlyMap<number, Run>): void {
  const { trial } = telling;
  const run = runs.get(trial);
  if (telling.type === 'adopt') {
    void study.ask('adopt', { params: telling.params });
    if (telling.lost) study.tell(trial, { state: 'failed' });
  } else if (telling.type === 'tell') study.tell(trial, telling.outcome);
  else if (run && telling.type === 'report') study.report(trial, run);
  else if (run) void study.reopen(trial, run);
}
