/**
 * One panel: a webview that shows one folder's runs. It may send the requests in PANEL_REQUESTS and nothing else; its
 * messages are validated. While it is hidden, it gets no messages, and nothing is watched for it.
 */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { EngineError } from '../../engine/clients/index.js';
import { Requests, type RequestName } from '../../protocol/engine/index.js';
import type { PANEL_REQUESTS } from '../../protocol/panel/index.js';
import { FromPanel, PANEL_COMMANDS, type PanelState, type ToPanel } from '../../protocol/panel/index.js';
import { Debounce, Disposables, type Disposable } from '../events.js';
import type { ExperimentFiles } from '../files.js';
import { l10n } from '../../format/l10n.js';
import type { FolderEngine } from '../link/folderEngine.js';
import { NotTrustedError } from '../link/trust.js';
import { commandId } from '../manifest/commands.js';
import type { Places } from '../places.js';
import type { Forms } from './forms.js';
import { panelHtml } from './html.js';
import { saveAs } from './saveAs.js';
import { readViews, writeViews } from '../../report/viewsFile.js';

export type Show = Omit<Extract<ToPanel, { type: 'show' }>, 'type'>;

export interface PanelParts {
  extensionUri: vscode.Uri;
  files: ExperimentFiles;
  forms: Forms;
  places: Places;
  log: vscode.LogOutputChannel;
  /** Reads logs of other tools while the panel is visible. */
  seeLogs(panel: object, seen: boolean): void;
  /** Remembers the person's selection. */
  remember(folder: FolderEngine, state: PanelState): void;
}

export class Panel implements Disposable {
  private readonly all = new Disposables();
  private logs = new Disposables();
  private ready = false;
  private waiting: Show | null = null;
  /** The file whose form is open; its changes are sent on. */
  private formFile: string | null = null;
  private readonly formChanged = this.all.add(new Debounce(() => void this.tellForm(), 150));

  constructor(
    readonly webview: vscode.WebviewPanel,
    readonly folder: FolderEngine,
    private state: PanelState,
    private readonly parts: PanelParts,
  ) {
    const { extensionUri } = parts;
    const assets = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    webview.webview.options = { enableScripts: true, localResourceRoots: [assets], enableCommandUris: false };
    webview.iconPath = {
      light: vscode.Uri.joinPath(extensionUri, 'media', 'file-light.svg'),
      dark: vscode.Uri.joinPath(extensionUri, 'media', 'file-dark.svg'),
    };
    const url = (name: string) => webview.webview.asWebviewUri(vscode.Uri.joinPath(assets, name)).toString();
    this.all.add(webview.webview.onDidReceiveMessage((message: unknown) => void this.received(message)));
    this.all.add(webview.onDidChangeViewState(() => this.visibilityChanged()));
    this.all.add(folder.on('changed', (params) => this.post({ type: 'changed', params })));
    this.all.add(folder.on('seriesChanged', (params) => this.post({ type: 'seriesChanged', params })));
    this.all.add(folder.onState(() => this.tellConnection()));
    this.followLogs();
    this.all.add(folder.onForeign(() => this.followLogs()));
    parts.seeLogs(this, webview.visible);
    this.all.add(parts.files.onChange(() => void this.tellFiles()));
    this.all.add(parts.places.onChange(() => this.formChanged.schedule()));
    this.all.add(vscode.workspace.onDidChangeTextDocument(({ document }) => this.documentChanged(document)));
    this.all.add(vscode.workspace.onDidGrantWorkspaceTrust(() => void this.tellInit()));
    this.all.add(webview.onDidDispose(() => this.dispose()));
    webview.webview.html = panelHtml({
      script: url('panel.js'),
      iconStyles: url('codicon.css'),
      cspSource: webview.webview.cspSource,
      nonce: randomBytes(16).toString('base64'),
      language: vscode.env.language,
      translations: vscode.l10n.bundle ?? {},
    });
  }

  get disposed(): boolean {
    return this.all.disposed;
  }

  /** Brings something into view, as soon as the page can take it. */
  show(show: Show): void {
    if (this.ready && this.webview.visible) this.post({ type: 'show', ...show });
    else this.waiting = show;
  }

  /** Shows newly started runs together with those that are drawn already. */
  showStarted(experiment: string, runs: string[]): void {
    const { selected, experiment: shown } = this.state;
    const kept = shown === experiment ? selected : null;
    this.show({ experiment, runs: kept && runs.length > 0 ? [...new Set([...kept, ...runs])] : null, tab: 'charts' });
  }

  dispose(): void {
    this.folder.watch(this, null);
    this.parts.seeLogs(this, false);
    this.logs.dispose();
    this.all.dispose();
  }

  /** Reports runs in logs of other tools like our own. */
  private followLogs(): void {
    const { viewer } = this.folder;
    this.logs.dispose();
    this.logs = new Disposables();
    if (!viewer) return;
    this.logs.add(viewer.onChanged((params) => this.post({ type: 'changed', params })));
    this.logs.add(viewer.onGrown((params) => this.post({ type: 'seriesChanged', params })));
  }

  private post(message: ToPanel): void {
    // A hidden page loses messages; it asks again when it is shown.
    if (this.ready && this.webview.visible) void this.webview.webview.postMessage(message);
  }

