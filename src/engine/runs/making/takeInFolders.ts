/**
 * Updates the index to match the folders: adds runs that only the disk has, drops rows whose folder is gone. It starts
 * nothing. A run counts as queued only if this person has requested it on this machine.
 */
import { inEnglish, said } from '../../../format/said.js';
import { hostName } from '../../machine/hostFacts.js';
import type { Run, RunError, RunStatus } from '../../../protocol/engine/index.js';
import { ID_PATTERN, RUN_FILES, type RunSpec } from '../../../protocol/run/runFolder.js';
import type { RunPatch, StoreApi } from '../../../store/api.js';
import type { LogLines } from '../../disk/log.js';
import { readActs } from '../../agents/actsFile.js';
import { FIRST_LAUNCH, readLastWords, readSupervisorRecords } from '../ends/endingRecords.js';
import type { RunFolders } from './folders.js';
import { logTail } from '../ends/logTail.js';
import { outcomeOf } from '../ends/outcome.js';

/** Maximum number of unreadable folders that are named. */
const NAMED = 20;

/** Why a queued run in a folder does not start. */
const NEVER = said(
  'It was never started here: its folder came from elsewhere, or was changed since. Nothing is run on the word of a folder. To run its experiment, use: tunesmith run FILE',
);
export const NEVER_STARTED: RunError = { kind: 'not-started', message: inEnglish(NEVER), said: NEVER, logTail: '' };

/** Runs that the person has deleted, to be hidden once their ends are known. */
export type Hidden = { id: string; deletedAt: number }[];

/** Milliseconds of work before the event loop gets a turn. */
const SLICE_MS = 8;

export interface TakenIn {
  /** Number of folders processed so far, and of all folders. */
  done: number;
  of: number;
  /** Runs that are new in the index since the last time. */
  fresh: string[];
}

/** Adds all missing runs at once. */
export function takeInFolders(folders: RunFolders, store: StoreApi, log: LogLines, others = false): Hidden {
  const steps = takingIn(folders, store, log, others);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * Adds missing runs, newest first, in slices of a few milliseconds, each one transaction. `others`: another host starts runs in
 * the folder, so that a run that nobody has asked for here may wait there.
 */
export function* takingIn(
  folders: RunFolders,
  store: StoreApi,
  log: LogLines,
  others = false,
): Generator<TakenIn, Hidden> {
  const hidden: Hidden = [];
  let ids: string[];
  try {
    ids = folders.ids();
  } catch (error) {
    log.error(`the runs' folders can't be read`, error);
    return hidden;
  }
  const known = new Set(store.runs.ids());
  const unknown = ids.filter((id) => !known.delete(id)).sort((a, b) => (a < b ? 1 : -1));
  // The remaining runs of the index have no folder: it was removed, or another workspace is now at this path.
  if (known.size > 0) {
    store.runs.purge([...known]);
    log.info(`${known.size} runs no longer have a folder and are no longer listed`);
  }
  const odd: string[] = [];
  let taken = 0;
  for (let at = 0; at < unknown.length;) {
    const fresh: string[] = [];
    const until = performance.now() + SLICE_MS;
    store.batch(() => {
      while (at < unknown.length && performance.now() < until) {
        const id = unknown[at++]!;
        if (takeIn(id, fresh)) continue;
        odd.push(id);
      }
    });
    taken += fresh.length;
    yield { done: at, of: unknown.length, fresh };
  }
  for (const id of odd.slice(0, NAMED)) log.warn(`runs/${id} has no readable ${RUN_FILES.spec}; left alone`);
  if (odd.length > NAMED) log.warn(`${odd.length - NAMED} more folders like these are left alone`);
  if (taken > 0) log.info(`took in ${taken} run folders that the index did not know`);
  return hidden;

  function takeIn(id: string, fresh: string[]): boolean {
    const spec = ID_PATTERN.test(id) ? folders.spec(id) : null;
    if (spec?.id !== id) return false;
    // HandRuns reads those; nothing is ever started for them.
    if (spec.origin?.by !== undefined) return true;
    const end = endOf(folders.path(id), spec);
    const waits = end === null && !folders.wasStarted(id, spec);
    const isForeign = waits && !others && folders.isAsked(id) !== 'yes';
    importRun(folders, store, spec, end?.status ?? (isForeign ? 'stopped' : 'queued'));
    if (end) store.runs.update(id, end);
    if (isForeign) store.runs.update(id, { error: NEVER_STARTED });
    const deletedAt = folders.meta(id)?.deletedAt ?? null;
    // Ended runs need no further look.
    if (deletedAt !== null && end) store.runs.delete([id], deletedAt);
    else if (deletedAt !== null) hidden.push({ id, deletedAt });
    fresh.push(id);
    return true;
  }
}

/** Returns the end of a run as its supervisor recorded it; null if it did not, or if the run may be launched again. */
function endOf(folder: string, spec: RunSpec): (RunPatch & { status: RunStatus }) | null {
  const launch = spec.launch ?? FIRST_LAUNCH;
  const { spawn, exit } = readSupervisorRecords(folder, launch);
  if (!exit) return null;
  const words = readLastWords(folder, launch);
  const tail = exit.code === 0 ? '' : logTail(folder);
  const { status, error } = outcomeOf({ exit, ...words, logTail: tail, memoryKill: false });
  if (status === 'paused') return null;
  return {
    ...{ status, error, endedAt: exit.time, exitCode: exit.code, signal: exit.signal },
    ...(spawn && { startedAt: spawn.time }),
  };
}

/**
 * Creates the row of a run that the index does not know, with the person's edits. Returns false if the index knows it.
 */
export function importRun(folders: RunFolders, store: StoreApi, spec: RunSpec, status: RunStatus): boolean {
  const { id } = spec;
  const { host = hostName(), git = null } = spec.origin ?? {};
  const meta = folders.meta(id);
  const { name, tags, note } = meta ?? { name: spec.name ?? id, tags: spec.tags ?? [], note: spec.note ?? '' };
  // Its search may have been deleted since.
  const isAlone = spec.search !== null && store.searches.get(spec.search) === null;
  const own = isAlone ? { ...spec, search: null, trial: null } : spec;
  store.acts.takeIn(id, readActs(folders.path(id)));
  const firstFile = folders.firstFile(id, spec.file);
  return store.runs.import({ spec: own, name, status, folder: folders.path(id), host, git, tags, note, firstFile });
}

/**
 * Returns whether a run waits although nobody has asked for it here. It ends, unless another host works in the folder
 * (`others`): then it waits there.
 */
export function refusedAsForeign(run: Run, folders: RunFolders, store: StoreApi, others = false): boolean {
  const spec = folders.spec(run.id);
  const waits = run.status === 'queued' || (run.status === 'paused' && spec?.launch !== undefined);
  if (!spec || !waits || folders.wasStarted(run.id, spec) || folders.isAsked(run.id) === 'yes') return false;
  if (!others) store.runs.update(run.id, { status: 'stopped', error: NEVER_STARTED, endedAt: Date.now() });
  return true;
}
