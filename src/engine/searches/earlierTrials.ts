/** Trials of earlier searches that warm-start a new one. */
import type { Experiment } from '../../experiment/index.js';
import type { Run } from '../../protocol/engine.js';
import type { Earlier } from '../../search/types.js';
import type { StoreApi } from '../../store/api.js';
import { notFound } from '../server/requestError.js';
import { measured, valuesOf } from './trialOutcome.js';

/** More of them would say little new, and cost time with every suggestion. */
const MOST = 2000;

/**
 * Completed trials of the searches that `search.warmStart` names, search by search (values of different searches need not
 * be comparable), the newest first. Throws when one is missing.
 */
export function earlierTrials(store: StoreApi, experiment: Experiment): Earlier[][] {
  const { from = [] } = experiment.search?.warmStart ?? {};
  const ids = from.flatMap((name) =>
    name === 'experiment'
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
  return searches.filter(({ length }) => length > 0);
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
