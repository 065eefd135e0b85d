import type { EngineParts } from '../../parts.js';
import { refuseForeignSearch } from '../foreign.js';
import type { Handlers } from '../server.js';

export function searchHandlers({ store, searches, searchFolders, insights }: EngineParts) {
  /** Checks that this person has requested the resumed work, now or earlier. */
  const vouch = (id: string, trust: boolean | undefined): void => {
    const search = searches.row(id);
    if (!trust) return refuseForeignSearch(searchFolders, search, store.searches.plan(id));
    const plan = store.searches.plan(id);
    if (plan !== undefined) searchFolders.savePlan(id, plan);
  };
  const done =
    (action: (id: string) => void) =>
    ({ id }: { id: string }) => {
      action(id);
      return {};
    };
  return {
    'searches/list': (query) => ({ searches: store.searches.list(query) }),
    'searches/get': ({ id }) => {
      const search = searches.row(id);
      const acts = store.acts.of(id);
      return acts.length > 0 ? { ...search, acts } : search;
    },
    'searches/start': async (request, client) => ({ search: await searches.start(request, client.environment) }),
    'searches/stop': done((id) => searches.stop(id)),
    'searches/pause': done((id) => searches.pause(id)),
    'searches/resume': async ({ id, trust }, client) => {
      vouch(id, trust);
      await searches.resume(id, client.environment);
      return {};
    },
    'searches/retry': async ({ id, trials, trust }, client) => {
      vouch(id, trust);
      const retried = await searches.retry(id, trials, client.environment);
      return { search: searches.row(id), retried };
    },
    'searches/enqueue': async ({ id, params }) => ({ search: await searches.enqueue(id, params) }),
    'searches/change': async ({ trust, ...request }, client) => {
      vouch(request.id, trust);
      return { search: await searches.change(request, client.environment) };
    },
    'searches/delete': done((id) => searches.delete(id)),
    'searches/insight': (query) => insights.of(searches.row(query.id), query),
  } satisfies Partial<Handlers>;
}
