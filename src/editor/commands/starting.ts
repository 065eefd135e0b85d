/** Starting runs and searches: from a file, from an earlier run, with or without changed parameters. */
import * as vscode from 'vscode';
import type { Params } from '../../protocol/values.js';
import { l10n } from '../l10n.js';
import { loadExperiments } from '../language/documents.js';
import type { FolderEngine } from '../link/folderEngine.js';
import type { FileArg, RunArg } from '../manifest/commands.js';
import { setting } from '../settings.js';
import { askParams, fieldsOf } from './params.js';
import type { Parts } from './parts.js';
import { fileFor, findRun, runFor, runsFor } from './pick.js';
import type { Handlers } from './registry.js';
import { entryOf } from '../../protocol/records.js';

type Names = 'run.start' | 'run.startWith' | 'run.rerun' | 'run.rerunWith' | 'search.start';

export function startingCommands(parts: Parts): Pick<Handlers, Names> {
  const { engines, files, panels } = parts;

  /** Says that something happens while an engine comes up; quick starts show nothing. */
  const starting = <T>(title: string, work: () => Promise<T>): Promise<T> =>
    Promise.resolve(vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, work));

  const run = async (file: string, params?: Params) => {
    const folder = engines.need(file);
    const text = await files.unsavedText(file);
    const { run: started } = await starting(l10n.t('Starting the run…'), async () =>
      folder.request('runs/start', {
        file,
        ...(await folder.chosenPython()),
        ...(text !== undefined && { text }),
        ...(params && Object.keys(params).length > 0 && { params }),
      }),
    );
    shown(folder, started.id, started.experiment);
    return started.id;
  };

  const shown = (folder: FolderEngine, id: string, experiment: string) => {
    panels.openForStart(folder, experiment, [id]);
  };

  const rerun = async (id: string, params?: Params) => {
    const { folder } = await findRun(parts, id);
    const { run: started } = await starting(l10n.t('Starting the run…'), () =>
      folder.request('runs/rerun', { id, ...(params && Object.keys(params).length > 0 && { params }) }),
    );
    panels.openForStart(folder, started.experiment, [id, started.id]);
    return started.id;
  };

  return {
    'run.start': async (arg?: FileArg) => run(await fileFor(parts, arg, l10n.t('Run'))),

    'run.startWith': async (arg?: FileArg, given?: Params) => {
      const file = await fileFor(parts, arg, l10n.t('Run with Changed Parameters'));
      if (given) return run(file, given);
      const experiments = await loadExperiments();
      const text = (await vscode.workspace.openTextDocument(file)).getText();
      const form = experiments.formOf(text, file);
      if (form.fields.length === 0) return run(file);
      const params = await askParams(
        l10n.t('Run with Changed Parameters'),
        l10n.t('Run'),
        form.fields,
        async (name, value) => {
          return entryOf(experiments.checkForm(text, file, { [name]: value }).params, name);
        },
      );
      return run(file, params);
    },

    'run.rerun': async (arg?: RunArg, selection?: readonly unknown[]) => {
      const runs = await runsFor(parts, arg, selection, { title: l10n.t('Rerun'), many: true });
      return Promise.all(runs.map(({ run: { id } }) => rerun(id)));
    },

    'run.rerunWith': async (arg?: RunArg) => {
      const { run: earlier } = await runFor(parts, arg, { title: l10n.t('Rerun with Changed Parameters') });
      const title = l10n.t('Rerun {0} with changed parameters', earlier.name);
      const params = await askParams(title, l10n.t('Rerun'), fieldsOf(earlier.params), async () => undefined);
      return rerun(earlier.id, params);
    },

    'search.start': async (arg?: FileArg) => {
      const file = await fileFor(parts, arg, l10n.t('Start Search'));
      const folder = engines.need(file);
      const text = await files.unsavedText(file);
      const parallel = setting('search.parallel', vscode.Uri.file(file));
      const { search } = await starting(l10n.t('Starting the search…'), async () =>
        folder.request('searches/start', {
          file,
          ...(await folder.chosenPython()),
          ...(text !== undefined && { text }),
          ...(parallel > 0 && { parallel }),
        }),
      );
      panels.openForStart(folder, search.experiment, []);
      return search.id;
    },
  };
}
