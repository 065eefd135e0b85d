import type { Run } from '../../../src/protocol/engine.js';
import type { PanelState } from '../../../src/protocol/panel.js';
import { fromWire } from '../../../src/protocol/wireNumber.js';

/** Drawn when the person chose none. */
export const NEWEST = 20;
/** Drawn at most; more curves say nothing to anyone and cost much. */
export const MOST = 200;

/** Runs that are drawn (hidden ones included): the chosen or the newest, and the pinned; pinned first, then by age. */
export function drawnRuns(runs: Iterable<Run>, state: PanelState): Run[] {
  const pinned = new Set(state.pinned);
  const all = [...runs].filter((run) => run.deletedAt === null);
  let chosen: Run[];
  if (state.selected) {
    const selected = new Set(state.selected);
    chosen = all.filter((run) => selected.has(run.id)).slice(0, MOST);
  } else {
    chosen = all
      .filter((run) => run.experiment === state.experiment)
      .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
      .slice(0, NEWEST);
  }
  const ids = new Set(chosen.map((run) => run.id));
  const extra = all.filter((run) => pinned.has(run.id) && !ids.has(run.id));
  return [...chosen, ...extra].sort(
    (a, b) => +pinned.has(b.id) - +pinned.has(a.id) || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1),
  );
}

/** The run with the best objective; null before any has one. Runs of another objective than the newest's are left out. */
export function bestRun(runs: readonly Run[]): Run | null {
  const measured = runs.filter((run) => run.objective && run.objective.value !== null);
  const aim = measured.at(-1)?.objective;
  if (!aim) return null;
  let best: Run | null = null;
  let bestValue = NaN;
  for (const run of measured) {
    if (run.objective!.metric !== aim.metric || run.objective!.goal !== aim.goal) continue;
    const value = fromWire(run.objective!.value!);
    if (Number.isNaN(value)) continue;
    if (best === null || (aim.goal === 'maximize' ? value > bestValue : value < bestValue)) {
      best = run;
      bestValue = value;
    }
  }
  return best;
}

/** Metrics of the runs, each once. */
export function metricsOf(runs: readonly Run[]): string[] {
  const names = new Set<string>();
  for (const run of runs) for (const name of Object.keys(run.metrics)) names.add(name);
  return [...names];
}
