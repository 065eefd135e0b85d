/** Answers requests for insights about a search, each in a separate thread, one after the other. */
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Insight, InsightQuery } from '../../../protocol/engine/insight.js';
import type { Search } from '../../../protocol/engine/index.js';
import type { StoreApi } from '../../../store/api.js';
import { conflict } from '../../server/requestError.js';
import { isSearchPlan, objectivesOf } from '../plan.js';
import type { Computed } from './compute.js';
import type { InsightReply, InsightTask } from './worker.js';
import { l10n } from '../../../format/l10n.js';

export interface InsightsOptions {
  store: StoreApi;
  /** Folder with insight.cjs. */
  distFolder: string;
}

export class Insights {
  private last: Promise<unknown> = Promise.resolve();
  private worker: Worker | null = null;
  private disposed = false;

  constructor(private readonly options: InsightsOptions) {}

  /** As of when the search was last written down, which is a few seconds ago at most. */
  async of(search: Search, query: InsightQuery): Promise<Insight> {
    const turn = this.last.then(() => this.compute(search, query));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await this.worker?.terminate();
  }

  private async compute(search: Search, query: InsightQuery): Promise<Insight> {
    const { store, distFolder } = this.options;
    if (this.disposed) throw conflict(l10n.t('The engine is shutting down.'));
    if (!search.objective) {
      throw conflict(
        l10n.t("The search {0} has no objective, so its trials can't be compared. Add one to its file.", search.name),
      );
    }
    const task: InsightTask = { study: store.searches.studyText(search.id), query };
    const worker = new Worker(path.join(distFolder, 'insight.cjs'), { workerData: task });
    this.worker = worker;
    const reply = await new Promise<InsightReply>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the thread ended with ${code}`)));
    }).finally(() => {
      this.worker = null;
      void worker.terminate();
    });
    if ('error' in reply)
      throw conflict(l10n.t("What the search {0} has learned can't be shown: {1}.", search.name, reply.error));
    const plan = store.searches.plan(search.id);
    const objectives = isSearchPlan(plan) ? objectivesOf(plan.experiment) : [search.objective];
    return {
      search: search.id,
      objectives: objectives.map(({ metric, goal }) => ({ metric, goal })),
      ...withRuns(reply.computed, store.searches.runIds(search.id)),
    };
  }
}

function withRuns(computed: Computed, runs: ReadonlyMap<number, string>): Computed {
  const linked = <T extends { trial: number }>(points: T[]) => {
    return points.map((point) => ({ ...point, run: runs.get(point.trial) ?? null }));
  };
  const { history, front } = computed;
  return {
    ...computed,
    history: history && linked(history),
    front: front && { ...front, front: linked(front.front), others: linked(front.others) },
  };
}
