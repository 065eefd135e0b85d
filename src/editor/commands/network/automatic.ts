/** Finds a network for a file of data by itself: the editor's side of `tunesmith auto`. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import { planFile } from '../../../automatic/files.js';
import { budgetOf, refitOf } from '../../../automatic/budget.js';
import { untilFirst } from '../../../automatic/firstNetwork.js';
import { finish, type AskAuto, type Finished } from '../../../automatic/finish.js';
import { look, readAuto } from '../../../automatic/look.js';
import { refuseRemote } from '../../../automatic/places.js';
import { enqueuePortfolio } from '../../../automatic/portfolio.js';
import { headerOf } from '../../../automatic/header.js';
import { secondsOf } from '../../../experiment/network/index.js';
import { formatNumber } from '../../../format/numbers.js';
import { l10n } from '../../../format/l10n.js';
import { AutoLine } from '../../../protocol/trainer/automatic.js';
import { ENDED_SEARCHES, type Search } from '../../../protocol/engine/index.js';
import type { FolderEngine } from '../../link/folderEngine.js';
import type { FileArg } from '../../manifest/commands.js';
import type { Parts } from '../parts.js';
import type { Handlers } from '../registry.js';
import { askTrainer } from './trainer.js';
import { shown } from '../../../format/said.js';

const POLL_MS = 1000;
const DEFAULT_TIME = '60s';

export function automaticCommands(parts: Parts): Pick<Handlers, 'data.findNetwork'> {
  const { engines, panels } = parts;

  const ask: AskAuto = async (task, title) => {
    const folder = await fs.mkdtemp(path.join(tmpdir(), 'tunesmith-auto-'));
    try {
      const file = path.join(folder, 'task.json');
      await fs.writeFile(file, JSON.stringify(task), { mode: 0o600 });
      return await askTrainer(parts, ['--automatic', file], title, AutoLine);
    } finally {
      await fs.rm(folder, { recursive: true, force: true });
    }
  };

  return {
    'data.findNetwork': async (arg, target, time) => {
      if (!vscode.workspace.isTrusted)
        throw new Error(l10n.t('This workspace is not trusted, so Tunesmith starts nothing in it.'));
      const data = await dataFor(arg);
      const folder = engines.need(data);
      const column = target ?? (await targetFor(data));
      const seconds = time ?? (await timeFor());
      const plan = planFile({
        ...{ files: [data], target: column, inputs: null, task: null, kind: null, trials: null, out: null },
        time: seconds,
      });
      const read = readAuto(plan.text, plan.file);
      if ('problems' in read) throw Object.assign(new Error(read.problems[0]!.message), { problems: read.problems });
      refuseRemote(parts.places.chosen(plan.file), read.experiment);
      const began = Date.now();
      const reading: AskAuto = (task) => ask(task, l10n.t('Reading the data'));
      const looked = await look(reading, read.experiment, plan.file, path.dirname(data));
      if (plan.isNew) {
        await fs.mkdir(path.dirname(plan.file), { recursive: true });
        await fs.writeFile(plan.file, plan.text);
      }
      const budget = budgetOf(secondsOf(seconds)!, (Date.now() - began) / 1000, (Date.now() - began) / 1000);
      const { search } = await folder.request('searches/start', {
        file: plan.file,
        data: looked.facts,
        time: budget.search,
        ...parts.places.placing(plan.file),
      });
      const engine = { request: folder.request.bind(folder) };
      await enqueuePortfolio(engine, search, read.experiment);
      panels.open(folder, { experiment: search.experiment, file: plan.file }, 'beside');
      const follow = (one: Search): Promise<Search> => waitFor(folder, one, budget.search);
      const started = Date.now();
      const ended = await untilFirst(engine, await follow(search), budget.search, follow);
      const done = await finish({
        engine,
        ask: (task) => ask(task, l10n.t('Comparing the networks')),
        search: ended,
        ...{ out: null, notes: looked.notes.map(shown), seconds: (Date.now() - began) / 1000 },
        refit: refitOf(budget, (Date.now() - started) / 1000),
      });
      await showReport(done);
      return { file: done.file, test: done.found.best.test };
    },
  };
}

async function dataFor(arg: FileArg | undefined): Promise<string> {
  if (arg !== undefined) return typeof arg === 'string' ? arg : arg.fsPath;
  const [picked] =
    (await vscode.window.showOpenDialog({
      title: l10n.t('Find a Network for a File'),
      filters: { [l10n.t('Tables and arrays')]: ['csv', 'tsv', 'txt', 'gz', 'npz'] },
    })) ?? [];
  if (!picked) throw new vscode.CancellationError();
  return picked.fsPath;
}

/** The column to predict, or the array of targets of an archive. */
async function targetFor(data: string): Promise<string> {
  if (/\.npz$/i.test(data)) return 'y';
  const columns = await headerOf(data);
  // The last column is the target in most tables.
  const items = [...columns].reverse().map((label) => ({ label }));
  const picked = await vscode.window.showQuickPick(items, {
    title: l10n.t('Which column should be predicted?'),
    placeHolder: path.basename(data),
  });
  if (!picked) throw new vscode.CancellationError();
  return picked.label;
}

async function timeFor(): Promise<string> {
  const typed = await vscode.window.showInputBox({
    title: l10n.t('How long may it take?'),
    prompt: l10n.t('For example 60s, 10m or 2h. More time means more networks.'),
    value: DEFAULT_TIME,
    validateInput: (text) =>
      secondsOf(text) === null ? l10n.t('This must be a time such as 60s, 10m or 2h.') : undefined,
  });
  if (typed === undefined) throw new vscode.CancellationError();
  return typed.trim();
}

/** Shows how far the search is; cancelling ends it with the best so far. */
function waitFor(folder: FolderEngine, started: Search, seconds: number): Promise<Search> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: l10n.t('Finding a network'),
    cancellable: true,
  };
  const wait = async (
    progress: vscode.Progress<{ message?: string; increment?: number }>,
    token: vscode.CancellationToken,
  ): Promise<Search> => {
    const stopped = token.onCancellationRequested(() => {
      void folder.request('searches/stop', { id: started.id }).catch(() => undefined);
    });
    const began = Date.now();
    let shown = 0;
    try {
      for (let search = started; ; search = await folder.request('searches/get', { id: started.id })) {
        if (ENDED_SEARCHES.includes(search.status)) return search;
        const percent = Math.min(100, Math.round((Date.now() - began) / 10 / seconds));
        const best = search.best ? formatNumber(search.best.objective) : '–';
        const message = l10n.t('{0} networks, best loss {1}', search.counts.completed, best);
        progress.report({ message, increment: percent - shown });
        shown = percent;
        await sleep(POLL_MS);
      }
    } finally {
      stopped.dispose();
    }
  };
  return Promise.resolve(vscode.window.withProgress(options, wait));
}

async function showReport({ report, file, found }: Finished): Promise<void> {
  await vscode.commands.executeCommand('markdown.showPreview', vscode.Uri.file(report));
  const open = l10n.t('Open the Network');
  const value = found.best.test === null ? '–' : formatNumber(found.best.test);
  const text =
    found.metric === 'accuracy'
      ? l10n.t('The best network has an accuracy of {0} on the test examples.', value)
      : l10n.t('The best network has an R² of {0} on the test examples.', value);
  // Not awaited: the command is done, the message may stay for long.
  void vscode.window.showInformationMessage(text, open).then((action) => {
    if (action === open) void vscode.window.showTextDocument(vscode.Uri.file(file));
  });
}
