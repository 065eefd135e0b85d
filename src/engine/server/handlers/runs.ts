import { LIVE_STATUSES } from '../../../protocol/engine/index.js';
import { listWithCurves } from '../../../store/series/firstCurves.js';
import type { Floats } from '../../../protocol/values/floats.js';
import type { Params } from '../../../protocol/values/index.js';
import type { Environment } from '../../disk/environments.js';
import type { Left } from '../../executors/forgetting.js';
import type { EngineParts } from '../../parts.js';
import { readDrawings } from '../../runs/shown/drawings.js';
import { readConfusion } from '../../runs/shown/confusion.js';
import { listMedia, readMedia } from '../../runs/shown/media.js';
import { filesIn } from '../../runs/shown/mediaFiles.js';
import { refuse, type Refusal } from '../../runs/life/refusal.js';
import { hasPacked } from '../../runs/packing/unpack.js';
import { refuseForeignRun, refuseForeignSearch } from '../foreign.js';
import { conflict, notFound, RequestError } from '../requestError.js';
import type { Handlers } from '../server.js';
import { statusText } from '../../../format/statuses.js';
import { l10n } from '../../../format/l10n.js';

type Done = { done: string[]; skipped: { id: string; why: string }[] };

/** Applies `action` to each id; it returns the reason if it was refused, else null. */
function each(ids: string[], action: (id: string) => Refusal | null): Done {
  const result: Done = { done: [], skipped: [] };
  for (const id of new Set(ids)) {
    const refused = action(id);
    if (refused === null) result.done.push(id);
    else result.skipped.push({ id, why: refused.why });
  }
  return result;
}

/** An ended trial is repeated within its search, because the search knows its purpose. */
async function resumeRuns(
  ids: string[],
  environment: Environment | null,
  { store, searches }: Pick<EngineParts, 'store' | 'searches'>,
  resume: (id: string) => Refusal | null,
): Promise<Done> {
  const result: Done = { done: [], skipped: [] };
  for (const id of new Set(ids)) {
    const run = store.runs.get(id);
    const ofSearch = run?.search && run.trial !== null && store.searches.get(run.search) ? run.search : null;
    if (!ofSearch || LIVE_STATUSES.includes(run!.status)) {
      const { done, skipped } = each([id], resume);
      result.done.push(...done);
      result.skipped.push(...skipped);
      continue;
    }
    try {
      await searches.retry(ofSearch, [run!.trial!], environment);
      result.done.push(id);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      result.skipped.push({ id, why: l10n.t("can't be done again: {0}", error.message) });
    }
  }
  return result;
}

