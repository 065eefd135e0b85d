/** Evaluates a saved network on examples, and writes its predictions to a CSV file. */
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { csv } from '../../protocol/values/csv.js';
import { TEST_PART } from '../../protocol/trainer/index.js';
import { RunSpec } from '../../protocol/run/runFolder.js';
import { readReal } from '../../files/real.js';
import { fromRecord, workspaceOf } from '../../files/runPaths.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { Feed, toTensors } from '../loop/batches.js';
import { lossKnown } from '../loop/defaults.js';
import { divisionsOf, openData, testDivision } from '../data/index.js';
import { prepare, type Prepared } from '../data/prepared.js';
import type { Examples } from '../data/types.js';
import { TrainingError } from '../errors.js';
import { evaluate, type Evaluation } from './evaluate.js';
import { cardOf, targetsOf } from '../export/card.js';
import { writeWhole } from '../../files/whole.js';
import { buildLoss } from '../losses/index.js';
import type { SavedModel } from '../checkpoints/savedModel.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

export interface PredictContext {
  /** Folder that relative paths start from. */
  folder: string;
  /** Batch size. */
  batch: number;
  signal: AbortSignal;
  onProgress(fraction: number | null, text: string): void;
}

export interface Judged extends Evaluation {
  data: string;
  examples: number;
  notes: Said[];
}

/** Evaluates on `files`, or, without files, on the run's own validation examples. */
export async function evaluateSaved(
  model: SavedModel,
  runFolder: string,
  files: readonly string[],
  context: PredictContext,
  fold: number | null = null,
): Promise<Judged> {
  const { saved } = model;
  const given = await examplesFor(model, runFolder, files, context, fold);
  const { examples, name } = given;
  const loss = buildLoss(saved.network.loss, model.dataset, model.model.outputs);
  let batches = 0;
  try {
    const result = await evaluate(model.model, loss, model.dataset, examples, {
      batchSize: context.batch,
      metrics: saved.network.metrics,
      pause: () => {
        context.onProgress(Math.min(1, (batches++ * context.batch) / examples.count), `evaluating on ${name}`);
        context.signal.throwIfAborted();
        return Promise.resolve(true);
      },
    });
    const { module } = saved.network.metrics;
    // A network may come from elsewhere: evaluating it runs no code that it names.
    const own = module === null ? [] : [said('metrics of {0} are measured while training only', module)];
    return { ...result!, data: name, examples: examples.count, notes: [...given.notes(), ...own] };
  } finally {
    loss.dispose();
    await given.close();
  }
}

/**
 * Opens `files`, or, without files, the run's own validation examples, or, for `TEST_PART`, its test part. The caller
 * closes them.
 */
export function examplesFor(
  model: SavedModel,
  runFolder: string,
  files: readonly string[],
  context: PredictContext,
  fold: number | null,
): Promise<Prepared> {
  if (files.length === 0 || files[0] === TEST_PART) {
    return ownExamples(model, runFolder, context, { fold, test: files.length > 0 });
  }
  return unlessStopped(prepare(model.saved, files, { folder: context.folder, needTargets: true }), context.signal);
}

async function ownExamples(
  model: SavedModel,
  runFolder: string,
  context: PredictContext,
  { fold, test: isTest }: { fold: number | null; test: boolean },
): Promise<Prepared> {
  const spec = RunSpec.parse(JSON.parse(readReal(join(runFolder, RUN_FILES.spec))));
  const { network } = model.saved;
  const data = await openData(network.data, {
    folder: fromRecord(workspaceOf(runFolder), spec.file ? dirname(spec.file) : spec.cwd),
    validation: network.validation,
    loss: lossKnown(network),
    signal: context.signal,
    onProgress: (text) => context.onProgress(null, text),
  });
  const { test } = network;
  if (isTest && test === null) {
    throw new TrainingError(
      said('this run has no test part: "test:" in its file keeps one from training and validation'),
    );
  }
  const division =
    isTest && test !== null ? testDivision(data, { ...network, test }) : divisionsOf(data, network)[(fold ?? 1) - 1];
  if (!division) throw new TrainingError(said('there is no fold {0}', fold));
  const dataset = await data.dataset(division, 1);
  return {
    name: `the ${isTest ? 'test' : 'validation'} examples of ${dataset.name}`,
    examples: dataset.validation,
    hasTargets: true,
    names: null,
    notes: () => dataset.notes,
    close: () => data.close(),
  };
}

