/** Commands for logs of other tools. */
import * as vscode from 'vscode';
import type { Node } from '../explorer/tree.js';
import { l10n } from '../../format/l10n.js';
import type { FoundLog } from '../../protocol/foreign.js';
import type { FolderEngine } from '../link/folderEngine.js';
import type { Parts } from './parts.js';
import type { Handlers } from './registry.js';

type Names = 'logs.import' | 'logs.importAll' | 'logs.open';
type LogNode = Extract<Node, { kind: 'log' | 'logs' }>;

export function logCommands({ engines, foundLogs }: Parts): Pick<Handlers, Names> {
  const importAll = async (byFolder: Map<FolderEngine, FoundLog[]>): Promise<void> => {
    if (!vscode.workspace.isTrusted)
      throw new Error(l10n.t('This workspace is not trusted, so nothing is started from it.'));
    let count = 0;
    for (const [folder, logs] of byFolder) count += (await foundLogs.import(folder, logs)).length;
    void vscode.window.showInformationMessage(l10n.t('{0} runs were imported.', count));
  };
  return {
    'logs.import': (row, selection) => {
      const rows = (selection?.length ? selection : [row]).filter(isLog);
      const byFolder = new Map<FolderEngine, FoundLog[]>();
      for (const node of rows) {
        const logs = node.kind === 'log' ? [node.log] : foundLogs.in(node.folder);
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
        void vscode.window.showInformationMessage(
          l10n.t('There are no logs of other tools that are not imported yet.'),
        );
        return;
      }
      const title = l10n.t('Import Logs of Other Tools');
      const picked = await vscode.window.showQuickPick(items, { title, canPickMany: true, matchOnDetail: true });
      if (!picked || picked.length === 0) return;
      const byFolder = new Map<FolderEngine, FoundLog[]>();
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
  return kind === 'log' || kind === 'logs';
}
