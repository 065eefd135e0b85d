/** One preview of a report. It reads blocks that are on the screen; while it is hidden it reads and watches nothing. */
import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from '../../format/l10n.js';
import type { NotificationParams } from '../../protocol/engine/index.js';
import { FromReport, type NewBlock, type ToReport } from '../../protocol/report.js';
import { commandId } from '../manifest/commands.js';
import { Debounce, Disposables, type Disposable } from '../events.js';
import type { Engines } from '../link/engines.js';
import type { FolderEngine } from '../link/folderEngine.js';
import type { FoundLogs } from '../logs/foundLogs.js';
import { showFile } from '../showFile.js';
import { loadReports, type Reports } from './bundle.js';
import { readViews } from '../../report/viewsFile.js';

/** Milliseconds between two drawings while points come. */
const REST = 1000;

export interface ReportEditorOptions {
  extensionUri: vscode.Uri;
  engines: Engines;
  foundLogs: Pick<FoundLogs, 'show'>;
  log: vscode.LogOutputChannel;
}

export class Preview implements Disposable {
  private readonly all = new Disposables();
  private logs = new Disposables();
  private readonly reports: typeof Reports;
  private readonly folder: FolderEngine | undefined;
  private isReady = false;
  private turn = 0;
  private document: Reports.ReportDocument | null = null;
  /** The version of the text that the page shows. */
  private version = -1;
  /** Drawings of blocks by their text: a changed text elsewhere redraws nothing. */
  private shown = new Map<string, Reports.Shown>();
  private readonly palettes: Reports.DrawParts['palettes'] = new Map();
  private readonly stale = new Set<string>();
  /** Blocks as the page has them: one that looks the same is left alone, because it may be playing. */
  private posted: (string | undefined)[] = [];
  /** The last change that was asked for: one waits for another to be saved. */
  private changes: Promise<void> = Promise.resolve();
  private seen = new Set<number>();
  private isDrawing = false;
  private width = 800;
  private readonly textChanged = this.all.add(new Debounce(() => void this.textRests(), 200));
  private readonly redraw = this.all.add(new Debounce(() => void this.drawStale(), REST, REST));

  constructor(
    private readonly text: vscode.TextDocument,
    private readonly webview: vscode.WebviewPanel,
    private readonly options: ReportEditorOptions,
  ) {
    const { extensionUri, engines } = options;
    const dist = vscode.Uri.joinPath(extensionUri, 'dist');
    const assets = vscode.Uri.joinPath(dist, 'webview');
    this.reports = loadReports(dist.fsPath);
    this.folder = engines.of(text.uri.fsPath);
    webview.webview.options = { enableScripts: true, localResourceRoots: [assets], enableCommandUris: false };
    this.all.add(webview.webview.onDidReceiveMessage((message: unknown) => void this.taken(message)));
    this.all.add(webview.onDidChangeViewState(() => this.visibilityChanged()));
    this.all.add(
      vscode.workspace.onDidChangeTextDocument(({ document }) => document === text && this.textChanged.schedule()),
    );
    if (this.folder) this.follow(this.folder);
    webview.webview.html = this.reports.previewPage({
      script: webview.webview.asWebviewUri(vscode.Uri.joinPath(assets, 'report.js')).toString(),
      cspSource: webview.webview.cspSource,
      nonce: randomBytes(16).toString('base64'),
      language: vscode.env.language,
      translations: (vscode.l10n.bundle ?? {}) as Record<string, string>,
    });
  }

  dispose(): void {
    this.folder?.watch(this, null);
    this.options.foundLogs.show(false, this);
    this.logs.dispose();
    this.all.dispose();
  }

  private follow(folder: FolderEngine): void {
    this.all.add(folder.on('changed', (params) => this.runsChanged(params)));
    this.all.add(folder.on('seriesChanged', (params) => this.pointsCame(params)));
    this.all.add(folder.onState(() => this.stateChanged()));
    this.followLogs(folder);
    this.all.add(folder.onForeign(() => this.followLogs(folder)));
    this.options.foundLogs.show(this.webview.visible, this);
  }

  private followLogs({ viewer }: FolderEngine): void {
    this.logs.dispose();
    this.logs = new Disposables();
    if (!viewer) return;
    this.logs.add(viewer.onChanged((params) => this.runsChanged(params)));
    this.logs.add(viewer.onGrown((params) => this.pointsCame(params)));
  }

  // ---- reading and drawing ----

  private async textRests(): Promise<void> {
    // A change that was made here is on the page already.
    if (this.text.version !== this.version) await this.readText();
  }

