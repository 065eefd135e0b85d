/** Commands for existing runs. */
import { close } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { ENDED_STATUSES, type RequestResult, type RunStatus } from '../../../protocol/engine/index.js';
import { openReal, statReal } from '../../../files/real.js';
import { MOST_COMPARED } from '../../../protocol/panel/index.js';
import { RUN_FILES } from '../../../protocol/run/runFiles.js';
import { changeFile } from '../../edits.js';
import { formatDuration } from '../../../format/times.js';
import { l10n } from '../../../format/l10n.js';
import type { RunArg } from '../../manifest/commands.js';
import { commandLine } from '../commandLine.js';
import { askParams, fieldsOf } from '../asking/params.js';
import type { Parts } from '../parts.js';
import type { Show } from '../../panel/panel.js';
import { quickOpen } from './quickOpen.js';
import { perFolder, runFor, runsFor, type RunIn } from '../asking/pick.js';
import type { Handlers } from '../registry.js';
import { showFile } from '../../showFile.js';

type Names = Exclude<
  Extract<keyof Handlers, `run.${string}`>,
  | 'run.start'
  | 'run.startWith'
  | 'run.rerun'
  | 'run.rerunWith'
  | 'run.branch'
  | 'run.debug'
  | 'run.openCode'
  | 'run.checkOutCode'
  | 'run.rerunCode'
  | 'run.export'
  | 'run.exportModel'
  | 'run.evaluate'
  | 'run.examine'
  | 'run.predict'
  | 'run.lrRange'
  | 'run.useLearningRate'
>;
type Selection = readonly unknown[] | undefined;

const closeFile = promisify(close);

