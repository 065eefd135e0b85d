/** Puts the engine together, brings it up, and ends it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { randomBytes } from 'node:crypto';
import type { StoreApi } from '../store/api.js';
import { StoreCorruptError } from '../store/errors.js';
import { Store } from '../store/store.js';
import { moveAside } from './disk/aside.js';
import { ActiveRuns } from './runs/life/activeRuns.js';
import { Door } from './server/door.js';
import { Changes, isEditor } from './server/changes.js';
import { Devices } from './machine/devices.js';
import { engineHandlers } from './server/handlers/engine.js';
import { pipelineHandlers } from './server/handlers/pipelines.js';
import { recordedHandlers } from './server/handlers/recorded.js';
import { followFiles, renameHandlers } from './server/handlers/renames.js';
import { runHandlers } from './server/handlers/runs.js';
import { searchHandlers } from './server/handlers/searches.js';
import { seriesHandlers } from './server/handlers/series.js';
import { Insights } from './searches/insight/insights.js';
import { AgentActs } from './agents/acting.js';
import { Grants } from './agents/grants.js';
import { Alerts } from './alerts/alerts.js';
import { Asked } from './disk/asked.js';
import { Environments } from './disk/environments.js';
import type { EngineLock } from './disk/lock.js';
import type { Log } from './disk/log.js';
import type { EngineParts } from './parts.js';
import type { WorkspacePaths } from './disk/paths.js';
import { FileFollower } from './renames/follower.js';
import { RenamedFiles } from './renames/renamedFiles.js';
import { RunFolders } from './runs/making/folders.js';
import { Packer } from './runs/packing/packer.js';
import { HandRuns } from './runs/handStarted/handRuns.js';
import { Backlog } from './runs/intake/backlog.js';
import { FirstReadings } from './runs/intake/firstReadings.js';
import { refusedAsForeign, takingIn, type Hidden } from './runs/making/takeInFolders.js';
import { RunMaker } from './runs/making/maker.js';
import { Clusters } from './executors/clusters.js';
import { Scheduler } from './executors/scheduler.js';
import { Sending } from './executors/sending.js';
import { SearchFolders } from './searches/folders.js';
import { KeptSearches } from './searches/keptSearches.js';
import { Searches } from './searches/searches.js';
import { knowing } from './server/knowing.js';
import { MANY, Readiness } from './server/readiness.js';
import { Languages } from './server/language.js';
import { refuseReadOnly } from './server/readOnly.js';
import { Server, type Condition, type Handlers } from './server/server.js';
import { OtherHosts } from './otherHosts.js';
import { SchedulerLease } from './executors/schedulerLease.js';
import { Trouble } from './disk/trouble.js';

export interface EngineOptions {
  paths: WorkspacePaths;
  lock: EngineLock;
  log: Log;
  version: string;
  /** Folder with the other bundles. */
  distFolder: string;
  /** Leaves after so long without clients and work. */
  idleMs: number;
  /** A problem found before the engine started, in one sentence for every client. */
  problem: string | null;
  /** Why nothing can be changed in this folder, in one sentence. The status has it; a client that looks isn't told. */
  readOnly: string | null;
}

/** Milliseconds of work after which the engine answers requests while it starts. */
const SLICE_MS = 10;
/** Intervals for checking the address and idleness. */
const GUARD_MS = 1000;

export class Engine {
  private readonly parts: EngineParts;
  private readonly server: Server;
  private readonly asked: Asked;
  private readonly keptSearches: KeptSearches;
  private readonly others: OtherHosts;
  private readonly follower: FileFollower;
  private readonly clusters: Clusters;
  private readonly grants: Grants;
  private readonly agents: AgentActs;
  private readonly alerts: Alerts;
  private readonly handlers: Handlers;
  private readonly readiness = new Readiness();
  private readonly backlog: Backlog;
  private readonly firstReadings: FirstReadings;
  private readonly startedAt = Date.now();
  private readonly token = randomBytes(32).toString('hex');
  private readonly door: Door;
  private guard: NodeJS.Timeout | undefined;
  private busyAt = Date.now();
  private inode: bigint | null = null;
  private leaving: Promise<void> | null = null;
  private gone!: () => void;
  /** Resolves when the engine has ended and released everything. */
  readonly ended = new Promise<void>((resolve) => (this.gone = resolve));

