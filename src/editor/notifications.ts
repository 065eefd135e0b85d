/** Says when a search has ended and when a run has failed; each at most once, and only for what happens now. */
import { errorText, inEnglish, saidText } from '../format/said.js';
import * as vscode from 'vscode';
import { LIVE_STATUSES, type NotificationParams, type Run, type Search } from '../protocol/engine/index.js';
import { isLiveSearch } from './explorer/items.js';
import { Disposables, type Disposable } from './events.js';
import { formatNumber } from '../format/numbers.js';
import { formatParams, shorten } from './format.js';
import { l10n } from '../format/l10n.js';
import type { Engines } from './link/engines.js';
import { commandId } from './manifest/commands.js';
import { setting } from './settings.js';

export class Notifications implements Disposable {
  private readonly all = new Disposables();

  constructor(engines: Engines) {
    this.all.add(engines.onAlert((alert) => void this.alerted(alert)));
    this.all.add(engines.onShow((run) => void vscode.commands.executeCommand(commandId('run.open'), run)));
    this.all.add(
      engines.onChange(({ model }) => {
        for (const { before, now } of model?.searches ?? [])
          if (before && isLiveSearch(before) && !isLiveSearch(now) && now.status !== 'stopped')
            void this.searchEnded(now);
        for (const { before, now } of model?.runs ?? [])
          if (before && LIVE_STATUSES.includes(before.status) && now.status === 'failed' && now.search === null)
            void this.runFailed(now);
      }),
    );
  }

  private async alerted({ run, name, experiment, reason, text }: NotificationParams<'alert'>): Promise<void> {
    const told = reason ? l10n.t('{0} ({1}): {2}', name, experiment, saidText(inEnglish(reason), reason)) : text;
    const show = l10n.t('Show');
    if ((await vscode.window.showWarningMessage(told, show)) === show)
      await vscode.commands.executeCommand(commandId('run.show'), run);
  }

  dispose(): void {
    this.all.dispose();
  }

  private async searchEnded(search: Search): Promise<void> {
    if (!setting('notifications.searchEnded')) return;
    const { name, best, objective } = search;
    const show = l10n.t('Show');
    if (search.status === 'completed' && !objective) {
      const pick = await vscode.window.showInformationMessage(l10n.t('Search {0} has ended.', name), show);
      if (pick === show) await vscode.commands.executeCommand(commandId('search.show'), search.id);
      return;
    }
    if (search.status === 'failed' || !best) {
      const why =
        search.error !== null
          ? l10n.retold(search.error)
          : l10n.t('no trial has a value of {0}', objective?.metric ?? '');
      const pick = await vscode.window.showWarningMessage(
        l10n.t('Search {0} ended without a result: {1}', name, why),
        show,
      );
      if (pick === show) await vscode.commands.executeCommand(commandId('search.show'), search.id);
      return;
    }
    const apply = l10n.t('Apply Best');
    const text = l10n.t(
      'Search {0} has ended. Best {1}: {2} with {3}',
      name,
      objective?.metric ?? '',
      formatNumber(best.objective),
      shorten(formatParams(best.params, 5, best.floats), 120),
    );
    const pick = await vscode.window.showInformationMessage(text, show, ...(search.file ? [apply] : []));
    if (pick === show) await vscode.commands.executeCommand(commandId('search.show'), search.id);
    if (pick === apply) await vscode.commands.executeCommand(commandId('search.applyBest'), search.id);
  }

  private async runFailed(run: Run): Promise<void> {
    if (!setting('notifications.runFailed')) return;
    const log = l10n.t('Show Log');
    const rerun = l10n.t('Rerun');
    const why = shorten(run.error ? errorText(run.error) : l10n.t('it ended with an error'), 300);
    const pick = await vscode.window.showErrorMessage(l10n.t('Run {0} failed: {1}', run.name, why), log, rerun);
    if (pick === log) await vscode.commands.executeCommand(commandId('run.revealLog'), run.id);
    if (pick === rerun) await vscode.commands.executeCommand(commandId('run.rerun'), run.id);
  }
}
