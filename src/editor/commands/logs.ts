/** Commands for logs of other tools. */
import * as vscode from 'vscode';
import type { Node } from '../explorer/node.js';
import { l10n } from '../../format/l10n.js';
import type { FolderEngine } from '../link/folderEngine.js';
import type { ShownLog } from '../logs/logViewer.js';
import type { Parts } from './parts.js';
import type { Handlers } from './registry.js';

type Names = `logs.${'import' | 'importAll' | 'importRuns' | 'open' | 'openRun' | 'show'}`;
type LogNode = Extract<Node, { kind: 'log' | 'logs' | 'logGroup' }>;

export function logCommands({ engines, foundLogs, panels }: Parts): Pick<Handlers, Names> {
  const importAll = async (byFolder: Map<FolderEngine, ShownLog[]>): Promise<void> => {
    if (!vscode.workspace.isTrusted)
      throw new Error(l10n.t('This workspace is not trusted, so Tunesmith starts nothing in it.'));
    let count = 0;
    for (const [folder, logs] of byFolder) count += (await foundLogs.import(folder, logs)).length;
    void vscode.window.showInformationMessage(l10n.t('{0} runs were imported.', count));
  };
  const logsOf = (node: LogNode): ShownLog[] =>
    node.kind === 'log' ? [node.log] : node.kind === 'logGroup' ? [...node.logs] : foundLogs.in(node.folder);
  /** Rows of the folders' viewers by the runs' ids. */
  const withIds = (ids: readonly string[]) =>
    engines.folders.flatMap((folder) => {
      const logs = foundLogs.in(folder).filter(({ id }) => ids.includes(id));
      return logs.length > 0 ? [{ folder, logs }] : [];
    });
  return {
    'logs.show': async (row, selection) => {
      const rows = (selection?.length ? selection : [row]).filter(isLog);
      const first = rows[0];
      if (!first) return;
      const ids = rows
        .filter(({ folder }) => folder === first.folder)
        .flatMap(logsOf)
        .map(({ id }) => id);
      const found = await first.folder.viewer?.request('runs/list', { ids, limit: Math.max(1, ids.length) });
      const [run] = found?.runs ?? [];
      if (!run) throw new Error(l10n.t('These logs have not been read yet. Try again in a moment.'));
      const { experiment } = run;
      panels.open(first.folder, { experiment, runs: found!.runs.map(({ id }) => id), tab: 'charts' }, 'beside', true);
    },
    'logs.importRuns': (...ids) => importAll(new Map(withIds(ids).map(({ folder, logs }) => [folder, logs]))),
    'logs.openRun': async (id) => {
      const [found] = id === undefined ? [] : withIds([id]);
      if (found) await vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(found.logs[0]!.path));
    },
    'logs.import': (row, selection) => {
      const rows = (selection?.length ? selection : [row]).filter(isLog);
      const byFolder = new Map<FolderEngine, ShownLog[]>();
      for (const node of rows) {
        const logs = logsOf(node);
        byFolder.set(node.folder, [...(byFolder.get(node.folder) ?? []), ...logs]);
      }
      return importAll(byFolder);
    },
    'logs.importAll': async () => {
      await foundLogs.look();
      const items = engines.folders.flatMap((folder) =>
        foundLogs.in(folder).map((log) => ({
          label: log.name,
          description: log.title,
          detail: vscode.workspace.asRelativePath(log.path),
          picked: true,
          ...{ folder, log },
        })),
      );
      if (items.length === 0) {
        void vscode.window.showInformationMessage(l10n.t('All logs of other tools are already imported.'));
        return;
      }
      const title = l10n.t('Import Logs of Other Tools');
      const picked = await vscode.window.showQuickPick(items, { title, canPickMany: true, matchOnDetail: true });
      if (!picked || picked.length === 0) return;
      const byFolder = new Map<FolderEngine, ShownLog[]>();
      for (const { folder, log } of picked) byFolder.set(folder, [...(byFolder.get(folder) ?? []), log]);
      await importAll(byFolder);
    },
    'logs.open': (row) => {
      if (isLog(row) && row.kind === 'log')
        return vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(row.log.path));
    },
  };
}

function isLog(row: unknown): row is LogNode {
  const kind = (row as { kind?: unknown } | null | undefined)?.kind;
  return kind === 'log' || kind === 'logs' || kind === 'logGroup';
}
