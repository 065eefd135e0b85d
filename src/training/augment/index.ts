/** Augmentation of training examples. To add a transformation, write one file and add one line here. */
import type { Network } from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import { TrainingError } from '../errors.js';
import { shapeText } from '../layers/types.js';
import { lossShape } from '../losses/index.js';
import type { Random } from '../random.js';
import { erase } from './erase.js';
import { mixup } from './mixup.js';
import { brightness, noise } from './pixels.js';
import { onColumns } from './table.js';
import type { ImageChange } from './types.js';
import { buildWarp } from './warp.js';
import { said } from '../../format/said.js';

/** Changes a batch in place: inputs as the network sees them, [count, …inputShape]; targets [count, outputs]. */
export type Augmentation = (inputs: Float32Array, targets: Float32Array, count: number, random: Random) => void;

type Settings = Pick<Network, 'augment' | 'mixup' | 'loss' | 'layers'>;

/** Returns null when there is no augmentation. Throws TrainingError when the settings don't fit the data. */
export function buildAugmentation(network: Settings, dataset: Dataset): Augmentation | null {
  const changes = imageChanges(network, dataset);
  const alpha = network.mixup;
  if (alpha > 0) checkMixup(network, dataset);
  if (changes.length === 0 && alpha === 0) return null;
  const width = dataset.inputShape.reduce((a, b) => a * b, 1);
  return (inputs, targets, count, random) => {
    for (let i = 0; i < count; i++) {
      for (const change of changes) change(inputs, i * width, random);
    }
    if (alpha > 0) mixup(inputs, targets, count, alpha, random);
  };
}

/** Returns the changes in the order they are applied: geometry first, then pixel values. */
function imageChanges({ augment: settings, layers }: Settings, dataset: Dataset): ImageChange[] {
  if (!settings) return [];
  const image = imageShape(layers, dataset);
  if (!image) {
    throw new TrainingError(
      said(
        'augment is for images (height×width×channels), but an example of {0} is {1}: remove "augment", or begin with "- reshape: [height, width, channels]" if its numbers are pixels; "mixup" works on any numbers',
        dataset.name,
        shapeText(dataset.inputShape),
      ),
    );
  }
  const [height, width, channels] = image;
  const shape = { height, width, channels };
  const table = Array.isArray(dataset.preparation.columns);
  const zero = table ? -1 : dataset.inputScale.offset;
  for (const name of ['shift', 'crop'] as const) {
    if (settings[name] >= Math.min(height, width)) {
      throw new TrainingError(
        said(
          'augment: {0}: {1} is too much for images of {2}×{3}: they would be moved out of sight',
          name,
          settings[name],
          height,
          width,
        ),
      );
    }
  }
  const changes = [
    buildWarp(settings, shape, zero),
    settings.brightness > 0 ? brightness(settings.brightness, shape, zero) : null,
    settings.noise > 0 ? noise(settings.noise, shape) : null,
    settings.erase.probability > 0 && settings.erase.area > 0 ? erase(settings.erase, shape) : null,
  ].filter((change) => change !== null);
  if (!table || changes.length === 0) return changes;
  const all: ImageChange = (images, from, random) => changes.forEach((change) => change(images, from, random));
  return [onColumns(all, dataset, height * width * channels)];
}

/** Returns the shape of the examples as images: their own, or that which `reshape` gives them first; null: none. */
function imageShape(layers: Network['layers'], { inputShape }: Dataset): [number, number, number] | null {
  let shape: readonly number[] = inputShape;
  for (const layer of layers) {
    if (shape.length === 3) break;
    if (layer.type !== 'reshape') return null;
    ({ shape } = layer);
  }
  const size = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);
  return shape.length === 3 && size(shape) === size(inputShape) ? (shape as [number, number, number]) : null;
}

function checkMixup({ loss, layers }: Settings, dataset: Dataset): void {
  if (dataset.task === 'classification' && !lossShape(loss).smoothable) {
    throw new TrainingError(
      said('mixup mixes labels, which loss {0} does not support: use crossEntropy or binaryCrossEntropy', loss.name),
    );
  }
  if (layers.some(({ type }) => type === 'embedding')) {
    throw new TrainingError(said('mixup mixes numbers, but an embedding needs whole ones: remove "mixup"'));
  }
}
