/** Norms of gradients and updates of each layer, which reveal vanishing, exploding or stagnating ones. */
import * as tf from '@tensorflow/tfjs-core';
import type { Weight } from '../layers/types.js';

/** Section of θ that belongs to one layer. */
interface Section {
  layer: string;
  size: number;
}

/** Means over the measured steps. */
export interface LayerNorms {
  layer: string;
  /** Norm of the loss's gradient. */
  gradient: number;
  /** Norm of the weights' change relative to that of the weights; null when all weights are 0. */
  update: number | null;
}

export class Norms {
  private readonly sections: Section[] = [];
  private readonly measured: tf.Tensor1D[] = [];

  constructor(weights: readonly Weight[]) {
    for (const { name, variable, trainable } of weights) {
      if (!trainable) continue;
      const layer = name.slice(0, name.lastIndexOf('/'));
      const last = this.sections.at(-1);
      if (last?.layer === layer) last.size += variable.size;
      else this.sections.push({ layer, size: variable.size });
    }
  }

  /** Measures one step: the loss's gradient, and θ before and after. Nothing is read from the device yet. */
  measure(gradient: tf.Tensor1D, before: tf.Tensor1D, after: tf.Tensor1D): void {
    if (this.sections.length === 0) return;
    this.measured.push(
      tf.keep(
        tf.tidy(() => {
          const lengths = [gradient, tf.sub<tf.Tensor1D>(after, before), before].map((vector) => this.lengths(vector));
          return tf.concat(lengths);
        }),
      ),
    );
  }

  private lengths(vector: tf.Tensor1D): tf.Tensor1D {
    const sizes = this.sections.map(({ size }) => size);
    const parts = sizes.length > 1 ? tf.split(vector, sizes) : [vector];
    return tf.stack(parts.map((part) => tf.sqrt(tf.sum(tf.square(part))))) as tf.Tensor1D;
  }

  /** Returns the means since the last call; empty when no step was measured. */
  async read(): Promise<LayerNorms[]> {
    const measured = this.measured.splice(0);
    if (measured.length === 0) return [];
    const steps = await Promise.all(measured.map((lengths) => lengths.data()));
    tf.dispose(measured);
    const count = this.sections.length;
    return this.sections.map(({ layer }, i) => {
      // A relative change is undefined for weights that are all 0.
      const moved = steps.filter((lengths) => lengths[2 * count + i]! > 0);
      const shares = moved.map((lengths) => lengths[count + i]! / lengths[2 * count + i]!);
      return {
        layer,
        gradient: mean(steps.map((lengths) => lengths[i]!)),
        update: shares.length > 0 ? mean(shares) : null,
      };
    });
  }

  dispose(): void {
    tf.dispose(this.measured.splice(0));
  }
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
