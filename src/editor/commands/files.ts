/** Experiment files, the example, the panel and the explorer itself. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from '../../format/l10n.js';
import type { FileArg } from '../manifest/commands.js';
import type { Node } from '../explorer/node.js';
import type { Parts } from './parts.js';
import { fileFor, folderFor } from './asking/pick.js';
import type { Handlers } from './registry.js';
import { templates } from './templates.js';
import { showFile } from '../showFile.js';

type Names = Extract<keyof Handlers, `file.${string}` | `example.${string}` | `panel.${string}` | `explorer.${string}`>;

export function fileCommands(parts: Parts): Pick<Handlers, Names> {
  const { engines, explorer, files, panels, example } = parts;

  const ownFile = (arg?: FileArg): string | undefined => {
    const file = typeof arg === 'string' ? arg : (arg?.fsPath ?? vscode.window.activeTextEditor?.document.uri.fsPath);
    return file !== undefined && files.isExperiment(file) && engines.of(file) ? file : undefined;
  };

  return {
    'file.open': async (arg, line, column) => {
      const file = await fileFor(parts, arg, l10n.t('Open Experiment File'));
      if (!files.isExperiment(file)) throw new Error(l10n.t('{0} is not an experiment file.', file));
      const place =
        line === undefined ? undefined : new vscode.Position(Math.max(0, line - 1), Math.max(0, (column ?? 1) - 1));
      await showFile(file, place && new vscode.Range(place, place));
    },

    'file.create': async (arg) => {
      const picked = await vscode.window.showQuickPick(
        templates().map(({ label, detail, text }) => ({ label, detail, text })),
        { title: l10n.t('New Experiment File'), placeHolder: l10n.t('What do you want to train?') },
      );
      if (!picked) throw new vscode.CancellationError();
      const folder =
        typeof arg === 'string' ? arg : (arg?.fsPath ?? (await folderFor(parts, l10n.t('New Experiment File'))).path);
      const name = await vscode.window.showInputBox({
        title: l10n.t('Name of the experiment'),
        value: path
          .basename(folder)
          .replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')
          .toLowerCase(),
        validateInput: async (text) => {
          if (!/^[^\\/:*?"<>|]+$/.test(text.trim())) return l10n.t('A name without \\ / : * ? " < > |');
          const uri = vscode.Uri.file(path.join(folder, `${text.trim()}.tune.yaml`));
          const taken = await vscode.workspace.fs.stat(uri).then(
            () => true,
            () => false,
          );
          return taken ? l10n.t('{0} already exists.', `${text.trim()}.tune.yaml`) : undefined;
        },
      });
      if (name === undefined) throw new vscode.CancellationError();
      const uri = vscode.Uri.file(path.join(folder, `${name.trim()}.tune.yaml`));
      await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(picked.text(name.trim())));
      await vscode.window.showTextDocument(uri, { preview: false });
    },

    'example.open': () => example.open(),

    'panel.open': async (arg) => {
      const file = ownFile(arg);
      const folder = file ? engines.need(file) : await folderFor(parts, l10n.t('Open Panel'));
      panels.open(folder, file ? { file } : {});
    },

    'panel.editForm': async (arg) => {
      const file = ownFile(arg) ?? (await fileFor(parts, arg, l10n.t('Edit Parameters in Panel')));
      panels.open(engines.need(file), { file, tab: 'form' });
    },

    'explorer.refresh': async () => {
      await engines.attach();
      await Promise.all(engines.folders.map((folder) => folder.state.kind === 'connected' && folder.model.refresh()));
    },

    'explorer.filter': async (given) => {
      const text =
        given ??
        (await vscode.window.showInputBox({
          title: l10n.t('Filter Runs'),
          prompt: l10n.t('Words in the name, tags or note, or values such as lr=0.01'),
        }));
      if (text !== undefined) explorer.setFilter(text.trim());
    },

    'explorer.clearFilter': () => explorer.setFilter(''),
    'explorer.more': (node) => explorer.loadMore(node as Node),
  };
}
