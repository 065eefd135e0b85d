/** Everything that views read of the panel's parts; nothing here changes anything. */
import type { Run } from '../../src/protocol/engine/index.js';
import type { Catalogue } from './catalogue.js';
import type { Connection } from './connection.js';
import type { RunGroup } from '../../src/drawing/runs/groups.js';
import type { BestOfExperiment } from './runs/best.js';
import type { Drawing } from './runs/drawing.js';
import type { Label } from '../../src/drawing/runs/naming.js';
import type { Look } from '../../src/drawing/palette.js';
import type { Selection } from './selection.js';

export abstract class PanelFacts {
  protected abstract readonly connection: Connection;
  protected abstract readonly catalogue: Catalogue;
  protected abstract readonly selection: Selection;
  protected abstract readonly drawing: Drawing;
  protected abstract readonly bestOf: BestOfExperiment;

  get state() {
    return this.selection.state;
  }
  get view() {
    return this.selection.view;
  }
  get highlighted() {
    return this.selection.highlighted;
  }
  get connected() {
    return this.connection.state.connected;
  }
  get connectionMessage() {
    return this.connection.state.message;
  }
  get trusted() {
    return this.connection.state.trusted;
  }
  get experiments() {
    return this.catalogue.experiments;
  }
  get runs() {
    return this.catalogue.runs;
  }
  get searches() {
    return this.catalogue.searches;
  }
  get devices() {
    return this.catalogue.devices;
  }
  get files() {
    return this.catalogue.files;
  }
  get form() {
    return this.catalogue.form;
  }
  get snapshot() {
    return this.catalogue.snapshot;
  }
  get problem() {
    return this.catalogue.problem;
  }
  get loaded() {
    return this.catalogue.loaded;
  }
  get palette() {
    return this.drawing.palette;
  }
  get drawn() {
    return this.drawing.runs;
  }
  /** The best run of the experiment, drawn or not; null before one has a value. */
  get best(): Run | null {
    return this.runs.get(this.bestOf.best?.run ?? '') ?? null;
  }
  get drawnIds(): ReadonlySet<string> {
    return this.drawing.ids;
  }
  /** Names of the drawn runs' metrics. */
  get metricNames(): ReadonlySet<string> {
    return this.drawing.metrics;
  }
  /** Groups of the drawn runs; empty while they are not grouped. */
  get groups(): readonly RunGroup[] {
    return this.drawing.groups;
  }
  label(run: Run): Label {
    return this.drawing.label(run);
  }
  look(run: string): Look {
    return this.drawing.look(run);
  }
  groupLook(group: string): Look {
    return this.drawing.groupLook(group);
  }
  /** The baseline run, if it is loaded. */
  get baseline(): Run | null {
    return this.runs.get(this.view.baseline ?? '') ?? null;
  }
  isHidden(id: string): boolean {
    return this.selection.isHidden(id);
  }
  /** Runs that are drawn and not hidden. */
  get shown(): readonly Run[] {
    const { drawn } = this;
    const { hidden } = this.state;
    if (this.known?.drawn !== drawn || this.known.hidden !== hidden) {
      const ids = new Set(hidden);
      this.known = { drawn, hidden, shown: ids.size === 0 ? drawn : drawn.filter(({ id }) => !ids.has(id)) };
    }
    return this.known.shown;
  }
  private known: { drawn: readonly Run[]; hidden: readonly string[]; shown: readonly Run[] } | null = null;
}