  constructor(private readonly options: EngineOptions) {
    const { paths, log, version, distFolder } = options;
    const index = openIndex(paths.store, log);
    const devices = new Devices();
    const trouble = new Trouble(log, [paths.local, paths.runs]);
    const scheduler = new Scheduler(devices, (host, need) => clusters.hostCapacity(host, need));
    const sending = new Sending(paths.sent, paths.workspace);
    const hostKnown = (): void => {
      // First, so that the next trials are asked for with the new number.
      searches.hostKnown();
      scheduler.pump();
    };
    const clusters: Clusters = new Clusters({ log, dist: distFolder, sending, hostKnown });
    this.clusters = clusters;
    this.asked = Asked.open(paths.asked, log);
    const renamed = new RenamedFiles(paths.workspace);
    const folders = new RunFolders(paths.runs, this.asked, renamed);
    const searchFolders = new SearchFolders(paths.searches, this.asked, renamed);
    const environments = new Environments(paths.environments);
    this.keptSearches = new KeptSearches(index.searches, index.acts, searchFolders, log);
    const store: StoreApi = {
      runs: index.runs,
      ingest: index.ingest,
      series: index.series,
      searches: this.keptSearches,
      acts: index.acts,
      renameFile: (move) => index.renameFile(move),
      batch: (work) => index.batch(work),
      close: () => index.close(),
    };
    const changes = new Changes({
      runs: (ids, metrics) => store.runs.getMany(ids, metrics),
      search: (id) => store.searches.get(id),
      logSize: (id) => folders.logSize(id),
    });
    const shared = {
      store,
      folders,
      searchFolders,
      environments,
      scheduler,
      devices,
      changes,
      log,
      trouble,
      distFolder,
    };
    const supervisorProgram = path.join(distFolder, 'supervisor.cjs');
    const active = new ActiveRuns({ ...shared, clusters, supervisorProgram, canStart: options.readOnly === null });
    const placing = { clusters, sending, workspace: paths.workspace };
    const maker = new RunMaker({ ...shared, ...placing, active });
    const searches = new Searches({ ...shared, ...placing, active, maker });
    active.listener = searches;
    this.firstReadings = new FirstReadings(active);
    this.backlog = new Backlog(active, this.firstReadings);
    const hand = new HandRuns({ ...shared, runs: paths.runs });
    const packer = new Packer({ ...shared, active }, () => this.others.claim());
    this.parts = { ...shared, clusters, active, hand, maker, searches, insights: new Insights(shared), packer };
    this.follower = new FileFollower({
      ...{ ...shared, workspace: paths.workspace, renamed },
      onRenamed: (from, to) => this.alerts.fileRenamed(from, to),
    });
    const lease = new SchedulerLease(paths.schedulerLease);
    this.others = new OtherHosts(this.parts, this.keptSearches, lease, paths.workspace);
    this.grants = new Grants(paths.grants, store, log);
    this.agents = new AgentActs(this.parts, this.grants, this.asked, () => this.handlers);
    this.alerts = new Alerts(
      paths.alerts,
      store,
      (id) => (active.spec(id) ?? folders.spec(id))?.alerts ?? [],
      (alert) => changes.alert(alert),
      log,
    );
    changes.listener = (id) => this.alerts.runChanged(id);
    this.handlers = this.guardedHandlers();
    this.server = new Server({
      token: this.token,
      version,
      workspace: paths.workspace,
      log,
      condition: () => this.condition(),
      handlers: this.handlers,
      connected: (client) => {
        log.info(`client ${client.name} connected`);
        changes.add(client, this.condition());
        if (isEditor(client)) active.expectRun();
      },
      disconnected: (client) => {
        log.info(`client ${client.name} left`);
        changes.remove(client);
        this.busyAt = Date.now();
      },
    });
    this.door = new Door({
      file: paths.address,
      token: this.token,
      version,
      log,
      accept: (peer) => this.server.accept(peer),
    });
  }

