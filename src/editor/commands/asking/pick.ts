/** Determines the target of a command: the given row, the explorer's selection, or the person's choice. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Run, RunStatus, Search } from '../../../protocol/engine/index.js';
import { runRow, searchRow } from '../../explorer/items.js';
import { formatParams } from '../../format.js';
import { l10n } from '../../../format/l10n.js';
import type { FolderEngine } from '../../link/folderEngine.js';
import { SELECTION, type FileArg, type RunArg, type SearchArg } from '../../manifest/commands.js';
import type { Parts } from '../parts.js';

export interface RunIn {
  folder: FolderEngine;
  run: Run;
}
export interface SearchIn {
  folder: FolderEngine;
  search: Search;
}

const RECENT = 200;

interface PickOptions {
  title: string;
  many: boolean;
  /** Only runs in one of these states are offered. */
  status?: readonly RunStatus[];
}

/** The runs that a command is meant for; throws CancellationError when the person picks none. */
export async function runsFor(
  parts: Parts,
  arg: RunArg | undefined,
  selection: readonly unknown[] | undefined,
  options: PickOptions,
): Promise<RunIn[]> {
  if (arg === SELECTION) {
    const selected = parts.explorer.view.selection.flatMap((node) => (node.kind === 'run' ? [node] : []));
    if (selected.length > 0) return options.many ? selected : selected.slice(0, 1);
  } else if (arg !== undefined) {
    const rows = (selection ?? []).flatMap((row) => (isRunRow(row) ? [row.run.id] : []));
    const id = typeof arg === 'string' ? arg : arg.run.id;
    const ids = options.many && rows.includes(id) ? rows : [id];
    return Promise.all(ids.map((each) => findRun(parts, each)));
  }
  return pickRuns(parts, options);
}

export async function runFor(
  parts: Parts,
  arg: RunArg | undefined,
  options: Omit<PickOptions, 'many'>,
): Promise<RunIn> {
  return (await runsFor(parts, arg, undefined, { ...options, many: false }))[0]!;
}

export async function findRun(parts: Parts, id: string): Promise<RunIn> {
  const known = parts.engines.findRun(id);
  if (known) return known;
  for (const folder of parts.engines.folders) {
    const run = await folder.requestIfRunning('runs/get', { id }).catch(() => undefined);
    if (run) return { folder, run };
  }
  throw new Error(l10n.t('There is no run {0}.', id));
}

export async function searchFor(
  parts: Parts,
  arg: SearchArg | undefined,
  title: string,
  suits: (search: Search) => boolean,
): Promise<SearchIn> {
  if (arg !== undefined) {
    const id = typeof arg === 'string' ? arg : arg.search.id;
    const known = parts.engines.findSearch(id);
    if (known) return known;
    for (const folder of parts.engines.folders) {
      const search = await folder.requestIfRunning('searches/get', { id }).catch(() => undefined);
      if (search) return { folder, search };
    }
    throw new Error(l10n.t('There is no search {0}.', id));
  }
  const lists = await Promise.all(
    parts.engines.folders.map(async (folder) => {
      const answer = await folder.requestIfRunning('searches/list', {});
      return (answer?.searches ?? []).filter(suits).map((search) => ({ folder, search }));
    }),
  );
  const all = lists.flat().sort((a, b) => b.search.createdAt - a.search.createdAt);
  if (all.length === 0) throw nothing(l10n.t('{0}: there is no suitable search.', title));
  if (all.length === 1) return all[0]!;
  const picked = await vscode.window.showQuickPick(
    all.map((each) => {
      const { label, description, icon } = searchRow(each.search);
      return { label, description, iconPath: new vscode.ThemeIcon(icon.id), each };
    }),
    { title },
  );
  if (!picked) throw new vscode.CancellationError();
  return picked.each;
}

