/** Changes experiment files in place: through the editor, so that they can be undone and comments stay. */
import * as vscode from 'vscode';
import type { Place } from '../protocol/run/cluster.js';
import type { Floats } from '../protocol/values/floats.js';
import type { Params } from '../protocol/values/index.js';
import { l10n } from '../format/l10n.js';
import { loadExperiments } from './language/documents.js';

export interface FileChange {
  params?: Params;
  floats?: Floats | undefined;
  space?: Record<string, string>;
  trials?: number;
  learningRate?: number;
  /** Where runs execute. */
  on?: Place;
}

/**
 * Lays the change into the file. A document without unsaved changes is saved afterwards, so that the terminal sees
 * the same; one that the person is editing is left for them to save. Says whether anything changed.
 */
export async function changeFile(file: string, change: FileChange): Promise<boolean> {
  const { editExperiment } = await loadExperiments();
  const document = await vscode.workspace.openTextDocument(file);
  const wasDirty = document.isDirty;
  const { edits } = editExperiment(document.getText(), change, file);
  if (edits.length === 0) return false;
  const edit = new vscode.WorkspaceEdit();
  for (const { offset, length, text } of edits) {
    const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
    edit.replace(document.uri, range, text);
  }
  if (!(await vscode.workspace.applyEdit(edit)))
    throw new Error(l10n.t('The editor refused to change {0}. Is it read-only?', file));
  if (!wasDirty && !(await document.save())) throw new Error(l10n.t('{0} was changed but could not be saved.', file));
  return true;
}
