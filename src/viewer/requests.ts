/** Answers the editor's requests from the shelf, as the engine does for its own runs. */
import { readConfusion } from '../engine/runs/shown/confusion.js';
import { listWithCurves } from '../store/series/firstCurves.js';
import { readDrawings } from '../engine/runs/shown/drawings.js';
import { listMedia, readMedia } from '../engine/runs/shown/media.js';
import { MetricSets } from '../engine/server/metricSets.js';
import { Requests, type RequestParams, type RequestResult } from '../protocol/engine/index.js';
import type { ViewerRequest } from '../protocol/viewer.js';
import type { Shelf } from './shelf.js';

type Handlers = {
  [N in ViewerRequest]: (params: ReturnType<(typeof Requests)[N]['params']['parse']>) => RequestResult<N>;
};

/** Throws an error with a sentence for parameters that are none, and for runs that are not there. */
export function answer(shelf: Shelf, method: ViewerRequest, params: unknown): unknown {
  const parsed: RequestParams<ViewerRequest> = Requests[method].params.parse(params ?? {});
  return (handlers(shelf)[method] as (given: unknown) => unknown)(parsed);
}

function handlers(shelf: Shelf): Handlers {
  const { store, media } = shelf;
  const existing = (id: string): string => {
    if (!shelf.has(id)) throw new Error(`There is no run ${id} in the logs of other tools here.`);
    shelf.prefer(id);
    return id;
  };
  return {
    'experiments/list': () => ({
      experiments: store.runs.experiments().map((experiment) => {
        const foreign = shelf.formatOf(experiment.name);
        return { ...experiment, ...(foreign !== undefined && { foreign }) };
      }),
    }),
    'runs/list': (query) => {
      const { runs, ...rest } = listWithCurves(store, query);
      return { ...rest, runs: shelf.rows(runs) };
    },
    'runs/metrics': ({ ids }) => {
      const sets = new MetricSets();
      for (const id of ids) sets.add(id, shelf.has(id) ? store.runs.metricSet(id) : null);
      return sets.answer;
    },
    'runs/get': ({ id }) => shelf.row(store.runs.detail(existing(id))!),
    'runs/groups': ({ query, by, columns }) => store.runs.groups(query, by, columns),
    'best/of': (among) => ({ best: store.runs.best(among) }),
    'runs/columns': (query) => store.runs.columns(query),
    'runs/confusion': ({ id }) => ({ confusion: readConfusion(media.of(id), store.runs.media(existing(id))) }),
    'runs/drawings': ({ id, ...wanted }) => readDrawings(media.of(id), store.runs.media(existing(id)), wanted),
    'runs/media': ({ id }) => listMedia(store.runs.media(existing(id))),
    'media/read': ({ id, at, picture }) => ({
      file: readMedia(media.of(existing(id)), store.runs.mediaAt(id, at), picture),
    }),
    'series/read': ({ queries }) => {
      for (const { run } of queries) shelf.prefer(run);
      return { series: queries.map((query) => store.series.read(query)) };
    },
    'metrics/read': ({ run, metric, points, offset, limit, lost }) =>
      store.series.points(existing(run), metric, { points, offset, limit, lost }),
    'metrics/ranks': ({ run, metric, offset, limit }) => store.series.ranks(existing(run), metric, { offset, limit }),
  };
}