/** Path of the experiment file meant: the argument, the active editor's, or the one picked. */
export async function fileFor(parts: Parts, arg: FileArg | undefined, title: string): Promise<string> {
  if (arg !== undefined) return typeof arg === 'string' ? arg : arg.fsPath;
  const active = vscode.window.activeTextEditor?.document;
  if (active?.uri.scheme === 'file' && parts.files.isExperiment(active.uri.fsPath)) return active.uri.fsPath;
  const files = await parts.files.listAll();
  if (files.length === 1) return files[0]!.file;
  if (files.length === 0) {
    const create = l10n.t('New Experiment File…');
    const none = l10n.t('No experiment file (NAME.tune.yaml) was found in this workspace.');
    const answer = await vscode.window.showInformationMessage(none, create);
    if (answer === create) await vscode.commands.executeCommand('tunesmith.file.create');
    throw new vscode.CancellationError();
  }
  const items = files.map(({ file, name }) => {
    const folder = path.dirname(name);
    return { label: path.basename(name), description: folder === '.' ? '' : folder, file };
  });
  const picked = await vscode.window.showQuickPick(items, { title });
  if (!picked) throw new vscode.CancellationError();
  return picked.file;
}

/** The folder meant: the only one, the active editor's, or the one picked. */
export async function folderFor(parts: Parts, title: string): Promise<FolderEngine> {
  const { folders } = parts.engines;
  if (folders.length === 0)
    throw new Error(l10n.t('Open a folder first: runs are stored in the folder they belong to.'));
  if (folders.length === 1) return folders[0]!;
  const active = vscode.window.activeTextEditor?.document.uri;
  const own = active?.scheme === 'file' ? parts.engines.of(active.fsPath) : undefined;
  if (own) return own;
  const items = folders.map((folder) => ({ label: folder.folder.name, description: folder.path, folder }));
  const picked = await vscode.window.showQuickPick(items, { title });
  if (!picked) throw new vscode.CancellationError();
  return picked.folder;
}

async function pickRuns(parts: Parts, { title, many, status }: PickOptions): Promise<RunIn[]> {
  const lists = await Promise.all(
    parts.engines.folders.map(async (folder) => {
      const answer = await folder.requestIfRunning('runs/list', {
        limit: RECENT,
        ...(status && { status: [...status] }),
      });
      return (answer?.runs ?? []).map((run) => ({ folder, run }));
    }),
  );
  const all = lists.flat().sort((a, b) => b.run.createdAt - a.run.createdAt);
  if (all.length === 0) throw nothing(l10n.t('{0}: there is no suitable run.', title));
  if (all.length === 1) return all;
  const items = all.map((each) => {
    const { description, icon } = runRow(each.run, null);
    const detail = formatParams(each.run.params, 6, each.run.floats);
    return { label: each.run.name, description, detail, iconPath: new vscode.ThemeIcon(icon.id), each };
  });
  const options = { title, matchOnDescription: true, matchOnDetail: true };
  const picked = many
    ? await vscode.window.showQuickPick(items, { ...options, canPickMany: true })
    : await vscode.window.showQuickPick(items, options).then((item) => item && [item]);
  if (!picked || picked.length === 0) throw new vscode.CancellationError();
  return picked.map(({ each }) => each);
}

/** Says why nothing happens. That is not an error. */
function nothing(text: string): vscode.CancellationError {
  void vscode.window.showInformationMessage(text);
  return new vscode.CancellationError();
}

function isRunRow(row: unknown): row is { kind: 'run'; run: Run } {
  return typeof row === 'object' && row !== null && (row as { kind?: unknown }).kind === 'run';
}

/** Calls `work` once for each folder that has some of the runs. */
export async function perFolder<T>(
  runs: readonly RunIn[],
  work: (folder: FolderEngine, ids: string[]) => Promise<T>,
): Promise<T[]> {
  const folders = [...new Set(runs.map(({ folder }) => folder))];
  return Promise.all(
    folders.map((folder) =>
      work(
        folder,
        runs.flatMap((each) => (each.folder === folder ? [each.run.id] : [])),
      ),
    ),
  );
}
