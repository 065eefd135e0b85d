/** Saves the contents of a panel card to a file that the person chooses. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { FromPanel } from '../../protocol/panel/index.js';
import type { FolderEngine } from '../link/folderEngine.js';
import { l10n } from '../../format/l10n.js';

type Save = Extract<FromPanel, { type: 'save' }>;

/** Returns whether it was saved: the person may have cancelled. */
export async function saveAs(folder: FolderEngine, { name, kind, data }: Save): Promise<{ saved: boolean }> {
  const file = `${name.replaceAll(/[^\p{L}\p{N}_.=-]+/gu, '_').replace(/^\.+/, '_')}.${kind}`;
  const uri = await vscode.window.showSaveDialog({
    title: l10n.t('Save Chart'),
    defaultUri: vscode.Uri.file(path.join(folder.path, file)),
    filters: { [kind.toUpperCase()]: [kind] },
  });
  if (!uri) return { saved: false };
  await vscode.workspace.fs.writeFile(uri, Buffer.from(data, kind === 'png' ? 'base64' : 'utf8'));
  return { saved: true };
}
