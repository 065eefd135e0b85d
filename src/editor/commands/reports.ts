/** Reports: makes them, opens their preview, adds blocks from elsewhere, and exports them. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from '../../format/l10n.js';
import { NewBlock } from '../../protocol/report.js';
import { isReport, REPORT_ENDING } from '../../report/names.js';
import { readViews } from '../../report/viewsFile.js';
import type { FolderEngine } from '../link/folderEngine.js';
import { REPORT_EDITOR, REPORT_GLOB } from '../manifest/ids.js';
import type { FileArg } from '../manifest/commands.js';
import { fontsFolder, loadReports, type Reports } from '../reports/bundle.js';
import { blockTemplates } from '../reports/templates.js';
import type { Parts } from './parts.js';
import { folderFor, runsFor } from './asking/pick.js';
import type { Handlers } from './registry.js';

type Names = Extract<keyof Handlers, `report.${string}`>;
/** Reports that are offered. */
const MOST = 200;

export function reportCommands(parts: Parts): Pick<Handlers, Names> {
  const { engines, extensionUri } = parts;
  const dist = vscode.Uri.joinPath(extensionUri, 'dist').fsPath;
  const { behind, blockText, between } = loadReports(dist);

  /** The report that a command is meant for: its argument, the active editor's, or what the person picks. */
  const reportFor = async (arg: FileArg | undefined, title: string): Promise<vscode.Uri> => {
    if (arg !== undefined) return typeof arg === 'string' ? vscode.Uri.file(arg) : vscode.Uri.file(arg.fsPath);
    const active = activeReport();
    if (active) return active;
    const picked = await pickReport(title, false);
    if (!picked) throw new vscode.CancellationError();
    return picked;
  };

  /** Undefined: a new one is wanted. */
  const pickReport = async (title: string, offerNew: boolean): Promise<vscode.Uri | undefined> => {
    const found = await vscode.workspace.findFiles(REPORT_GLOB, '**/{node_modules,.tunesmith,.git}/**', MOST);
    const fresh = { label: l10n.t('New Report…'), iconPath: new vscode.ThemeIcon('add'), uri: undefined };
    const items = found
      .map((uri) => ({ label: vscode.workspace.asRelativePath(uri), iconPath: new vscode.ThemeIcon('notebook'), uri }))
      .sort((a, b) => a.label.localeCompare(b.label));
    if (items.length === 0) {
      if (offerNew) return undefined;
      throw new Error(l10n.t('There is no report here yet. Make one with New Report….'));
    }
    const picked = await vscode.window.showQuickPick<{ label: string; uri: vscode.Uri | undefined }>(
      offerNew ? [fresh, ...items] : items,
      { title },
    );
    if (!picked) throw new vscode.CancellationError();
    return picked.uri;
  };

  const create = async (folder: string, first: string): Promise<vscode.Uri | undefined> => {
    const name = await vscode.window.showInputBox({
      title: l10n.t('Name of the report'),
      value: l10n.t('report'),
      validateInput: async (text) => {
        if (!/^[^\\/:*?"<>|]+$/.test(text.trim())) return l10n.t('A name without \\ / : * ? " < > |');
        const uri = vscode.Uri.file(path.join(folder, withEnding(text.trim())));
        return (await exists(uri)) ? l10n.t('{0} already exists.', path.basename(uri.fsPath)) : undefined;
      },
    });
    if (name === undefined) throw new vscode.CancellationError();
    const uri = vscode.Uri.file(path.join(folder, withEnding(name.trim())));
    const heading = name.trim().replace(new RegExp(`${REPORT_ENDING.replaceAll('.', '\\.')}$`, 'i'), '');
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(`# ${heading}\n\n${first}`));
    return uri;
  };

  const openBeside = async (uri: vscode.Uri): Promise<void> => {
    await vscode.commands.executeCommand('vscode.openWith', uri, REPORT_EDITOR, {
      viewColumn: vscode.ViewColumn.Beside,
      preserveFocus: true,
    });
  };

  /** Inserts a block behind the cursor of the open text, else at the end. */
  const insert = async (uri: vscode.Uri, block: string, atCursor: boolean): Promise<void> => {
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = vscode.window.visibleTextEditors.find((one) => one.document === document);
    const text = document.getText();
    let offset = text.length;
    if (atCursor && editor) {
      // Never within another block: behind the line that ends it.
      offset = behind(text, editor.selection.active.line + 1);
    }
    const added = between(text, offset, block);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, document.positionAt(offset), added);
    if (!(await vscode.workspace.applyEdit(edit)))
      throw new Error(l10n.t('{0} could not be changed.', path.basename(uri.fsPath)));
    if (editor) {
      const end = document.positionAt(offset + added.length);
      editor.selection = new vscode.Selection(end, end);
      editor.revealRange(new vscode.Range(end, end));
    } else await document.save();
  };

  const addBlock = async (block: string, folder: FolderEngine): Promise<void> => {
    const title = l10n.t('Add to Report');
    const target = await pickReport(title, true);
    if (target) await insert(target, block, false);
    const uri = target ?? (await create(folder.path, block));
    if (!uri) return;
    const open = l10n.t('Open Report');
    const said = l10n.t('Added to {0}.', vscode.workspace.asRelativePath(uri));
    void vscode.window.showInformationMessage(said, open).then((chosen) => {
      if (chosen === open) return openBeside(uri);
    });
  };

  const exportTo = async (arg: FileArg | undefined, kind: 'html' | 'pdf'): Promise<void> => {
    const title = kind === 'html' ? l10n.t('Export Report as HTML') : l10n.t('Export Report as PDF');
    const uri = await reportFor(arg, title);
    const folder = engines.need(uri.fsPath);
    const target = await vscode.window.showSaveDialog({
      title,
      defaultUri: vscode.Uri.file(`${uri.fsPath.replace(/(?:\.report)?\.md$/i, '')}.${kind}`),
      filters: { [kind.toUpperCase()]: [kind] },
    });
    if (!target) throw new vscode.CancellationError();
    const progress = { location: vscode.ProgressLocation.Notification, title, cancellable: false };
    const problems = await vscode.window.withProgress(progress, () => write(dist, uri, folder, kind, target));
    const open = l10n.t('Open');
    const said =
      problems.length === 0
        ? l10n.t('Written: {0}', path.basename(target.fsPath))
        : l10n.t('Written: {0}. {1}', path.basename(target.fsPath), problems[0]!);
    const show = problems.length === 0 ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
    void show(said, open).then((chosen) => chosen === open && vscode.env.openExternal(target));
  };

  return {
    'report.create': async (arg) => {
      const folder =
        typeof arg === 'string' ? arg : (arg?.fsPath ?? (await folderFor(parts, l10n.t('New Report'))).path);
      const engine = engines.of(folder) ?? engines.folders[0];
      const { experiments } = engine
        ? await engine.look('experiments/list', {}).catch(() => ({ experiments: [] }))
        : { experiments: [] };
      const [newest] = [...experiments].sort((a, b) => b.lastActivity - a.lastActivity);
      const first = newest
        ? [
            blockText('chart', { experiment: newest.name }),
            blockText('table', { experiment: newest.name, best: 10 }),
          ].join('\n')
        : `${l10n.t('Runs appear here once there are some.')}\n`;
      const uri = await create(folder, first);
      if (!uri) return;
      await vscode.window.showTextDocument(uri, { preview: false });
      await openBeside(uri);
    },

    'report.preview': async (arg) => openBeside(await reportFor(arg, l10n.t('Open Report'))),

    'report.insert': async (arg) => {
      const uri = await reportFor(arg, l10n.t('Insert Block'));
      const folder = engines.need(uri.fsPath);
      const picked = await vscode.window.showQuickPick(blockTemplates(), {
        title: l10n.t('Insert Block'),
        placeHolder: l10n.t('What should the report show?'),
        matchOnDetail: true,
      });
      if (!picked) throw new vscode.CancellationError();
      const { experiments } = await folder.look('experiments/list', {});
      const names = [...experiments].sort((a, b) => b.lastActivity - a.lastActivity).map(({ name }) => name);
      const experiment =
        names.length < 2 ? names[0] : await vscode.window.showQuickPick(names, { title: l10n.t('Experiment') });
      if (names.length >= 2 && experiment === undefined) throw new vscode.CancellationError();
      await insert(uri, blockText(picked.block, { experiment, ...picked.keys }), true);
    },

    'report.insertView': async (arg) => {
      const uri = await reportFor(arg, l10n.t('Insert Saved View'));
      const { views } = await readViews(engines.need(uri.fsPath).path);
      if (views.length === 0)
        throw new Error(l10n.t('There is no saved view. Save one in the panel with the bookmark.'));
      const picked = await vscode.window.showQuickPick(
        views.map(({ name, tab, experiment }) => ({ label: name, description: experiment ?? '', tab })),
        { title: l10n.t('Insert Saved View') },
      );
      if (!picked) throw new vscode.CancellationError();
      await insert(uri, blockText(picked.tab === 'table' ? 'table' : 'chart', { view: picked.label }), true);
    },

    'report.exportHtml': (arg) => exportTo(arg, 'html'),
    'report.exportPdf': (arg) => exportTo(arg, 'pdf'),

    // From the panel: a block as JSON, and a path in the panel's folder.
    'report.add': async (json, where) => {
      const block = NewBlock.parse(JSON.parse(String(json)));
      const kind = loadReports(dist).BLOCK_KINDS.find((one) => one === block.kind);
      if (!kind) throw new Error(l10n.t('There is no block "{0}".', block.kind));
      const folder = (where === undefined ? undefined : engines.of(where)) ?? engines.folders[0];
      if (folder) await addBlock(blockText(kind, block.keys), folder);
    },

    'report.addRuns': async (arg, selection) => {
      const title = l10n.t('Add Runs to Report');
      const runs = await runsFor(parts, arg, selection, { title, many: true });
      const { folder } = runs[0]!;
      const own = runs.filter((each) => each.folder === folder).map(({ run }) => run);
      const ids = own.map(({ id }) => id);
      const blocks = [
        blockText('chart', { runs: ids }),
        ...(own.length > 1 ? [blockText('compare', { runs: ids.slice(0, 20), sections: ['params', 'metrics'] })] : []),
      ];
      await addBlock(blocks.join('\n'), folder);
    },
  };
}

