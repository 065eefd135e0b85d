/** Arranges with engines of other hosts on the same folder: one starts and changes runs, the others only read. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { ErrorCode, type RequestName } from '../protocol/engine/index.js';
import { statReal } from '../files/real.js';
import { RUN_FILES } from '../protocol/run/runFiles.js';
import { appendLine } from './disk/appendLine.js';
import { heldBy, type SchedulerLease } from './executors/schedulerLease.js';
import { Mailbox, searchLine, type SearchRequest } from './mailbox.js';
import type { EngineParts } from './parts.js';
import { askByFile } from './runs/life/askByFile.js';
import { LateRecords } from './runs/ends/lateRecords.js';
import { refusedAsForeign, takeInFolders } from './runs/making/takeInFolders.js';
import type { KeptSearches } from './searches/keptSearches.js';
import { RequestError } from './server/requestError.js';
import { CHANGING } from './server/changing.js';
import type { Handler, Handlers } from './server/server.js';

const CHANGES: ReadonlySet<string> = new Set(CHANGING);

/** Ticks (seconds) without work after which the lease is given back. */
const IDLE = 10;
/** Ticks between two looks for runs that another host has made. */
const RESCAN = 2;

/** Time in which an engine on another host carries out a request that it finds in the folder. */
const TAKEN_MS = 5000;

export class OtherHosts {
  private readonly late: LateRecords;
  private readonly mailbox: Mailbox;
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
    this.mailbox = new Mailbox(parts, () => this.takeLease());
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

  /** Takes the lease, or keeps it. Returns whether the folder is ours. */
  claim(): boolean {
    return this.takeLease() === null && this.lease.isOurs;
  }

  /** The same handlers; those that change something acquire the lease first, or refuse. */
  guarded(handlers: Handlers): Handlers {
    const entries = Object.entries(this.passingOn(handlers)).map(([name, handler]) => {
      if (!CHANGES.has(name)) return [name, handler] as const;
      const guarded: Handler<RequestName> = (params, client) => {
        const why = this.isPassedOn(name, params) ? null : this.takeLease();
        if (why !== null) throw new RequestError(ErrorCode.conflict, why);
        return (handler as Handler<RequestName>)(params, client);
      };
      return [name, guarded] as const;
    });
    return Object.fromEntries(entries) as Handlers;
  }

  /** The same handlers; requests to searches and waiting runs of another host are left in the folder for that one. */
  private passingOn(handlers: Handlers): Handlers {
    const { folders, searchFolders, active } = this.parts;
    const ask = (request: SearchRequest, handler: Handler<`searches/${SearchRequest}`>) =>
      (async (params, client) => {
        const { id } = params;
        const isThere = this.isElsewhere(id);
        if (!isThere && !this.isPausedElsewhere(id)) return handler(params, client);
        const file = path.join(searchFolders.path(id), RUN_FILES.control);
        appendLine(file, searchLine(request));
        if (isThere || (await isTaken(file))) return {};
        // Nobody is there any more: this host goes on with it, because its person wants that.
        const why = request === 'resume' ? this.takeLease() : null;
        if (why !== null) throw new RequestError(ErrorCode.conflict, why);
        return handler(params, client);
      }) as Handler<`searches/${SearchRequest}`>;
    const stopRuns: Handler<'runs/stop'> = async ({ ids }, client) => {
      const there = ids.filter((id) => this.waitsElsewhere(id));
      for (const id of there) askByFile(folders.path(id), active.launchOf(id), { type: 'stop', reason: 'stop' });
      const result = await handlers['runs/stop']({ ids: ids.filter((id) => !there.includes(id)) }, client);
      return { ...result, done: [...result.done, ...there] };
    };
    return {
      ...handlers,
      'searches/stop': ask('stop', handlers['searches/stop']),
      'searches/pause': ask('pause', handlers['searches/pause']),
      'searches/resume': ask('resume', handlers['searches/resume']),
      'runs/stop': stopRuns,
    };
  }

  private isPassedOn(name: string, params: unknown): boolean {
    const { id } = params as { id: string };
    return name === 'searches/resume' && (this.isElsewhere(id) || this.isPausedElsewhere(id));
  }

  /** Returns whether another host has paused the search and given back the folder, as it does when nothing is at work. */
  private isPausedElsewhere(id: string): boolean {
    const { searches, searchFolders, store } = this.parts;
    if (store.searches.get(id)?.status !== 'paused' || searches.has(id)) return false;
    return searchFolders.isAsked(id) !== 'yes' && !this.hold();
  }

  /** Returns whether another host drives the search. */
  private isElsewhere(id: string): boolean {
    const { searches, store } = this.parts;
    const status = store.searches.get(id)?.status;
    return (status === 'running' || status === 'paused') && !searches.has(id) && this.hold();
  }

  private waitsElsewhere(id: string): boolean {
    const { active, store } = this.parts;
    return store.runs.get(id)?.status === 'queued' && !active.has(id) && this.hold();
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
    this.mailbox.look();
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
    const hidden = takeInFolders(folders, store, log, others);
    for (const id of store.runs.ids()) if (!known.has(id)) changes.runChanged(id);
    for (const run of store.runs.live()) {
      if (active.has(run.id) || hand.isHandStarted(run.id)) continue;
      if (!refusedAsForeign(run, folders, store, others)) active.adopt(run);
      else if (!others) changes.runChanged(run.id);
    }
    for (const { id, deletedAt } of hidden) store.runs.delete([id], deletedAt);
  }
}

/** Resolves to whether an engine has carried out the requests in the file. A request that nobody takes is withdrawn. */
async function isTaken(file: string): Promise<boolean> {
  const gone = (): boolean => statReal(file) === null;
  for (const until = performance.now() + TAKEN_MS; !gone() && performance.now() < until;)
    await new Promise((resolve) => setTimeout(resolve, 200));
  const aside = `${file}.${process.pid}`;
  try {
    fs.renameSync(file, aside);
  } catch {
    return true;
  }
  fs.rmSync(aside, { force: true });
  return false;
}
