/** A saved network rebuilt for inference. The backend must be started first. */
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.js';
import type { Dataset } from '../data/types.js';
import { activations } from '../layers/activations.js';
import { lossShape } from '../losses/index.js';
import { buildModel, type Model } from '../model.js';
import { Random } from '../random.js';
import { withoutExamples, type SavedNetwork } from './saved.js';
import { said } from '../../format/said.js';

export class SavedModel {
  readonly dataset: Dataset;
  readonly model: Model;

  constructor(readonly saved: SavedNetwork) {
    this.dataset = withoutExamples(saved.data);
    this.model = buildModel(saved.network, this.dataset, new Random(0));
    const given = new Map(saved.weights.map((weight) => [weight.name, weight]));
    for (const { name, variable } of this.model.weights) {
      const found = given.get(name);
      if (found?.shape.join() !== variable.shape.join()) {
        this.dispose();
        throw new TrainingError(
          said(
            'the saved network is damaged: it has {0}',
            found ? said('another shape for "{0}"', name) : said('no "{0}"', name),
          ),
        );
      }
      tf.tidy(() => variable.assign(tf.tensor(found.values, variable.shape)));
    }
  }

  /** Returns the last layer's outputs, which the loss takes. */
  raw(inputs: tf.Tensor): tf.Tensor2D {
    return this.model.forward(inputs, { training: false, random: new Random(0) });
  }

  /** Converts raw outputs to probabilities or scores of classes, or to numbers in the targets' own unit. */
  meant(raw: tf.Tensor2D): tf.Tensor2D {
    const { targetScale } = this.saved.data;
    const contained = lossShape(this.saved.network.loss).contains;
    if (contained) return activations[contained](raw) as tf.Tensor2D;
    if (!targetScale) return raw;
    const deviations = tf.tensor1d(targetScale.map(({ deviation }) => deviation));
    return tf.add(tf.mul(raw, deviations), tf.tensor1d(targetScale.map(({ mean }) => mean)));
  }

  dispose(): void {
    this.model.dispose();
  }
}
