import { LIVE_STATUSES, type RunStatus, type SeriesData } from '../../../protocol/engine/index.js';
import { isEditor } from '../changes.js';
import { readLog } from '../../disk/logText.js';
import type { EngineParts } from '../../parts.js';
import { notFound } from '../requestError.js';
import { MetricSets } from '../metricSets.js';
import type { Handlers } from '../server.js';
import { inSlices, inTurns } from '../slices.js';

/** Number of series that are looked up at once: about as many short ones as one turn reads. */
const AT_ONCE = 100;

export function seriesHandlers({ store, folders, changes, active }: EngineParts) {
  // A run's full row has the summaries of all its metrics, which would be read for each of them.
  const statusOf = (id: string): RunStatus => {
    const status = store.runs.status(id);
    if (status === null) throw notFound('run', id);
    return status;
  };
  return {
    'series/read': async ({ queries }) => {
      const series: SeriesData[] = [];
      await inTurns(queries.length, (from, budgetMs) => {
        const some = store.series.readSome(queries.slice(from, from + AT_ONCE), budgetMs);
        series.push(...some);
        return some.length;
      });
      return { series };
    },
    'runs/metrics': async ({ ids }) => {
      const sets = new MetricSets();
      await inSlices(ids, (id) => sets.add(id, store.runs.metricSet(id)));
      return sets.answer;
    },
    'metrics/read': ({ run, metric, points, offset, limit, lost }) => {
      statusOf(run);
      return store.series.points(run, metric, { points, offset, limit, lost });
    },
    'metrics/ranks': ({ run, metric, offset, limit }) => {
      statusOf(run);
      return store.series.ranks(run, metric, { offset, limit });
    },
    'log/read': async ({ run, rank, offset, limit }) => {
      const ended = !LIVE_STATUSES.includes(statusOf(run));
      return { ...(await readLog(folders.path(run), { offset, limit, ended, rank })), ended };
    },
    'runs/show': ({ id }) => {
      statusOf(id);
      return { editors: changes.show(id) };
    },
    watch: ({ runs, logs, metrics }, client) => {
      changes.watch(client, runs, logs, metrics);
      // A person is looking at runs, and may start one.
      if (isEditor(client)) active.expectRun();
      return {};
    },
  } satisfies Partial<Handlers>;
}