  private async received(message: unknown): Promise<void> {
    const parsed = FromPanel.safeParse(message);
    if (!parsed.success) {
      this.parts.log.warn(`The panel sent an invalid message: ${parsed.error.message}`);
      return;
    }
    const said = parsed.data;
    switch (said.type) {
      case 'ready':
        return this.tellInit();
      case 'state':
        this.state = said.state;
        return this.parts.remember(this.folder, said.state);
      case 'command':
        return this.command(said.command, said.args);
      case 'request':
        return this.answer(said.id, () => this.ask(said.method, said.params));
      case 'openForm':
        return this.answer(said.id, () => this.parts.forms.form((this.formFile = this.ownFile(said.file))));
      case 'checkForm':
        return this.answer(said.id, () => this.parts.forms.check(this.ownFile(said.file), said.params, said.space));
      case 'readViews':
        return this.answer(said.id, () => readViews(this.folder.path));
      case 'writeViews':
        return this.answer(said.id, () => writeViews(this.folder.path, said.views));
      case 'save':
        return this.answer(said.id, () => saveAs(this.folder, said));
      case 'writeForm': {
        const { id, file, params, floats, space, trials } = said;
        return this.answer(id, () => this.parts.forms.write(this.ownFile(file), { params, floats, space, trials }));
      }
    }
  }

  private async answer(id: number, work: () => Promise<unknown>): Promise<void> {
    try {
      const result = await work();
      this.post({ type: 'reply', id, result });
    } catch (error) {
      const problems = error instanceof EngineError ? error.problems : [];
      const declined = error instanceof NotTrustedError && { declined: true };
      const shown = { message: textOf(error), ...(problems.length > 0 && { problems }), ...declined };
      this.post({ type: 'reply', id, error: shown });
    }
  }

  private async ask(method: (typeof PANEL_REQUESTS)[number], raw: unknown): Promise<unknown> {
    const parsed = Requests[method].params.safeParse(raw ?? {});
    if (!parsed.success) throw new Error(`${method}: ${parsed.error.message}`);
    if (method === 'watch') {
      const { runs, logs, metrics } = Requests.watch.params.parse(raw);
      this.folder.watch(this, { runs, logs, metrics });
      return {};
    }
    if (method === 'runs/start' || method === 'searches/start') {
      const start = Requests['runs/start'].params.pick({ file: true, text: true }).loose().parse(parsed.data);
      const file = this.ownFile(start.file);
      // The text in the editor is run, even if it is not saved.
      const text = start.text ?? (await this.parts.files.unsavedText(file));
      const given = {
        ...(await this.folder.chosenPython()),
        ...this.parts.places.placing(file),
        ...parsed.data,
        file,
        ...(text !== undefined && { text }),
      };
      return this.folder.request(method, given as never);
    }
    return this.folder.look(method as RequestName, parsed.data as never);
  }

  private async command(command: string, args: unknown[]): Promise<void> {
    if (!(PANEL_COMMANDS as readonly string[]).includes(command)) {
      this.parts.log.warn(`The panel asked for a command it may not run: ${command}`);
      return;
    }
    const plain = args.filter((arg) => typeof arg === 'string' || typeof arg === 'number');
    // A block goes into a report of this folder.
    const where = command === commandId('report.add') ? [this.folder.path] : [];
    await vscode.commands.executeCommand(command, ...plain, ...where);
  }

  /** The page may only name experiment files of its folder. */
  private ownFile(file: string): string {
    if (this.parts.files.folderOf(file) !== this.folder || !this.parts.files.isExperiment(file))
      throw new Error(l10n.t('{0} is not an experiment file in this folder.', file));
    return file;
  }

  private async tellInit(): Promise<void> {
    this.ready = true;
    const files = await this.parts.files.list(this.folder);
    const { isTrusted: trusted } = vscode.workspace;
    this.post({ type: 'init', state: this.state, files, trusted, locale: vscode.env.language });
    this.tellConnection();
    if (this.waiting) this.post({ type: 'show', ...this.waiting });
    this.waiting = null;
  }

  private tellConnection(): void {
    const { state } = this.folder;
    if (state.kind === 'connecting') return;
    // A missing connection is fine before the page's first request, which connects.
    const connected = state.kind !== 'disconnected';
    this.post({
      type: 'connection',
      connected,
      ...(state.kind === 'disconnected' && { message: state.error.message }),
    });
  }

  private async tellFiles(): Promise<void> {
    if (this.ready && this.webview.visible)
      this.post({ type: 'files', files: await this.parts.files.list(this.folder) });
  }

  private visibilityChanged(): void {
    this.parts.seeLogs(this, this.webview.visible);
    if (!this.webview.visible) {
      // The page is taken down while hidden and says `ready` when it is built again.
      this.ready = false;
      this.folder.watch(this, null);
    }
  }

  private documentChanged(document: vscode.TextDocument): void {
    if (document.uri.fsPath === this.formFile && this.webview.visible) this.formChanged.schedule();
  }

  private async tellForm(): Promise<void> {
    if (this.formFile === null || this.disposed) return;
    try {
      this.post({ type: 'form', form: await this.parts.forms.form(this.formFile) });
    } catch (error) {
      this.parts.log.warn(textOf(error));
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
