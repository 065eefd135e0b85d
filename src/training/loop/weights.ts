/** A network's weights as values by name, for evaluation, saving and restoring. */
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.js';
import type { Model } from '../model.js';
import type { Parameters } from './parameters.js';
import type { Stepper } from './stepper.js';
import { said } from '../../format/said.js';

export interface NamedValues {
  name: string;
  shape: number[];
  values: Float32Array;
}

export class Weights {
  constructor(
    private readonly model: Model,
    private readonly parameters: Parameters,
    private readonly stepper: Stepper,
  ) {}

  /** Moves the weights to the point where they are evaluated and saved, runs `work`, and moves them back. */
  async settled<T>(work: () => Promise<T>): Promise<T> {
    const offset = this.stepper.settle();
    if (offset) this.parameters.add(offset);
    this.parameters.sync();
    if (!offset) return work();
    try {
      return await work();
    } finally {
      const back = tf.neg(offset);
      this.parameters.add(back);
      tf.dispose([offset, back]);
    }
  }

  /** Returns the weights as they are between two steps. */
  held(): Promise<NamedValues[]> {
    this.parameters.sync();
    return Promise.all(
      this.model.weights.map(async ({ name, variable }) => ({
        name,
        shape: variable.shape,
        values: Float32Array.from(await variable.data()),
      })),
    );
  }

  /** Sets the weights. Throws when one is missing or has another shape. */
  set(weights: readonly NamedValues[]): void {
    const given = new Map(weights.map((weight) => [weight.name, weight]));
    for (const { name, variable } of this.model.weights) {
      const found = given.get(name);
      if (found?.shape.join() !== variable.shape.join()) {
        throw new TrainingError(
          said(
            'the checkpoint does not fit the network: it has {0}',
            found ? said('another shape for "{0}"', name) : said('no "{0}"', name),
          ),
        );
      }
      tf.tidy(() => variable.assign(tf.tensor(found.values, variable.shape)));
    }
    this.parameters.reread();
  }
}
