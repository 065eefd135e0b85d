/** Plain scripts: run as they are, and an experiment file written for them. */
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { l10n } from '../../format/l10n.js';
import type { FolderEngine } from '../link/folderEngine.js';
import type { FileArg } from '../manifest/commands.js';
import { loadScripts } from '../scripts/scriptLenses.js';
import type { Parts } from './parts.js';
import type { Handlers } from './registry.js';
import { showFile } from '../showFile.js';

type Names = Extract<keyof Handlers, `script.${string}`>;

/** Number of earlier runs whose metrics are considered. */
const MOST_RUNS = 200;

export function scriptCommands(parts: Parts): Pick<Handlers, Names> {
  const { engines, panels, places } = parts;

  /** Reads the script as the editor has it; unsaved changes are saved first, since the program reads the file. */
  const read = async (arg: FileArg | undefined) => {
    const scripts = await loadScripts();
    const file = typeof arg === 'string' ? arg : (arg?.fsPath ?? vscode.window.activeTextEditor?.document.uri.fsPath);
    if (file === undefined || !scripts.isScript(file))
      throw new Error(l10n.t('Open a script first: a .py, .js, .ts or .sh file.'));
    const folder = engines.need(file);
    const document = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'file' && uri.fsPath === file);
    if (document?.isDirty && !(await document.save())) throw new Error(l10n.t('{0} could not be saved.', file));
    return { scripts, file, folder, ...scripts.readScript(file, folder.path, folder.path, document?.getText()) };
  };

  const run = async (arg: FileArg | undefined): Promise<string | undefined> => {
    const { scripts, file, folder, found, text, place } = await read(arg);
    const missing = scripts.missingOf(found, []).map(({ name }) => name);
    if (missing.length > 0) {
      const [tune, anyway] = [l10n.t('Tune…'), l10n.t('Run Anyway')];
      const question = l10n.t('{0} needs a value for {1}.', path.basename(file), missing.join(', '));
      const answer = await vscode.window.showWarningMessage(question, tune, anyway);
      if (answer === tune) return void (await write(file));
      if (answer !== anyway) throw new vscode.CancellationError();
    }
    const title = l10n.t('Starting the run…');
    const { run: started } = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title },
      async () =>
        folder.request('runs/start', {
          file,
          text: scripts.plainRunText(found, text, place, []),
          ...(await folder.chosenPython()),
          ...places.placing(file),
        }),
    );
    panels.openForStart(folder, started.experiment, [started.id]);
    return started.id;
  };

  /** Writes the experiment file and opens it. An existing file is opened unchanged, and replaced only on request. */
  const write = async (arg: FileArg | undefined, replace = false): Promise<string> => {
    const { scripts, file, folder, found, text, place } = await read(arg);
    const target = scripts.tuneFileOf(file);
    const written = scripts.tuneText(found, text, place, await earlierRuns(folder, file, place.name));
    const isNew = await writeFile(target, written, { flag: replace ? 'w' : 'wx' }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    await showFile(target);
    if (!isNew) void offerReplacement(file, target);
    return target;
  };

  const offerReplacement = async (file: string, target: string): Promise<void> => {
    const replace = l10n.t('Write It Again');
    const text = l10n.t('{0} already exists.', path.basename(target));
    if ((await vscode.window.showInformationMessage(text, replace)) === replace) await write(file, true);
  };

  return { 'script.run': run, 'script.tune': (arg) => write(arg) };
}

/** Metrics of the script's runs, those of the latest first. */
async function earlierRuns(folder: FolderEngine, file: string, name: string) {
  const answer = await folder.requestIfRunning('runs/list', { limit: MOST_RUNS });
  const own = (answer?.runs ?? []).filter((run) => run.file === file || run.experiment === name);
  return { count: own.length, metrics: [...new Set(own.flatMap((run) => Object.keys(run.metrics)))] };
}
