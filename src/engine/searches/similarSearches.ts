/** Earlier searches on similar data. */
import type { Experiment } from '../../experiment/index.js';
import { factsOfInfo, type DataFacts } from '../../protocol/dataFacts.js';
import type { Search } from '../../protocol/engine/index.js';
import { hasEntry } from '../../protocol/values/records.js';
import { similarity, similarityText } from '../../search/warmStart/similar.js';
import type { StoreApi } from '../../store/api.js';

/** Number of searches that are compared, the newest first, and of those that are used. */
const MOST_COMPARED = 200;
const MOST_USED = 3;
const LEAST_SIMILARITY = 0.5;
/** Share of this search's hyperparameters that another one must have. */
const LEAST_SHARED = 0.5;

export interface SimilarSearches {
  ids: string[];
  /** Says which they are and why; null: there is none. */
  note: string | null;
}

/** Finds searches of other experiments. `given`: facts of the data; undefined: those of the experiment's earlier runs. */
export function similarSearches(
  store: StoreApi,
  experiment: Experiment,
  given: DataFacts | undefined,
): SimilarSearches {
  const own = given ?? ownFacts(store, experiment);
  if (!own) return { ids: [], note: null };
  const names = Object.keys(experiment.search?.space ?? {});
  const isComparable = ({ experiment: other, space }: Search): boolean =>
    other !== experiment.name &&
    names.filter((name) => hasEntry(space, name)).length >= Math.max(1, LEAST_SHARED * names.length);
  const found = store.searches
    .list({})
    .filter(isComparable)
    .slice(0, MOST_COMPARED)
    .flatMap(({ id, experiment: name }) => {
      const facts = factsOf(store, id);
      const value = facts ? similarity(own, facts) : 0;
      return facts && value >= LEAST_SIMILARITY ? [{ id, name, facts, value }] : [];
    })
    .sort((a, b) => b.value - a.value)
    .slice(0, MOST_USED);
  const texts = found.map(({ name, facts, value }) => `${name} (${value.toFixed(2)}: ${similarityText(own, facts)})`);
  return {
    ids: found.map(({ id }) => id),
    note: texts.length > 0 ? `begins with what was best on similar data: ${texts.join('; ')}` : null,
  };
}

function factsOf(store: StoreApi, search: string): DataFacts | null {
  for (const { info } of store.searches.trials(search)) {
    const facts = factsOfInfo(info);
    if (facts) return facts;
  }
  return null;
}

function ownFacts(store: StoreApi, { name }: Experiment): DataFacts | null {
  const { runs } = store.runs.list({ experiment: name, limit: 5 });
  return runs.map(({ info }) => factsOfInfo(info)).find((facts) => facts !== null) ?? null;
}
