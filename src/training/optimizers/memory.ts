import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../errors.js';
import type { Optimizer, OptimizerState } from './types.js';
import { setEntry } from '../../protocol/values/records.js';
import { said } from '../../format/said.js';

/** Base of optimizers: vectors that they carry from step to step, all zero before the first. */
export abstract class Remembering implements Optimizer {
  protected steps = 0;
  private readonly vectors = new Map<string, tf.Tensor1D>();

  constructor(
    public learningRate: number,
    private readonly names: readonly string[],
  ) {}

  get count(): number {
    return this.steps;
  }

  step(gradient: tf.Tensor1D): tf.Tensor1D {
    this.steps++;
    return tf.tidy(() => this.change(gradient));
  }

  /** Returns the change of θ. It is called inside a tidy. */
  protected abstract change(gradient: tf.Tensor1D): tf.Tensor1D;

  settle(): tf.Tensor1D | null {
    return null;
  }

  recall(name: string): tf.Tensor1D | null {
    return this.vectors.get(name) ?? null;
  }

  /** Returns decay · old + (1 − decay) · value and remembers it under the name. */
  protected average(name: string, decay: number, value: tf.Tensor1D): tf.Tensor1D {
    const part = tf.mul<tf.Tensor1D>(value, 1 - decay);
    const old = this.recall(name);
    return this.remember(name, old ? tf.add<tf.Tensor1D>(tf.mul(old, decay), part) : part);
  }

  protected remember(name: string, value: tf.Tensor1D): tf.Tensor1D {
    this.vectors.get(name)?.dispose();
    this.vectors.set(name, tf.keep(value));
    return value;
  }

  async state(): Promise<OptimizerState> {
    const vectors: Record<string, Float32Array> = {};
    for (const [name, vector] of this.vectors) setEntry(vectors, name, Float32Array.from(await vector.data()));
    return { steps: this.steps, vectors };
  }

  load({ steps, vectors }: OptimizerState): void {
    const strange = Object.keys(vectors).find((name) => !this.names.includes(name));
    if (strange) throw new TrainingError(said('the checkpoint is of another optimizer: it has "{0}"', strange));
    this.dispose();
    this.steps = steps;
    for (const [name, values] of Object.entries(vectors)) this.vectors.set(name, tf.tensor1d(values));
  }

  dispose(): void {
    for (const vector of this.vectors.values()) vector.dispose();
    this.vectors.clear();
  }
}