export function runHandlers(parts: EngineParts) {
  const { store, active, hand, searches, maker, folders, searchFolders, changes, clusters, log, trouble, packer } =
    parts;
  const existing = (id: string) => {
    const run = store.runs.get(id);
    if (!run) throw notFound('run', id);
    return run;
  };
  /** Writes the person's edits into the folders of the runs, so that a rebuilt index finds them. */
  const keep = (ids: readonly string[]): void => {
    for (const { id, name, tags, note, deletedAt } of store.runs.getMany(ids)) {
      trouble.attempt(() => folders.saveMeta(id, { name, tags, note, deletedAt }));
      changes.runChanged(id);
    }
  };
  /** Returns why an action that needs an ended run is refused, or null. */
  const whyLive = (id: string): Refusal | null => {
    const run = store.runs.get(id);
    if (!run) return refuse('unknown', l10n.t('does not exist'));
    if (run.status === 'elsewhere')
      return refuse('elsewhere', l10n.t('is running on another host: stop it there first'));
    return LIVE_STATUSES.includes(run.status)
      ? refuse('state', l10n.t('is {0}: stop it first', statusText(run.status)))
      : null;
  };
  /** Removes the runs' folders on their SSH hosts; nobody is asked for a run that this person has not requested. */
  const forgetThere = async (ids: readonly string[]): Promise<Left[]> => {
    const left = await clusters.forget(
      ids.flatMap((id) => {
        const spec = folders.isAsked(id) === 'yes' ? folders.spec(id) : null;
        return spec ? [{ spec, folder: folders.path(id) }] : [];
      }),
    );
    for (const { id, host, why } of left) log.warn(`run ${id}: its folder stays on ${host}: ${why}`);
    return left;
  };
  /** Refuses an action that works only for programs that the engine started. */
  const ownOnly = (id: string, advice: string, action: (id: string) => Refusal | null) =>
    hand.isImported(id)
      ? refuse('impossible', l10n.t("was imported from another program's logs"))
      : hand.isHandStarted(id)
        ? refuse('impossible', l10n.t('was started by hand: {0}', advice))
        : action(id);
  /** Null if no consent is needed, because the run was requested here. */
  const plannedAgain = (
    id: string,
    params: Params | undefined,
    floats: Floats | undefined,
    environment: Environment | null,
  ) => (folders.isAsked(id) === 'yes' ? null : maker.planAgain(id, params, floats, environment).plan);
  return {
    'experiments/list': () => ({ experiments: store.runs.experiments() }),
    'runs/list': (query) => listWithCurves(store, query),
    'runs/get': ({ id }) => {
      const run = store.runs.detail(id);
      if (!run) throw notFound('run', id);
      return run;
    },
    'runs/confusion': ({ id }) => ({
      confusion: readConfusion(filesIn(folders.path(existing(id).id)), store.runs.media(id)),
    }),
    'runs/drawings': ({ id, ...wanted }) =>
      readDrawings(filesIn(folders.path(existing(id).id)), store.runs.media(id), wanted),
    'runs/media': ({ id }) => listMedia(store.runs.media(existing(id).id)),
    'media/read': ({ id, at, picture }) => ({
      file: readMedia(filesIn(folders.path(existing(id).id)), store.runs.mediaAt(id, at), picture),
    }),
    'runs/columns': (query) => store.runs.columns(query),
    'runs/start': async (request, client) => ({ run: await maker.start(request, client.environment) }),
    'runs/rerun': async ({ id, params, floats, trust, debug, send }, { environment }) => {
      if (!trust) refuseForeignRun(folders, existing(id), plannedAgain(id, params, floats, environment));
      return { run: await maker.rerun(id, params, floats, environment, debug?.args, send) };
    },
    'runs/branch': async ({ id, step, params, floats, trust, send }, { environment }) => {
      if (!trust) refuseForeignRun(folders, existing(id), plannedAgain(id, params, floats, environment));
      return { run: await maker.branch(id, step ?? null, params, floats, environment, send) };
    },
    'runs/stop': ({ ids }) => each(ids, (id) => (hand.has(id) ? hand.stop(id) : active.stop(id, 'stop'))),
    'runs/pause': ({ ids }) =>
      each(ids, (id) =>
        ownOnly(id, l10n.t('its program can be stopped, but not paused from here'), () => active.pause(id)),
      ),
    'runs/resume': async ({ ids, trust }, { environment }) => {
      for (const run of trust ? [] : store.runs.getMany(ids)) {
        const search = run.search === null ? null : store.searches.get(run.search);
        if (search) refuseForeignSearch(searchFolders, search, store.searches.plan(search.id));
        else if (!active.has(run.id) && !hand.isHandStarted(run.id))
          refuseForeignRun(folders, run, folders.spec(run.id));
      }
      // Here with turns for others; the launch itself would unpack them in one go.
      await packer.unpack(ids.filter((id) => !active.has(id) && hasPacked(folders.path(id))));
      return resumeRuns(ids, environment, { store, searches }, (id) =>
        ownOnly(id, l10n.t('start its program again with init(id="{0}", resume="allow")', id), () =>
          active.resume(id, environment),
        ),
      );
    },
    'runs/set': ({ id, params, floats }) => {
      const run = existing(id);
      const refused = hand.has(id) ? hand.set(id, params, floats) : active.set(id, params, floats);
      if (refused) throw conflict(l10n.t('The run {0} {1}.', run.name, refused.why));
      return {};
    },
    'runs/rename': ({ id, name }) => {
      existing(id);
      store.runs.update(id, { name });
      keep([id]);
      return {};
    },
    'runs/tag': ({ ids, add, remove }) => {
      store.runs.tag(ids, add, remove);
      keep(ids);
      return {};
    },
    'runs/note': ({ id, note }) => {
      existing(id);
      store.runs.update(id, { note });
      keep([id]);
      return {};
    },
    'runs/delete': ({ ids }) => {
      const result = each(ids, whyLive);
      store.runs.delete(result.done, Date.now());
      keep(result.done);
      for (const id of result.done) changes.runRemoved(id);
      return result;
    },
    'runs/restore': ({ ids }) => {
      const result = each(ids, (id) => (store.runs.get(id) ? null : refuse('unknown', l10n.t('does not exist'))));
      store.runs.restore(result.done);
      keep(result.done);
      return result;
    },
    'runs/pack': ({ ids, undo }) => (undo ? packer.unpack(ids) : packer.pack(ids)),
    'runs/purge': async ({ ids }) => {
      const asked = each(ids, whyLive);
      const left = await forgetThere(asked.done);
      const result: Done = { done: [], skipped: asked.skipped };
      // Folders are deleted first: a remaining folder would be indexed as an unknown run.
      for (const id of asked.done) {
        // It may have been started again while its host was asked.
        const live = whyLive(id);
        if (live === null) {
          try {
            await folders.remove(id);
            result.done.push(id);
          } catch (error) {
            log.error(`run ${id}: its folder could not be removed`, error);
            result.skipped.push({ id, why: l10n.t("its folder can't be removed: {0}", (error as Error).message) });
          }
        } else result.skipped.push({ id, why: live.why });
      }
      store.runs.purge(result.done);
      for (const id of result.done) changes.runRemoved(id);
      return { ...result, left: left.filter(({ id }) => result.done.includes(id)) };
    },
    'runs/groups': ({ query, by, columns }) => store.runs.groups(query, by, columns),
    'best/of': (among) => ({ best: store.runs.best(among) }),
  } satisfies Partial<Handlers>;
}
