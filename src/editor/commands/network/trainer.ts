/** Asks the trainer something in a separate process, and shows its progress. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import * as vscode from 'vscode';
import { shorten } from '../../format.js';
import { l10n } from '../../../format/l10n.js';
import { saidText } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';
import { setting } from '../../settings.js';
import type { Parts } from '../parts.js';

type Answer<L> = Exclude<L, { type: 'progress' | 'error' }>;
interface Line {
  type: string;
  fraction?: number | null;
  text?: string;
  message?: string;
  said?: Said | undefined;
}

/** Resolves to the trainer's last line; rejects with its error output if it fails. */
export function askTrainer<L extends { type: string }>(
  parts: Parts,
  args: readonly string[],
  title: string,
  schema: { parse(value: unknown): L },
): Promise<Answer<L>> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return Promise.resolve(
    vscode.window.withProgress(options, (progress, token) => ask(parts, args, schema, progress, token)),
  );
}

async function ask<L extends { type: string }>(
  parts: Parts,
  args: readonly string[],
  schema: { parse(value: unknown): L },
  progress: vscode.Progress<{ message?: string; increment?: number }>,
  token: vscode.CancellationToken,
): Promise<Answer<L>> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const backend = setting('training.backend', folder);
  const program = vscode.Uri.joinPath(parts.extensionUri, 'dist', 'trainer.cjs').fsPath;
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', ...(backend !== 'auto' && { TUNESMITH_BACKEND: backend }) },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    // A separate process group, so that its children (package managers, compilers) end with it.
    detached: process.platform !== 'win32',
  });
  const cancelled = token.onCancellationRequested(() => endTree(child.pid));
  let stderr = '';
  let last: Line | undefined;
  let done = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4000)));
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line: Line | undefined = parseLine(text, schema);
    if (!line) return;
    last = line;
    if (line.type !== 'progress') return;
    parts.log.info(`${args[0]}: ${line.text}`);
    const percent = Math.round((line.fraction ?? 0) * 100);
    progress.report({ message: shorten(line.text ?? '', 120), ...(percent > done && { increment: percent - done }) });
    done = Math.max(done, percent);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (token.isCancellationRequested) throw new vscode.CancellationError();
    if (last?.type === 'error') throw new Error(saidText(last.message ?? '', last.said));
    if (!last || last.type === 'progress')
      throw new Error(stderr.trim() || l10n.t('The trainer ended with {0} and without an answer.', String(code)));
    return last as unknown as Answer<L>;
  } finally {
    cancelled.dispose();
  }
}

function parseLine<L>(text: string, schema: { parse(value: unknown): L }): L | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // A line that a native library printed is not an answer.
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
