/** Arranges with engines of other hosts on the same folder: one starts and changes runs, the others only read. */
import { ErrorCode, type RequestName } from '../protocol/engine.js';
import { heldBy, type SchedulerLease } from './executors/schedulerLease.js';
import type { EngineParts } from './parts.js';
import { LateRecords } from './runs/lateRecords.js';
import { refusedAsForeign, takeInFolders } from './runs/takeInFolders.js';
import type { KeptSearches } from './searches/keptSearches.js';
import { RequestError } from './server/requestError.js';
import { CHANGING } from './server/changing.js';
import type { Handler, Handlers } from './server/server.js';

const CHANGES: ReadonlySet<string> = new Set(CHANGING);

/** Ticks (seconds) without work after which the lease is given back. */
const IDLE = 10;
/** Ticks between two looks for runs that another host has made. */
const RESCAN = 2;

export class OtherHosts {
  private readonly late: LateRecords;
  private idle = 0;
  private ticks = 0;
  private said: string | null = null;
  private hadOthers = false;

  constructor(
    private readonly parts: EngineParts,
    private readonly kept: KeptSearches,
    private readonly lease: SchedulerLease,
    private readonly workspace: string,
  ) {
    this.late = new LateRecords(parts.active, (id) => parts.hand.isHandStarted(id));
  }

  /** Returns a notice for a person who connects: which host has the folder, and what to do; null if no other host has it. */
  notice(): string | null {
    const other = this.lease.other();
    return other && heldBy(other, this.workspace);
  }

  /** Returns whether another host has the folder. */
  hold(): boolean {
    return this.lease.other() !== null;
  }

  /** The same handlers; those that change something acquire the lease first, or refuse. */
  guarded(handlers: Handlers): Handlers {
    const entries = Object.entries(handlers).map(([name, handler]) => {
      if (!CHANGES.has(name)) return [name, handler] as const;
      const guarded: Handler<RequestName> = (params, client) => {
        const why = this.takeLease();
        if (why !== null) throw new RequestError(ErrorCode.conflict, why);
        return (handler as Handler<RequestName>)(params, client);
      };
      return [name, guarded] as const;
    });
    return Object.fromEntries(entries) as Handlers;
  }

  /** Once a second, and when the engine comes up. `work`: runs and searches of this host. */
  tick(work: number): void {
    this.ticks++;
    this.idle = work > 0 ? 0 : this.idle + 1;
    if (this.lease.isOurs && this.idle > IDLE) this.giveBack();
    else if (this.lease.isOurs || work > 0) this.takeLease();
    if (!this.lease.isOurs && this.ticks % RESCAN === 0) {
      const others = this.hold();
      // Once more when the other host has gone: its last records count, and its open searches do not resume by themselves.
      if (others || this.hadOthers) this.rescan(others);
      this.hadOthers = others;
    }
    this.late.look();
  }

  close(): void {
    this.lease.release();
  }

  /** Null when it is ours: then what waits may start. Else why not. */
  private takeLease(): string | null {
    const { scheduler, log } = this.parts;
    const hadIt = this.lease.isOurs;
    let why: string | null = null;
    try {
      const holder = this.lease.take();
      why = holder && heldBy(holder, this.workspace);
    } catch (error) {
      // A folder that can't be written, or a full disk: the request fails by itself, with its own message.
      if (!hadIt) log.warn(`the lease on the folder can't be taken: ${(error as Error).message}`);
    }
    if (why !== null && why !== this.said) log.warn(why);
    this.said = why;
    if (why !== null) scheduler.close();
    else if (!hadIt) scheduler.open();
    return why;
  }

  private giveBack(): void {
    this.parts.scheduler.close();
    this.lease.release();
  }

  private rescan(others: boolean): void {
    const { folders, store, log, hand, active, changes, searches } = this.parts;
    // Before their trials, which would otherwise be runs of no search.
    for (const id of this.kept.takeIn(store, others, (each) => searches.has(each))) changes.searchChanged(id);
    const known = new Set(store.runs.ids());
    const hidden = takeInFolders(folders, store, log);
    for (const id of store.runs.ids()) if (!known.has(id)) changes.runChanged(id);
    for (const run of store.runs.live()) {
      if (active.has(run.id) || hand.isHandStarted(run.id) || refusedAsForeign(run, folders, store)) continue;
      active.adopt(run);
    }
    for (const { id, deletedAt } of hidden) store.runs.delete([id], deletedAt);
  }
}
