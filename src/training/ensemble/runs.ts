/** Predictions of the trained networks of several runs, on the same examples, each with its own preparation of them. */
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { fromRecord, workspaceOf } from '../../files/runPaths.js';
import { readReal } from '../../files/real.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { RunSpec } from '../../protocol/run/runFolder.js';
import { loadSaved } from '../checkpoints/saved.js';
import type { Network } from '../../experiment/network/index.js';
import { SavedModel } from '../checkpoints/savedModel.js';
import { divisionsOf, openData, testDivision } from '../data/index.js';
import type { Dataset, Examples, OpenData } from '../data/types.js';
import { TrainingError, messageOf, saidOf } from '../errors.js';
import { Feed, toTensors } from '../loop/batches.js';
import { lossKnown } from '../loop/defaults.js';
import type { Predictions, Truth } from './select.js';
import { said, type Word } from '../../format/said.js';

export interface Member {
  run: string;
  /** The run's folder. */
  folder: string;
  parts: Parts;
  model: SavedModel;
  validation: Predictions;
  test: Predictions | null;
}

export interface Loaded {
  members: Member[];
  validation: Truth & { examples: number };
  /** Null: the runs kept no test part. */
  test: (Truth & { examples: number }) | null;
  /** Runs that could not be used, and why. */
  left: { run: string; why: string; said: Word }[];
}

export interface LoadRuns {
  runs: readonly { id: string; folder: string }[];
  batch: number;
  signal: AbortSignal;
  onProgress(fraction: number | null, text: string): void;
}

/** Loads the networks and their predictions. Throws TrainingError when there is none. The caller disposes the models. */
export async function loadRuns({ runs, batch, signal, onProgress }: LoadRuns): Promise<Loaded> {
  const sets = new Map<string, Promise<Parts>>();
  const members: Member[] = [];
  const left: Loaded['left'] = [];
  let parts: Parts | null = null;
  for (const [i, { id, folder }] of runs.entries()) {
    signal.throwIfAborted();
    onProgress(i / runs.length, `networks: ${i + 1} of ${runs.length}`);
    try {
      const saved = await loadSaved(folder);
      const { data, validation, test } = saved.network;
      const key = JSON.stringify([data, validation, test]);
      if (!sets.has(key)) sets.set(key, partsOf(folder, saved.network, signal));
      const own = await sets.get(key)!;
      if (parts && !isSame(parts, own)) throw new TrainingError(said('it was evaluated on other examples'));
      const model = new SavedModel(saved);
      members.push({
        run: id,
        folder,
        parts: own,
        model,
        validation: await predictions(model, own.dataset.validation, batch),
        test: own.test && (await predictions(model, own.test.validation, batch)),
      });
      parts ??= own;
    } catch (error) {
      signal.throwIfAborted();
      left.push({ run: id, why: messageOf(error), said: saidOf(error) });
    }
  }
  if (!parts || members.length === 0) {
    throw new TrainingError(
      left[0] ? said('no network can be used: {0}', left[0].said) : said('there is no network yet'),
    );
  }
  const truth = ({ targets, count }: Examples) => ({
    targets,
    examples: count,
    classes: parts.dataset.classes !== null,
  });
  return {
    members,
    left,
    validation: truth(parts.dataset.validation),
    test: parts.test && truth(parts.test.validation),
  };
}

export interface Parts {
  data: OpenData;
  dataset: Dataset;
  test: Dataset | null;
}

/** Returns the data whose training examples are all but those of the test, and the test part as prepared with them. */
export async function wholeOf({ data }: Parts, network: Network): Promise<{ dataset: Dataset; test: Dataset | null }> {
  const [division] = divisionsOf(data, network);
  const { train, validation } = division!;
  const { test } = network;
  // Examples that come with the data for validation have no index.
  const all = validation ? Int32Array.from([...train, ...validation]).sort() : train;
  // The training evaluates itself on examples that it has seen, never on the test part.
  const dataset = await data.dataset({ train: all, validation }, 1);
  if (test === null) return { dataset, test: null };
  const judged = testDivision(data, { ...network, test }).validation;
  return { dataset, test: await data.dataset({ train: all, validation: judged }, 1) };
}

async function partsOf(folder: string, network: SavedModel['saved']['network'], signal: AbortSignal): Promise<Parts> {
  const spec = RunSpec.parse(JSON.parse(readReal(join(folder, RUN_FILES.spec))));
  const data = await openData(network.data, {
    folder: fromRecord(workspaceOf(folder), spec.file ? dirname(spec.file) : spec.cwd),
    validation: network.validation,
    loss: lossKnown(network),
    signal,
    onProgress: () => undefined,
  });
  const [division] = divisionsOf(data, network);
  const { test } = network;
  return {
    data,
    dataset: await data.dataset(division!, 1),
    test: test === null ? null : await data.dataset(testDivision(data, { ...network, test }), 1),
  };
}

const isSame = (one: Parts, other: Parts): boolean =>
  String(one.dataset.classes) === String(other.dataset.classes) &&
  String(one.dataset.validation.targets) === String(other.dataset.validation.targets);

/** Probabilities of all classes, or numbers in the unit of the targets. */
export async function predictions(model: SavedModel, examples: Examples, batch: number): Promise<Predictions> {
  const { dataset, saved } = model;
  const width = saved.data.classes?.length ?? model.model.outputs;
  const values = new Float32Array(examples.count * width);
  const order = Int32Array.from({ length: examples.count }, (_, i) => i);
  const feed = new Feed(dataset, examples, order, batch);
  for (let from = 0; from < examples.count; from += batch) {
    const to = Math.min(from + batch, examples.count);
    const read = await feed.batch(from, to);
    const result = tf.tidy(() => model.meant(model.raw(toTensors(read, dataset.inputShape).inputs)));
    const outputs = await result.data();
    result.dispose();
    if (model.model.outputs === width) values.set(outputs, from * width);
    // One output is the probability of the second class.
    else outputs.forEach((value, i) => values.set([1 - value, value], (from + i) * width));
  }
  return { values, width };
}
