/** Logs of other tools in the workspace: what is there, and how it is imported. The work is done by the command line, in a process of its own. */
import { spawn } from 'node:child_process';
import * as vscode from 'vscode';
import { FoundLogs as FoundLogsSchema, ImportedLogs, type FoundLog } from '../../protocol/foreign.js';
import { Disposables } from '../events.js';
import { l10n } from '../../format/l10n.js';
import type { Engines } from '../link/engines.js';
import type { FolderEngine } from '../link/folderEngine.js';

/** Between two searches while the explorer is visible. */
const EVERY_MS = 60_000;
const MOST_NAMED = 500;
const LARGEST = 64 * 2 ** 20;

export class FoundLogs implements vscode.Disposable {
  private readonly all = new Disposables();
  private readonly changed = this.all.add(new vscode.EventEmitter<void>());
  readonly onChange = this.changed.event;
  private readonly found = new Map<FolderEngine, FoundLog[]>();
  private readonly timer: NodeJS.Timeout;
  private visible = false;
  private looking: Promise<void> | null = null;

  constructor(
    private readonly engines: Engines,
    private readonly distFolder: string,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.timer = setInterval(() => this.visible && void this.look(), EVERY_MS);
    this.all.add({ dispose: () => clearInterval(this.timer) });
    this.all.add(engines.onFolders(() => this.visible && void this.look()));
  }

  dispose(): void {
    this.all.dispose();
  }

  /** Those that are not imported, or have grown since. */
  in(folder: FolderEngine): FoundLog[] {
    return (this.found.get(folder) ?? []).filter(({ state }) => state !== 'imported');
  }

  /** Searches while somebody sees the result. */
  show(visible: boolean): void {
    const appears = visible && !this.visible;
    this.visible = visible;
    if (appears) void this.look();
  }

  /** Searches all folders again. Never rejects. */
  look(): Promise<void> {
    if (!vscode.workspace.isTrusted) return Promise.resolve();
    this.looking ??= this.lookNow().finally(() => (this.looking = null));
    return this.looking;
  }

  /** Imports logs of one folder, with progress that can be cancelled. Returns the ids of the runs. */
  async import(folder: FolderEngine, logs: readonly FoundLog[]): Promise<string[]> {
    const paths = [...new Set(logs.map(({ path }) => path))];
    // One file may have thousands of runs: then all that is in it comes.
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

  private async lookNow(): Promise<void> {
    for (const folder of this.engines.folders) {
      try {
        this.found.set(
          folder,
          FoundLogsSchema.parse(JSON.parse(await this.run(folder, ['import', '--list', '--json']))),
        );
      } catch (error) {
        this.log.debug(`logs of other tools: ${(error as Error).message}`);
        this.found.delete(folder);
      }
    }
    this.changed.fire();
  }

  /** Runs the command line; resolves to what it printed. */
  private run(folder: FolderEngine, args: string[], token?: vscode.CancellationToken): Promise<string> {
    const program = vscode.Uri.joinPath(vscode.Uri.file(this.distFolder), 'cli.cjs').fsPath;
    const [command, ...rest] = args;
    const child = spawn(process.execPath, [program, command!, '--workspace', folder.path, ...rest], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const cancelled = token?.onCancellationRequested(() => child.kill());
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (out.length < LARGEST) out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err = (err + text).slice(-4000)));
    return new Promise<string>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', () => {
        if (token?.isCancellationRequested) reject(new vscode.CancellationError());
        else if (out.startsWith('[')) resolve(out);
        else reject(new Error(err.trim().split('\n')[0] || l10n.t('The import ended without an answer.')));
      });
    }).finally(() => cancelled?.dispose());
  }
}
