/** Lists and installs training backends by way of the trainer, which does both in its own process. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import * as vscode from 'vscode';
import { BackendLine } from '../../protocol/backends.js';
import { BackendId, type BackendReport } from '../../protocol/engine.js';
import { shorten } from '../format.js';
import { l10n } from '../l10n.js';
import { pythonInterpreter } from '../link/python.js';
import { setting } from '../settings.js';
import type { Parts } from './parts.js';

type Progress = vscode.Progress<{ message?: string; increment?: number }>;

/** Trying each backend with a small computation takes a while: said with a progress message. */
export async function listBackends(parts: Parts): Promise<BackendReport[]> {
  const title = l10n.t('Trying the training backends');
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  const line = await vscode.window.withProgress(options, (progress, token) =>
    trainer(parts, ['--probe-backends'], progress, token),
  );
  if (line.type !== 'reports') throw new Error(l10n.t('The trainer did not answer with its backends.'));
  return line.backends;
}

/** Installs one; asks which when none is named. */
export async function installBackend(parts: Parts, id?: string): Promise<BackendReport | undefined> {
  if (!vscode.workspace.isTrusted)
    throw new Error(l10n.t('This workspace is not trusted, so nothing is installed from it.'));
  const chosen = BackendId.parse(id ?? (await pick(parts)));
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: l10n.t('Installing {0}', chosen),
    cancellable: true,
  };
  const line = await vscode.window.withProgress(options, (progress, token) =>
    trainer(parts, ['--install-backend', chosen], progress, token),
  );
  if (line.type !== 'done') throw new Error(l10n.t('The trainer did not say that {0} was installed.', chosen));
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

/** Runs the trainer for its answer and shows its progress; rejects with what it said when it fails. */
async function trainer(
  parts: Parts,
  args: string[],
  progress: Progress,
  token: vscode.CancellationToken,
): Promise<BackendLine> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const python = folder && (await pythonInterpreter(folder.uri));
  const backend = setting('training.backend', folder);
  const program = vscode.Uri.joinPath(parts.extensionUri, 'dist', 'trainer.cjs').fsPath;
  const child = spawn(process.execPath, [program, ...args, ...(python ? ['--python', python] : [])], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', ...(backend !== 'auto' && { TUNESMITH_BACKEND: backend }) },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    // Its own group, so that what it starts (package managers, compilers) ends with it.
    detached: process.platform !== 'win32',
  });
  const cancelled = token.onCancellationRequested(() => endTree(child.pid));
  let stderr = '';
  let last: BackendLine | undefined;
  let done = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4000)));
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = parseLine(text);
    if (!line) return;
    last = line;
    if (line.type !== 'progress') return;
    parts.log.info(`${args[0]}: ${line.text}`);
    const percent = Math.round((line.fraction ?? 0) * 100);
    progress.report({ message: shorten(line.text, 120), ...(percent > done && { increment: percent - done }) });
    done = Math.max(done, percent);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (token.isCancellationRequested) throw new vscode.CancellationError();
    if (last?.type === 'error') throw new Error(last.message);
    if (!last || last.type === 'progress')
      throw new Error(stderr.trim() || l10n.t('The trainer ended with {0} and without an answer.', String(code)));
    return last;
  } finally {
    cancelled.dispose();
  }
}

function parseLine(text: string): BackendLine | undefined {
  try {
    return BackendLine.parse(JSON.parse(text));
  } catch {
    // What a native library prints by itself is no answer.
    return undefined;
  }
}

function endTree(pid: number | undefined): void {
  if (pid === undefined) return;
  if (process.platform === 'win32') spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' });
  else
    try {
      process.kill(-pid, 'SIGTERM');
    } catch {
      // It has just ended.
    }
}
