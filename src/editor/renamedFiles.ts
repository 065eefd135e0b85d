/**
 * Renamed experiment files keep their runs. Renames in the explorer are passed on; the engine recognizes others by name and
 * content, and where it can't tell, the person is asked once.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { LostFile } from '../protocol/engine/renames.js';
import { Disposables, type Disposable } from './events.js';
import type { ExperimentFiles } from './files.js';
import { l10n } from '../format/l10n.js';
import type { Engines } from './link/engines.js';
import type { FolderEngine } from './link/folderEngine.js';

/** Questions that were answered, in the workspace's state. */
const ANSWERED = 'renamedFiles';
const MOST_ANSWERED = 500;

export class RenamedFiles implements Disposable {
  private readonly all = new Disposables();
  private readonly asking = new Set<string>();

  constructor(
    private readonly engines: Engines,
    private readonly files: ExperimentFiles,
    private readonly memento: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.all.add(vscode.workspace.onDidRenameFiles(({ files: renamed }) => void this.renamed(renamed)));
    this.all.add(vscode.window.onDidChangeActiveTextEditor((editor) => this.look(editor)));
    this.all.add(engines.onChange(({ model }) => model === null && this.look(vscode.window.activeTextEditor)));
    this.look(vscode.window.activeTextEditor);
  }

  dispose(): void {
    this.all.dispose();
  }

  private async renamed(files: readonly { oldUri: vscode.Uri; newUri: vscode.Uri }[]): Promise<void> {
    for (const { oldUri, newUri } of files) {
      const folder = newUri.scheme === 'file' ? this.engines.of(newUri.fsPath) : undefined;
      if (!folder || this.engines.of(oldUri.fsPath) !== folder) continue;
      try {
        await folder.attach();
        await folder.requestIfRunning('files/rename', { from: oldUri.fsPath, to: newUri.fsPath });
      } catch (error) {
        this.log.warn(String(error));
      }
    }
  }

  private look(editor: vscode.TextEditor | undefined): void {
    const file = editor?.document.uri.scheme === 'file' ? editor.document.uri.fsPath : null;
    if (file === null || !this.files.isExperiment(file) || this.asking.has(file)) return;
    const folder = this.engines.of(file);
    if (folder?.state.kind !== 'connected') return;
    this.asking.add(file);
    this.find(folder, file)
      .catch((error: unknown) => this.log.warn(String(error)))
      .finally(() => this.asking.delete(file));
  }

  private async find(folder: FolderEngine, file: string): Promise<void> {
    const answer = await folder.requestIfRunning('files/origin', { file });
    const answered = this.memento.get<string[]>(ANSWERED, []);
    const keyOf = (lost: LostFile): string =>
      JSON.stringify([lost.file, file].map((each) => path.relative(folder.path, each)));
    const candidates = (answer?.candidates ?? []).filter((lost) => !answered.includes(keyOf(lost)));
    if (candidates.length === 0) return;
    const from = await ask(folder, file, candidates);
    if (from === undefined) return;
    await this.memento.update(ANSWERED, [...answered, ...candidates.map(keyOf)].slice(-MOST_ANSWERED));
    if (from !== null) await folder.request('files/rename', { from: from.file, to: file });
  }
}

/** Returns the file that it was; null: none of them; undefined: no answer. */
async function ask(
  folder: FolderEngine,
  file: string,
  candidates: readonly LostFile[],
): Promise<LostFile | null | undefined> {
  const name = (of: string): string => path.relative(folder.path, of);
  const [only] = candidates;
  const [yes, no] = [l10n.t('Yes'), l10n.t('No')];
  if (candidates.length === 1) {
    const question = l10n.t(
      'Is {0} the former {1}? Then its {2} runs belong to it.',
      name(file),
      name(only!.file),
      only!.runs,
    );
    const answer = await vscode.window.showInformationMessage(question, yes, no);
    return answer === yes ? only : answer === no ? null : undefined;
  }
  const question = l10n.t(
    '{0} may be one of {1} files that are gone. Which one’s runs belong to it?',
    name(file),
    candidates.length,
  );
  const choose = l10n.t('Choose…');
  const none = l10n.t('None of Them');
  const answer = await vscode.window.showInformationMessage(question, choose, none);
  if (answer === none) return null;
  if (answer !== choose) return undefined;
  const items = candidates.map((lost) => ({
    label: name(lost.file),
    description: l10n.t('{0} runs', lost.runs),
    lost,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: name(file) }))?.lost;
}
