/** State of a search for an architecture, written after its epochs, from which a killed one resumes. */
import { existsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import * as tf from '@tensorflow/tfjs-core';
import { loadModelFile, saveWeights } from '../checkpoints/checkpoint.js';

/** A variable to keep, under a name that no other has. */
export interface Kept {
  name: string;
  variable: tf.Variable;
}

/** Largest share of the time that saving may take. */
const SHARE = 0.05;

export class Keeper {
  private readonly started = performance.now();
  private spent = 0;

  /** `identity`: text of everything that the search depends on; a state of another one is ignored. */
  constructor(
    private readonly file: string,
    private readonly identity: string,
  ) {}

  /** Writes variables and numbers. A full disk does not stop a search. */
  async save(variables: readonly Kept[], numbers: unknown): Promise<void> {
    const before = performance.now();
    if (this.spent > SHARE * (before - this.started)) return;
    const weights = [];
    for (const { name, variable } of variables) {
      weights.push({ name, shape: variable.shape, values: Float32Array.from(await variable.data()) });
    }
    const metadata = { identity: this.identity, numbers: JSON.stringify(numbers) };
    await saveWeights(this.file, weights, metadata).catch(() => undefined);
    this.spent += performance.now() - before;
  }

  /** Restores the variables and returns the numbers; null: there is no state of this search. */
  async load(variables: readonly Kept[]): Promise<unknown> {
    const read = existsSync(this.file) ? await loadModelFile(this.file).catch(() => null) : null;
    if (read?.metadata.identity !== this.identity) return null;
    const byName = new Map(read.weights.map((weight) => [weight.name, weight]));
    const fits = ({ name, variable }: Kept): boolean => byName.get(name)?.shape.join() === variable.shape.join();
    if (!variables.every(fits)) return null;
    for (const { name, variable } of variables) {
      tf.tidy(() => variable.assign(tf.tensor(byName.get(name)!.values, variable.shape)));
    }
    return JSON.parse(read.metadata.numbers ?? 'null') as unknown;
  }
}
