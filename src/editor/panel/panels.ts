/** The panels, one per folder: opens them, restores them after a reload, and remembers what they showed. */
import * as vscode from 'vscode';
import { PanelState } from '../../protocol/panel/index.js';
import { Disposables, type Disposable } from '../events.js';
import type { ExperimentFiles } from '../files.js';
import type { Engines } from '../link/engines.js';
import type { FolderEngine } from '../link/folderEngine.js';
import type { FoundLogs } from '../logs/foundLogs.js';
import { CONTEXT, PANEL_TYPE } from '../manifest/ids.js';
import { setting } from '../settings.js';
import type { Places } from '../places.js';
import type { Forms } from './forms.js';
import { Panel, type Show } from './panel.js';

export interface PanelsOptions {
  extensionUri: vscode.Uri;
  engines: Engines;
  files: ExperimentFiles;
  forms: Forms;
  places: Places;
  foundLogs: Pick<FoundLogs, 'show'>;
  memento: vscode.Memento;
  log: vscode.LogOutputChannel;
}

const EMPTY: PanelState = PanelState.parse({ version: 1, experiment: null, file: null, selected: null });
const MEMORY = 'panel/';

export class Panels implements vscode.WebviewPanelSerializer, Disposable {
  private readonly all = new Disposables();
  private readonly byFolder = new Map<FolderEngine, Panel>();

  constructor(private readonly options: PanelsOptions) {
    this.all.add(vscode.window.registerWebviewPanelSerializer(PANEL_TYPE, this));
    this.all.add(options.engines.onFolders(() => this.closeStrays()));
  }

  dispose(): void {
    for (const panel of this.byFolder.values()) panel.dispose();
    this.byFolder.clear();
    this.all.dispose();
  }

  /** Opens the folder's panel, or brings it forward, and shows something in it. */
  open(folder: FolderEngine, show: Show = {}, where?: 'beside' | 'active', keepFocus = false): void {
    void vscode.commands.executeCommand('setContext', CONTEXT.panelOpened, true);
    let panel = this.byFolder.get(folder);
    if (panel) panel.webview.reveal(undefined, keepFocus);
    else {
      const viewColumn = (where ?? 'beside') === 'beside' ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
      const webview = vscode.window.createWebviewPanel(PANEL_TYPE, this.title(folder), {
        viewColumn,
        preserveFocus: keepFocus,
      });
      panel = this.adopt(webview, folder, this.remembered(folder) ?? EMPTY);
    }
    if (Object.keys(show).length > 0) panel.show(show);
  }

  /** Opens after a start if the setting says so; the keyboard focus stays where it was. */
  openForStart(folder: FolderEngine, experiment: string, runs: string[]): void {
    const where = setting('panel.openOnRun', folder.folder);
    if (!this.visible(folder) && where !== 'never') this.open(folder, {}, where, true);
    this.byFolder.get(folder)?.showStarted(experiment, runs);
  }

  /** True when the folder's panel is open and can be seen. */
  visible(folder: FolderEngine): boolean {
    return this.byFolder.get(folder)?.webview.visible ?? false;
  }

  async deserializeWebviewPanel(webview: vscode.WebviewPanel, saved: unknown): Promise<void> {
    const parsed = PanelState.safeParse(saved);
    const { engines } = this.options;
    const byFile = parsed.data?.file ? engines.of(parsed.data.file) : undefined;
    const folder =
      byFile ?? engines.folders.find(({ folder }) => webview.title === this.titleOf(folder)) ?? engines.folders[0];
    if (!folder || this.byFolder.has(folder)) return webview.dispose();
    // The editor writes the page's state only now and then; we write it at every change.
    this.adopt(webview, folder, this.remembered(folder) ?? parsed.data ?? EMPTY);
  }

  private adopt(webview: vscode.WebviewPanel, folder: FolderEngine, state: PanelState): Panel {
    const { extensionUri, files, forms, places, log, memento, foundLogs } = this.options;
    const panel = new Panel(webview, folder, state, {
      extensionUri,
      files,
      forms,
      places,
      log,
      seeLogs: (seer, seen) => foundLogs.show(seen, seer),
      remember: ({ folder: { uri } }, now) => void memento.update(MEMORY + uri.toString(), now),
    });
    this.byFolder.set(folder, panel);
    webview.onDidDispose(() => this.byFolder.get(folder) === panel && this.byFolder.delete(folder));
    return panel;
  }

  private remembered(folder: FolderEngine): PanelState | undefined {
    return PanelState.safeParse(this.options.memento.get(MEMORY + folder.folder.uri.toString())).data;
  }

  private title(folder: FolderEngine): string {
    return this.titleOf(folder.folder);
  }

  private titleOf(folder: vscode.WorkspaceFolder): string {
    return this.options.engines.folders.length > 1 ? `Tunesmith · ${folder.name}` : 'Tunesmith';
  }

  private closeStrays(): void {
    for (const [folder, panel] of this.byFolder)
      if (!this.options.engines.folders.includes(folder)) panel.webview.dispose();
  }
}
