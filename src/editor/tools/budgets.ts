/** Shows the agents' budgets in the status bar; a click revokes them. Hidden when there is none. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Grant } from '../../protocol/engine/agents.js';
import { Debounce, Disposables, type Disposable } from '../events.js';
import { escapeMarkdown } from '../format.js';
import { l10n } from '../../format/l10n.js';
import type { Engines } from '../link/engines.js';
import { commandId } from '../manifest/commands.js';

export class Budgets implements Disposable {
  private readonly all = new Disposables();
  private readonly item: vscode.StatusBarItem;

  constructor(private readonly engines: Engines) {
    this.item = this.all.add(vscode.window.createStatusBarItem('tunesmith.budgets', vscode.StatusBarAlignment.Left, 9));
    this.item.name = l10n.t("Tunesmith: Agents' Budgets");
    this.item.command = commandId('agents.disallow');
    const draw = this.all.add(new Debounce(() => this.draw(), 200, 500));
    this.all.add(engines.onChange(({ model }) => !model && draw.schedule()));
  }

  dispose(): void {
    this.all.dispose();
  }

  private draw(): void {
    const grants = this.engines.folders.flatMap(({ condition }) => condition.grants ?? []);
    const text = budgetText(grants);
    if (text === null) return this.item.hide();
    this.item.text = `$(robot) ${text}`;
    const lines = grants.map(
      ({ file, ...grant }) => `${escapeMarkdown(path.basename(file))}: ${budgetText([{ file, ...grant }])}`,
    );
    this.item.tooltip = new vscode.MarkdownString(
      [l10n.t('Agents may use these device hours without asking. Click to revoke them.'), ...lines].join('\n\n'),
    );
    this.item.accessibilityInformation = { label: l10n.t("Agents' budget: {0}", text) };
    this.item.show();
  }
}

/** Hours used and hours given, such as `0.25/2 h`; null without a budget. */
export function budgetText(grants: readonly Grant[]): string | null {
  if (grants.length === 0) return null;
  const sum = (of: (grant: Grant) => number): number =>
    Number(grants.reduce((all, each) => all + of(each), 0).toFixed(2));
  return `${sum(({ usedHours }) => usedHours)}/${sum(({ hours }) => hours)} h`;
}
