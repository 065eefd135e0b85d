import type { Run } from '../../../src/protocol/engine/index.js';
import type { PanelState } from '../../../src/protocol/panel/index.js';
import { namesOf } from './metricNames.js';

/** Drawn when the person chose nothing else. */
export const NEWEST = 20;
/** Drawn at most; the legend says so. */
export const MOST = 10_000;

/**
 * Runs that are drawn (hidden ones included): the chosen, else the first by the person's choice, and the pinned; pinned first,
 * then by age. `ranked`: ids by another column than age, as the engine orders them.
 */
export function drawnRuns(
  runs: Iterable<Run>,
  state: PanelState,
  count = NEWEST,
  ranked: readonly string[] | null = null,
): Run[] {
  const pinned = new Set(state.pinned);
  const all = [...runs].filter((run) => run.deletedAt === null);
  let chosen: Run[];
  if (state.selected || ranked) {
    const selected = new Set(state.selected ?? ranked);
    chosen = all.filter((run) => selected.has(run.id)).slice(0, MOST);
  } else {
    chosen = all
      .filter((run) => run.experiment === state.experiment)
      .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
      .slice(0, count);
  }
  const ids = new Set(chosen.map((run) => run.id));
  const extra = all.filter((run) => pinned.has(run.id) && !ids.has(run.id));
  return [...chosen, ...extra].sort(
    (a, b) => +pinned.has(b.id) - +pinned.has(a.id) || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1),
  );
}

/** Metrics of the runs, each once. */
export function metricsOf(runs: readonly Run[]): string[] {
  const names = new Set<string>();
  for (const run of runs) for (const name of namesOf(run)) names.add(name);
  return [...names];
}
