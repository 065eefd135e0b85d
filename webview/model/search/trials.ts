import type { Run, Search } from '../../../src/protocol/engine/index.js';
import type { PanelModel } from '../panel.js';
import { fromWire } from '../../../src/protocol/values/wireNumber.js';
import type { TrialOrder } from '../view.js';
import { l10n } from '../../../src/format/l10n.js';

/** More than anyone reads in a list; the run table holds all. */
export const MOST_TRIALS = 1000;

/** Trials in the selected order; those without a value are last when sorted by the best. */
export function inOrder(rows: readonly Run[], order: TrialOrder): readonly Run[] {
  if (order === 'number') return rows;
  if (order === 'newest') return [...rows].reverse();
  const sign = rows.find((run) => run.objective)?.objective?.goal === 'minimize' ? 1 : -1;
  const key = (run: Run) => {
    const value = fromWire(run.objective?.value ?? 'NaN');
    return Number.isNaN(value) ? Infinity : sign * value;
  };
  return [...rows].sort((a, b) => (key(a) === key(b) ? 0 : key(a) - key(b)));
}

/** The trials of the search on the screen, kept current from the model's rows. */
export class Trials {
  rows: Run[] = [];
  /** Trials there are, listed or not. */
  total = 0;
  private of: string | null = null;
  private turn = 0;
  private snapshot = -1;

  constructor(
    private readonly model: PanelModel,
    private readonly onNews: () => void,
  ) {}

  async show(search: Search | null): Promise<void> {
    const id = search?.id ?? null;
    if (id === this.of && this.snapshot === this.model.snapshot) return;
    if (id !== this.of) this.rows = [];
    this.of = id;
    this.snapshot = this.model.snapshot;
    await this.read();
  }

  async read(): Promise<void> {
    const search = this.of;
    const turn = ++this.turn;
    if (search === null) return;
    try {
      const { runs, total } = await this.model.host.request('runs/list', {
        search,
        limit: MOST_TRIALS,
        metrics: this.model.asked.list,
      });
      if (turn !== this.turn) return;
      this.total = total;
      this.rows = runs.sort((a, b) => (a.trial ?? 0) - (b.trial ?? 0));
      this.onNews();
    } catch (error) {
      this.model.fail(l10n.t('Reading the trials'), error);
    }
  }

  /** Applies newer rows of known trials, and new trials, from notifications. */
  update(): void {
    if (this.of === null) return;
    const index = new Map(this.rows.map((run, i) => [run.id, i]));
    let added = false;
    for (const run of this.model.runs.values()) {
      if (run.search !== this.of) continue;
      const at = index.get(run.id);
      if (at !== undefined) this.rows[at] = run;
      else {
        this.rows.push(run);
        added = true;
      }
    }
    if (!added) return;
    this.rows = this.rows.sort((a, b) => (a.trial ?? 0) - (b.trial ?? 0)).slice(-MOST_TRIALS);
    this.total = Math.max(this.total, this.rows.length);
  }

  forget(gone: readonly string[]): void {
    const ids = new Set(gone);
    this.rows = this.rows.filter((run) => !ids.has(run.id));
  }
}
