/** The end of a search for a network: the best of its runs, their ensemble, the found file and the report. */
import * as path from 'node:path';
import type { EngineConnection } from '../engine/clients/index.js';
import { foundText } from '../experiment/auto/found.js';
import { reportText } from './report.js';
import type { Experiment } from '../experiment/types.js';
import { readReal, STATE_LIMIT } from '../files/real.js';
import { writeWhole } from '../files/whole.js';
import type { AutoLine, AutoTask, FoundLine } from '../protocol/trainer/automatic.js';
import { ENDED_STATUSES, type Run, type RunDetail, type Search } from '../protocol/engine/index.js';
import type { Floats } from '../protocol/values/floats.js';
import { RUN_FILES } from '../protocol/run/runFiles.js';
import type { Params } from '../protocol/values/index.js';
import { AutoError, freeFiles } from './files.js';
import { relocated } from './relocated.js';
import { l10n } from '../format/l10n.js';

export type AutoAnswer = Exclude<AutoLine, { type: 'progress' | 'error' }>;
/** Asks the trainer; rejects with its error. */
export type AskAuto = (task: AutoTask, title: string) => Promise<AutoAnswer>;

/** Networks that are loaded at the end. */
const MOST_RUNS = 40;

export interface Finished {
  file: string;
  report: string;
  /** File to predict with; null: the run of the best network. */
  ensemble: string | null;
  params: Params;
  floats: Floats | undefined;
  found: FoundLine;
}

export interface FinishOptions {
  engine: Pick<EngineConnection, 'request'>;
  ask: AskAuto;
  search: Search;
  out: string | null;
  notes: readonly string[];
  seconds: number;
  /** Seconds for training the chosen networks again. */
  refit: number;
}

/** Writes the files. Throws an AutoError if there is no network. */
export async function finish({ engine, ask, search, out, notes, seconds, refit }: FinishOptions): Promise<Finished> {
  const { runs } = await engine.request('runs/list', { search: search.id, limit: 1000 });
  const ended = runs.filter(({ status }) => ENDED_STATUSES.includes(status));
  const candidates = ended.sort((a, b) => valueOf(a) - valueOf(b)).slice(0, MOST_RUNS);
  if (candidates.length === 0) throw new AutoError(l10n.t('No network was trained: give it more time.'));
  const details = await Promise.all(candidates.map(({ id }) => engine.request('runs/get', { id })));
  const answer = await ask(
    { type: 'find', runs: details.map(({ id, folder }) => ({ id, folder })), refit },
    l10n.t('Comparing the networks'),
  );
  if (answer.type !== 'found') throw new AutoError(l10n.t('The trainer did not report which network is best.'));
  const best = details.find(({ id }) => id === answer.best.run)!;
  const experiment = experimentOf(best);
  if (experiment.program.kind !== 'network')
    throw new AutoError(l10n.t('{0} is not a search for a network.', search.name));
  const searched = Object.keys(search.space);
  const file = search.file ?? experiment.file;
  const files = freeFiles(file, out);
  const isChosen = (name: string) => searched.includes(name);
  const params = Object.fromEntries(Object.entries(best.params).filter(([name]) => isChosen(name)));
  const moved = relocated(experiment.program.value as Record<string, unknown>, file, files.found);
  const text = foundText({
    name: `${experiment.name} best`,
    template: moved,
    params: best.params,
    inputShape: answer.data.inputShape,
    outputs: answer.data.outputs,
    loss: answer.data.classes ? 'crossEntropy' : 'mse',
    epochs: answer.network.epochs,
  });
  await writeWhole(files.found, text);
  const ensemble = answer.ensemble !== null || answer.whole !== null;
  if (ensemble) await writeWhole(files.ensemble, ensembleText(answer));
  const shown = (name: string) => path.relative(path.dirname(files.report), name);
  const limit = best.params.limit;
  const examples = Number(best.info.train_examples);
  await writeWhole(
    files.report,
    reportText({
      data: String(best.info.dataset ?? search.name),
      found: answer,
      counts: { ...search.counts, total: 0, running: 0 },
      seconds,
      seed: null,
      notes,
      searched,
      params: new Map(details.map((one) => [one.id, one.params])),
      files: { found: shown(files.found), ensemble: ensemble ? shown(files.ensemble) : null },
      examples: { train: examples, limited: typeof limit === 'number' && examples >= limit },
      search: search.id,
    }),
  );
  return {
    file: files.found,
    report: files.report,
    ensemble: ensemble ? files.ensemble : null,
    params,
    floats: best.floats,
    found: answer,
  };
}

/** The file that `tunesmith predict` reads. */
function ensembleText({ best, ensemble, whole, metric }: FoundLine): string {
  const members = whole?.members ?? ensemble!.members;
  const { loss, validation } = ensemble ?? best;
  const test = whole?.test ?? ensemble?.test ?? null;
  return `${JSON.stringify({ format: 'tunesmith ensemble', members, metric, validation, test, loss }, null, 2)}\n`;
}

function experimentOf({ folder }: RunDetail): Experiment {
  return JSON.parse(readReal(path.join(folder, RUN_FILES.experiment), STATE_LIMIT)) as Experiment;
}

/** The value of the objective, where lower is better; runs without one come last. */
function valueOf({ objective }: Run): number {
  const value = objective?.value;
  return typeof value === 'number' ? value : Infinity;
}
