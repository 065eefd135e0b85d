import type { RequestResult, Run, RunDetail } from '../../../src/protocol/engine/index.js';
import type { Recorded } from '../../../src/protocol/engine/recorded.js';
import type { Lineage } from '../../../src/protocol/engine/runPage.js';
import type { PanelModel } from '../panel.js';
import { Asked } from './asked.js';

/** Milliseconds between two readings of a run that changes. */
const REST = 1000;

/** The facts about one run that its page shows; each kind is read when its section is opened. */
export class RunFacts {
  readonly detail: Asked<RunDetail>;
  readonly recorded: Asked<Recorded>;
  readonly code: Asked<RequestResult<'runs/code'>>;
  readonly lineage: Asked<Lineage>;
  readonly files: Asked<RequestResult<'runs/files'>>;
  private seen: Run | undefined;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly model: Pick<PanelModel, 'host' | 'runs' | 'take'>,
    readonly id: string,
    onNews: () => void,
  ) {
    const { host } = model;
    this.detail = new Asked(async () => {
      const detail = await host.request('runs/get', { id });
      // From now on, the panel's list receives its changes.
      if (!model.runs.has(id)) model.take([detail]);
      this.seen = model.runs.get(id);
      return detail;
    }, onNews);
    this.recorded = new Asked(() => host.request('runs/recorded', { id }), onNews);
    this.code = new Asked(() => host.request('runs/code', { id }), onNews);
    this.lineage = new Asked(() => host.request('runs/lineage', { id }), onNews);
    this.files = new Asked(() => host.request('runs/files', { id }), onNews);
  }

  /** Its newest row, with what only the page knows; undefined until it is read. */
  get run(): RunDetail | undefined {
    const detail = this.detail.get();
    const row = this.model.runs.get(this.id);
    return detail && row ? { ...detail, ...row, metrics: { ...detail.metrics, ...row.metrics } } : detail;
  }

  /** Call it when rows may have changed: rereads the data, at most once a second. */
  follow(): void {
    const row = this.model.runs.get(this.id);
    if (!this.seen || row === this.seen || this.timer !== null) return;
    const ended = row?.endedAt !== this.seen.endedAt;
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.detail.again();
      if (!ended) return;
      for (const part of [this.recorded, this.files, this.lineage]) if (part.value) void part.again();
    }, REST);
  }

  dispose(): void {
    if (this.timer !== null) clearTimeout(this.timer);
  }
}
