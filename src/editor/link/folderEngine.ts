/** One workspace folder: the connection to its engine, its known runs, and the subscriptions of viewers. */
import { mkdir, realpath, stat } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { EngineError, EngineLink, environmentWith, type EngineLinkState } from '../../engine/clients/index.js';
import { workspacePaths, type WorkspacePaths } from '../../engine/disk/paths.js';
import type {
  NotificationName,
  NotificationParams,
  RequestName,
  RequestParams,
  RequestResult,
} from '../../protocol/engine/index.js';
import { ROW_METRICS } from '../../protocol/engine/rows.js';
import { RUN_ENV } from '../../protocol/run/runFiles.js';
import { OWN_VIEWER_REQUESTS, type OwnViewerRequest } from '../../protocol/viewer.js';
import { Disposables, Emitter, type Disposable } from '../events.js';
import { l10n } from '../../format/l10n.js';
import { RunsModel } from '../model/runsModel.js';
import { setting } from '../settings.js';
import { pythonInterpreter } from './python.js';
import { ask, NONE, ownOf } from './reading.js';
import { OwnNews } from './ownNews.js';
import { withTrust, type Question } from './trust.js';
import type { LogViewer } from '../logs/logViewer.js';
import { setEntry } from '../../protocol/values/records.js';

export interface FolderEngineOptions {
  version: string;
  distFolder: string;
  log: vscode.LogOutputChannel;
}

export type Condition = NotificationParams<'condition'>;

/** Runs whose points or whose log some view shows. */
export interface Watch {
  runs: string[];
  logs: string[];
  /** Metrics that rows of changed runs have. */
  metrics?: string[];
}

export class FolderEngine implements Disposable {
  readonly model: RunsModel;
  private readonly all = new Disposables();
  private readonly link: EngineLink;
  /** Tells of the engine itself: what keeps it from its work, and who else has the folder. */
  condition: Condition = WELL;
  private readonly stateChanged = this.all.add(new Emitter<EngineLinkState>());
  readonly onState = this.stateChanged.event;
  private readonly watches = new Map<object, Watch>();
  private readonly env: Record<string, string> = {};
  /** Reads the logs of other tools in the folder. */
  private foreign: LogViewer | null = null;
  private readonly foreignChanged = this.all.add(new Emitter<LogViewer | null>());
  /** The viewer of the logs is another one, or gone. */
  readonly onForeign = this.foreignChanged.event;
  /** Tells of our own runs while they are only looked at. */
  private readonly ownNews: OwnNews;

  constructor(
    readonly folder: vscode.WorkspaceFolder,
    private readonly options: FolderEngineOptions,
  ) {
    this.link = this.all.add(
      new EngineLink({
        workspace: folder.uri.fsPath,
        client: 'vscode',
        version: options.version,
        distFolder: options.distFolder,
        env: this.env,
        locale: vscode.env.language,
      }),
    );
    this.model = this.all.add(new RunsModel(this));
    this.ownNews = this.all.add(new OwnNews(this.model, () => this.stateChanged.fire(this.state)));
    this.all.add(this.link.onState((state) => this.became(state)));
    this.all.add(this.link.on('changed', (params) => this.model.apply(params)));
    this.all.add(this.link.on('condition', (condition) => this.tellCondition(condition)));
    this.watchForEngine().catch((error: unknown) => options.log.warn(String(error)));
  }

  get state(): EngineLinkState {
    return this.link.state;
  }

  get path(): string {
    return this.folder.uri.fsPath;
  }

  /** True while the workspace is not trusted: its runs are shown, and nothing is started or changed. */
  get isOnlyLookedAt(): boolean {
    return !vscode.workspace.isTrusted && this.foreign?.readsOwn === true;
  }

  /** True if runs can be asked for without starting anything. */
  get isReadable(): boolean {
    return this.state.kind === 'connected' || this.isOnlyLookedAt;
  }

  /** How many runs are read while they are only looked at; null before anything is known. */
  get lookedAt(): OwnNews['progress'] {
    return this.ownNews.progress;
  }

  /** Paths of everything that belongs to this folder. */
  async paths(): Promise<WorkspacePaths> {
    return workspacePaths(await realpath(this.path));
  }

  /** Connects if the folder has runs; a folder that was never used is left alone. */
  async attach(start = true): Promise<void> {
    if (this.isOnlyLookedAt && (await this.isUsed())) return this.foreign!.look();
    if (!vscode.workspace.isTrusted || this.state.kind === 'connected') return;
    if (start && !(await this.isUsed())) return;
    this.prepare();
    await this.link.connect({ start }).catch((error: unknown) => this.options.log.warn(String(error)));
  }

