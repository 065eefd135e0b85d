import type { Run } from '../../../src/protocol/engine.js';
import { labels, type Label } from './naming.js';
import { Palette } from './palette.js';

/** The drawn runs with their labels and their looks, derived again after runs or selection change. */
export class Drawing {
  readonly palette = new Palette();
  private derived: { runs: readonly Run[]; labels: Map<string, Label> } | null = null;

  constructor(
    private readonly select: () => Run[],
    /** Called when a run got or lost its look. */
    private readonly onLooks: () => void,
  ) {}

  /** Call it after runs or selection have changed. */
  invalidate(): void {
    this.derived = null;
  }

  get runs(): readonly Run[] {
    return this.derive().runs;
  }
  label(run: Run): Label {
    return this.derive().labels.get(run.id) ?? { text: run.name, parts: [], ambiguous: false };
  }

  private derive() {
    if (!this.derived) {
      const runs = this.select();
      const ids = [...runs].sort((a, b) => a.createdAt - b.createdAt).map((run) => run.id);
      if (this.palette.assign(ids) && ids.length > 0) this.onLooks();
      this.derived = { runs, labels: labels(runs) };
    }
    return this.derived;
  }
}
