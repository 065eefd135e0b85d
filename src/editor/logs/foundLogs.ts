/**
 * A viewer for each folder, which shows logs of other tools and, in an untrusted workspace, our own runs. Logs are imported
 * by the command line, in a separate process.
 */
import * as vscode from 'vscode';
import { tunesmithHome } from '../../client/home.js';
import { ImportedLogs } from '../../protocol/engine/foreign.js';
import { runCommandLine } from '../commandProcess.js';
import { Disposables } from '../events.js';
import { l10n } from '../../format/l10n.js';
import type { Engines } from '../link/engines.js';
import type { FolderEngine } from '../link/folderEngine.js';
import { affects, setting } from '../settings.js';
import { LogViewer, type ShownLog } from './logViewer.js';

const MOST_NAMED = 500;

export class FoundLogs implements vscode.Disposable {
  private readonly all = new Disposables();
  private readonly changed = this.all.add(new vscode.EventEmitter<void>());
  readonly onChange = this.changed.event;
  private readonly viewers = new Map<FolderEngine, LogViewer>();
  /** Views that show logs at present. */
  private readonly seenBy = new Set<object>();

  constructor(
    private readonly engines: Engines,
    private readonly distFolder: string,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.all.add(engines.onFolders(() => this.takeFolders()));
    this.all.add(vscode.workspace.onDidChangeConfiguration((event) => affects(event, 'logs.show') && this.restart()));
    // With trust, the engine shows the folder's own runs.
    this.all.add(vscode.workspace.onDidGrantWorkspaceTrust(() => this.restart()));
    this.takeFolders();
  }

  dispose(): void {
    for (const folder of [...this.viewers.keys()]) this.drop(folder);
    this.all.dispose();
  }

  /** Null if the setting turns it off. */
  viewer(folder: FolderEngine): LogViewer | null {
    return this.viewers.get(folder) ?? null;
  }

  /** Those that are not imported, or have grown since. */
  in(folder: FolderEngine): ShownLog[] {
    return (this.viewers.get(folder)?.logs ?? []).filter(({ state }) => state !== 'imported');
  }

  /** True if the folder has more than are listed. */
  isCut(folder: FolderEngine): boolean {
    return this.viewers.get(folder)?.cut ?? false;
  }

  /** Reads logs while a view shows them. */
  show(visible: boolean, view: object = this): void {
    if (visible) this.seenBy.add(view);
    else this.seenBy.delete(view);
    for (const viewer of this.viewers.values()) viewer.see(this.seenBy.size > 0);
  }

  /** Searches all folders again. Never rejects. */
  async look(): Promise<void> {
    await Promise.all([...this.viewers.values()].map((viewer) => viewer.look()));
  }

  /** Imports logs of one folder, with progress that can be cancelled. Returns the ids of the runs. */
  async import(folder: FolderEngine, logs: readonly ShownLog[]): Promise<string[]> {
    const paths = [...new Set(logs.map(({ path }) => path))];
    // One file may have thousands of runs; then all of them are imported.
    const only = logs.length <= MOST_NAMED ? logs.flatMap(({ id }) => ['--only', id]) : [];
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: l10n.t('Importing {0} logs', logs.length),
      cancellable: true,
    };
    const done = await vscode.window.withProgress(options, (_progress, token) =>
      this.run(folder, ['import', '--json', ...only, '--', ...paths], token),
    );
    await this.look();
    return ImportedLogs.parse(JSON.parse(done)).map(({ id }) => id);
  }

  private takeFolders(): void {
    const own = !vscode.workspace.isTrusted;
    const wanted = this.engines.folders.filter(({ folder }) => own || setting('logs.show', folder));
    for (const folder of [...this.viewers.keys()]) if (!wanted.includes(folder)) this.drop(folder);
    for (const folder of wanted) {
      if (this.viewers.has(folder)) continue;
      const { distFolder, log } = this;
      const reads = {
        own,
        logs: setting('logs.show', folder.folder),
        home: tunesmithHome(),
        locale: vscode.env.language,
      };
      const viewer = new LogViewer({ workspace: folder.path, distFolder, reads, log });
      viewer.onFound(() => this.changed.fire());
      this.viewers.set(folder, viewer);
      folder.setForeign(viewer);
      viewer.see(this.seenBy.size > 0);
    }
    this.changed.fire();
  }

  private restart(): void {
    for (const folder of [...this.viewers.keys()]) this.drop(folder);
    this.takeFolders();
  }

  private drop(folder: FolderEngine): void {
    this.viewers.get(folder)?.dispose();
    this.viewers.delete(folder);
    folder.setForeign(null);
  }

  /** Runs the command line; resolves to its output. */
  private async run(folder: FolderEngine, args: string[], token?: vscode.CancellationToken): Promise<string> {
    const [command, ...rest] = args;
    const all = [command!, '--workspace', folder.path, ...rest];
    const { out, said } = await runCommandLine(this.distFolder, all, token);
    if (token?.isCancellationRequested) throw new vscode.CancellationError();
    if (out.startsWith('[')) return out;
    throw new Error(said.trim().split('\n')[0] || l10n.t('The import ended without an answer.'));
  }
}
