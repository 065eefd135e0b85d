/** Exports runs through the command line, with a choice of formats and of where to. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from '../../../format/l10n.js';
import { runCommandLine } from '../../commandProcess.js';
import type { Parts } from '../parts.js';
import { findRun, runsFor, type RunIn } from '../asking/pick.js';
import type { Handlers } from '../registry.js';

/** Runs that are named to the command line at most: systems bound the length of a command. */
const MOST_RUNS = 2000;

interface Format extends vscode.QuickPickItem {
  /** Arguments that ask for it. */
  args: string[];
  /** Ending of the file; null for a folder. */
  end: string | null;
}

const formats = (): Format[] => [
  { label: 'CSV', description: l10n.t('a row for each run'), args: ['--format', 'csv'], end: 'csv' },
  { label: 'CSV', description: l10n.t('every point'), args: ['--format', 'csv', '--points'], end: 'csv' },
  { label: 'JSON', description: l10n.t('a line for each run'), args: ['--format', 'jsonl'], end: 'jsonl' },
  {
    label: 'JSON',
    description: l10n.t('a line for every point'),
    args: ['--format', 'jsonl', '--points'],
    end: 'jsonl',
  },
  { label: 'Parquet', description: l10n.t('a row for each run'), args: ['--format', 'parquet'], end: 'parquet' },
  { label: 'Parquet', description: l10n.t('every point'), args: ['--format', 'parquet', '--points'], end: 'parquet' },
  {
    label: 'TensorBoard',
    description: l10n.t('a folder of event files'),
    args: ['--format', 'tensorboard'],
    end: null,
  },
  { label: 'MLflow', description: l10n.t('a file store'), args: ['--format', 'mlflow'], end: null },
  { label: 'Optuna', description: l10n.t('an SQLite storage'), args: ['--format', 'optuna'], end: 'db' },
];

export function exportCommands(parts: Parts): Pick<Handlers, 'run.export'> {
  const distFolder = vscode.Uri.joinPath(parts.extensionUri, 'dist').fsPath;
  return {
    'run.export': async (arg, ...more) => {
      if (!vscode.workspace.isTrusted)
        throw new Error(l10n.t('This workspace is not trusted, so Tunesmith starts nothing in it.'));
      const title = l10n.t('Export Runs');
      const ids = more.filter((each) => typeof each === 'string');
      const selection = more.find((each) => Array.isArray(each)) as unknown[] | undefined;
      const runs =
        typeof arg === 'string'
          ? await Promise.all([arg, ...ids].map((id) => findRun(parts, id)))
          : await runsFor(parts, arg, selection, { title, many: true });
      if (runs.length > MOST_RUNS)
        throw new Error(
          l10n.t('At most {0} runs are exported from here. tunesmith export has no such bound.', MOST_RUNS),
        );
      const format = await vscode.window.showQuickPick(formats(), { title, matchOnDescription: true });
      if (!format) return;
      const { folder } = runs[0]!;
      const name = `${runs.length === 1 ? runs[0]!.run.name : 'runs'}${format.end === null ? '' : `.${format.end}`}`;
      const uri = await vscode.window.showSaveDialog({
        title,
        defaultUri: vscode.Uri.file(path.join(folder.path, name.replaceAll(/[\\/:*?"<>|]/g, '_'))),
        ...(format.end !== null && { filters: { [format.label]: [format.end] } }),
      });
      if (uri) await exportTo(distFolder, runs, format, uri.fsPath);
    },
  };
}

async function exportTo(distFolder: string, runs: readonly RunIn[], format: Format, target: string): Promise<void> {
  const { folder } = runs[0]!;
  const ids = runs.filter((each) => each.folder === folder).map(({ run }) => run.id);
  const isNew = !existsSync(target);
  const args = ['export', '--workspace', folder.path, ...format.args, '--output', target, '--', ...ids];
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: l10n.t('Exporting {0} runs', ids.length),
    cancellable: true,
  };
  await vscode.window.withProgress(options, async (_progress, token) => {
    const { code, said } = await runCommandLine(distFolder, args, token);
    if (code === 0 && !token.isCancellationRequested) return;
    // An incomplete export is useless.
    if (isNew) await rm(target, { recursive: true, force: true });
    if (token.isCancellationRequested) throw new vscode.CancellationError();
    throw new Error(said.trim().split('\n')[0] || l10n.t('The export ended without an answer.'));
  });
  const open = l10n.t('Show in Folder');
  const text = l10n.t('{0} runs are in {1}.', ids.length, path.basename(target));
  if ((await vscode.window.showInformationMessage(text, open)) === open)
    await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(target));
}
