/** Which search the search and insight tabs show. */
import type { Search } from '../../../src/protocol/engine/index.js';
import type { PanelModel } from '../panel.js';

/** Returns the searches of the chosen experiment, newest first. */
export function searchesShown({ searches, state }: PanelModel): Search[] {
  return [...searches.values()]
    .filter((search) => search.experiment === state.experiment)
    .sort((a, b) => b.createdAt - a.createdAt);
}

/** Returns the selected search among these, or else the newest; null if there is none. */
export function searchShown({ view }: PanelModel, searches: readonly Search[]): Search | null {
  return searches.find(({ id }) => id === view.search) ?? searches[0] ?? null;
}