export function runCommands(parts: Parts): Pick<Handlers, Names> {
  const { panels, logs } = parts;

  const control =
    (method: 'runs/stop' | 'runs/pause' | 'runs/resume', title: string, status: RunStatus[]) =>
    async (arg?: RunArg, selection?: Selection) => {
      const runs = await runsFor(parts, arg, selection, { title, many: true, status });
      tellSkipped(await perFolder(runs, (folder, ids) => folder.request(method, { ids })), runs);
    };

  const one = (title: string, work: (run: RunIn) => Promise<void> | void) => async (arg?: RunArg) =>
    work(await runFor(parts, arg, { title }));

  return {
    'run.stop': control('runs/stop', l10n.t('Stop Run'), ['queued', 'starting', 'running', 'paused']),
    'run.pause': control('runs/pause', l10n.t('Pause Run'), ['running']),
    'run.resume': control('runs/resume', l10n.t('Resume Run'), ['paused', 'stopped', 'failed']),

    'run.show': async (arg, selection) => {
      const runs = await runsFor(parts, arg, selection, { title: l10n.t('Show in Panel'), many: true });
      const { folder, run } = runs[0]!;
      const ids = runs.filter((each) => each.folder === folder).map((each) => each.run.id);
      // A click in the explorer leaves the focus there, so that the arrow keys keep working.
      const fromExplorer = typeof arg === 'object';
      panels.open(folder, { experiment: run.experiment, runs: ids, tab: 'charts' }, 'beside', fromExplorer);
    },

    'run.open': async (arg) => {
      const { folder, run } = arg === undefined ? await quickOpen(parts) : await runFor(parts, arg, { title: '' });
      panels.open(folder, { experiment: run.experiment, page: { kind: 'run', run: run.id, section: 'overview' } });
    },

    'run.compare': async (arg, selection) => {
      const title = l10n.t('Compare Runs');
      const runs = await runsFor(parts, arg, selection, { title, many: true });
      const { folder, run } = runs[0]!;
      const here = runs.filter((each) => each.folder === folder);
      if (here.length < runs.length)
        void vscode.window.showWarningMessage(
          l10n.t("Runs in different folders can't be drawn together; those in {0} are shown.", folder.folder.name),
        );
      const ids = here.map((each) => each.run.id);
      const side = ids.length > 1 && ids.length <= MOST_COMPARED;
      const show: Show = side ? { page: { kind: 'compare', runs: ids } } : { tab: 'charts' };
      panels.open(folder, { experiment: run.experiment, runs: ids, ...show });
    },

    'run.set': async (arg) => {
      const title = l10n.t('Change Parameters While Running');
      const { folder, run } = await runFor(parts, arg, { title, status: ['running', 'paused'] });
      const changed = await askParams(title, l10n.t('Change'), fieldsOf(run), async () => undefined);
      if (Object.keys(changed.params).length > 0) await folder.request('runs/set', { id: run.id, ...changed });
    },

    'run.revealLog': one(l10n.t('Show Log'), ({ folder, run }) => logs.show(folder, run)),

    'run.openLog': one(l10n.t('Open Log in Editor'), async ({ folder, run }) => {
      const file = join((await folder.paths()).runs, run.id, RUN_FILES.output);
      if (!statReal(file)) throw new Error(l10n.t('{0} has printed nothing.', run.name));
      // A link could show any file as the log.
      await closeFile(openReal(file));
      const uri = vscode.Uri.file(file);
      await vscode.window.showTextDocument(uri, { preview: true });
    }),

    'run.openFolder': one(l10n.t('Open Run Folder'), async ({ folder, run }) => {
      const { folder: path } = await folder.request('runs/get', { id: run.id });
      // On a remote machine there is no file manager, but the editor's own explorer works.
      const remote = vscode.env.remoteName !== undefined || vscode.env.uiKind === vscode.UIKind.Web;
      await vscode.commands.executeCommand(remote ? 'revealInExplorer' : 'revealFileInOS', vscode.Uri.file(path));
    }),

    'run.copyCommand': one(l10n.t('Copy as Command'), async ({ folder, run }) => {
      const detail = await folder.request('runs/get', { id: run.id });
      await vscode.env.clipboard.writeText(commandLine(detail, folder.path, process.platform));
      vscode.window.setStatusBarMessage(l10n.t('Copied the command of {0}.', run.name), 3000);
    }),

    'run.copyParams': one(l10n.t('Copy Parameters'), async ({ run }) => {
      const { paramsText } = await import('../asking/typedValues.js');
      await vscode.env.clipboard.writeText(paramsText(run));
      vscode.window.setStatusBarMessage(l10n.t('Copied the parameters of {0}.', run.name), 3000);
    }),

    'run.applyParams': one(l10n.t('Apply Parameters to File'), async ({ run }) => {
      if (!run.file || !parts.files.isExperiment(run.file))
        throw new Error(l10n.t('{0} was not started from an experiment file.', run.name));
      const changed = await changeFile(run.file, { params: run.params, floats: run.floats });
      await showFile(run.file);
      if (!changed) vscode.window.setStatusBarMessage(l10n.t('The file already has these values.'), 3000);
    }),

    'run.rename': one(l10n.t('Rename'), async ({ folder, run }) => {
      const name = await vscode.window.showInputBox({
        title: l10n.t('Rename {0}', run.name),
        value: run.name,
        validateInput: (text) => (text.trim() === '' ? l10n.t('A run needs a name.') : undefined),
      });
      if (name !== undefined && name.trim() !== run.name)
        await folder.request('runs/rename', { id: run.id, name: name.trim() });
    }),

    'run.tag': async (arg, selection) => {
      const runs = await runsFor(parts, arg, selection, { title: l10n.t('Tags'), many: true });
      const before = [...new Set(runs.flatMap(({ run }) => run.tags))];
      const text = await vscode.window.showInputBox({
        title: runs.length === 1 ? l10n.t('Tags of {0}', runs[0]!.run.name) : l10n.t('Tags of {0} runs', runs.length),
        prompt: l10n.t('Words separated by blanks or commas'),
        value: before.join(' '),
      });
      if (text === undefined) return;
      const after = [...new Set(text.split(/[\s,#]+/).filter(Boolean))];
      const add = after.filter((tag) => runs.some(({ run }) => !run.tags.includes(tag)));
      const remove = before.filter((tag) => !after.includes(tag));
      if (add.length + remove.length === 0) return;
      await perFolder(runs, (folder, ids) => folder.request('runs/tag', { ids, add, remove }));
    },

    'run.note': one(l10n.t('Note'), async ({ folder, run }) => {
      const note = await vscode.window.showInputBox({ title: l10n.t('Note on {0}', run.name), value: run.note });
      if (note !== undefined && note !== run.note) await folder.request('runs/note', { id: run.id, note });
    }),

    'run.delete': async (arg, selection) => {
      const runs = await runsFor(parts, arg, selection, {
        title: l10n.t('Delete Run'),
        many: true,
        status: ENDED_STATUSES,
      });
      const answers = await perFolder(runs, (folder, ids) => folder.request('runs/delete', { ids }));
      tellSkipped(answers, runs);
      const done = answers.flatMap((answer) => answer.done);
      if (done.length === 0) return;
      const text =
        done.length === 1 ? l10n.t('Deleted {0}.', nameOf(done[0]!, runs)) : l10n.t('Deleted {0} runs.', done.length);
      const undo = l10n.t('Undo');
      // Not awaited: the command is done, the message may stay for long.
      void vscode.window.showInformationMessage(text, undo).then(async (answer) => {
        if (answer !== undo) return;
        const back = runs.filter(({ run }) => done.includes(run.id));
        await perFolder(back, (folder, ids) => folder.request('runs/restore', { ids }));
      });
    },

    'run.restore': async (ids) => {
      const deleted = await deletedRuns(parts);
      const chosen = ids
        ? deleted.filter(({ run }) => ids.includes(run.id))
        : await pickDeleted(deleted, l10n.t('Restore Deleted Runs'));
      tellSkipped(await perFolder(chosen, (folder, each) => folder.request('runs/restore', { ids: each })), chosen);
    },

    'run.purge': async () => {
      const chosen = await pickDeleted(await deletedRuns(parts), l10n.t('Erase Deleted Runs from Disk'));
      const erase = l10n.t('Erase');
      const question = l10n.t(
        'Erase {0} runs with their logs, metrics and checkpoints, here and on the SSH hosts where they worked? This cannot be undone.',
        chosen.length,
      );
      if ((await vscode.window.showWarningMessage(question, { modal: true }, erase)) !== erase) return;
      const answers = await perFolder(chosen, (folder, ids) => folder.request('runs/purge', { ids }));
      tellSkipped(answers, chosen);
      tellLeft(
        answers.flatMap(({ left }) => left),
        chosen,
      );
    },
  };
}

async function deletedRuns(parts: Parts): Promise<RunIn[]> {
  const lists = await Promise.all(
    parts.engines.folders.map(async (folder) => {
      const answer = await folder.requestIfRunning('runs/list', { deleted: true, limit: 1000 });
      return (answer?.runs ?? []).filter(({ deletedAt }) => deletedAt !== null).map((run) => ({ folder, run }));
    }),
  );
  return lists.flat();
}

async function pickDeleted(deleted: RunIn[], title: string): Promise<RunIn[]> {
  if (deleted.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('No run is deleted.'));
    throw new vscode.CancellationError();
  }
  const items = deleted.map((each) => ({
    label: each.run.name,
    description: l10n.t('deleted {0} ago', formatDuration(Date.now() - (each.run.deletedAt ?? 0))),
    each,
  }));
  const picked = await vscode.window.showQuickPick(items, { title, canPickMany: true });
  if (!picked || picked.length === 0) throw new vscode.CancellationError();
  return picked.map(({ each }) => each);
}

const nameOf = (id: string, runs: readonly RunIn[]) => runs.find(({ run }) => run.id === id)?.run.name ?? id;

/** Tells the person which runs were skipped, and why. */
function tellSkipped(answers: RequestResult<'runs/stop'>[], runs: readonly RunIn[]): void {
  const skipped = answers.flatMap((answer) => answer.skipped);
  if (skipped.length === 0) return;
  const [first] = skipped;
  const more = skipped.length > 1 ? ` ${l10n.t('({0} more)', skipped.length - 1)}` : '';
  void vscode.window.showWarningMessage(`${nameOf(first!.id, runs)}: ${first!.why}${more}`);
}

/** Tells the person which folders stay on which SSH hosts. */
function tellLeft(left: RequestResult<'runs/purge'>['left'], runs: readonly RunIn[]): void {
  for (const host of new Set(left.map((one) => one.host))) {
    const each = left.filter((one) => one.host === host);
    const names = each.slice(0, 5).map(({ id }) => nameOf(id, runs));
    const list = each.length > 5 ? `${names.join(', ')} ${l10n.t('({0} more)', each.length - 5)}` : names.join(', ');
    const text = l10n.t('The folders of {0} stay on {1}: {2}', list, host, each[0]!.why);
    void vscode.window.showWarningMessage(text);
  }
}
