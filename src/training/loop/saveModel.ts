import { join } from 'node:path';
import type { RunClient } from '../../client/index.js';
import type { Network } from '../../experiment/network/index.js';
import { saveWeights } from '../checkpoints/checkpoint.js';
import { modelFile, savedMetadata } from '../checkpoints/saved.js';
import type { Dataset } from '../data/index.js';
import { messageOf, saidOf } from '../errors.js';
import { savedWeights } from '../quantise/quantise.js';
import type { Training } from './train.js';
import { said } from '../../format/said.js';

/** Saves the network of a training that has ended. `fold` counts from 1; null: no folds. `epoch`: that of its weights. */
export async function saveModel(
  run: RunClient,
  network: Network,
  dataset: Dataset,
  training: Training,
  { fold, epoch }: { fold: number | null; epoch: number },
): Promise<void> {
  const name = modelFile(fold);
  try {
    const weights = savedWeights(await training.weights(), network);
    await saveWeights(join(run.folder, name), weights, savedMetadata(network, dataset, epoch));
    run.media(fold === null ? 'model' : `model of fold ${fold}`, name, { mime: 'application/octet-stream' });
  } catch (error) {
    // The metrics are safe in the journal; a full disk must not turn hours of training into a failed run.
    run.message('warning', said('the trained network could not be saved: {0}', saidOf(error)));
    console.error(`warning: the trained network could not be saved: ${messageOf(error)}`);
  }
}
