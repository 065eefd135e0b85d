/**
 * One folder's viewer: the process that reads logs of other tools, so that no file can block or crash the editor. It is
 * started on demand. If it dies or hangs on a file, it is restarted without that file.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';
import type { NotificationParams, RequestParams, RequestResult } from '../../protocol/engine.js';
import type { FoundLog } from '../../protocol/foreign.js';
import { FromViewer, type ToViewer, type ViewerRequest } from '../../protocol/viewer.js';
import { Disposables, Emitter, type Disposable } from '../events.js';

export interface LogViewerOptions {
  workspace: string;
  distFolder: string;
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

export class LogViewer implements Disposable {
  private readonly all = new Disposables();
  private readonly found = this.all.add(new Emitter<void>());
  private readonly rows = this.all.add(new Emitter<NotificationParams<'changed'>>());
  private readonly points = this.all.add(new Emitter<NotificationParams<'seriesChanged'>>());
  /** The list of logs is new. */
  readonly onFound = this.found.event;
  readonly onChanged = this.rows.event;
  readonly onGrown = this.points.event;

  private child: ChildProcess | null = null;
  private starts = 0;
  private readonly avoid = new Set<string>();
  private readingPath: string | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private readonly looks: (() => void)[] = [];
  private nextId = 1;
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
    const { child } = this;
    if (!child) return Promise.reject(new Error('The logs of other tools are not read.'));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.say({ type: 'request', id, method, params });
    });
  }

  dispose(): void {
    const { child } = this;
    this.all.dispose();
    this.ended(child);
    child?.kill('SIGKILL');
  }

  /** Returns whether the process exists. */
  private start(): boolean {
    if (this.child) return true;
    if (this.all.disposed || this.starts >= MOST_STARTS) return false;
    this.starts++;
    const { workspace, distFolder, log } = this.options;
    const args = [
      `--max-old-space-size=${MOST_MEMORY}`,
      path.join(distFolder, 'viewer.cjs'),
      workspace,
      JSON.stringify([...this.avoid]),
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
      if (file === null || file === workspace) return;
      this.avoid.add(file);
      void this.look();
    });
    this.say({ type: 'seen', seen: this.isSeen });
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
      case 'changed':
        for (const id of said.removed) this.ids.delete(id);
        for (const { id, experiment } of said.runs) {
          this.ids.add(id);
          this.experiments.add(experiment);
        }
        return this.rows.fire({ runs: said.runs, searches: [], removedRuns: said.removed, removedSearches: [] });
      case 'grown':
        return this.points.fire({ runs: said.runs });
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
