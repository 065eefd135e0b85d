/** Finds a run by its name, tags, parameters or id, as the person types, among all runs. */
import * as vscode from 'vscode';
import { runRow } from '../../explorer/items.js';
import { formatParams } from '../../format.js';
import { l10n } from '../../../format/l10n.js';
import type { Parts } from '../parts.js';
import type { RunIn } from '../asking/pick.js';

/** Newest runs that are offered at once, and runs found by their texts. */
const RECENT = 200;
const FOUND = 100;

interface Item extends vscode.QuickPickItem {
  each: RunIn;
}

/** Throws CancellationError when the person picks none. */
export async function quickOpen(parts: Parts): Promise<RunIn> {
  const picker = vscode.window.createQuickPick<Item>();
  picker.title = l10n.t('Open Run');
  picker.placeholder = l10n.t('Name, tag, parameter or id');
  picker.matchOnDescription = picker.matchOnDetail = true;
  let turn = 0;
  const recent = new Map<string, Item>();
  const look = async (text: string): Promise<void> => {
    const mine = ++turn;
    picker.busy = true;
    try {
      const found = await runsIn(parts, text);
      if (mine !== turn) return;
      if (text === '') for (const each of found) recent.set(each.run.id, itemOf(each, false));
      // The editor's own search covers the recent runs; the store's results are shown unchanged.
      const others =
        text === '' ? [] : found.filter(({ run }) => !recent.has(run.id)).map((each) => itemOf(each, true));
      picker.items = [...recent.values(), ...others];
    } finally {
      if (mine === turn) picker.busy = false;
    }
  };
  try {
    return await new Promise<RunIn>((resolve, reject) => {
      picker.onDidAccept(() => {
        const [picked] = picker.selectedItems;
        if (picked) resolve(picked.each);
      });
      picker.onDidHide(() => reject(new vscode.CancellationError()));
      picker.onDidChangeValue((text) => void look(text.trim()).catch(reject));
      picker.show();
      look('').catch(reject);
    });
  } finally {
    picker.dispose();
  }
}

async function runsIn(parts: Parts, text: string): Promise<RunIn[]> {
  const lists = await Promise.all(
    parts.engines.folders.map(async (folder) => {
      const { runs } = await folder.look('runs/list', { limit: text === '' ? RECENT : FOUND, ...(text && { text }) });
      return runs.map((run) => ({ folder, run }));
    }),
  );
  return lists.flat().sort((a, b) => b.run.createdAt - a.run.createdAt);
}

function itemOf(each: RunIn, alwaysShow: boolean): Item {
  const { run } = each;
  const { description, icon } = runRow(run, null);
  return {
    label: run.name,
    description: [run.experiment, description, run.id].filter(Boolean).join(' · '),
    detail: formatParams(run.params, 6, run.floats),
    iconPath: new vscode.ThemeIcon(icon.id),
    alwaysShow,
    each,
  };
}
