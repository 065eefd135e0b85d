/**
 * The example that *Open Example* makes: a copy in a folder of the person's choice, opened in this window, where its search
 * starts by itself as soon as the person trusts the folder.
 */
import * as vscode from 'vscode';
import { Disposables, type Disposable } from './events.js';
import { l10n } from '../format/l10n.js';
import { CONTEXT } from './manifest/ids.js';
import { commandId } from './manifest/commands.js';

/** Folder of an example that was made and has not begun, in the state of all windows. */
const BEGINS = 'exampleToBegin';
const FILE = 'digits.tune.yaml';

export class Example implements Disposable {
  private readonly all = new Disposables();

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly memento: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    if (!folder || memento.get<string>(BEGINS) !== folder.uri.toString()) return;
    void vscode.commands.executeCommand('setContext', CONTEXT.exampleOpened, true);
    const begin = (): void =>
      void this.begin(folder.uri).catch((error: unknown) =>
        this.log.warn(`The example did not begin: ${String(error)}`),
      );
    if (vscode.workspace.isTrusted) begin();
    else this.all.add(vscode.workspace.onDidGrantWorkspaceTrust(begin));
  }

  dispose(): void {
    this.all.dispose();
  }

  /** Copies the example into a new folder and opens it: in this window, unless something here would be in the way. */
  async open(): Promise<void> {
    const [parent] =
      (await vscode.window.showOpenDialog({
        title: l10n.t('Where should the example be created?'),
        openLabel: l10n.t('Create It Here'),
        canSelectFiles: false,
        canSelectFolders: true,
      })) ?? [];
    if (!parent) throw new vscode.CancellationError();
    const target = await freeName(parent, 'tunesmith-digits');
    await vscode.workspace.fs.copy(vscode.Uri.joinPath(this.extensionUri, 'examples', 'digits'), target);
    // The extension is activated by a folder that has runs, or will have some.
    const ignored = vscode.Uri.joinPath(target, '.tunesmith', '.gitignore');
    await vscode.workspace.fs.writeFile(ignored, new TextEncoder().encode('*\n'));
    await this.memento.update(BEGINS, target.toString());
    const isBusy = vscode.workspace.textDocuments.some(({ isDirty }) => isDirty) || vscode.debug.activeDebugSession;
    await vscode.commands.executeCommand('vscode.openFolder', target, { forceNewWindow: Boolean(isBusy) });
  }

  private async begin(folder: vscode.Uri): Promise<void> {
    const file = vscode.Uri.joinPath(folder, FILE);
    // Only once: later the person decides.
    await this.memento.update(BEGINS, undefined);
    await vscode.window.showTextDocument(file, { preview: false });
    await vscode.commands.executeCommand(commandId('search.start'), file.fsPath);
  }
}

/** `name`, `name-2`, `name-3`, … the first that is not taken. */
async function freeName(parent: vscode.Uri, name: string): Promise<vscode.Uri> {
  for (let count = 1; ; count++) {
    const uri = vscode.Uri.joinPath(parent, count === 1 ? name : `${name}-${count}`);
    const taken = await vscode.workspace.fs.stat(uri).then(
      () => true,
      () => false,
    );
    if (!taken) return uri;
  }
}
