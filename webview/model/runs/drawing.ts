import type { Run } from '../../../src/protocol/engine/index.js';
import { groupRuns, type RunGroup } from '../../../src/drawing/runs/groups.js';
import { metricsOf } from './drawn.js';
import { groupLooks, looksOf, type LookSettings } from '../../../src/drawing/runs/looks.js';
import { labels, type Label } from '../../../src/drawing/runs/naming.js';
import { Palette, type Look } from '../../../src/drawing/palette.js';

export interface DrawSettings extends LookSettings {
  groupBy: readonly string[];
}
interface Derived {
  runs: readonly Run[];
  ids: ReadonlySet<string>;
  labels: Map<string, Label>;
  looks: Map<string, Look>;
  metrics: ReadonlySet<string>;
  groups: readonly RunGroup[];
  groupLooks: Map<string, Look>;
}

/** The drawn runs with their labels, looks and groups, derived again after runs, selection or settings change. */
export class Drawing {
  readonly palette = new Palette();
  private derived: Derived | null = null;
  private known: ReadonlySet<string> = new Set();

  constructor(
    private readonly select: () => Run[],
    private readonly settings: () => DrawSettings,
    /** Called when a run got or lost its look. */
    private readonly onLooks: () => void,
  ) {}

  /** Call it after runs, selection or settings have changed. */
  invalidate(): void {
    this.derived = null;
  }

  get runs(): readonly Run[] {
    return this.derive().runs;
  }
  get ids(): ReadonlySet<string> {
    return this.derive().ids;
  }
  get groups(): readonly RunGroup[] {
    return this.derive().groups;
  }
  /** Metrics of the drawn runs. */
  get metrics(): ReadonlySet<string> {
    return this.derive().metrics;
  }
  label(run: Run): Label {
    return this.derive().labels.get(run.id) ?? { text: run.name, parts: [], ambiguous: false };
  }
  look(id: string): Look {
    return this.derive().looks.get(id) ?? this.palette.of(id);
  }
  groupLook(id: string): Look {
    return this.derive().groupLooks.get(id) ?? { color: 0, dash: [] };
  }

  /** The same set as before while no metric appeared or disappeared, so that nothing is reread for it. */
  private sameMetrics(names: readonly string[]): ReadonlySet<string> {
    const { known } = this;
    if (names.length !== known.size || names.some((name) => !known.has(name))) this.known = new Set(names);
    return this.known;
  }

  private derive(): Derived {
    if (!this.derived) {
      const runs = this.select();
      const settings = this.settings();
      const ids = [...runs].sort((a, b) => a.createdAt - b.createdAt).map((run) => run.id);
      if (this.palette.assign(ids) && ids.length > 0) this.onLooks();
      const groups = groupRuns(runs, settings.groupBy);
      this.derived = {
        ...{ runs, ids: new Set(ids), labels: labels(runs), groups },
        metrics: this.sameMetrics(metricsOf(runs)),
        looks: looksOf(runs, settings, (id) => this.palette.of(id)),
        groupLooks: groupLooks(groups, settings.colors),
      };
    }
    return this.derived;
  }
}
