import * as vscode from 'vscode';

/** Shows a file in the group that has it open; else in the active group, or beside a panel that fills it: never over the panel. */
export function showFile(file: string, selection?: vscode.Range): Thenable<vscode.TextEditor> {
  const uri = vscode.Uri.file(file);
  return vscode.window.showTextDocument(uri, {
    preview: false,
    viewColumn: columnFor(uri),
    ...(selection && { selection }),
  });
}

function columnFor(uri: vscode.Uri): vscode.ViewColumn {
  const { all, activeTabGroup } = vscode.window.tabGroups;
  const open = all.find(({ tabs }) =>
    tabs.some(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString()),
  );
  if (open) return open.viewColumn;
  if (!showsPanel(activeTabGroup)) return vscode.ViewColumn.Active;
  return all.find((group) => !showsPanel(group))?.viewColumn ?? vscode.ViewColumn.Beside;
}

const showsPanel = ({ activeTab }: vscode.TabGroup): boolean => activeTab?.input instanceof vscode.TabInputWebview;
