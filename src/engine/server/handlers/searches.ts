import type { EngineParts } from '../../parts.js';
import type { Handlers } from '../server.js';

export function searchHandlers({ store, searches, insights }: EngineParts) {
  const done =
    (action: (id: string) => void) =>
    ({ id }: { id: string }) => {
      action(id);
      return {};
    };
  return {
    'searches/list': (query) => ({ searches: store.searches.list(query) }),
    'searches/get': ({ id }) => searches.row(id),
    'searches/start': async (request) => ({ search: await searches.start(request) }),
    'searches/stop': done((id) => searches.stop(id)),
    'searches/pause': done((id) => searches.pause(id)),
    'searches/resume': async ({ id }) => {
      await searches.resume(id);
      return {};
    },
    'searches/retry': async ({ id, trials }) => {
      const retried = await searches.retry(id, trials);
      return { search: searches.row(id), retried };
    },
    'searches/enqueue': async ({ id, params }) => ({ search: await searches.enqueue(id, params) }),
    'searches/change': async (request) => ({ search: await searches.change(request) }),
    'searches/delete': done((id) => searches.delete(id)),
    'searches/insight': (query) => insights.of(searches.row(query.id), query),
  } satisfies Partial<Handlers>;
}