  private guardedHandlers(): Handlers {
    const { paths, version } = this.options;
    const all: Handlers = {
      ...runHandlers(this.parts),
      ...pipelineHandlers(this.parts),
      ...recordedHandlers(this.parts),
      ...searchHandlers(this.parts),
      ...seriesHandlers(this.parts),
      ...renameHandlers(this.follower),
      ...this.agents.own,
      ...this.alerts.handlers,
      ...engineHandlers(this.parts, {
        version,
        workspace: paths.workspace,
        startedAt: this.startedAt,
        languages: new Languages(this.options.distFolder),
        problem: () => [this.condition().problem, this.options.readOnly].filter(Boolean).join(' ') || null,
        work: () => this.work(),
        progress: () => this.readiness.progress ?? this.backlog.progress,
        // Runs after the answer was sent.
        leave: (why) => void setTimeout(() => void this.leave(why), 20),
      }),
    };
    // Before all runs are known, a file may seem to have none.
    const ensure = async (file: string) => void (this.readiness.isReady && (await this.follower.ensure(file)));
    const known = knowing(all, {
      allKnown: () => this.readiness.list(),
      isKnown: (id) => this.parts.store.runs.status(id) !== null,
      read: (id) => this.firstReadings.of(id),
    });
    const following = followFiles(known, { ensure });
    return this.readiness.guarded(refuseReadOnly(this.others.guarded(following), paths));
  }

  /** Resolves when clients can connect. The folders are read after that. */
  async start(): Promise<void> {
    const { paths, log, version } = this.options;
    this.inode = this.folderInode();
    await this.door.open();
    log.info(`engine ${version} (process ${process.pid}, Node ${process.versions.node}) is up for ${paths.workspace}`);
    this.guard = setInterval(() => this.watch(), GUARD_MS);
    // An unexpected error here is like any other: the process ends.
    void this.takeUp();
  }

