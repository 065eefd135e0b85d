import type { Run } from '../../../src/protocol/engine/index.js';
import { labels, type Label } from '../../../src/drawing/runs/naming.js';
import { Palette } from '../../../src/drawing/palette.js';
import type { PanelModel } from '../panel.js';

/**
 * The panel as views see it, with other runs drawn: charts, media and tables of only these runs, with the person's own
 * settings of axes and smoothing.
 */
export class RunsInPlace {
  readonly model: PanelModel;
  private runs: readonly Run[] = [];
  private names = new Map<string, Label>();
  private readonly palette = new Palette();

  constructor(private readonly panel: PanelModel) {
    const own: { [K in 'drawn' | 'shown' | 'palette' | 'look' | 'label' | 'isHidden']: () => PanelModel[K] } = {
      drawn: () => this.runs,
      shown: () => [...this.runs],
      palette: () => this.palette,
      // The charts' curves have the colors of the page's own names.
      look: () => (id) => this.palette.of(id),
      label: () => (run) => this.names.get(run.id) ?? { text: run.name, parts: [], ambiguous: false },
      isHidden: () => () => false,
    };
    const properties = Object.entries(own).map(([name, get]) => [name, { get, configurable: true }]);
    this.model = Object.create(panel, Object.fromEntries(properties) as PropertyDescriptorMap) as PanelModel;
  }

  /** Draws these runs. Views are notified as of any other change of runs. */
  show(runs: readonly Run[]): void {
    if (runs.length === this.runs.length && runs.every((run, i) => run === this.runs[i])) return;
    this.runs = runs;
    this.names = labels(runs);
    this.palette.assign(runs.map(({ id }) => id));
    this.panel.signal.emit('runs');
  }
}
