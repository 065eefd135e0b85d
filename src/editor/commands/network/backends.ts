/** Lists and installs training backends through the trainer, which does both in its own process. */
import * as vscode from 'vscode';
import { BackendLine } from '../../../protocol/trainer/backends.js';
import { BackendId, type BackendReport } from '../../../protocol/engine/index.js';
import { l10n } from '../../../format/l10n.js';
import { pythonInterpreter } from '../../link/python.js';
import type { Parts } from '../parts.js';
import { askTrainer } from './trainer.js';

/** Testing each backend with a small computation takes a while, so progress is shown. */
export async function listBackends(parts: Parts): Promise<BackendReport[]> {
  const title = l10n.t('Trying the training backends');
  const line = await askTrainer(parts, ['--probe-backends', ...(await python())], title, BackendLine);
  if (line.type !== 'reports') throw new Error(l10n.t('The trainer did not list its backends.'));
  return line.backends;
}

/** Installs one; asks which when none is named. */
export async function installBackend(parts: Parts, id?: string): Promise<BackendReport | undefined> {
  if (!vscode.workspace.isTrusted)
    throw new Error(l10n.t('This workspace is not trusted, so Tunesmith installs nothing from it.'));
  const chosen = BackendId.parse(id ?? (await pick(parts)));
  const args = ['--install-backend', chosen, ...(await python())];
  const line = await askTrainer(parts, args, l10n.t('Installing {0}', chosen), BackendLine);
  if (line.type !== 'done') throw new Error(l10n.t('The trainer did not confirm that {0} was installed.', chosen));
  const { works, reason } = line.backend;
  if (works) {
    void vscode.window.showInformationMessage(
      l10n.t('{0} is installed. The next run uses it if it is the fastest that works.', chosen),
    );
  } else {
    void vscode.window.showWarningMessage(l10n.t('{0} was installed but does not work: {1}', chosen, reason));
  }
  return line.backend;
}

async function pick(parts: Parts): Promise<string> {
  const backends = (await listBackends(parts)).filter(({ installable }) => installable);
  if (backends.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('Nothing is left to install.'));
    throw new vscode.CancellationError();
  }
  const items = backends.map(({ id, name, reason }) => ({ label: name, detail: reason, id }));
  const picked = await vscode.window.showQuickPick(items, { title: l10n.t('Install Training Backend') });
  if (!picked) throw new vscode.CancellationError();
  return picked.id;
}

/** The Python whose TensorFlow may be used. */
async function python(): Promise<string[]> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const found = folder && (await pythonInterpreter(folder.uri));
  return found ? ['--python', found] : [];
}
