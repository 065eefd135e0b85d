/** The trainer's side of `tunesmith export --to`, `evaluate` and `predict`: NDJSON on standard output, see protocol/trainer/index.ts. */
import { resolve } from 'node:path';
import { ExamineSettings } from '../../protocol/trainer/examined.js';
import { EXPORT_FORMATS, type ExportFormat, type TrainerLine } from '../../protocol/trainer/index.js';
import { chooseBackend, requestedBackend, startBackend } from '../backends/index.js';
import { TrainingError, toldOf } from '../errors.js';
import { exportNetwork } from '../export/index.js';
import { checkOutput } from '../files/output.js';
import { examine } from '../examine/index.js';
import { evaluateSaved, examplesFor, predictSaved, type PredictContext } from '../evaluation/predict.js';
import { loadSaved } from '../checkpoints/saved.js';
import { SavedModel } from '../checkpoints/savedModel.js';
import { said } from '../../format/said.js';

const say = (line: TrainerLine) => void process.stdout.write(`${JSON.stringify(line)}\n`);
const PROGRESS_MS = 200;

/** Executes the arguments' command; returns false when they don't contain one. */
export async function modelCommand(args: readonly string[]): Promise<boolean> {
  const [command, runFolder = '', ...rest] = args;
  const work = {
    '--export': exportSaved,
    '--evaluate': evaluateFiles,
    '--examine': examineFiles,
    '--predict': predictFiles,
  }[command ?? ''];
  if (!work) return false;
  try {
    await work(runFolder, rest);
    // Exits explicitly, because backends may keep threads running.
    process.stdout.write('', () => process.exit(0));
  } catch (error) {
    say({ type: 'error', ...toldOf(error) });
    process.stdout.write('', () => process.exit(1));
  }
  return true;
}

async function exportSaved(runFolder: string, [format, path, force, fold]: string[]): Promise<void> {
  if (!(EXPORT_FORMATS as readonly unknown[]).includes(format) || !path) {
    throw new TrainingError(said('a network is exported as one of {0}', EXPORT_FORMATS.join(', ')));
  }
  const saved = await loadSaved(runFolder, foldOf(fold));
  say({
    type: 'exported',
    files: await exportNetwork(saved, format as ExportFormat, resolve(path), force === '--force'),
  });
}

async function evaluateFiles(runFolder: string, [folder = '.', fold, ...files]: string[]): Promise<void> {
  await withModel(runFolder, folder, foldOf(fold), async (model, context) => {
    const { values, confusion, ...facts } = await evaluateSaved(model, runFolder, files, context, foldOf(fold));
    // JSON has no NaN.
    const metrics = Object.entries(values).map(([name, value]) => [name, Number.isFinite(value) ? value : null]);
    say({
      type: 'evaluated',
      ...facts,
      metrics: Object.fromEntries(metrics) as Record<string, number | null>,
      confusion: confusion && { classes: [...confusion.classes], rows: confusion.rows },
    });
  });
}

async function examineFiles(runFolder: string, [folder = '.', fold, settings = '', ...files]: string[]): Promise<void> {
  const wanted = ExamineSettings.parse(JSON.parse(settings));
  await withModel(runFolder, folder, foldOf(fold), async (model, context) => {
    const given = await examplesFor(model, runFolder, files, context, foldOf(fold));
    try {
      const found = await examine(model, runFolder, given.examples, wanted, context);
      say({ type: 'examined', data: given.name, examples: given.examples.count, found, notes: given.notes() });
    } finally {
      await given.close();
    }
  });
}

async function predictFiles(
  runFolder: string,
  [folder = '.', output = '', force = '', fold, ...files]: string[],
): Promise<void> {
  await checkOutput(output, force === '--force');
  await withModel(runFolder, folder, foldOf(fold), async (model, context) => {
    say({ type: 'predicted', file: output, ...(await predictSaved(model, files, output, context)) });
  });
}

async function withModel(
  runFolder: string,
  folder: string,
  fold: number | null,
  work: (model: SavedModel, context: PredictContext) => Promise<void>,
): Promise<void> {
  const saved = await loadSaved(runFolder, fold);
  const { evaluationBatch } = await startBackend(await chooseBackend(requestedBackend(null)));
  const aborter = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => aborter.abort(new TrainingError(said('it was stopped'))));
  }
  let last = 0;
  const onProgress = (fraction: number | null, text: string): void => {
    const now = Date.now();
    if (now - last < PROGRESS_MS) return;
    last = now;
    say({ type: 'progress', fraction, text });
  };
  const model = new SavedModel(saved);
  try {
    await work(model, { folder, batch: evaluationBatch, signal: aborter.signal, onProgress });
  } finally {
    model.dispose();
  }
}

/** Parses a fold; an empty word stands for none. */
function foldOf(word: string | undefined): number | null {
  if (!word) return null;
  const fold = Number(word);
  if (!Number.isInteger(fold) || fold < 1) throw new TrainingError(said('a fold is a number from 1, not "{0}"', word));
  return fold;
}
