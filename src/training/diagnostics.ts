/** How large gradients and updates are in each layer: what vanishes, explodes or stands still shows here. */
import * as tf from '@tensorflow/tfjs-core';
import type { Weight } from './layers/types.js';

/** Stretch of θ that belongs to one layer. */
interface Section {
  layer: string;
  size: number;
}

export class Diagnostics {
  private readonly sections: Section[] = [];
  private measured: tf.Tensor1D | null = null;

  constructor(weights: readonly Weight[]) {
    for (const { name, variable, trainable } of weights) {
      if (!trainable) continue;
      const layer = name.slice(0, name.lastIndexOf('/'));
      const last = this.sections.at(-1);
      if (last?.layer === layer) last.size += variable.size;
      else this.sections.push({ layer, size: variable.size });
    }
  }

  /** Of one step: the loss's gradient, and θ before and after. Nothing is read from the device yet. */
  measure(gradient: tf.Tensor1D, before: tf.Tensor1D, after: tf.Tensor1D): void {
    if (this.sections.length === 0) return;
    this.dispose();
    this.measured = tf.keep(
      tf.tidy(() => {
        const lengths = [gradient, tf.sub<tf.Tensor1D>(after, before), before].map((vector) => this.lengths(vector));
        return tf.concat(lengths);
      }),
    );
  }

  private lengths(vector: tf.Tensor1D): tf.Tensor1D {
    const sizes = this.sections.map(({ size }) => size);
    const parts = sizes.length > 1 ? tf.split(vector, sizes) : [vector];
    return tf.stack(parts.map((part) => tf.sqrt(tf.sum(tf.square(part))))) as tf.Tensor1D;
  }

  /** Length of each layer's gradient, and of its update as a share of its weights' length. */
  async read(): Promise<Record<string, number>> {
    if (!this.measured) return {};
    const lengths = await this.measured.data();
    this.dispose();
    const values: Record<string, number> = {};
    const count = this.sections.length;
    this.sections.forEach(({ layer }, i) => {
      const [gradient, change, weights] = [lengths[i]!, lengths[count + i]!, lengths[2 * count + i]!];
      values[`grad/${layer}`] = gradient;
      // Weights that are all 0 have no length that a change could be a share of.
      if (weights > 0) values[`update/${layer}`] = change / weights;
    });
    return values;
  }

  dispose(): void {
    this.measured?.dispose();
    this.measured = null;
  }
}
