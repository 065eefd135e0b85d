/** Choosing where runs execute, and trying a cluster. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from '../../format/l10n.js';
import { placeTitle } from '../../format/places.js';
import { PLACES, type Place } from '../../protocol/run/cluster.js';
import { runCommandLine } from '../commandProcess.js';
import { changeFile } from '../edits.js';
import { loadExperiments } from '../language/documents.js';
import { ownDefaults } from '../places.js';
import type { Parts } from './parts.js';
import { fileFor, folderFor } from './asking/pick.js';
import type { Handlers } from './registry.js';

interface PlaceItem extends vscode.QuickPickItem {
  place: Place | null;
}

interface Checked {
  name: string;
  ok: boolean;
  reason: string;
}

export function placeCommands(parts: Parts): Pick<Handlers, 'place.pick' | 'cluster.check'> {
  const { places, extensionUri } = parts;

  const ownPlace = async (file: string): Promise<Place> => {
    // A plain script names none.
    if (!parts.files.isExperiment(file)) return 'local';
    const text = (await vscode.workspace.openTextDocument(file)).getText();
    const { experiment } = (await loadExperiments()).parseExperiment(text, file);
    return experiment?.cluster?.kind ?? 'local';
  };

  return {
    'place.pick': async (arg, place) => {
      const file = await fileFor(parts, arg, l10n.t('Choose Where to Run'));
      if (typeof place === 'string') {
        await places.choose(file, PLACES.find((each) => each === place) ?? null);
        return places.chosen(file);
      }
      const own = await ownPlace(file);
      const now = places.chosen(file) ?? own;
      const write = {
        iconPath: new vscode.ThemeIcon('edit'),
        tooltip: l10n.t('Write “on” into the file, for everybody'),
      };
      const items = PLACES.map((each): PlaceItem => {
        const mine = each !== 'local' && each in ownDefaults() ? l10n.t('with your defaults') : '';
        return {
          place: each === own ? null : each,
          label: `${each === now ? '$(check) ' : ''}${each}`,
          description: each === own ? l10n.t('as the file says') : mine,
          detail: placeTitle(each),
          ...(each !== own && parts.files.isExperiment(file) && { buttons: [write] }),
        };
      });
      const picker = vscode.window.createQuickPick<PlaceItem>();
      picker.title = l10n.t('Where do runs of {0} execute?', path.basename(file));
      picker.placeholder = l10n.t(
        'Your choice is remembered for you alone; the button of a row writes it into the file',
      );
      picker.matchOnDetail = true;
      picker.items = items;
      picker.activeItems = items.filter(({ label }) => label.startsWith('$(check)'));
      const chosen = await new Promise<PlaceItem | null>((resolve) => {
        picker.onDidTriggerItemButton(({ item }) => {
          resolve(null);
          void changeFile(file, { on: item.place! })
            .then(() => places.choose(file, null))
            .catch((error: Error) => vscode.window.showErrorMessage(error.message));
        });
        picker.onDidAccept(() => resolve(picker.selectedItems[0] ?? null));
        picker.onDidHide(() => resolve(null));
        picker.show();
      });
      picker.dispose();
      if (chosen) await places.choose(file, chosen.place);
      return places.chosen(file);
    },

    'cluster.check': async (name) => {
      const folder = await folderFor(parts, l10n.t('Check Cluster'));
      const active = vscode.window.activeTextEditor?.document.uri.fsPath;
      const file = active !== undefined && parts.files.isExperiment(active) ? active : null;
      const given = typeof name === 'string' ? [name] : await askWhat(file);
      if (!given) return undefined;
      const cli = vscode.Uri.joinPath(extensionUri, 'dist').fsPath;
      const args = ['cluster', 'check', ...given, '--json', '--workspace', folder.folder.uri.fsPath];
      const title = l10n.t('A small job takes the whole way of a run…');
      const { out, said } = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title, cancellable: true },
        (_, token) => runCommandLine(cli, args, token, { TUNESMITH_CLUSTERS: JSON.stringify(ownDefaults()) }),
      );
      let checks: Checked[];
      try {
        checks = JSON.parse(out) as Checked[];
      } catch {
        // It was cancelled, or it refused what was asked.
        if (said.trim()) void vscode.window.showErrorMessage(said.trim().slice(0, 1000));
        return undefined;
      }
      for (const { name: place, ok, reason } of checks) {
        const text = `${place}: ${reason}`.slice(0, 1000);
        void (ok ? vscode.window.showInformationMessage(text) : vscode.window.showErrorMessage(text));
      }
      return checks;
    },
  };
}

/** Returns arguments of the check; null: the person has changed their mind. */
async function askWhat(file: string | null): Promise<string[] | null> {
  const everything = { label: l10n.t('Every place that is here'), args: [] as string[] };
  const ofFile = file && { label: l10n.t('The place of {0}', path.basename(file)), args: [file] };
  const kinds = (['local', 'slurm', 'kubernetes', 'ray'] as const).map((place) => ({
    label: place as string,
    description: placeTitle(place),
    args: [place as string],
  }));
  const picked = await vscode.window.showQuickPick([everything, ...(ofFile ? [ofFile] : []), ...kinds], {
    title: l10n.t('Check Cluster'),
  });
  return picked?.args ?? null;
}
