/** Inspects the network in a few steps of every epoch, and produces values to log and warnings. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../../experiment/network/index.js';
import { standardization } from '../data/scale.js';
import type { Dataset } from '../data/types.js';
import type { ForwardContext } from '../layers/types.js';
import type { Model } from '../model.js';
import { Activations, type LayerActivations } from './activations.js';
import { Norms, type LayerNorms } from './norms.js';
import { Rules } from './rules.js';
import { setEntry } from '../../protocol/values/records.js';
import type { Said } from '../../protocol/said.js';

/** Number of inspected steps per epoch, spread evenly; the last step is one of them. */
const SAMPLES = 4;

export class Diagnostics {
  private readonly norms: Norms;
  private readonly activations: Activations;
  private readonly rules: Rules | null;
  private unit: number | null = null;
  private found: { norms: LayerNorms[]; activations: LayerActivations[] } = { norms: [], activations: [] };

  constructor(
    private readonly network: Pick<Network, 'diagnostics' | 'warnings' | 'loss'>,
    model: Model,
    private readonly dataset: Dataset,
  ) {
    this.norms = new Norms(model.weights);
    this.activations = new Activations(model);
    this.rules = network.warnings ? new Rules() : null;
  }

  /** Returns the watcher for the layers' outputs in step `i` of `steps`, counted from 0; undefined: don't watch. */
  watcher(i: number, steps: number): ForwardContext['watch'] {
    if (!this.network.diagnostics && !this.rules) return undefined;
    const due = Math.floor(((i + 1) * SAMPLES) / steps) > Math.floor((i * SAMPLES) / steps);
    return due ? this.activations.watch : undefined;
  }

  /** Measures a watched step: the loss's gradient, and θ before and after. */
  measure(gradient: tf.Tensor1D, before: tf.Tensor1D, after: tf.Tensor1D): void {
    this.norms.measure(gradient, before, after);
  }

  /** Returns the values to log at the end of an epoch. */
  async read(): Promise<Record<string, number>> {
    this.found = { norms: await this.norms.read(), activations: await this.activations.read() };
    return this.network.diagnostics ? named(this.found.norms, this.found.activations) : {};
  }

  /**
   * Returns warnings after the validation examples were evaluated. `trained` refers to the training examples; its
   * accuracy is null for regression.
   */
  judge(
    epoch: number,
    trained: { loss: number; accuracy: number | null },
    judged: Readonly<Record<string, number>>,
    learningRate: number,
  ): Said[] {
    if (!this.rules) return [];
    const { loss, accuracy } = trained;
    const classes = accuracy !== null;
    const unit = classes ? 1 : (this.unit ??= unitOf(this.dataset, this.network.loss.name));
    const [score, validation] = classes
      ? [accuracy, judged['val/accuracy']!]
      : [1 - loss / unit, 1 - judged['val/loss']! / unit];
    return this.rules.judge({ epoch, loss: loss / unit, score, validation, classes, learningRate, ...this.found });
  }

  dispose(): void {
    this.norms.dispose();
    this.activations.dispose();
  }
}

/** Returns the approximate loss of a network that predicts the mean: 1 for standardized targets. */
function unitOf({ targetScale, train, outputs }: Dataset, loss: string): number {
  if (targetScale) return 1;
  const deviations = standardization(train.targets, outputs).map(({ deviation }) => deviation);
  const each = deviations.map((deviation) => (loss === 'mse' ? deviation ** 2 : deviation));
  return each.reduce((a, b) => a + b, 0) / each.length;
}

function named(norms: readonly LayerNorms[], activations: readonly LayerActivations[]): Record<string, number> {
  const values: Record<string, number> = {};
  const put = (name: string, value: number | null) => {
    if (value !== null) setEntry(values, name, value);
  };
  for (const { layer, gradient, update } of norms) {
    put(`grad/${layer}`, gradient);
    put(`update/${layer}`, update);
  }
  for (const { layer, mean, deviation, zeros, saturated, dead } of activations) {
    put(`activation_mean/${layer}`, mean);
    put(`activation_deviation/${layer}`, deviation);
    put(`activation_zeros/${layer}`, zeros);
    put(`activation_saturated/${layer}`, saturated);
    put(`activation_dead/${layer}`, dead);
  }
  return values;
}
