/** Commands for existing searches and for the best values that they found. */
import * as vscode from 'vscode';
import type { Search } from '../../protocol/engine/index.js';
import { markAt, type Floats } from '../../protocol/values/floats.js';
import type { Params } from '../../protocol/values/index.js';
import { changeFile } from '../edits.js';
import { isLiveSearch, isResumable, isRetryable } from '../explorer/items.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { l10n } from '../../format/l10n.js';
import type { SearchArg } from '../manifest/commands.js';
import { readValues, valuesText } from './asking/typedValues.js';
import type { Parts } from './parts.js';
import { fileFor, searchFor } from './asking/pick.js';
import type { Handlers } from './registry.js';
import { entryOf } from '../../protocol/values/records.js';
import { showFile } from '../showFile.js';

type Names = Exclude<Extract<keyof Handlers, `search.${string}`>, 'search.start'> | 'best.apply' | 'experiment.show';

export function searchCommands(parts: Parts): Pick<Handlers, Names> {
  const { engines, panels } = parts;

  const control =
    (
      method: 'searches/stop' | 'searches/pause' | 'searches/resume',
      title: string,
      suits: (search: Search) => boolean,
    ) =>
    async (arg?: SearchArg) => {
      const { folder, search } = await searchFor(parts, arg, title, suits);
      await folder.request(method, { id: search.id });
    };

  return {
    'search.stop': control('searches/stop', l10n.t('Stop Search'), isLiveSearch),
    'search.pause': control('searches/pause', l10n.t('Pause Search'), ({ status }) => status === 'running'),
    'search.resume': control('searches/resume', l10n.t('Resume Search'), isResumable),

    'search.retryFailed': async (arg) => {
      const { folder, search } = await searchFor(parts, arg, l10n.t('Retry Failed Trials'), isRetryable);
      const { retried } = await folder.request('searches/retry', { id: search.id });
      if (search.status === 'paused') await folder.request('searches/resume', { id: search.id });
      void vscode.window.setStatusBarMessage(l10n.t('Trials run again: {0}', retried.join(', ')), 5000);
    },

    'search.show': async (arg) => {
      const { folder, search } = await searchFor(parts, arg, l10n.t('Show Search in Panel'), () => true);
      const trials = await folder.request('runs/list', {
        experiment: search.experiment,
        search: search.id,
        limit: 200,
      });
      const best = search.best ? [search.best.run] : [];
      const ids = [...new Set([...best, ...trials.runs.map(({ id }) => id)])].slice(0, 50);
      panels.open(folder, { experiment: search.experiment, runs: ids, ...(search.file && { file: search.file }) });
    },

    'search.extend': async (arg) => {
      const title = l10n.t('Change Number of Trials');
      const { folder, search } = await searchFor(parts, arg, title, () => true);
      const typed = await vscode.window.showInputBox({
        title: l10n.t('{0}: {1}', title, search.name),
        prompt: l10n.t('In total, {0} so far. A finished search resumes.', search.counts.total),
        value: String((search.trials ?? search.counts.total) + (isLiveSearch(search) ? 0 : search.counts.total)),
        ignoreFocusOut: true,
        validateInput: (text) =>
          /^[1-9]\d{0,5}$/.test(text.trim()) ? undefined : l10n.t('This must be a whole number.'),
      });
      if (typed !== undefined) await folder.request('searches/change', { id: search.id, trials: Number(typed) });
    },

    'search.reread': async (arg) => {
      const title = l10n.t("Use the File's Search Space");
      const { folder, search } = await searchFor(parts, arg, title, ({ file }) => file !== null);
      if (!search.file) throw new Error(l10n.t('{0} was not started from an experiment file.', search.name));
      await vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === search.file)?.save();
      const changed = await folder.request('searches/change', { id: search.id, reread: true });
      const names = Object.keys(changed.search.space).join(', ');
      vscode.window.setStatusBarMessage(l10n.t('{0} now searches {1}', search.name, names), 4000);
    },

    'search.enqueue': async (arg) => {
      const title = l10n.t('Try Values in Search');
      const open = ({ status }: Search) => status === 'running' || status === 'paused';
      const { folder, search } = await searchFor(parts, arg, title, open);
      const typed = await vscode.window.showInputBox({
        title: l10n.t('{0}: {1}', title, search.name),
        prompt: l10n.t('They are tried next, in addition to the planned trials. The sampler chooses the other values.'),
        value: valuesText(search.best ?? { params: {} }),
        placeHolder: 'lr: 0.003, optimizer: adam',
        ignoreFocusOut: true,
        validateInput: (text) => readValues(text).problem,
      });
      const { params } = readValues(typed ?? '');
      if (!params) return;
      await folder.request('searches/enqueue', { id: search.id, params });
      vscode.window.setStatusBarMessage(l10n.t('Queued in {0}', search.name), 4000);
    },

    'search.applyBest': async (arg) => {
      const { search } = await searchFor(parts, arg, l10n.t('Apply Best to File'), ({ best }) => best !== null);
      if (!search.best) throw new Error(l10n.t('{0} has no result yet.', search.name));
      if (!search.file) throw new Error(l10n.t('{0} was not started from an experiment file.', search.name));
      await apply(search.file, search.best);
    },

    'search.delete': async (arg) => {
      const title = l10n.t('Delete Search');
      const { folder, search } = await searchFor(parts, arg, title, (each) => !isLiveSearch(each));
      const remove = l10n.t('Delete');
      const question = l10n.t(
        'Delete {0} and its {1} trials? This cannot be undone.',
        search.name,
        search.counts.total,
      );
      if ((await vscode.window.showWarningMessage(question, { modal: true }, remove)) === remove)
        await folder.request('searches/delete', { id: search.id });
    },

    'experiment.show': async (arg) => {
      if (arg === undefined) return;
      const name = typeof arg === 'string' ? arg : arg.experiment.name;
      const own = typeof arg === 'string' ? undefined : (arg as { folder?: unknown }).folder;
      const holds = (each: (typeof engines.folders)[number]) =>
        own ? each === own : each.model.experiments.some((experiment) => experiment.name === name);
      const folder = engines.folders.find(holds);
      if (folder) panels.open(folder, { experiment: name });
    },

    'best.apply': async (arg, parameter) => {
      const file = await fileFor(parts, arg, l10n.t('Apply Best Parameters'));
      const { best } = await engines.need(file).request('best/of', { file });
      if (!best) throw new Error(l10n.t('No run of this file has a result yet.'));
      if (parameter === undefined)
        return apply(file, best, l10n.t('{0} {1}', best.metric, formatNumber(best.objective)));
      const value = entryOf(best.params, parameter);
      if (value === undefined) throw new Error(l10n.t('The best run has no parameter {0}.', parameter));
      return apply(file, { params: { [parameter]: value }, floats: best.floats });
    },
  };
}

async function apply(
  file: string,
  { params, floats }: { params: Params; floats?: Floats | undefined },
  from = '',
): Promise<void> {
  const changed = await changeFile(file, { params, floats });
  const visible = vscode.window.visibleTextEditors.some(({ document }) => document.uri.fsPath === file);
  if (!visible) await showFile(file);
  const values = Object.entries(params).map(([name, value]) => `${name}: ${formatParam(value, markAt(floats, name))}`);
  const text = changed ? l10n.t('Applied {0}', values.join(', ')) : l10n.t('The file already has these values.');
  vscode.window.setStatusBarMessage([text, from].filter(Boolean).join(' · '), 4000);
}
