/** Starting runs and searches: from a file, from an earlier run, with or without changed parameters. */
import * as vscode from 'vscode';
import type { Params } from '../../protocol/values/index.js';
import { l10n } from '../../format/l10n.js';
import { loadExperiments } from '../language/documents.js';
import type { FolderEngine } from '../link/folderEngine.js';
import type { FileArg, RunArg } from '../manifest/commands.js';
import { setting } from '../settings.js';
import { askParams, fieldsOf, type Changed } from './asking/params.js';
import type { Parts } from './parts.js';
import { fileFor, findRun, runFor, runsFor } from './asking/pick.js';
import type { Handlers } from './registry.js';
import { entryOf } from '../../protocol/values/records.js';

type Names = 'run.start' | 'run.startWith' | 'run.rerun' | 'run.rerunWith' | 'run.branch' | 'search.start';

export function startingCommands(parts: Parts): Pick<Handlers, Names> {
  const { engines, files, panels, places } = parts;

  /** Shows progress while an engine starts, unless it starts quickly. */
  const starting = <T>(title: string, work: () => Promise<T>): Promise<T> =>
    Promise.resolve(vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, work));

  /** `afresh`: the stage of a pipeline that is done again although nothing has changed. */
  const run = async (file: string, changed?: Changed, afresh?: string) => {
    const folder = engines.need(file);
    const text = await files.unsavedText(file);
    const { run: started } = await starting(l10n.t('Starting the run…'), async () =>
      folder.request('runs/start', {
        file,
        ...(await folder.chosenPython()),
        ...(text !== undefined && { text }),
        ...given(changed),
        ...places.placing(file),
        ...(afresh !== undefined && { afresh }),
      }),
    );
    shown(folder, started.id, started.experiment);
    return started.id;
  };

  const shown = (folder: FolderEngine, id: string, experiment: string) => {
    panels.openForStart(folder, experiment, [id]);
  };

  const rerun = async (id: string, changed?: Changed) => {
    const { folder } = await findRun(parts, id);
    const { run: started } = await starting(l10n.t('Starting the run…'), () =>
      folder.request('runs/rerun', { id, ...given(changed) }),
    );
    panels.openForStart(folder, started.experiment, [id, started.id]);
    return started.id;
  };

  return {
    'run.start': async (arg?: FileArg, afresh?: unknown) =>
      run(await fileFor(parts, arg, l10n.t('Run')), undefined, typeof afresh === 'string' ? afresh : undefined),

    'run.startWith': async (arg?: FileArg, params?: Params) => {
      const file = await fileFor(parts, arg, l10n.t('Run with Changed Parameters'));
      if (params) return run(file, { params });
      const experiments = await loadExperiments();
      const text = (await vscode.workspace.openTextDocument(file)).getText();
      const form = experiments.formOf(text, file);
      if (form.fields.length === 0) return run(file);
      const changed = await askParams(
        l10n.t('Run with Changed Parameters'),
        l10n.t('Run'),
        form.fields,
        async (name, value) => {
          return entryOf(experiments.checkForm(text, file, { [name]: value }).params, name);
        },
      );
      return run(file, changed);
    },

    'run.rerun': async (arg?: RunArg, selection?: readonly unknown[]) => {
      const runs = await runsFor(parts, arg, selection, { title: l10n.t('Rerun'), many: true });
      return Promise.all(runs.map(({ run: { id } }) => rerun(id)));
    },

    'run.rerunWith': async (arg?: RunArg) => {
      const { run: earlier } = await runFor(parts, arg, { title: l10n.t('Rerun with Changed Parameters') });
      const title = l10n.t('Rerun {0} with changed parameters', earlier.name);
      const changed = await askParams(title, l10n.t('Rerun'), fieldsOf(earlier), async () => undefined);
      return rerun(earlier.id, changed);
    },

    'run.branch': async (arg?: RunArg) => {
      const { folder, run: earlier } = await runFor(parts, arg, { title: l10n.t('Branch from a Checkpoint') });
      const title = l10n.t('Branch from the newest checkpoint of {0}', earlier.name);
      const changed = await askParams(title, l10n.t('Branch'), fieldsOf(earlier), async () => undefined);
      const { run: started } = await starting(l10n.t('Starting the run…'), () =>
        folder.request('runs/branch', { id: earlier.id, ...given(changed) }),
      );
      panels.openForStart(folder, started.experiment, [earlier.id, started.id]);
      return started.id;
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
          ...places.placing(file),
        }),
      );
      panels.openForStart(folder, search.experiment, []);
      return search.id;
    },
  };
}

/** The part of a request that gives changed values; nothing when none is. */
function given(changed: Changed | undefined): Partial<Changed> {
  return changed && Object.keys(changed.params).length > 0 ? changed : {};
}
