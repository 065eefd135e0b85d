/** Runs Tunesmith's command line in a separate process, for features that the editor shares with the terminal. */
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import type * as vscode from 'vscode';

const LARGEST = 64 * 2 ** 20;

export interface CommandResult {
  code: number | null;
  out: string;
  /** The end of its error output. */
  said: string;
}

/** Resolves when it has ended; a cancelled one is killed first. Rejects if it can't be started. */
export function runCommandLine(
  distFolder: string,
  args: readonly string[],
  token?: vscode.CancellationToken,
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [path.join(distFolder, 'cli.cjs'), ...args], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const cancelled = token?.onCancellationRequested(() => child.kill());
  let [out, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (out.length < LARGEST) out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  return new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, said }));
  }).finally(() => cancelled?.dispose());
}
