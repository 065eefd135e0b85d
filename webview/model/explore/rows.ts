import type { Run } from '../../../src/protocol/engine/index.js';
import type { PanelModel } from '../panel.js';

/** Runs that plots are drawn of at most. */
export const MOST_EXPLORED = 2000;
const REST = 3000;

/** Rows of all runs of the experiment, the newest first, read again while runs change. */
export class ExperimentRows {
  runs: readonly Run[] = [];
  total = 0;
  error: string | null = null;
  isRead = false;
  private metrics: readonly string[] = [];
  private of: string | null = null;
  private turn = 0;
  private restUntil = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly model: Pick<PanelModel, 'host' | 'asked'>,
    private readonly onNews: () => void,
  ) {}

  /** Call it whenever it is rendered. */
  show(experiment: string | null, isStale = false): void {
    if (experiment === null) return;
    if (experiment !== this.of) {
      Object.assign(this, { of: experiment, runs: [], total: 0, error: null, isRead: false });
      void this.read(experiment);
    } else if (isStale && this.timer === null) {
      this.timer = setTimeout(
        () => {
          this.timer = null;
          void this.read(experiment);
        },
        Math.max(0, this.restUntil - Date.now()),
      );
    }
  }

  /** True if rows were read before these metrics were asked for. */
  get lacks(): boolean {
    return (
      this.runs.some(({ more }) => more !== undefined) &&
      this.model.asked.list.some((name) => !this.metrics.includes(name))
    );
  }

  dispose(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.turn++;
  }

  private async read(experiment: string): Promise<void> {
    const turn = ++this.turn;
    try {
      const metrics = this.model.asked.list;
      const { runs, total } = await this.model.host.request('runs/list', { experiment, limit: MOST_EXPLORED, metrics });
      if (turn !== this.turn) return;
      Object.assign(this, { runs, total, error: null, isRead: true, metrics });
    } catch (error) {
      if (turn !== this.turn) return;
      this.error = error instanceof Error ? error.message : String(error);
    }
    this.restUntil = Date.now() + REST;
    this.onNews();
  }
}