  /** Takes over the work of an earlier engine, in slices. Requests that change something wait until this is done. */
  private async takeUp(): Promise<void> {
    const { log } = this.options;
    const { store, folders, devices, active, hand, searches } = this.parts;
    const refreshed = devices.refresh();
    this.keptSearches.takeIn(store, this.others.hold());
    const hidden = await this.takeInFolders();
    if (this.leaving) return;
    hand.start();
    this.readiness.listed();
    await refreshed;
    if (this.leaving) return;
    let until = performance.now() + SLICE_MS;
    for (const run of store.runs.live()) {
      if (!hand.isHandStarted(run.id) && !refusedAsForeign(run, folders, store, this.others.hold())) active.adopt(run);
      if (performance.now() < until) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.leaving) return;
      until = performance.now() + SLICE_MS;
    }
    for (const { id, deletedAt } of hidden) store.runs.delete([id], deletedAt);
    await searches.takeUp();
    if (this.leaving) return;
    this.tidyEnvironments();
    this.readiness.ready();
    log.info('all runs and searches are taken over');
    this.others.tick(this.workCount());
    this.backlog.begin();
  }

  private async takeInFolders(): Promise<Hidden> {
    const { store, folders, changes } = this.parts;
    const steps = takingIn(folders, store, this.options.log, this.others.hold());
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      this.readiness.progress = step.value;
      for (const id of step.value.fresh) changes.runChanged(id);
      await new Promise((resolve) => setImmediate(resolve));
      if (this.leaving) return [];
    }
  }

  /** Notifies clients, detaches from running programs (which continue), and ends. */
  leave(why: string): Promise<void> {
    this.leaving ??= this.close(why);
    return this.leaving;
  }

  private async close(why: string): Promise<void> {
    const { log, lock } = this.options;
    const { scheduler, searches, insights, active, hand, changes, store, packer } = this.parts;
    log.info(`engine leaves: ${why}`);
    clearInterval(this.guard);
    scheduler.close();
    this.door.close();
    changes.close(why);
    await Promise.all([insights.dispose(), packer.close()]);
    await searches.close();
    active.close();
    this.clusters.close();
    hand.close();
    this.others.close();
    await this.server.close();
    this.door.remove();
    try {
      store.close();
      this.asked.close();
    } catch (error) {
      log.error('the store could not be closed cleanly', error);
    }
    lock.release();
    this.gone();
  }

  private tidyEnvironments(): void {
    const { environments, store, active, searches, trouble } = this.parts;
    const live = new Set(store.runs.live().map(({ id }) => id));
    trouble.attempt(() => environments.tidy((id) => live.has(id) || active.has(id) || searches.has(id)));
  }

  /** Inode of `.tunesmith`, by which it is known again. */
  private folderInode(): bigint | null {
    try {
      return fs.lstatSync(this.options.paths.folder, { bigint: true }).ino;
    } catch {
      return null;
    }
  }

  private isFolderThere(): boolean {
    return this.folderInode() === this.inode;
  }

  private condition(): Condition {
    // Rounded, so that clients are not notified every second.
    const grants = this.grants.list().map((grant) => ({ ...grant, usedHours: Number(grant.usedHours.toFixed(2)) }));
    const problem = this.parts.trouble.problem ?? this.options.problem;
    const notice = this.readiness.notice ?? readingNotice(this.backlog.progress) ?? this.others.notice();
    return { problem, notice, ...(grants.length > 0 && { grants }) };
  }

  private work(): { runs: number; searches: number } {
    return { runs: this.parts.active.count, searches: this.parts.searches.count };
  }

  private workCount(): number {
    const { runs, searches } = this.work();
    return runs + searches;
  }

  private watch(): void {
    const { lock, idleMs } = this.options;
    const { changes, store, active, trouble, packer } = this.parts;
    if (!lock.stillOurs() || !this.isFolderThere()) return void this.leave('Its folder was removed or replaced.');
    // Another host must not take the folder while journals are packed.
    const work = this.workCount() + (packer.isBusy ? 1 : 0);
    const isReady = this.readiness.isReady;
    if (isReady) this.others.tick(work);
    trouble.look(work > 0);
    trouble.attempt(() => this.agents.tick());
    trouble.attempt(() => this.alerts.tick());
    changes.tellCondition(this.condition());
    if (changes.clientCount > 0 || work > 0 || !isReady || this.backlog.progress) this.busyAt = Date.now();
    if (Date.now() - this.busyAt >= idleMs) return void this.leave(`Nothing to do for ${Math.round(idleMs / 1000)} s.`);
    this.door.look();
    if (active.count === 0) trouble.attempt(() => void store.series.fold());
    if (active.count === 0 && isReady && !this.backlog.progress && !this.options.readOnly)
      trouble.attempt(() => void store.series.prepare());
    if (isReady && !this.backlog.progress && !this.options.readOnly) packer.tick();
  }
}

function readingNotice(progress: { done: number; of: number } | null): string | null {
  return progress && progress.of >= MANY
    ? `The metrics of ${progress.of} earlier runs are being read, the newest first.`
    : null;
}

/** A damaged index is moved aside: it is built again from the folders. */
function openIndex(file: string, log: Log): Store {
  try {
    return Store.open(file);
  } catch (error) {
    if (!(error instanceof StoreCorruptError)) throw error;
    log.warn(`${error.message} It was moved to ${moveAside(file)}.`);
    return Store.open(file);
  }
}
