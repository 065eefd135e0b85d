/**
 * All runs that people started by hand. They are data: the engine reads them and passes requests on to their programs, and
 * never starts or kills anything for them.
 */
import * as path from 'node:path';
import { statReal } from '../../../files/real.js';
import { HAND_FILES, WAKE_PREFIX } from '../../../protocol/run/handStarted.js';
import { ID_PATTERN, type RunSpec } from '../../../protocol/run/runFolder.js';
import { forJson, type Floats } from '../../../protocol/values/floats.js';
import type { Params } from '../../../protocol/values/index.js';
import type { StoreApi } from '../../../store/api.js';
import type { Log } from '../../disk/log.js';
import type { Trouble } from '../../disk/trouble.js';
import type { Changes } from '../../server/changes.js';
import type { RunFolders } from '../making/folders.js';
import { importRun } from '../making/takeInFolders.js';
import { HandRun } from './handRun.js';
import { RunsWatcher } from './watchRuns.js';
import type { Refusal } from '../life/refusal.js';

export interface HandRunsOptions {
  /** The folder of all runs. */
  runs: string;
  store: StoreApi;
  folders: RunFolders;
  changes: Changes;
  log: Log;
  trouble: Trouble;
}

const TURN_MS = 500;
/** Time for reading the journals of all such runs in one turn. */
const BUDGET_MS = 100;
/** Pause before the next turn while there is more to read, so that the engine answers requests meanwhile. */
const PAUSE_MS = 15;
/** Ended runs checked in one rescan: a program may continue one on another host, which no watcher here notices. */
const LOOKED_AT = 200;

export class HandRuns {
  private readonly live = new Map<string, HandRun>();
  /** Names in the folder that need no further check, with whether they are runs of ours. */
  private readonly seen = new Map<string, boolean>();
  private watcher: RunsWatcher | null = null;
  private timer: NodeJS.Timeout | undefined;
  private soon: NodeJS.Timeout | undefined;
  private turns = 0;
  private looked = 0;

  constructor(private readonly options: HandRunsOptions) {}

  /** Reads existing runs, and watches for new ones. */
  start(): void {
    const { store, runs } = this.options;
    const live = new Set(store.runs.live().map(({ id }) => id));
    for (const id of store.runs.ids()) if (!live.has(id) && !this.goesOn(id)) this.seen.set(id, false);
    this.rescan();
    this.watcher = new RunsWatcher(
      runs,
      (name) => this.changed(name),
      () => this.rescan(),
    );
    this.timer = setInterval(() => this.turn(), TURN_MS);
    this.timer.unref();
    this.turnSoon();
  }

  close(): void {
    clearInterval(this.timer);
    clearTimeout(this.soon);
    this.watcher?.close();
  }

  /** Returns whether the run is active, as far as is known. */
  has(id: string): boolean {
    return this.live.get(id)?.isOver === false;
  }

  /** Returns whether a run was made from another program's logs. */
  isImported(id: string): boolean {
    return ID_PATTERN.test(id) && this.options.folders.spec(id)?.origin?.by === 'import';
  }

  /** Returns whether a run was started by hand or imported, even if it has ended. */
  isHandStarted(id: string): boolean {
    return this.live.has(id) || (ID_PATTERN.test(id) && isByHand(this.options.folders.spec(id)));
  }

  /** Returns null when the request was passed on, else why it could not be. */
  stop(id: string): Refusal | null {
    return this.live.get(id)?.stop() ?? null;
  }

  set(id: string, params: Params, floats?: Floats): Refusal | null {
    // The program reads the line itself, so floats are written as floats.
    return this.live.get(id)?.send({ type: 'set', params: forJson(params, floats) as Params }) ?? null;
  }

  private changed(name: string): void {
    if (name.startsWith(WAKE_PREFIX)) this.wake(name.slice(WAKE_PREFIX.length));
    else this.look(name);
  }

  private rescan(): void {
    let names: string[];
    try {
      names = this.options.folders.ids();
    } catch {
      return;
    }
    for (const name of names) this.look(name);
    const ended = [...this.seen].filter(([id, ours]) => ours && !this.live.has(id));
    for (let i = 0; i < Math.min(LOOKED_AT, ended.length); i++) {
      const [id] = ended[this.looked++ % ended.length]!;
      if (this.goesOn(id)) this.wake(id);
    }
  }

  private look(name: string): void {
    if (this.seen.has(name) || !ID_PATTERN.test(name)) return;
    const spec = this.options.folders.spec(name);
    // The engine's own folders have no run.json for a moment, and are not handled here anyway.
    const ours = isByHand(spec) && spec!.id === name;
    this.seen.set(name, ours);
    if (ours) this.follow(spec!);
  }

  /** A program may have continued a run. */
  private wake(id: string): void {
    if (!ID_PATTERN.test(id)) return;
    if (this.live.has(id)) return this.adoptObjective(id);
    this.seen.delete(id);
    this.look(id);
  }

  /** The program may name its objective after it has started. */
  private adoptObjective(id: string): void {
    const { store, folders, changes, trouble } = this.options;
    const { metric, goal } = folders.spec(id)?.objective ?? {};
    if (metric === undefined || goal === undefined || store.runs.get(id)?.objective) return;
    trouble.attempt(() => store.runs.update(id, { objectiveMetric: metric, objectiveGoal: goal }));
    changes.runChanged(id);
  }

  private follow(spec: RunSpec): void {
    const { store, folders, changes, log, trouble } = this.options;
    const { id } = spec;
    const folder = folders.path(id);
    const done = trouble.attempt(() => {
      if (importRun(folders, store, spec, 'running')) {
        store.runs.update(id, { startedAt: spec.createdAt });
        const deletedAt = folders.meta(id)?.deletedAt ?? null;
        if (deletedAt !== null) store.runs.delete([id], deletedAt);
        log.info(`run ${id}: found; it was started by hand`);
      }
    });
    // The disk is full; the next rescan finds the run again.
    if (!done) return void this.seen.delete(id);
    const run = new HandRun({ id, folder, store, changes, log, trouble, spec: () => folders.spec(id) });
    this.live.set(id, run);
    if (run.turn(BUDGET_MS / 10)) this.turnSoon();
  }

  private turnSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.turn();
    }, PAUSE_MS);
  }

  private turn(): void {
    const runs = [...this.live];
    const until = performance.now() + BUDGET_MS;
    // Each turn starts with another run, so that busy ones don't delay the others.
    const first = runs.length > 0 ? this.turns++ % runs.length : 0;
    let more = false;
    for (const [id, run] of [...runs.slice(first), ...runs.slice(0, first)]) {
      more = run.turn(Math.max(1, Math.min(40, until - performance.now()))) || more;
      if (run.isDone) this.live.delete(id);
    }
    if (runs.length > 0) this.options.changes.checkLogs();
    if (more) this.turnSoon();
  }

  /** Returns whether a lease was written after the last known end. */
  private goesOn(id: string): boolean {
    if (!ID_PATTERN.test(id)) return false;
    const lease = statReal(path.join(this.options.runs, id, HAND_FILES.lease));
    return lease !== null && lease.mtimeMs > (this.options.store.runs.get(id)?.endedAt ?? 0);
  }
}

/** Started by hand or imported: its folder is all there is, and nothing is ever started for it. */
function isByHand(spec: RunSpec | null): boolean {
  return spec?.origin?.by !== undefined;
}
