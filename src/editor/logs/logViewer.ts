/**
 * One folder's viewer: the process that reads logs of other tools and, in a workspace that is not trusted, our own runs, so
 * that no file can hold up or crash the editor. It is started when somebody looks. If it dies or hangs on a file, it is
 * restarted without that file.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';
import type { NotificationParams, RequestParams, RequestResult } from '../../protocol/engine/index.js';
import type { FoundLog } from '../../protocol/engine/foreign.js';
import {
  FromViewer,
  type OwnViewerRequest,
  type ToViewer,
  type ViewerOptions,
  type ViewerRequest,
} from '../../protocol/viewer.js';
import { Disposables, Emitter, type Disposable } from '../events.js';

export interface LogViewerOptions {
  workspace: string;
  distFolder: string;
  /** Its sources; default: logs of other tools alone. */
  reads?: Pick<ViewerOptions, 'logs' | 'own' | 'home' | 'locale'>;
  log: { debug(text: string): void; warn(text: string): void };
  /** Milliseconds that reading a piece may take. */
  patienceMs?: number;
}

const PATIENCE_MS = 90_000;
const MOST_STARTS = 5;
/** Memory limit of the process, in MiB. */
const MOST_MEMORY = 2048;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}
export type ShownLog = FoundLog & { modified: number };
/** How many of the folder's own runs are read; `cut`: there are more than are looked at. */
export type OwnProgress = { done: number; of: number; cut: boolean };

export class LogViewer implements Disposable {
  private readonly all = new Disposables();
  private readonly found = this.all.add(new Emitter<void>());
  private readonly rows = this.all.add(new Emitter<NotificationParams<'changed'>>());
  private readonly points = this.all.add(new Emitter<NotificationParams<'seriesChanged'>>());
  /** The list of logs is new. */
  readonly onFound = this.found.event;
  readonly onChanged = this.rows.event;
  readonly onGrown = this.points.event;
  private readonly ownRows = this.all.add(new Emitter<NotificationParams<'changed'>>());
  private readonly ownPoints = this.all.add(new Emitter<NotificationParams<'seriesChanged'>>());
  private readonly ownLogs = this.all.add(new Emitter<NotificationParams<'logChanged'>>());
  private readonly ownRead = this.all.add(new Emitter<OwnProgress>());
  readonly onOwnChanged = this.ownRows.event;
  readonly onOwnGrown = this.ownPoints.event;
  readonly onOwnLog = this.ownLogs.event;
  readonly onOwnRead = this.ownRead.event;

  private child: ChildProcess | null = null;
  private starts = 0;
  private readonly avoid = new Set<string>();
  private readingPath: string | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private readonly looks: (() => void)[] = [];
  private nextId = 1;
  private watched: string[] = [];
  private patience: NodeJS.Timeout | null = null;
  private isSeen = false;
  private known: readonly ShownLog[] = [];
  private isCut = false;
  private readonly ids = new Set<string>();
  private readonly experiments = new Set<string>();

  constructor(private readonly options: LogViewerOptions) {}

  /** Everything that the folder has, the newest first. */
  get logs(): readonly ShownLog[] {
    return this.known;
  }

  /** True if there is more than is shown. */
  get cut(): boolean {
    return this.isCut;
  }

  has(run: string): boolean {
    return this.ids.has(run);
  }

  hasExperiment(name: string): boolean {
    return this.experiments.has(name);
  }

  /** True if it also reads our own runs. */
  get readsOwn(): boolean {
    return this.options.reads?.own === true;
  }

  get isEmpty(): boolean {
    return this.ids.size === 0;
  }

  /** Searches the folder. Resolves when the list is complete, or the process has ended. */
  look(): Promise<void> {
    if (!this.start()) return Promise.resolve();
    this.say({ type: 'look' });
    return new Promise((resolve) => this.looks.push(resolve));
  }

  /** Continues reading grown logs while someone sees them. */
  see(seen: boolean): void {
    if (seen === this.isSeen) return;
    this.isSeen = seen;
    if (seen && !this.child) void this.look();
    else this.say({ type: 'seen', seen });
  }

  request<N extends ViewerRequest>(method: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    if (!this.child) return Promise.reject(new Error('The logs of other tools are not read.'));
    return this.ask(method, params, false);
  }

  /** Asks about our own runs; starts the process if need be. */
  requestOwn<N extends OwnViewerRequest>(method: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    if (!this.child) void this.look();
    if (!this.child || !this.readsOwn) return Promise.reject(new Error('The runs of this folder can’t be read.'));
    return this.ask(method, params, true);
  }

