/** Trials of earlier searches that warm-start a new one. */
import type { Experiment } from '../../experiment/index.js';
import type { Run } from '../../protocol/engine/index.js';
import type { Earlier } from '../../search/types.js';
import { IMPORTED_FROM } from '../../protocol/engine/foreign.js';
import { hasEntry } from '../../protocol/values/records.js';
import type { StoreApi } from '../../store/api.js';
import { notFound } from '../server/requestError.js';
import { objectivesOf } from './plan.js';
import { measured, valuesOf } from './trialOutcome.js';

/** More of them would say little new, and cost time with every suggestion. */
const MOST = 2000;

/** Stands for searches of other experiments on similar data. */
export const SIMILAR = 'similar';

/** Prefix of an experiment's name in `warmStart.from`: its runs that belong to no search, such as imported trials. */
const RUNS_OF = 'runs of ';

/**
 * Completed trials of the searches that `search.warmStart` names, search by search (values of different searches need not
 * be comparable), the newest first; then those of runs without a search that it names. Throws when one is missing.
 */
export function earlierTrials(store: StoreApi, experiment: Experiment, similar: readonly string[] = []): Earlier[][] {
  const { from = [] } = experiment.search?.warmStart ?? {};
  const ids = from
    .filter((name) => !name.startsWith(RUNS_OF))
    .flatMap((name) =>
      name === SIMILAR
        ? similar
        : name === 'experiment'
          ? store.searches.list({ experiment: experiment.name }).map(({ id }) => id)
          : [idOf(store, name)],
    );
  const searches: Earlier[][] = [];
  let room = MOST;
  for (const id of new Set(ids)) {
    if (room <= 0) break;
    const found = store.searches.trials(id).flatMap((run) => earlierOf(run, experiment) ?? []);
    searches.push(found.slice(0, room));
    room -= found.length;
  }
  for (const name of from.filter((each) => each.startsWith(RUNS_OF))) {
    const found = runsOf(store, name.slice(RUNS_OF.length), experiment);
    searches.push(found.slice(0, Math.max(0, room)));
    room -= found.length;
  }
  return searches.filter(({ length }) => length > 0);
}

/** Returns the runs of an experiment that belong to no search. Throws when there are none. */
function runsOf(store: StoreApi, name: string, experiment: Experiment): Earlier[] {
  const { runs } = store.runs.list({
    experiment: name,
    search: null,
    status: ['completed'],
    limit: MOST,
    metrics: 'all',
  });
  if (runs.length === 0) throw notFound('experiment', name);
  return runs.flatMap((run) => earlierOf(run, experiment) ?? importedOf(run, experiment) ?? []);
}

/** Another tool has its own name for the objective; the direction tells whether it may be the same. */
function importedOf(run: Run, experiment: Experiment): Earlier | null {
  const [objective, ...others] = objectivesOf(experiment);
  if (!hasEntry(run.info, IMPORTED_FROM) || others.length > 0 || run.objective?.goal !== objective?.goal) return null;
  if (!run.objective) return null;
  const { value } = run.objective;
  return typeof value === 'number' ? { params: run.params, values: [value], ...measured(run, experiment) } : null;
}

function idOf(store: StoreApi, name: string): string {
  const found = store.searches.list({}).filter(({ id }) => id === name || (name.length >= 4 && id.startsWith(name)));
  if (found.length !== 1) throw notFound('search', name);
  return found[0]!.id;
}

function earlierOf(run: Run, experiment: Experiment): Earlier | null {
  const values = run.status === 'completed' ? valuesOf(run, experiment) : null;
  return values && { params: run.params, values, ...measured(run, experiment) };
}
