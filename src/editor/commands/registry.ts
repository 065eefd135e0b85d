/** Registers a handler for every command of the manifest, and shows its errors to the person. */
import * as vscode from 'vscode';
import type { FileProblem } from '../../protocol/engine/index.js';
import { Disposables, type Disposable } from '../events.js';
import { l10n } from '../../format/l10n.js';
import { NotTrustedError } from '../link/trust.js';
import { COMMANDS, commandId, type CommandArgs, type CommandName } from '../manifest/commands.js';
import { showFile } from '../showFile.js';

export type Handlers = { [N in CommandName]: (...args: CommandArgs<N>) => unknown };

/** `load` is called when a command is first used. */
export function registerCommands(load: () => Promise<Handlers>, log: vscode.LogOutputChannel): Disposable {
  const all = new Disposables();
  let handlers: Promise<Handlers> | undefined;
  for (const name of Object.keys(COMMANDS) as CommandName[]) {
    all.add(
      vscode.commands.registerCommand(commandId(name), async (...args: unknown[]) => {
        try {
          const handle = (await (handlers ??= load()))[name] as (...args: unknown[]) => unknown;
          return await handle(...args);
        } catch (error) {
          if (error instanceof vscode.CancellationError || error instanceof NotTrustedError) return undefined;
          log.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
          void showError(error, log);
          return undefined;
        }
      }),
    );
  }
  return all;
}

/** The error in words, with a button that leads to the place or to the log. */
export async function showError(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  const [problem] = problemsOf(error);
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
  if (problem) {
    const open = l10n.t('Go to Problem');
    const detail = problem.hint ? `${problem.message} (${problem.hint})` : problem.message;
    const place = `${vscode.workspace.asRelativePath(problem.file)}:${problem.line}:${problem.column}`;
    if ((await vscode.window.showErrorMessage(`${place}: ${detail}`, open)) === open) await goTo(problem);
    return;
  }
  const show = l10n.t('Show Details');
  if ((await vscode.window.showErrorMessage(message, show)) === show) log.show();
}

export async function goTo({ file, line, column }: FileProblem): Promise<void> {
  const at = new vscode.Range(line - 1, column - 1, line - 1, column - 1);
  await showFile(file, at);
}

function problemsOf(error: unknown): FileProblem[] {
  const problems = (error as { problems?: unknown } | null)?.problems;
  return Array.isArray(problems) ? (problems as FileProblem[]) : [];
}