  private async readText(): Promise<void> {
    if (!this.isReady || this.all.disposed) return;
    const turn = ++this.turn;
    const { fsPath } = this.text.uri;
    const { version } = this.text;
    const document = this.reports.readDocument(this.text.getText());
    const workspace = this.folder?.path ?? path.dirname(fsPath);
    const pictures = await this.reports.readPictures(document, fsPath, workspace);
    if (turn !== this.turn || this.all.disposed) return;
    this.document = document;
    this.version = version;
    const texts = new Set(document.blocks.map(({ text }) => text));
    for (const text of this.shown.keys()) if (!texts.has(text)) this.shown.delete(text);
    for (const { text } of document.blocks) if (!this.shown.has(text)) this.stale.add(text);
    const shown = document.blocks.map(({ text }) => this.shown.get(text));
    this.posted = [];
    this.post({
      type: 'page',
      html: this.reports.bodyHtml(document, pictures, shown, true, this.width),
      hovers: shown.map((one) => this.hoverOf(one)),
      version,
    });
    await this.drawStale();
  }

  /** Draws what is on the screen first, and what is off it only once. */
  private async drawStale(): Promise<void> {
    if (this.isDrawing || !this.isReady || !this.webview.visible) return;
    this.isDrawing = true;
    try {
      for (;;) {
        const { document, turn } = this;
        const due = document?.blocks.filter(({ text }) => this.stale.has(text)) ?? [];
        const next = due.find(({ index }) => this.seen.has(index)) ?? due.find(({ text }) => !this.shown.has(text));
        if (!next || this.all.disposed || !this.webview.visible) break;
        this.stale.delete(next.text);
        const shown = await this.reports.showBlock(next, this.parts(next.text));
        this.shown.set(next.text, shown);
        if (turn !== this.turn) continue;
        const html = this.reports.blockHtml(shown, next.index, true, this.width);
        // Two blocks may say the same.
        for (const { index, text } of document!.blocks) {
          if (text !== next.text || this.posted[index] === html) continue;
          this.posted[index] = html;
          this.post({ type: 'block', index, html, hover: this.hoverOf(shown) });
        }
      }
    } finally {
      this.isDrawing = false;
    }
    this.watch();
  }

  private hoverOf(shown: Reports.Shown | undefined): Reports.Hover | null {
    return shown?.drawn?.hover?.(this.width) ?? null;
  }

  /** Drawings are as wide as the page, in steps, so that their texts stay readable. Returns whether that is another width. */
  private setWidth(page: number): boolean {
    const width = Math.min(1000, Math.max(320, Math.round(page / 40) * 40));
    if (width === this.width) return false;
    this.width = width;
    return true;
  }

  /** `text`: the block that is drawn. Files of the others leave it the rest of what a report may carry. */
  private parts(text: string): Reports.DrawParts {
    const { folder } = this;
    const others = [...this.shown].filter(([own]) => own !== text).map(([, { drawn }]) => drawn?.mediaBytes ?? 0);
    return {
      ask: (name, params) => {
        if (!folder) throw new Error(l10n.t('The report is not in a folder of the workspace, so it has no runs.'));
        return folder.look(name, params);
      },
      views: () => (folder ? readViews(folder.path) : Promise.resolve({ version: 1, views: [], defaults: {} })),
      ...{ now: Date.now(), palettes: this.palettes },
      mediaBytes: this.reports.MEDIA_BYTES - others.reduce((sum, bytes) => sum + bytes, 0),
    };
  }

  // ---- news of runs ----

  private runsChanged({ runs, removedRuns }: NotificationParams<'changed'>): void {
    if (runs.length === 0 && removedRuns.length === 0) return;
    // A run may match a filter now that did not before: every block is read again, at most once a second.
    for (const { text } of this.document?.blocks ?? []) this.stale.add(text);
    this.redraw.schedule();
  }

  private pointsCame({ runs }: NotificationParams<'seriesChanged'>): void {
    for (const [text, { drawn }] of this.shown)
      if (drawn?.runs.some((run) => Object.hasOwn(runs, run))) this.stale.add(text);
    this.redraw.schedule();
  }

  /** Subscribes to the points of live runs that are shown. */
  private watch(): void {
    const live = this.live();
    if (this.webview.visible) this.folder?.watch(this, { runs: live, logs: [] });
    this.post({ type: 'state', live: live.length, message: this.problem() });
  }

  private live(): string[] {
    return [...new Set([...this.shown.values()].flatMap(({ drawn }) => drawn?.live ?? []))].slice(0, 1000);
  }

  private problem(): string {
    const state = this.folder?.state;
    return state?.kind === 'disconnected' ? state.error.message : '';
  }

  private stateChanged(): void {
    if (this.folder?.state.kind === 'connected') {
      for (const { text } of this.document?.blocks ?? []) this.stale.add(text);
      this.redraw.schedule();
    }
    this.post({ type: 'state', live: this.live().length, message: this.problem() });
  }

