/** Gives a search whose time was too short for any network more of it. */
import type { EngineConnection } from '../engine/clients/index.js';
import type { Search } from '../protocol/engine/index.js';

/** Extensions, each twice as long as the one before; the first is half of the time. */
const MOST = 6;

/**
 * `seconds`: the time that it had. `follow` waits for its end. Returns the search as it ended; it may still be without
 * a network if none can be trained, or if the person has stopped it.
 */
export async function untilFirst(
  engine: Pick<EngineConnection, 'request'>,
  ended: Search,
  seconds: number,
  follow: (search: Search) => Promise<Search>,
): Promise<Search> {
  let search = ended;
  for (let time = seconds / 2, i = 0; i < MOST && isTooShort(search); time *= 2, i++) {
    await engine.request('searches/change', { id: search.id, time });
    search = await follow(await engine.request('searches/get', { id: search.id }));
  }
  return search;
}

// Networks that were trained and have no value have diverged: more time does not help them.
const isTooShort = ({ status, best, counts }: Search): boolean =>
  status === 'completed' && best === null && counts.failed === 0 && counts.completed === 0;
