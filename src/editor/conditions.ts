/** Reports, once each, what keeps an engine from its work, such as a full disk, and which other host has the folder. */
import * as vscode from 'vscode';
import { escapeUnsafe } from '../protocol/values/shownText.js';
import { Disposables, type Disposable } from './events.js';
import { l10n } from '../format/l10n.js';
import type { Engines } from './link/engines.js';
import type { Condition, FolderEngine } from './link/folderEngine.js';
import { commandId } from './manifest/commands.js';

export class Conditions implements Disposable {
  private readonly all = new Disposables();
  private readonly told = new WeakMap<FolderEngine, Condition>();

  constructor(engines: Engines) {
    this.all.add(
      engines.onChange(({ folder, model }) => {
        if (!model) this.look(folder);
      }),
    );
  }

  dispose(): void {
    this.all.dispose();
  }

  private look(folder: FolderEngine): void {
    const { problem, notice } = folder.condition;
    const before = this.told.get(folder);
    this.told.set(folder, folder.condition);
    if (problem !== null && problem !== before?.problem) void this.warn(`${folder.folder.name}: ${shortened(problem)}`);
    else if (problem === null && before?.problem)
      vscode.window.setStatusBarMessage(l10n.t('{0}: Tunesmith works again.', folder.folder.name), 5000);
    if (notice !== null && notice !== before?.notice) void vscode.window.showInformationMessage(shortened(notice));
  }

  private async warn(text: string): Promise<void> {
    const log = l10n.t('Show Engine Log');
    if ((await vscode.window.showWarningMessage(text, log)) === log)
      await vscode.commands.executeCommand(commandId('engine.showLog'));
  }
}

/** The first line: the end of a log may follow, which the button shows. */
const shortened = (text: string): string => escapeUnsafe(text.split('\n')[0]!).slice(0, 600);
