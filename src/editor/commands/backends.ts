/** Lists and installs training backends by way of the command-line program, which does both in its own process. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import * as vscode from 'vscode';
import { z } from 'zod';
import { BackendReport } from '../../protocol/engine.js';
import { l10n } from '../l10n.js';
import { pythonInterpreter } from '../link/python.js';
import { showError } from './registry.js';
import type { Parts } from './parts.js';

/** Trying each backend with a small computation takes a while: said with a progress message. */
export async function listBackends(parts: Parts): Promise<BackendReport[]> {
  const title = l10n.t('Trying the training backends…');
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (_, token) => {
      const out: string[] = [];
      await runCli(parts, ['backends', '--json'], token, (line) => out.push(line));
      return z.array(BackendReport).parse(JSON.parse(out.join('\n')));
    },
  );
}

/** Installs one; asks which when none is named. */
export async function installBackend(parts: Parts, id?: string): Promise<boolean> {
  if (!vscode.workspace.isTrusted)
    throw new Error(l10n.t('This workspace is not trusted, so nothing is installed from it.'));
  const chosen = id ?? (await pick(parts));
  const title = l10n.t('Installing {0}', chosen);
  try {
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (progress, token) => {
        progress.report({ message: l10n.t('starting…') });
        return runCli(parts, ['backends', 'install', chosen], token, (line) => {
          parts.log.info(`${chosen}: ${line}`);
          if (line.trim()) progress.report({ message: line.trim().slice(0, 120) });
        });
      },
    );
  } catch (error) {
    if (!(error instanceof vscode.CancellationError)) void showError(error, parts.log);
    return false;
  }
  void vscode.window.showInformationMessage(
    l10n.t('{0} is installed. The next run uses it if it is the fastest that works.', chosen),
  );
  return true;
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

/** Runs `tunesmith …` with the editor's own Node; rejects with what it said when it fails. */
async function runCli(
  parts: Parts,
  args: string[],
  token: vscode.CancellationToken,
  onLine: (line: string) => void,
): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const python = folder && (await pythonInterpreter(folder.uri));
  const program = vscode.Uri.joinPath(parts.extensionUri, 'dist', 'cli.cjs').fsPath;
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder?.uri.scheme === 'file' ? folder.uri.fsPath : parts.extensionUri.fsPath,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NO_COLOR: '1', ...(python && { TUNESMITH_PYTHON: python }) },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    // Its own group, so that what it starts (package managers, compilers) ends with it.
    detached: process.platform !== 'win32',
  });
  const cancelled = token.onCancellationRequested(() => endTree(child.pid));
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', onLine);
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    if (said.length > 20) said.shift();
    if (args[1] === 'install') onLine(line);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        if (token.isCancellationRequested) reject(new vscode.CancellationError());
        else if (code === 0) resolve();
        else
          reject(
            new Error(said.join('\n').trim() || l10n.t('tunesmith {0} ended with {1}.', args.join(' '), String(code))),
          );
      });
    });
  } finally {
    cancelled.dispose();
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
