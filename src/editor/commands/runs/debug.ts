/** Runs a run again under a debugger. It is recorded like any other, and breakpoints of the editor are hit. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { LIVE_STATUSES } from '../../../protocol/engine/index.js';
import {
  DEBUG_HOST as HOST,
  debuggerArguments,
  debugLanguage,
  type DebugLanguage,
} from '../../../protocol/run/debugging.js';
import { l10n } from '../../../format/l10n.js';
import type { RunArg } from '../../manifest/commands.js';
import type { Parts } from '../parts.js';
import { runFor, type RunIn } from '../asking/pick.js';
import type { Handlers } from '../registry.js';

/** The extension that debugs each language. */
const DEBUGGERS: Record<DebugLanguage, { id: string; name: string }> = {
  python: { id: 'ms-python.debugpy', name: 'Python Debugger' },
  node: { id: 'ms-vscode.js-debug', name: 'JavaScript Debugger' },
};
/** How long a program may take until its debugger listens. It may wait for a device before. */
const WAIT_MS = 10 * 60_000;
const LOOK_MS = 100;

export function debugCommands(parts: Parts): Pick<Handlers, 'run.debug'> {
  const { panels } = parts;

  const debug = async ({ folder, run }: RunIn): Promise<string> => {
    const { command, cwd } = await folder.request('runs/get', { id: run.id });
    if (/[\\/]trainer\.cjs$/.test(command[1] ?? ''))
      throw new Error(l10n.t('{0} runs none of your code, so there is nothing to debug.', run.name));
    const language = debugLanguage(command);
    if (!language)
      throw new Error(
        l10n.t(
          '{0} was started with {1}. Only what python or node starts can be debugged.',
          run.name,
          command[0] ?? '',
        ),
      );
    const extension = await debuggerFor(language);
    const port = await freePort();
    const args = debuggerArguments(language, port, bundledDebugpy(extension));
    const { run: started } = await folder.request('runs/rerun', { id: run.id, debug: { args } });
    await folder.request('runs/tag', { ids: [started.id], add: ['debug'] });
    panels.openForStart(folder, started.experiment, [started.id]);
    await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: l10n.t('Waiting for {0} to start…', started.name),
        cancellable: true,
      },
      async (_progress, cancelled) => {
        if (!(await listens(port, () => cancelled.isCancellationRequested || isOver(folder, started.id)))) {
          await folder.request('runs/stop', { ids: [started.id] });
          throw cancelled.isCancellationRequested
            ? new vscode.CancellationError()
            : new Error(l10n.t('{0} ended before its debugger was ready. Its log says why.', started.name));
        }
      },
    );
    const configuration = configurationFor(language, port, started.name, cwd);
    if (!(await vscode.debug.startDebugging(folder.folder, configuration))) {
      await folder.request('runs/stop', { ids: [started.id] });
      throw new Error(l10n.t('The debugger did not start. {0} was stopped.', started.name));
    }
    return started.id;
  };

  return { 'run.debug': async (arg?: RunArg) => debug(await runFor(parts, arg, { title: l10n.t('Debug Run') })) };
}

/** The debugger's extension; offers to install the one that is missing. */
async function debuggerFor(language: DebugLanguage): Promise<vscode.Extension<unknown>> {
  const { id, name } = DEBUGGERS[language];
  const extension = vscode.extensions.getExtension(id);
  if (extension) return extension;
  const install = l10n.t('Install');
  const text = l10n.t('Debugging needs the extension {0} ({1}), which is not installed or is disabled.', name, id);
  if ((await vscode.window.showErrorMessage(text, install)) === install)
    await vscode.commands.executeCommand('workbench.extensions.installExtension', id);
  throw new vscode.CancellationError();
}

/** The copy that comes with the debugger's extension works with every interpreter. */
function bundledDebugpy(extension: vscode.Extension<unknown>): string | undefined {
  const bundled = path.join(extension.extensionPath, 'bundled', 'libs', 'debugpy');
  return existsSync(bundled) ? bundled : undefined;
}

function configurationFor(language: DebugLanguage, port: number, name: string, cwd: string): vscode.DebugConfiguration {
  if (language === 'python')
    return { type: 'debugpy', request: 'attach', name, connect: { host: HOST, port }, justMyCode: true, cwd };
  return {
    ...{ type: 'node', request: 'attach', name, address: HOST, port, cwd },
    ...{ continueOnAttach: true, skipFiles: ['<node_internals>/**'] },
  };
}

async function isOver(folder: RunIn['folder'], id: string): Promise<boolean> {
  const { status } = await folder.request('runs/get', { id });
  return !LIVE_STATUSES.includes(status);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/**
 * Waits until a process listens on the port; false if `isVain` returns true or it takes too long. It does not connect:
 * a debugger would take the first connection for its client.
 */
async function listens(port: number, isVain: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
    if (await isTaken(port)) return true;
    if (await isVain()) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}

/** Linux tells who listens; elsewhere a port that can't be had is taken. */
async function isTaken(port: number): Promise<boolean> {
  const table = await readFile('/proc/net/tcp', 'latin1').catch(() => null);
  if (table !== null) return listensIn(table, port);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'));
    server.listen(port, HOST, () => server.close(() => resolve(false)));
  });
}

/** Each line has `address:port` in hexadecimal, the peer's, and the state: 0A is listening. */
function listensIn(table: string, port: number): boolean {
  const local = port.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`^ *\\d+: [0-9A-F]+:${local} [0-9A-F]+:[0-9A-F]+ 0A `, 'm').test(table);
}
