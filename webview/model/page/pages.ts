/** Pages in place of the tabs: of one run, and of several side by side. */
import type { PanelPage, PanelState } from '../../../src/protocol/panel/index.js';
import { MOST_COMPARED, type RunSection } from '../../../src/protocol/panel/sections.js';

/** Ids of the runs that a page shows. */
export function pageRuns(page: PanelPage | null): readonly string[] {
  switch (page?.kind) {
    case 'run':
      return [page.run];
    case 'compare':
      return page.runs;
    default:
      return [];
  }
}

/** The part of the panel's model that has the page. */
interface Pages {
  readonly state: Pick<PanelState, 'page'>;
  setState(change: Partial<PanelState>): void;
}

export function openRun(model: Pages, run: string, section?: RunSection): void {
  const { page } = model.state;
  const same = page?.kind === 'run' ? page.section : 'overview';
  model.setState({ page: { kind: 'run', run, section: section ?? same } });
}

/** The first run is the one that the others are compared with. */
export function compareRuns(model: Pages, runs: readonly string[]): void {
  const ids = [...new Set(runs)].slice(0, MOST_COMPARED);
  if (ids.length > 0) model.setState({ page: { kind: 'compare', runs: ids } });
}

export function closePage(model: Pages): void {
  model.setState({ page: null });
}