  /** Sends a read request, about our own runs or those in logs of other tools, which starts nothing. */
  look<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    const own = {
      request: <M extends RequestName>(asked: M, given: RequestParams<M>) => this.request(asked, given),
      isAsked: async () =>
        this.isReadable ||
        (vscode.workspace.isTrusted && (!this.foreign || this.foreign.isEmpty || (await this.isUsed()))),
    };
    return ask(own, this.foreign, name, params);
  }

  get viewer(): LogViewer | null {
    return this.foreign;
  }

  setForeign(viewer: LogViewer | null): void {
    this.foreign = viewer;
    this.ownNews.follow(viewer);
    this.foreignChanged.fire(viewer);
  }

  /**
   * Sends a request to the engine, and starts it if necessary. Refused while the workspace is not trusted. A program
   * that came with the folder runs only after the person has seen its command and agreed; else rejects with
   * NotTrustedError.
   */
  async request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    if (!vscode.workspace.isTrusted) return this.read(name, params);
    const changed = this.prepare();
    if (changed && this.state.kind === 'connected')
      await this.link.request('environment', { env: environmentWith(this.env) });
    return withTrust((asked, given) => this.link.request(asked, given), name, params, confirm);
  }

  /** The person's choice of Python, as starting a run or a search takes it. */
  async chosenPython(): Promise<{ python?: string }> {
    const python = await pythonInterpreter(this.folder.uri);
    return python === undefined ? {} : { python };
  }

  /** Asks only an engine that runs already. */
  async requestIfRunning<N extends RequestName>(
    name: N,
    params: RequestParams<N>,
  ): Promise<RequestResult<N> | undefined> {
    if (!vscode.workspace.isTrusted) return undefined;
    const connection = await this.link.connect({ start: false }).catch((error: unknown) => {
      if (error instanceof EngineError && error.kind === 'not-running') return undefined;
      throw error;
    });
    return connection?.request(name, params);
  }

  on<N extends NotificationName>(name: N, listener: (params: NotificationParams<N>) => void): Disposable {
    const link = this.link.on(name, listener);
    const own = this.ownNews.on(name, listener);
    return {
      dispose: () => {
        link.dispose();
        own.dispose();
      },
    };
  }

  /** Sets (or, with null, ends) the subscription of one viewer; the engine receives the union of all. */
  watch(viewer: object, watch: Watch | null): void {
    if (watch) this.watches.set(viewer, watch);
    else if (!this.watches.delete(viewer)) return;
    this.tellWatches();
  }

  dispose(): void {
    this.all.dispose();
  }

  /** Answers while the workspace is not trusted. Rejects what would start or change something. */
  private read<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    const isForViewer = (OWN_VIEWER_REQUESTS as readonly string[]).includes(name);
    const none = NONE[name] as RequestResult<N> | undefined;
    if (this.isOnlyLookedAt && isForViewer)
      return this.foreign!.requestOwn(name as OwnViewerRequest, params as never) as Promise<RequestResult<N>>;
    if (none !== undefined) return Promise.resolve(none);
    const why = l10n.t('This workspace is not trusted, so Tunesmith starts and changes nothing in it.');
    return Promise.reject(new EngineError('not-running', why));
  }

  private isUsed(): Promise<boolean> {
    return stat(path.join(this.path, '.tunesmith')).then(
      () => true,
      () => false,
    );
  }

  /** Joins an engine that someone else (a terminal, another window) starts. */
  private async watchForEngine(): Promise<void> {
    const { local, address } = await this.paths();
    // Only an existing folder can be watched.
    await mkdir(local, { recursive: true, mode: 0o700 });
    const pattern = new vscode.RelativePattern(vscode.Uri.file(local), path.basename(address));
    const watcher = this.all.add(vscode.workspace.createFileSystemWatcher(pattern, false, true, true));
    this.all.add(watcher.onDidCreate(() => void this.attach(false)));
  }

  private tellWatches(): void {
    const all = [...this.watches.values()];
    if (this.isOnlyLookedAt) this.foreign!.watch([...new Set(all.flatMap((watch) => watch.logs))]);
    if (this.state.kind !== 'connected') return;
    const runs = ownOf([...new Set(all.flatMap((watch) => watch.runs))], this.foreign);
    const logs = [...new Set(all.flatMap((watch) => watch.logs))];
    const metrics = [...new Set(all.flatMap((watch) => watch.metrics ?? []))].slice(0, ROW_METRICS.asked);
    this.link.request('watch', { runs, logs, metrics }).catch((error: unknown) => this.options.log.warn(String(error)));
  }

  /**
   * Updates the environment for an engine that is started from now on, and for the programs of new runs. Returns true if it
   * has changed. A running engine keeps the environment that it was started with.
   */
  private prepare(): boolean {
    const before = JSON.stringify(this.env);
    const backend = setting('training.backend', this.folder.uri);
    const set = (name: string, value: string | undefined) => {
      if (value) setEntry(this.env, name, value);
      else delete this.env[name];
    };
    set('TUNESMITH_BACKEND', backend === 'auto' ? undefined : backend);
    const capture = setting('capture', this.folder.uri).trim();
    set(RUN_ENV.capture, capture === 'auto' ? undefined : capture);
    const seconds = setting('recording.syncSeconds', this.folder.uri);
    // The default leaves the word to the variable of that name, if the editor was started with it.
    set(RUN_ENV.fsync, seconds === 1 ? undefined : String(seconds));
    set('TUNESMITH_ENGINE_IDLE_SECONDS', String(setting('engine.idleSeconds', this.folder.uri)));
    set('TUNESMITH_PACK_AFTER_DAYS', String(setting('recording.packAfterDays', this.folder.uri)));
    return JSON.stringify(this.env) !== before;
  }

  private became(state: EngineLinkState): void {
    this.options.log.info(
      `${this.folder.name}: ${state.kind}${state.kind === 'disconnected' ? `: ${state.error.message}` : ''}`,
    );
    if (state.kind === 'connected') {
      this.link
        .connect()
        .then(({ engine: { problem, notice, grants } }) => this.tellCondition({ problem, notice, grants }))
        .catch((error: unknown) => this.options.log.warn(String(error)));
      this.tellWatches();
      this.model.refresh().catch((error: unknown) => this.options.log.warn(String(error)));
    }
    if (state.kind === 'disconnected') {
      // The person must fix the cause that keeps the engine from starting, such as a full disk.
      const { kind, message } = state.error;
      this.condition = kind === 'start-failed' ? { problem: message, notice: null } : WELL;
    }
    this.stateChanged.fire(state);
  }

  private tellCondition(condition: Condition): void {
    this.condition = condition;
    this.stateChanged.fire(this.state);
  }
}

const WELL: Condition = { problem: null, notice: null };

async function confirm({ message, detail, yes }: Question): Promise<boolean> {
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, yes)) === yes;
}
