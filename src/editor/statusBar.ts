/** Live runs and searches at a glance; a click opens the panel. Gone when nothing lives. */
import * as vscode from 'vscode';
import { isLiveSearch, searchProgress } from './explorer/items.js';
import { Debounce, Disposables, type Disposable } from './events.js';
import { formatNumber } from '../format/numbers.js';
import { l10n } from '../format/l10n.js';
import type { Engines } from './link/engines.js';
import { commandId } from './manifest/commands.js';
import type { Run, Search } from '../protocol/engine/index.js';

export class StatusBar implements Disposable {
  private readonly all = new Disposables();
  private readonly item: vscode.StatusBarItem;

  constructor(private readonly engines: Engines) {
    this.item = this.all.add(vscode.window.createStatusBarItem('tunesmith', vscode.StatusBarAlignment.Left, 10));
    this.item.name = 'Tunesmith';
    this.item.command = commandId('panel.open');
    const draw = this.all.add(new Debounce(() => this.draw(), 200, 500));
    this.all.add(engines.onChange(() => draw.schedule()));
  }

  dispose(): void {
    this.all.dispose();
  }

  private draw(): void {
    const runs = this.engines.folders.flatMap(({ model }) => model.liveRuns);
    const searches = this.engines.folders.flatMap(({ model }) => model.searches).filter(isLiveSearch);
    const problem = this.engines.folders.map(({ condition }) => condition.problem).find((each) => each !== null);
    const text = statusBarText(runs, searches, problem !== undefined);
    if (!text) return this.item.hide();
    this.item.text = text;
    this.item.tooltip = problem ?? l10n.t('Open the Tunesmith panel');
    this.item.backgroundColor = problem ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.item.accessibilityInformation = { label: `Tunesmith: ${text.replace(/\$\([^)]*\) ?/g, '')}` };
    this.item.show();
  }
}

/** Returns null if there is nothing to show. `troubled`: an engine can't work properly. */
export function statusBarText(runs: readonly Run[], searches: readonly Search[], troubled: boolean): string | null {
  const text = workText(runs, searches);
  return troubled ? `$(warning) ${text?.replace('~spin', '') ?? 'Tunesmith'}` : text;
}

function workText(runs: readonly Run[], searches: readonly Search[]): string | null {
  const [search] = searches;
  if (runs.length === 0 && !search) return null;
  const icon = runs.some(({ status }) => status !== 'paused') ? '$(sync~spin)' : '$(debug-pause)';
  if (search) {
    const best = search.best ? ` · ★ ${formatNumber(search.best.objective)}` : '';
    const others = searches.length > 1 ? ` +${searches.length - 1}` : '';
    return `${icon} ${search.name} ${searchProgress(search)}${best}${others}`;
  }
  const [run] = runs;
  if (runs.length > 1) return `${icon} ${l10n.t('{0} runs', runs.length)}`;
  const percent = run?.progress?.fraction;
  return `${icon} ${run?.name}${typeof percent === 'number' ? ` ${Math.floor(percent * 100)}%` : ''}`;
}
