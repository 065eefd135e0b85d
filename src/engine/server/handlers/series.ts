import { LIVE_STATUSES } from '../../../protocol/engine.js';
import { readLog } from '../../disk/logText.js';
import type { EngineParts } from '../../parts.js';
import { notFound } from '../requestError.js';
import type { Handlers } from '../server.js';

export function seriesHandlers({ store, folders, changes }: EngineParts) {
  const existing = (id: string) => {
    const run = store.runs.get(id);
    if (!run) throw notFound('run', id);
    return run;
  };
  return {
    'series/read': ({ queries }) => ({ series: queries.map((query) => store.series.read(query)) }),
    'metrics/read': ({ run, metric, points, offset, limit, lost }) => {
      existing(run);
      return store.series.points(run, metric, { points, offset, limit, lost });
    },
    'log/read': async ({ run, offset, limit }) => {
      const ended = !LIVE_STATUSES.includes(existing(run).status);
      return { ...(await readLog(folders.path(run), offset, limit, ended)), ended };
    },
    watch: ({ runs, logs }, client) => {
      changes.watch(client, runs, logs);
      return {};
    },
  } satisfies Partial<Handlers>;
}