  /** Follows the output of these own runs. */
  watch(logs: string[]): void {
    this.watched = logs;
    this.say({ type: 'watch', logs });
  }

  dispose(): void {
    const { child } = this;
    this.all.dispose();
    this.ended(child);
    child?.kill('SIGKILL');
  }

  private ask<N extends OwnViewerRequest>(
    method: N,
    params: RequestParams<N>,
    own: boolean,
  ): Promise<RequestResult<N>> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.say({ type: 'request', id, own, method, params });
    });
  }

  /** Returns whether the process exists. */
  private start(): boolean {
    if (this.child) return true;
    if (this.all.disposed || this.starts >= MOST_STARTS) return false;
    this.starts++;
    const { workspace, distFolder, reads, log } = this.options;
    const args = [
      `--max-old-space-size=${MOST_MEMORY}`,
      path.join(distFolder, 'viewer.cjs'),
      workspace,
      JSON.stringify({ avoid: [...this.avoid], ...reads }),
    ];
    const child = spawn(process.execPath, args, {
      // It needs nothing of the person's environment.
      env: { ELECTRON_RUN_AS_NODE: '1', ...(process.env.SystemRoot && { SystemRoot: process.env.SystemRoot }) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      windowsHide: true,
    });
    this.child = child;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => log.debug(`viewer: ${text.slice(0, 2000)}`));
    child.on('message', (message) => this.child === child && this.received(message));
    child.on('error', (error) => log.warn(`The viewer of logs could not be started: ${error.message}`));
    child.on('close', (code, signal) => {
      if (this.child !== child) return;
      const file = this.readingPath;
      log.warn(`The viewer of logs ended (${signal ?? code})${file === null ? '' : ` while it read ${file}`}.`);
      this.ended(child);
      // The folder of all runs is read as a whole: without it there is nothing to show.
      if (file === null || file === workspace || file.endsWith(`${path.sep}runs`)) return;
      this.avoid.add(file);
      void this.look();
    });
    this.say({ type: 'seen', seen: this.isSeen });
    if (this.watched.length > 0) this.say({ type: 'watch', logs: this.watched });
    return true;
  }

  private ended(child: ChildProcess | null): void {
    if (this.child !== child) return;
    this.child = null;
    this.setReading(null);
    for (const { reject } of this.waiting.values()) reject(new Error('The logs of other tools are being read again.'));
    this.waiting.clear();
    for (const done of this.looks.splice(0)) done();
    const removedRuns = [...this.ids];
    this.ids.clear();
    this.experiments.clear();
    if (removedRuns.length > 0) this.rows.fire({ runs: [], searches: [], removedRuns, removedSearches: [] });
  }

  private say(message: ToViewer): void {
    this.child?.send(message, () => undefined);
  }

  private received(message: unknown): void {
    const parsed = FromViewer.safeParse(message);
    if (!parsed.success) return this.options.log.warn(`The viewer sent an invalid message: ${parsed.error.message}`);
    const said = parsed.data;
    switch (said.type) {
      case 'reading':
        return this.setReading(said.path);
      case 'found':
        this.known = said.logs;
        this.isCut = said.cut;
        for (const done of this.looks.splice(0)) done();
        return this.found.fire();
      case 'own':
        return this.ownRead.fire(said);
      case 'logGrown':
        return this.ownLogs.fire({ runs: said.runs });
      case 'changed':
        if (said.own) {
          const { runs, removed: removedRuns, searches, removedSearches } = said;
          return this.ownRows.fire({ runs, searches, removedRuns, removedSearches });
        }
        for (const id of said.removed) this.ids.delete(id);
        for (const { id, experiment } of said.runs) {
          this.ids.add(id);
          this.experiments.add(experiment);
        }
        return this.rows.fire({ runs: said.runs, searches: [], removedRuns: said.removed, removedSearches: [] });
      case 'grown':
        return (said.own ? this.ownPoints : this.points).fire({ runs: said.runs });
      case 'reply': {
        const waiting = this.waiting.get(said.id);
        this.waiting.delete(said.id);
        if (said.error === undefined) waiting?.resolve(said.result);
        else waiting?.reject(new Error(said.error));
      }
    }
  }

  /** Ends a process that hangs on a file. */
  private setReading(file: string | null): void {
    this.readingPath = file;
    if (this.patience !== null) clearTimeout(this.patience);
    this.patience = null;
    if (file === null) return;
    const { child } = this;
    this.patience = setTimeout(() => child?.kill('SIGKILL'), this.options.patienceMs ?? PATIENCE_MS);
  }
}
