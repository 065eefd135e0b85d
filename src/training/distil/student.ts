/** The student's side of a distillation: settings, and the layer whose outputs are compared. Workers have it too. */
import * as tf from '@tensorflow/tfjs-core';
import type { DistilSettings, LayerName, Network } from '../../experiment/network/index.js';
import { PlacedError } from '../errors.js';
import { lossShape } from '../losses/index.js';
import type { Model } from '../model.js';
import { layerNames, layersNamed, namesText } from '../transfer/names.js';
import { distanceOf, type Contained } from './distance.js';
import { said } from '../../format/said.js';

export class Student {
  /** Layer whose outputs are compared, counted from 0; null: the network's own outputs are. */
  readonly layer: number | null;
  private readonly contained: Contained;

  constructor(
    readonly settings: DistilSettings,
    network: Network,
    model: Model,
  ) {
    this.contained = lossShape(network.loss).contains;
    const { distance, features } = settings;
    if ((distance === 'kl' || distance === 'probabilities') && this.contained === null) {
      throw new PlacedError(
        ['distil', 'distance'],
        said(
          '{0} compares probabilities, which loss {1} does not give: use logits or features',
          distance,
          network.loss.name,
        ),
      );
    }
    this.layer = distance === 'features' ? featureLayer(model, features?.student ?? null, [], 'student') : null;
  }

  /** Returns (1 − α)·loss + α·D. `own`: outputs of the layer that is compared. */
  loss(loss: tf.Scalar, own: tf.Tensor, taught: tf.Tensor): tf.Scalar {
    const { alpha } = this.settings;
    return tf.add(tf.mul(loss, 1 - alpha), tf.mul(distanceOf(this.settings, this.contained, own, taught), alpha));
  }
}

/** Returns the index of a layer by its name; null stands for the one before the last layer with weights. */
export function featureLayer(
  { layers, settings }: Model,
  word: LayerName | null,
  aliases: readonly string[],
  who: 'student' | 'teacher',
): number {
  if (word === null) {
    const last = layers.findLastIndex(({ weights }) => weights.length > 0);
    if (last > 0) return last - 1;
    throw new PlacedError(['distil', 'distance'], said('the {0} has no layer before its last one: use logits', who));
  }
  const named = layerNames(settings, aliases);
  const found = layersNamed(named, word).at(-1);
  if (found !== undefined) return found;
  throw new PlacedError(
    ['distil', 'features', who],
    said('the {0} has no layer {1}; it has {2}', who, JSON.stringify(word), namesText(named)),
  );
}