/** Draws the report as its text is now, saved or not, and writes it. Returns what the person should know. */
async function write(
  dist: string,
  uri: vscode.Uri,
  folder: FolderEngine,
  kind: 'html' | 'pdf',
  target: vscode.Uri,
): Promise<string[]> {
  const reports = loadReports(dist);
  const document = await vscode.workspace.openTextDocument(uri);
  const now = Date.now();
  const drawn = await reports.drawReport(
    document.getText(),
    { file: uri.fsPath, workspace: folder.path },
    { ask: (name, params) => folder.look(name, params), views: () => readViews(folder.path), now, palettes: new Map() },
  );
  const problems = problemsOf(reports, path.basename(uri.fsPath), drawn);
  if (kind === 'html') {
    await vscode.workspace.fs.writeFile(target, Buffer.from(reports.reportHtml(drawn, vscode.env.language, now)));
    return problems;
  }
  const { bytes, notes } = await reports.reportPdf(drawn, fontsFolder(dist), now);
  await vscode.workspace.fs.writeFile(target, bytes);
  return [...problems, ...notes];
}

function problemsOf(reports: typeof Reports, name: string, { document, shown }: Reports.WholeReport): string[] {
  const all = [...document.problems, ...shown.flatMap(({ problems }) => problems)];
  return all.map((problem) => reports.problemLine(name, problem));
}

const withEnding = (name: string): string => (isReport(name) ? name : `${name}${REPORT_ENDING}`);

const exists = (uri: vscode.Uri): Thenable<boolean> =>
  vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );

/** The report in the active editor, as text or as preview. */
function activeReport(): vscode.Uri | undefined {
  const { input } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
  const uri =
    input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom
      ? input.uri
      : vscode.window.activeTextEditor?.document.uri;
  return uri && isReport(uri.fsPath) ? uri : undefined;
}