  private visibilityChanged(): void {
    const { visible } = this.webview;
    this.options.foundLogs.show(visible, this);
    if (visible) return;
    // The page is taken down while hidden and says `ready` when it is built again.
    this.isReady = false;
    this.seen.clear();
    this.folder?.watch(this, null);
  }

  // ---- messages ----

  private post(message: ToReport): void {
    if (this.isReady && this.webview.visible) void this.webview.webview.postMessage(message);
  }

  private async taken(message: unknown): Promise<void> {
    try {
      await this.received(message);
    } catch (error) {
      // The page waits for nothing any more; the editor says why.
      this.post({ type: 'changed', isDone: false, message: '' });
      void vscode.window.showErrorMessage((error as Error).message);
    }
  }

  private async received(message: unknown): Promise<void> {
    const parsed = FromReport.safeParse(message);
    if (!parsed.success) return this.options.log.warn(`A report sent an invalid message: ${parsed.error.message}`);
    const said = parsed.data;
    const { uri } = this.text;
    switch (said.type) {
      case 'width':
        if (this.setWidth(said.width)) await this.readText();
        return;
      case 'ready':
        this.isReady = true;
        this.setWidth(said.width);
        for (const { text } of this.document?.blocks ?? []) this.stale.add(text);
        return this.readText();
      case 'seen':
        this.seen = new Set(said.blocks);
        return this.drawStale();
      case 'go': {
        const place = new vscode.Position(said.line - 1, said.column - 1);
        await showFile(uri.fsPath, new vscode.Range(place, place));
        return;
      }
      case 'run':
        await vscode.commands.executeCommand(commandId('run.open'), said.run);
        return;
      case 'link':
        return this.openLink(said.to);
      case 'move':
        return this.change(said.version, (text) => {
          const piece = this.document?.blocks[said.block];
          return piece ? this.reports.moveBlock(text, piece, said.before) : [];
        });
      case 'add':
        return this.change(said.version, (text) => this.added(text, said.block, said.before));
      case 'do': {
        if (said.what === 'text') return void (await showFile(uri.fsPath));
        const command = { insert: 'report.insert', html: 'report.exportHtml', pdf: 'report.exportPdf' } as const;
        await vscode.commands.executeCommand(commandId(command[said.what]), uri);
      }
    }
  }

  /**
   * Changes the text, which can be undone; it is saved unless the person is at work on it. `version`: of the text that the page
   * showed; lines of another would be other lines.
   */
  private change(version: number, edits: (text: string) => readonly Reports.TextEdit[]): Promise<void> {
    const change = this.changes.then(() => this.changeNow(version, edits));
    this.changes = change.catch(() => {});
    return change;
  }

  private async changeNow(version: number, edits: (text: string) => readonly Reports.TextEdit[]): Promise<void> {
    const { text } = this;
    if (version !== text.version || version !== this.version) {
      const message = l10n.t('The text has just changed. Try again.');
      this.post({ type: 'changed', isDone: false, message });
      return this.textRests();
    }
    const made = edits(text.getText());
    if (made.length === 0) return this.post({ type: 'changed', isDone: false, message: '' });
    const wasSaved = !text.isDirty;
    const edit = new vscode.WorkspaceEdit();
    for (const { start, end, text: own } of made)
      edit.replace(text.uri, new vscode.Range(text.positionAt(start), text.positionAt(end)), own);
    if (!(await vscode.workspace.applyEdit(edit)))
      throw new Error(l10n.t('{0} could not be changed.', path.basename(text.uri.fsPath)));
    this.post({ type: 'changed', isDone: true, message: '' });
    const [saved] = await Promise.all([wasSaved ? text.save() : true, this.readText()]);
    if (!saved) void vscode.window.showErrorMessage(l10n.t('{0} could not be saved.', path.basename(text.uri.fsPath)));
  }

  private added(text: string, { kind: wanted, keys }: NewBlock, before: number | null): Reports.TextEdit[] {
    const { BLOCK_KINDS, blockText, between, offsetOf } = this.reports;
    const kind = BLOCK_KINDS.find((one) => one === wanted);
    if (!kind) throw new Error(l10n.t('There is no block "{0}".', wanted));
    const at = offsetOf(text, before);
    return [{ start: at, end: at, text: between(text, at, blockText(kind, keys)) }];
  }

  /** Opens a file of the same folder; anything else is left alone. */
  private async openLink(to: string): Promise<void> {
    if (/^[a-z][a-z0-9+.-]*:/i.test(to) || to.startsWith('//') || !this.folder) return;
    let relative: string;
    try {
      relative = decodeURIComponent(to.replace(/[?#].*$/s, ''));
    } catch {
      return;
    }
    const file = relative.startsWith('/')
      ? path.join(this.folder.path, relative)
      : path.resolve(path.dirname(this.text.uri.fsPath), relative);
    if (this.reports.pathWithin(this.folder.path, file) === null) return;
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
  }
}
