/** The experiment files of the workspace, and their texts as the person sees them. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { Disposables, Emitter, type Disposable } from './events.js';
import type { Engines } from './link/engines.js';
import type { FolderEngine } from './link/folderEngine.js';
import { FILE_ENDINGS, FILE_GLOB } from './manifest/ids.js';

const MOST = 500;

export class ExperimentFiles implements Disposable {
  private readonly all = new Disposables();
  private readonly changes = this.all.add(new Emitter<void>());
  private watching = false;
  /** Called when a file appeared or disappeared. Nothing is watched until a list was requested. */
  readonly onChange = this.changes.event;

  constructor(private readonly engines: Engines) {}

  isExperiment(file: string): boolean {
    return FILE_ENDINGS.some((ending) => file.endsWith(ending));
  }

  folderOf(file: string): FolderEngine | undefined {
    return this.engines.of(file);
  }

  async list(folder: FolderEngine): Promise<{ file: string; name: string }[]> {
    this.watch();
    const found = await vscode.workspace.findFiles(
      new vscode.RelativePattern(folder.folder, FILE_GLOB),
      '**/{node_modules,.tunesmith,.git}/**',
      MOST,
    );
    return found
      .map(({ fsPath }) => ({ file: fsPath, name: path.relative(folder.path, fsPath) }))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Returns the experiment files of all folders. */
  async listAll(): Promise<{ file: string; name: string }[]> {
    return (await Promise.all(this.engines.folders.map((folder) => this.list(folder)))).flat();
  }

  document(file: string): vscode.TextDocument | undefined {
    return vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'file' && uri.fsPath === file);
  }

  /** The editor's text, if it differs from the file's. */
  async unsavedText(file: string): Promise<string | undefined> {
    const document = this.document(file);
    return document?.isDirty ? document.getText() : undefined;
  }

  dispose(): void {
    this.all.dispose();
  }

  private watch(): void {
    if (this.watching) return;
    this.watching = true;
    const watcher = this.all.add(vscode.workspace.createFileSystemWatcher(FILE_GLOB, false, true, false));
    this.all.add(watcher.onDidCreate(() => this.changes.fire()));
    this.all.add(watcher.onDidDelete(() => this.changes.fire()));
  }
}
