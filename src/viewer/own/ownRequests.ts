/** Answers requests about our own runs in a folder in which nothing may be started, as the engine would. */
import {
  LIVE_STATUSES,
  Requests,
  type RequestParams,
  type RequestResult,
  type Run,
  type Search,
} from '../../protocol/engine/index.js';
import { listWithCurves } from '../../store/series/firstCurves.js';
import type { OwnViewerRequest } from '../../protocol/viewer.js';
import { readLog } from '../../engine/disk/logText.js';
import { readStageRuns, viewOf } from '../../engine/pipelines/view.js';
import { readConfusion } from '../../engine/runs/shown/confusion.js';
import { readDrawings } from '../../engine/runs/shown/drawings.js';
import { listMedia, readMedia } from '../../engine/runs/shown/media.js';
import { filesIn } from '../../engine/runs/shown/mediaFiles.js';
import { readCodeContents, readRecorded } from '../../engine/runs/shown/recorded.js';
import { listRunFiles } from '../../engine/runs/shown/runFiles.js';
import { MetricSets } from '../../engine/server/metricSets.js';
import type { Insights } from '../../engine/searches/insight/insights.js';
import { l10n } from '../../format/l10n.js';
import type { OwnShelf } from './ownShelf.js';

type Handlers = {
  [N in OwnViewerRequest]: (
    params: ReturnType<(typeof Requests)[N]['params']['parse']>,
  ) => RequestResult<N> | Promise<RequestResult<N>>;
};

/** Rejects with a sentence for invalid parameters, and for runs that do not exist. */
export async function answerOwn(
  shelf: OwnShelf,
  insights: Pick<Insights, 'of'>,
  method: OwnViewerRequest,
  params: unknown,
): Promise<unknown> {
  const parsed: RequestParams<OwnViewerRequest> = Requests[method].params.parse(params ?? {});
  return (handlers(shelf, insights)[method] as (given: unknown) => unknown)(parsed);
}

function handlers(shelf: OwnShelf, insights: Pick<Insights, 'of'>): Handlers {
  const { store, folders } = shelf;
  const existing = (id: string): Run => {
    shelf.prefer(id);
    const run = store.runs.get(id);
    if (!run) throw new Error(l10n.t('There is no run {0}.', id));
    return run;
  };
  const folderOf = (id: string): string => folders.path(existing(id).id);
  const search = (id: string): Search => {
    const found = store.searches.get(id);
    if (!found) throw new Error(l10n.t('There is no search {0}.', id));
    return found;
  };
  return {
    'experiments/list': () => ({ experiments: store.runs.experiments() }),
    'runs/list': (query) => {
      const page = listWithCurves(store, query);
      for (const { id } of page.runs.slice(0, 50).reverse()) shelf.prefer(id);
      return page;
    },
    'runs/get': ({ id }) => {
      existing(id);
      const run = store.runs.detail(id)!;
      return { ...run, messages: [...run.messages, ...shelf.notesOn(id)] };
    },
    'runs/metrics': ({ ids }) => {
      const sets = new MetricSets();
      for (const id of ids) sets.add(id, store.runs.metricSet(id));
      return sets.answer;
    },
    'runs/groups': ({ query, by, columns }) => store.runs.groups(query, by, columns),
    'runs/columns': (query) => store.runs.columns(query),
    'best/of': (among) => ({ best: store.runs.best(among) }),
    'runs/confusion': ({ id }) => ({ confusion: readConfusion(filesIn(folderOf(id)), store.runs.media(id)) }),
    'runs/drawings': ({ id, ...wanted }) => readDrawings(filesIn(folderOf(id)), store.runs.media(id), wanted),
    'runs/media': ({ id }) => listMedia(store.runs.media(existing(id).id)),
    'media/read': ({ id, at, picture }) => ({
      file: readMedia(filesIn(folderOf(id)), store.runs.mediaAt(id, at), picture),
    }),
    'runs/recorded': ({ id }) => readRecorded(folderOf(id)),
    'runs/code': ({ id }) => readCodeContents(folderOf(id)),
    'runs/files': ({ id }) => listRunFiles(folderOf(id)),
    'runs/lineage': ({ id }) => {
      const of = existing(id).search;
      const found = of === null ? null : store.searches.get(of);
      return { ...store.runs.kinship(id), search: found && { id: found.id, name: found.name } };
    },
    'pipelines/get': ({ id }) => {
      const stages = folders.spec(existing(id).id)?.pipeline?.stages ?? [];
      return { stages: viewOf(stages, readStageRuns(folders.path(id)), (run) => store.runs.get(run)) };
    },
    'series/read': ({ queries }) => {
      for (const { run } of queries) shelf.prefer(run);
      return { series: store.series.readSome(queries) };
    },
    'metrics/read': ({ run, metric, points, offset, limit, lost }) =>
      store.series.points(existing(run).id, metric, { points, offset, limit, lost }),
    'metrics/ranks': ({ run, metric, offset, limit }) =>
      store.series.ranks(existing(run).id, metric, { offset, limit }),
    'log/read': async ({ run, rank, offset, limit }) => {
      const ended = !LIVE_STATUSES.includes(existing(run).status);
      return { ...(await readLog(folders.path(run), { offset, limit, ended, rank })), ended };
    },
    'searches/list': (query) => ({ searches: store.searches.list(query) }),
    'searches/get': ({ id }) => {
      const found = search(id);
      const acts = store.acts.of(id);
      return acts.length > 0 ? { ...found, acts } : found;
    },
    'searches/insight': (query) => insights.of(search(query.id), query),
  };
}
