/** A trained network as saved by a run: `checkpoints/model.safetensors`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { record } from '../../protocol/values/recordSchema.js';
import { completeNetwork, LOSSES, type Network } from '../../experiment/network/index.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { loadModelFile, type SavedWeight } from './checkpoint.js';
import type { Dataset } from '../data/types.js';
import { TrainingError, saidOf } from '../errors.js';
import { said } from '../../format/said.js';

export const MODEL_FILE = `${RUN_FILES.checkpoints}/model.safetensors`;

/** Returns the model's file. Cross-validation saves one per fold, counted from 1; null: no folds. */
export const modelFile = (fold: number | null): string =>
  fold === null ? MODEL_FILE : MODEL_FILE.replace('.safetensors', `-fold${fold}.safetensors`);

/** Description of the training data, without the examples. */
export type SavedData = Pick<
  Dataset,
  'name' | 'task' | 'inputShape' | 'classes' | 'outputs' | 'inputScale' | 'targetScale' | 'preparation'
>;

/** Returns the file of a network that was trained again on all examples but the test's; `copy` counts from 1. */
export const wholeFile = (copy: number): string => MODEL_FILE.replace('.safetensors', `-whole${copy}.safetensors`);

export interface SavedNetwork {
  network: Network;
  /** Epoch of the weights: the best one, or the one in which the training was stopped; absent or null: unknown. */
  epoch?: number | null;
  data: SavedData;
  weights: SavedWeight[];
}

const Data = z.object({
  name: z.string(),
  inputShape: z.array(z.number().int().min(1)).min(1),
  classes: z.array(z.string()).min(1).nullable(),
  inputScale: z.object({ factor: z.number(), offset: z.number() }),
  targetScale: z.array(z.object({ mean: z.number(), deviation: z.number() })).nullable(),
  preparation: record(z.unknown()),
});

/** Returns the metadata saved with the weights. `epoch`: that of the weights. */
export function savedMetadata(network: Network, data: SavedData, epoch: number | null = null): Record<string, string> {
  const { name, inputShape, classes, inputScale, targetScale, preparation } = data;
  return {
    format: 'tunesmith',
    ...(epoch !== null && { epoch: String(epoch) }),
    network: JSON.stringify(network),
    data: JSON.stringify({ name, inputShape, classes, inputScale, targetScale, preparation }),
  };
}

/** Returns the network that weights and metadata describe. Throws when they don't. */
export function savedFrom(weights: SavedWeight[], metadata: Record<string, string>): SavedNetwork {
  // The names become file names in an archive.
  const odd = weights.find(({ name }) => !/^[\w.-]+(\/[\w.-]+)*$/.test(name) || /(^|\/)\.+(\/|$)/.test(name));
  if (odd) throw new Error(`"${odd.name}" is not the name of a weight`);
  const network = completeNetwork(JSON.parse(metadata.network ?? '') as Network);
  const data = Data.parse(JSON.parse(metadata.data ?? ''));
  const outputs = data.classes?.length ?? data.targetScale?.length ?? 1;
  const task = LOSSES[network.loss.name] === 'classes' ? 'classification' : 'regression';
  const epoch = Number(metadata.epoch);
  return { network, weights, epoch: epoch > 0 ? epoch : null, data: { ...data, task, outputs } };
}

/** Which network of a run: of a fold; or the n-th one that was trained on all examples; null: its only one. */
export type Which = number | { copy: number } | null;

/** Loads the saved network. Throws TrainingError when the run has none or it is damaged. */
export async function loadSaved(runFolder: string, which: Which = null): Promise<SavedNetwork> {
  const isCopy = typeof which === 'object' && which !== null;
  const fold = isCopy ? null : which;
  const path = join(runFolder, isCopy ? wholeFile(which.copy) : modelFile(fold));
  try {
    const { weights, metadata } = await loadModelFile(path);
    if (metadata.format !== 'tunesmith') throw new Error('it was not written by the built-in trainer');
    return savedFrom(weights, metadata);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      if (!isCopy && fold === null && existsSync(join(runFolder, modelFile(1)))) {
        throw new TrainingError(
          said('this run was cross-validated and has a network for each fold: name one, as in --fold 1'),
        );
      }
      if (fold !== null) {
        throw new TrainingError(
          said('this run has no network of fold {0}: only cross-validated runs have some, once they have ended', fold),
        );
      }
      throw new TrainingError(
        said(
          'this run has no saved network: only runs of the built-in trainer ("network:") have one, once they have ended, unless their file says checkpoint: false',
        ),
      );
    }
    throw new TrainingError(said("the saved network {0} can't be read: {1}", path, saidOf(error)));
  }
}

/** Returns a data set without examples, for rebuilding the network. */
export function withoutExamples(data: SavedData): Dataset {
  const none = { count: 0, inputs: new Float32Array(0), targets: new Float32Array(0) };
  return { ...data, train: none, validation: none, notes: [] };
}
