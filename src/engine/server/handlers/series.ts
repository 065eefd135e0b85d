import { LIVE_STATUSES, type RunStatus, type SeriesData } from '../../../protocol/engine.js';
import { readLog } from '../../disk/logText.js';
import type { EngineParts } from '../../parts.js';
import { notFound } from '../requestError.js';
import type { Handlers } from '../server.js';

/** Milliseconds of reading before other requests are answered. */
const SLICE_MS = 8;

export function seriesHandlers({ store, folders, changes }: EngineParts) {
  // A run's full row has the summaries of all its metrics, which would be read for each of them.
  const statusOf = (id: string): RunStatus => {
    const status = store.runs.status(id);
    if (status === null) throw notFound('run', id);
    return status;
  };
  return {
    'series/read': async ({ queries }) => {
      const series: SeriesData[] = [];
      for (let until = performance.now() + SLICE_MS, i = 0; i < queries.length; i++) {
        series.push(store.series.read(queries[i]!));
        if (performance.now() < until) continue;
        // Small requests that arrived meanwhile go first.
        await new Promise((resolve) => setImmediate(resolve));
        until = performance.now() + SLICE_MS;
      }
      return { series };
    },
    'metrics/read': ({ run, metric, points, offset, limit, lost }) => {
      statusOf(run);
      return store.series.points(run, metric, { points, offset, limit, lost });
    },
    'metrics/ranks': ({ run, metric, offset, limit }) => {
      statusOf(run);
      return store.series.ranks(run, metric, { offset, limit });
    },
    'log/read': async ({ run, offset, limit }) => {
      const ended = !LIVE_STATUSES.includes(statusOf(run));
      return { ...(await readLog(folders.path(run), offset, limit, ended)), ended };
    },
    watch: ({ runs, logs }, client) => {
      changes.watch(client, runs, logs);
      return {};
    },
  } satisfies Partial<Handlers>;
}
