/** The engines of all workspace folders. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { NotificationParams, Run, Search } from '../../protocol/engine/index.js';
import { Disposables, Emitter, type Disposable } from '../events.js';
import { l10n } from '../../format/l10n.js';
import type { ModelChange } from '../model/runsModel.js';
import { FolderEngine, type FolderEngineOptions } from './folderEngine.js';

export interface EnginesChange {
  folder: FolderEngine;
  /** Null: the connection's state. */
  model: ModelChange | null;
}

export class Engines implements Disposable {
  private readonly all = new Disposables();
  private readonly byFolder = new Map<string, { engine: FolderEngine; parts: Disposables }>();
  private readonly changes = this.all.add(new Emitter<EnginesChange>());
  /** Anything that is known of any folder. */
  readonly onChange = this.changes.event;
  private readonly alerts = this.all.add(new Emitter<NotificationParams<'alert'>>());
  /** A rule that the person has set is true of a run. */
  readonly onAlert = this.alerts.event;
  private readonly shows = this.all.add(new Emitter<string>());
  /** The person asked in a terminal to see a run's page. */
  readonly onShow = this.shows.event;
  private readonly foldersChanged = this.all.add(new Emitter<void>());
  readonly onFolders = this.foldersChanged.event;

  constructor(private readonly options: FolderEngineOptions) {
    this.all.add(vscode.workspace.onDidChangeWorkspaceFolders(() => this.takeFolders()));
    this.all.add(vscode.workspace.onDidGrantWorkspaceTrust(() => void this.attach()));
    this.takeFolders();
  }

  get folders(): FolderEngine[] {
    return [...this.byFolder.values()].map(({ engine }) => engine);
  }

  /** Joins the engines of all folders that have runs. */
  async attach(): Promise<void> {
    await Promise.all(this.folders.map((folder) => folder.attach()));
  }

  /** The folder that holds a file; the deepest if folders are nested. */
  of(file: string): FolderEngine | undefined {
    const inside = this.folders.filter(({ path: root }) => {
      const relative = path.relative(root, file);
      return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
    });
    return inside.sort((a, b) => b.path.length - a.path.length)[0];
  }

  /** Like `of`, but tells the person if there is none. */
  need(file: string): FolderEngine {
    const folder = this.of(file);
    if (folder) return folder;
    throw new Error(
      l10n.t(
        '{0} is outside this workspace. Open its folder first, so that its runs can be stored there.',
        path.basename(file),
      ),
    );
  }

  findRun(id: string): { folder: FolderEngine; run: Run } | undefined {
    for (const folder of this.folders) {
      const run = folder.model.run(id);
      if (run) return { folder, run };
    }
    return undefined;
  }

  findSearch(id: string): { folder: FolderEngine; search: Search } | undefined {
    for (const folder of this.folders) {
      const search = folder.model.search(id);
      if (search) return { folder, search };
    }
    return undefined;
  }

  dispose(): void {
    for (const { parts } of this.byFolder.values()) parts.dispose();
    this.byFolder.clear();
    this.all.dispose();
  }

  private takeFolders(): void {
    const wanted = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
    for (const [uri, { parts }] of this.byFolder) {
      if (wanted.some((folder) => folder.uri.toString() === uri)) continue;
      parts.dispose();
      this.byFolder.delete(uri);
    }
    for (const folder of wanted) {
      if (this.byFolder.has(folder.uri.toString())) continue;
      const parts = new Disposables();
      const engine = parts.add(new FolderEngine(folder, this.options));
      parts.add(engine.model.onChange((model) => this.changes.fire({ folder: engine, model })));
      parts.add(engine.on('alert', (alert) => this.alerts.fire(alert)));
      parts.add(engine.on('show', ({ run }) => this.shows.fire(run)));
      parts.add(engine.onState(() => this.changes.fire({ folder: engine, model: null })));
      this.byFolder.set(folder.uri.toString(), { engine, parts });
      void engine.attach();
    }
    this.foldersChanged.fire();
  }
}
