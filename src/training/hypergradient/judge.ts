/** Gradient of the validation loss, on one batch of validation examples after the other. */
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import { Feed, toTensors, type BatchValues } from '../loop/batches.js';
import { OwnGradient } from '../loop/gradient.js';
import type { Parameters } from '../loop/parameters.js';
import { buildLoss, type Loss } from '../losses/index.js';
import type { Model } from '../model.js';
import type { Random } from '../random.js';
import { entryOf } from '../../protocol/values/records.js';

export interface JudgeParts {
  network: Network;
  dataset: Dataset;
  model: Model;
  parameters: Parameters;
  random: Random;
}

/** Layers that work differently in training, which the quick path to a gradient does not know. */
const DIFFERENT = /dropout|spatialDropout|batchNorm/;

/** Numbers of validation batches that are kept as they are fed. */
const MOST_KEPT = 2 ** 22;

export class Judge {
  private readonly batches = new Map<number, BatchValues>();
  private readonly order: Int32Array;
  private readonly loss: Loss;
  private readonly quick: OwnGradient | null;

  constructor(private readonly parts: JudgeParts) {
    const { network, dataset, model, parameters, random } = parts;
    this.order = Int32Array.from({ length: dataset.validation.count }, (_, i) => i);
    random.fork('validation order').shuffle(this.order);
    this.loss = buildLoss({ ...network.loss, labelSmoothing: 0, classWeights: null }, dataset, model.outputs);
    const plain = !DIFFERENT.test(JSON.stringify(model.settings));
    this.quick = plain ? new OwnGradient({ ...dataset, model, parameters, loss: this.loss }, random) : null;
  }

  /** Returns the gradient at θ of the mean loss over the next validation examples. */
  async gradient(step: number): Promise<tf.Tensor1D> {
    const batch = await this.batch(step);
    const { model, parameters, dataset, random } = this.parts;
    if (this.quick) {
      const { result, gradient } = await this.quick.take(batch, 0);
      result.dispose();
      return gradient;
    }
    return tf.tidy(() => {
      const { inputs, targets } = toTensors(batch, dataset.inputShape);
      const { variables } = parameters;
      const { grads } = tf.variableGrads(
        () => this.loss.plain(model.forward(inputs, { training: false, random }), targets),
        variables,
      );
      return parameters.flatten(variables.map((variable) => entryOf(grads, variable.name)!));
    });
  }

  private async batch(step: number): Promise<BatchValues> {
    const { dataset, network } = this.parts;
    const { count } = dataset.validation;
    const size = Math.min(network.batchSize, count);
    const parts = Math.max(1, Math.floor(count / size));
    const from = (step % parts) * size;
    const known = this.batches.get(from);
    if (known?.count === size) return known;
    const order = this.order.slice(from, from + size);
    const batch = await new Feed(dataset, dataset.validation, order, size).batch(0, size);
    if (batch.inputs.length * parts <= MOST_KEPT) this.batches.set(from, batch);
    return batch;
  }

  dispose(): void {
    this.quick?.dispose();
    this.loss.dispose();
  }
}