/** Writes a row for every example and returns the names of the columns. */
export async function predictSaved(
  model: SavedModel,
  files: readonly string[],
  output: string,
  context: PredictContext,
): Promise<{ examples: number; columns: string[]; notes: Said[] }> {
  const settings = { folder: context.folder, needTargets: false };
  const given = await unlessStopped(prepare(model.saved, files, settings), context.signal);
  const table = new PredictionTable(model, given);
  try {
    await writeWhole(output, async (file) => {
      await file.write(`${csv(table.columns)}\n`);
      for await (const { outputs, from, to } of outputsOf(model, given.examples, context)) {
        const rows: string[] = [];
        for (let i = from; i < to; i++) rows.push(`${csv(table.row(i, outputs, i - from))}\n`);
        await file.write(rows.join(''));
      }
    });
  } finally {
    await given.close();
  }
  return { examples: given.examples.count, columns: table.columns, notes: given.notes() };
}

/**
 * Rejects as soon as the signal aborts, without waiting for `work`: opening a large file takes time, and the process is
 * about to end.
 */
function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

async function* outputsOf(
  model: SavedModel,
  examples: Examples,
  context: PredictContext,
): AsyncGenerator<{ outputs: Float32Array; from: number; to: number }> {
  const order = Int32Array.from({ length: examples.count }, (_, i) => i);
  const feed = new Feed(model.dataset, examples, order, context.batch);
  for (let from = 0; from < examples.count; from += context.batch) {
    context.signal.throwIfAborted();
    const to = Math.min(from + context.batch, examples.count);
    context.onProgress(from / examples.count, `predicting ${to} of ${examples.count}`);
    const values = await feed.batch(from, to);
    const result = tf.tidy(() => model.meant(model.raw(toTensors(values, model.dataset.inputShape).inputs)));
    const outputs = Float32Array.from(await result.data());
    result.dispose();
    yield { outputs, from, to };
  }
}

/** Rows of predictions: row number from 1, name if there is one, the prediction, and the score of each class. */
export class PredictionTable {
  readonly columns: string[];
  private readonly kind: 'probabilities' | 'scores' | 'values';

  constructor(
    private readonly model: SavedModel,
    private readonly given: Prepared,
    /** Numbers of each example. */
    private readonly width: number = model.model.outputs,
  ) {
    const { saved } = model;
    const { classes, outputs, preparation } = saved.data;
    const { kind } = cardOf(saved, this.width, false).output;
    this.kind = kind;
    const targets = targetsOf(preparation);
    const predicted = classes
      ? ['prediction', ...classes.map((name) => `${kind === 'scores' ? 'score' : 'probability'}:${name}`)]
      : (targets?.map((name) => `prediction:${name}`) ??
        (outputs > 1 ? Array.from({ length: outputs }, (_, i) => `prediction:${i + 1}`) : ['prediction']));
    this.columns = ['row', ...(given.names ? ['file'] : []), ...predicted];
  }

  /** Returns the row of example `i`, whose outputs are at position `at` of the batch. */
  row(i: number, values: Float32Array, at: number): (string | number)[] {
    const { classes } = this.model.saved.data;
    // Nine digits distinguish all 32-bit numbers.
    const own = Array.from(values.subarray(at * this.width, (at + 1) * this.width), (value) =>
      Number(value.toPrecision(9)),
    );
    const start = [i + 1, ...(this.given.names ? [this.given.names[i]!] : [])];
    if (!classes) return [...start, ...own];
    const each = own.length === 1 ? this.ofTwo(own[0]!) : own;
    let best = 0;
    each.forEach((value, j) => {
      if (value > each[best]!) best = j;
    });
    return [...start, classes[best]!, ...each];
  }

  /** Returns both probabilities from a single output, which is the second class's. */
  private ofTwo(value: number): [number, number] {
    return this.kind === 'probabilities' ? [Number((1 - value).toPrecision(9)), value] : [-value, value];
  }
}
