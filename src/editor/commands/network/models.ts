/** Commands for the models that the built-in trainer has trained. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { ENDED_STATUSES } from '../../../protocol/engine/index.js';
import { EXPORT_FORMATS, TrainerLine, fileNameOf, type ExportFormat } from '../../../protocol/trainer/index.js';
import { cell, reportHead, row } from './modelReport.js';
import { examinedReport, pickChecks, settingsOf } from './examineModel.js';
import { RANGE } from '../../../protocol/trainer/rangeTest.js';
import { changeFile } from '../../edits.js';
import { formatNumber } from '../../../format/numbers.js';
import { l10n } from '../../../format/l10n.js';
import type { Parts } from '../parts.js';
import { fileFor, runFor, type RunIn } from '../asking/pick.js';
import type { Handlers } from '../registry.js';
import { askTrainer } from './trainer.js';
import { showFile } from '../../showFile.js';
import { shown } from '../../../format/said.js';

type Names = 'run.exportModel' | 'run.evaluate' | 'run.examine' | 'run.predict' | 'run.lrRange' | 'run.useLearningRate';

const formats = (): Record<ExportFormat, string> => ({
  keras: l10n.t('Keras 3: one file for keras.saving.load_model'),
  tfjs: l10n.t('TensorFlow.js: a folder for tf.loadLayersModel'),
  onnx: l10n.t('ONNX: one file for ONNX Runtime and others'),
  safetensors: l10n.t('The weights alone, for any framework'),
  npz: l10n.t('The weights alone, for NumPy'),
});

export function modelCommands(parts: Parts): Pick<Handlers, Names> {
  const { engines, files, panels, places } = parts;

  const needTrust = (): void => {
    if (!vscode.workspace.isTrusted)
      throw new Error(l10n.t('This workspace is not trusted, so Tunesmith starts nothing in it.'));
  };

  const folderOf = async ({ folder, run }: RunIn): Promise<string> =>
    (await folder.request('runs/get', { id: run.id })).folder;

  /** Asks for one network of a cross-validation; returns '' for any other run. */
  const foldFor = async ({ run }: RunIn): Promise<string> => {
    const { folds, fold } = run.info;
    if (typeof folds !== 'number' || typeof fold === 'number') return '';
    const items = Array.from({ length: folds }, (_, i) => ({ label: l10n.t('Fold {0}', i + 1), fold: String(i + 1) }));
    const picked = await vscode.window.showQuickPick(items, { title: l10n.t('Which fold?') });
    if (!picked) throw new vscode.CancellationError();
    return picked.fold;
  };

  const saveAs = async (chosen: RunIn, title: string, name: string): Promise<string> => {
    const defaultUri = vscode.Uri.file(path.join(chosen.folder.path, name));
    const uri = await vscode.window.showSaveDialog({ title, defaultUri });
    if (!uri) throw new vscode.CancellationError();
    return uri.fsPath;
  };

  const openFiles = async (chosen: RunIn, title: string, folders: boolean): Promise<string[]> => {
    const uris = await vscode.window.showOpenDialog({
      title,
      canSelectFiles: !folders,
      canSelectFolders: folders,
      canSelectMany: !folders,
      defaultUri: vscode.Uri.file(chosen.folder.path),
    });
    if (!uris || uris.length === 0) throw new vscode.CancellationError();
    return uris.map(({ fsPath }) => fsPath);
  };

  /** Files to evaluate on; none: the run's own examples, if `own` says that there are any. */
  const pickFiles = async (chosen: RunIn, title: string, own: boolean): Promise<string[]> => {
    const items = [
      ...(own ? [{ label: l10n.t('The validation examples of its run'), of: 'own' }] : []),
      { label: l10n.t('Files…'), detail: l10n.t('A CSV file; inputs and targets as arrays; images'), of: 'files' },
      { label: l10n.t('A Folder of Images…'), of: 'folder' },
    ];
    const picked = await vscode.window.showQuickPick(items, { title });
    if (!picked) throw new vscode.CancellationError();
    return picked.of === 'own' ? [] : openFiles(chosen, title, picked.of === 'folder');
  };

  return {
    'run.exportModel': async (arg, format, out) => {
      needTrust();
      const title = l10n.t('Export Model');
      const chosen = await runFor(parts, arg, { title, status: ENDED_STATUSES });
      const words = formats();
      const items = EXPORT_FORMATS.map((each) => ({ label: each, detail: words[each] }));
      const picked = format ?? (await vscode.window.showQuickPick(items, { title, matchOnDetail: true }))?.label;
      const to = EXPORT_FORMATS.find((each) => each === picked);
      if (!to) throw new vscode.CancellationError();
      const file = out ?? (await saveAs(chosen, title, fileNameOf(chosen.run.name, to)));
      // The dialog has already asked whether to replace an existing file.
      const force = out === undefined ? '--force' : '';
      const args = ['--export', await folderOf(chosen), to, file, force, await foldFor(chosen)];
      const answer = await askTrainer(parts, args, l10n.t('Exporting {0}', chosen.run.name), TrainerLine);
      if (answer.type !== 'exported') throw new Error(l10n.t('The trainer did not report what it exported.'));
      const show = l10n.t('Show');
      const text = l10n.t('Exported {0}.', vscode.workspace.asRelativePath(file));
      // Not awaited: the command is done, the message may stay for long.
      void vscode.window.showInformationMessage(text, show).then((action) => {
        if (action === show) void vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(answer.files[0]!));
      });
      return answer.files;
    },

    'run.evaluate': async (arg, given) => {
      needTrust();
      const title = l10n.t('Evaluate Model');
      const chosen = await runFor(parts, arg, { title, status: ENDED_STATUSES });
      const on = given ?? (await pickFiles(chosen, title, true));
      const args = ['--evaluate', await folderOf(chosen), chosen.folder.path, await foldFor(chosen), ...on];
      const answer = await askTrainer(parts, args, l10n.t('Evaluating {0}', chosen.run.name), TrainerLine);
      if (answer.type !== 'evaluated') throw new Error(l10n.t('The trainer did not return metrics.'));
      const content = report(chosen.run.name, answer);
      const document = await vscode.workspace.openTextDocument({ language: 'markdown', content });
      await vscode.window.showTextDocument(document, { preview: true });
      return answer.metrics;
    },

    'run.examine': async (arg, given, checks) => {
      needTrust();
      const title = l10n.t('Explain and Test Model');
      const chosen = await runFor(parts, arg, { title, status: ENDED_STATUSES });
      const settings = checks ? settingsOf(checks) : await pickChecks(title);
      const on = given ?? (await pickFiles(chosen, title, true));
      const place = [await folderOf(chosen), chosen.folder.path, await foldFor(chosen)];
      const args = ['--examine', ...place, JSON.stringify(settings), ...on];
      const answer = await askTrainer(parts, args, l10n.t('Examining {0}', chosen.run.name), TrainerLine);
      if (answer.type !== 'examined') throw new Error(l10n.t('The trainer did not report what it found.'));
      const content = examinedReport(chosen.run.name, answer);
      const document = await vscode.workspace.openTextDocument({ language: 'markdown', content });
      await vscode.window.showTextDocument(document, { preview: true });
      return answer.found;
    },

    'run.predict': async (arg, given, out) => {
      needTrust();
      const title = l10n.t('Predict with Model');
      const chosen = await runFor(parts, arg, { title, status: ENDED_STATUSES });
      const on = given ?? (await pickFiles(chosen, title, false));
      const file = out ?? (await saveAs(chosen, title, 'predictions.csv'));
      if (on.includes(file)) throw new Error(l10n.t('{0} is the input file: choose another name.', file));
      const force = out === undefined ? '--force' : '';
      const args = ['--predict', await folderOf(chosen), chosen.folder.path, file, force, await foldFor(chosen), ...on];
      const answer = await askTrainer(parts, args, l10n.t('Predicting with {0}', chosen.run.name), TrainerLine);
      if (answer.type !== 'predicted') throw new Error(l10n.t('The trainer did not report its predictions.'));
      if (answer.notes.length > 0) void vscode.window.showWarningMessage(answer.notes.map(shown).join('\n'));
      await vscode.window.showTextDocument(vscode.Uri.file(file), { preview: true });
      return answer.examples;
    },

    'run.lrRange': async (arg) => {
      const file = await fileFor(parts, arg, l10n.t('Find Learning Rate'));
      const folder = engines.need(file);
      const text = await files.unsavedText(file);
      const { run } = await folder.request('runs/start', {
        file,
        rangeTest: {},
        ...(await folder.chosenPython()),
        ...(text !== undefined && { text }),
        ...places.placing(file),
      });
      panels.openForStart(folder, run.experiment, [run.id]);
      return run.id;
    },

    'run.useLearningRate': async (arg) => {
      const { run } = await runFor(parts, arg, {
        title: l10n.t('Use Suggested Learning Rate'),
        status: ENDED_STATUSES,
      });
      const rate = run.info[RANGE.suggestion];
      if (typeof rate !== 'number') throw new Error(l10n.t('{0} suggests no learning rate.', run.name));
      if (!run.file || !parts.files.isExperiment(run.file))
        throw new Error(l10n.t('{0} was not started from an experiment file.', run.name));
      const changed = await changeFile(run.file, { learningRate: rate });
      await showFile(run.file);
      const words = changed ? l10n.t('The learning rate is {0} now.', rate) : l10n.t('The file already has this rate.');
      vscode.window.setStatusBarMessage(words, 3000);
    },
  };
}

/** With more classes than this, the table would be unreadable. */
const MOST_CLASSES = 40;

function report(
  name: string,
  { data, examples, metrics, confusion, notes }: Extract<TrainerLine, { type: 'evaluated' }>,
): string {
  const lines = [
    ...reportHead({ name, data, examples, notes }),
    row([l10n.t('Metric'), l10n.t('Value')]),
    row(['---', '---:']),
    ...Object.entries(metrics).map(([metric, value]) =>
      row([cell(metric), value === null ? '–' : formatNumber(value)]),
    ),
  ];
  if (confusion && confusion.classes.length <= MOST_CLASSES) {
    const { classes, rows } = confusion;
    lines.push('', l10n.t('Rows: the true class; columns: the predicted class.'), '');
    lines.push(row(['', ...classes.map(cell)]), row(['---', ...classes.map(() => '---:')]));
    rows.forEach((counts, i) => lines.push(row([`**${cell(classes[i]!)}**`, ...counts.map(String)])));
  }
  return `${lines.join('\n')}\n`;
}
