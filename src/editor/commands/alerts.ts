/** Alerts on runs: the rules that there are, new ones, and their removal. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { AlertCondition, KeptAlertRule } from '../../protocol/engine/alerts.js';
import { formatNumber } from '../../format/numbers.js';
import { l10n } from '../../format/l10n.js';
import type { FolderEngine } from '../link/folderEngine.js';
import type { Parts } from './parts.js';
import { fileFor } from './asking/pick.js';
import type { Handlers } from './registry.js';

interface Item extends vscode.QuickPickItem {
  kind?: vscode.QuickPickItemKind;
  add?: AlertCondition['kind'];
  rule?: KeptAlertRule;
}

export function alertCommands(parts: Parts): Pick<Handlers, 'alerts.edit'> {
  return {
    'alerts.edit': async (arg, given) => {
      const file = await fileFor(parts, arg, l10n.t('Alerts'));
      const folder = parts.engines.need(file);
      if (given) return add(folder, file, given);
      const { rules } = await folder.request('alerts/list', {});
      const chosen = await choose(folder, rules, file);
      if (!chosen) throw new vscode.CancellationError();
      const when = await ask(chosen);
      if (!when) throw new vscode.CancellationError();
      return add(folder, file, when);
    },
  };
}

async function add(folder: FolderEngine, file: string, when: AlertCondition): Promise<number> {
  const { rules } = await folder.request('alerts/add', { file, when, command: null, webhook: null });
  const text = l10n.t(
    'You will be notified when this applies to a run of {0}: {1}.',
    path.basename(file),
    textOf(when),
  );
  vscode.window.setStatusBarMessage(text, 5000);
  return rules.length;
}

/** Shows the rules, with a button that removes each, and the conditions of a new one; undefined when nothing is chosen. */
function choose(
  folder: FolderEngine,
  rules: readonly KeptAlertRule[],
  file: string,
): Promise<AlertCondition['kind'] | undefined> {
  const pick = vscode.window.createQuickPick<Item>();
  pick.title = l10n.t('Alerts on {0}', path.basename(file));
  pick.placeholder = l10n.t('Choose what to be notified about');
  const remove = { iconPath: new vscode.ThemeIcon('trash'), tooltip: l10n.t('Remove This Alert') };
  const itemsOf = (now: readonly KeptAlertRule[]): Item[] => {
    const own = now.filter((rule) => rule.file === null || rule.file === file);
    return [
      ...NEW.map(({ add: kind, icon }) => ({ label: `$(${icon}) ${newText(kind)}`, add: kind })),
      ...(own.length > 0 ? [{ label: l10n.t('Set'), kind: vscode.QuickPickItemKind.Separator }] : []),
      ...own.map((rule) => ({
        label: `$(bell) ${textOf(rule.when)}`,
        description: rule.file === null ? l10n.t('all runs') : '',
        buttons: [remove],
        rule,
      })),
    ];
  };
  pick.items = itemsOf(rules);
  return new Promise((resolve) => {
    pick.onDidTriggerItemButton(async ({ item }) => {
      const left = await folder.request('alerts/remove', { id: item.rule!.id });
      pick.items = itemsOf(left.rules);
    });
    pick.onDidAccept(() => {
      const [item] = pick.selectedItems;
      // A rule that is set can only be removed, by its button.
      if (!item?.add) return;
      resolve(item.add);
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

const NEW = [
  { add: 'above', icon: 'arrow-up' },
  { add: 'below', icon: 'arrow-down' },
  { add: 'nan', icon: 'warning' },
  { add: 'stall', icon: 'watch' },
  { add: 'failed', icon: 'error' },
  { add: 'ended', icon: 'check' },
] as const satisfies { add: AlertCondition['kind']; icon: string }[];

function newText(kind: AlertCondition['kind']): string {
  switch (kind) {
    case 'above':
      return l10n.t('When a metric is above a value…');
    case 'below':
      return l10n.t('When a metric is below a value…');
    case 'nan':
      return l10n.t('When a metric is NaN or infinite');
    case 'stall':
      return l10n.t('When nothing is logged for some time…');
    case 'failed':
      return l10n.t('When a run fails');
    case 'ended':
      return l10n.t('When a run ends');
  }
}

async function ask(kind: AlertCondition['kind']): Promise<AlertCondition | undefined> {
  if (kind === 'nan' || kind === 'failed' || kind === 'ended') return { kind };
  const title = newText(kind);
  if (kind === 'stall') {
    const seconds = await askNumber(title, l10n.t('Seconds without a new value'), '600', (value) => value > 0);
    return seconds === undefined ? undefined : { kind, seconds };
  }
  const metric = await vscode.window.showInputBox({ title, prompt: l10n.t('Name of the metric'), value: 'val/loss' });
  if (!metric) return undefined;
  const value = await askNumber(title, l10n.t('Threshold for {0}', metric), '', () => true);
  return value === undefined ? undefined : { kind, metric, value };
}

async function askNumber(
  title: string,
  prompt: string,
  value: string,
  isRight: (value: number) => boolean,
): Promise<number | undefined> {
  const read = (text: string): number | undefined => {
    const number = Number(text);
    return text.trim() !== '' && Number.isFinite(number) && isRight(number) ? number : undefined;
  };
  const text = await vscode.window.showInputBox({
    ...{ title, prompt, value },
    validateInput: (given) => (read(given) === undefined ? l10n.t('Enter a number.') : undefined),
  });
  return text === undefined ? undefined : read(text);
}

function textOf(when: AlertCondition): string {
  switch (when.kind) {
    case 'above':
      return l10n.t('{0} is above {1}', when.metric, formatNumber(when.value));
    case 'below':
      return l10n.t('{0} is below {1}', when.metric, formatNumber(when.value));
    case 'nan':
      return l10n.t('a metric is NaN or infinite');
    case 'stall':
      return l10n.t('nothing is logged for {0} s', formatNumber(when.seconds));
    case 'failed':
      return l10n.t('it fails');
    case 'ended':
      return l10n.t('it ends');
  }
}
