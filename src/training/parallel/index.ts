/**
 * Data-parallel training: every worker computes the gradient of its part of each batch. The average of the parts,
 * weighted by their share in the batch's mean loss, is the gradient of the whole batch. Only the training process
 * (worker 0) has an optimizer, a schedule and checkpoints; the others receive all weights at each step and are
 * stateless.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../../experiment/network/index.js';
import type { BackendId } from '../../protocol/engine/index.js';
import type { BatchValues } from '../loop/batches.js';
import type { Dataset } from '../data/types.js';
import { TrainingError } from '../errors.js';
import type { BatchGradient, GradientParts, GradientSource } from '../loop/gradientTypes.js';
import type { ForwardContext } from '../layers/types.js';
import { classWeightsOf } from '../losses/index.js';
import type { Random } from '../random.js';
import { openLink, type Link } from './link.js';
import { EXTRA } from './messages.js';
import { answer, readWeights, setWeights, sizeOf } from './part.js';
import { randomOf } from './worker.js';
import { said } from '../../format/said.js';

export interface WorkersOptions {
  /** Number of workers, including the training process. */
  count: number;
  backend: BackendId;
  env?: NodeJS.ProcessEnv;
  /**
   * Default: threads for backends that are part of Tunesmith, processes for native code, which does not support Node's
   * threads.
   */
  kind?: 'thread' | 'process';
  /** Path of the trainer's program. */
  entry?: string;
}

/** One training's description, shared by all its workers. */
export interface ParallelParts extends GradientParts {
  network: Network;
  dataset: Dataset;
  seed: number;
  random: Random;
}

export class Workers {
  private constructor(private readonly links: readonly Link[]) {}
  private networks = 0;

  /** Starts all workers except the training process; throws TrainingError when one can't be started. */
  static async start(options: WorkersOptions): Promise<Workers> {
    const { count, backend, env = process.env, entry = trainerFile() } = options;
    const kind = options.kind ?? (backend === 'wasm' || backend === 'cpu' ? 'thread' : 'process');
    const links = Array.from({ length: count - 1 }, (_, i) => {
      const rank = i + 1;
      return openLink(kind, entry, { tunesmith: 'gradient-worker', backend, rank }, { ...env, ...deviceOf(rank, env) });
    });
    const workers = new Workers(links);
    try {
      await Promise.all(links.map((link) => link.next()));
    } catch (error) {
      await workers.close();
      throw error;
    }
    return workers;
  }

  gradients(parts: ParallelParts): GradientSource {
    const { network, dataset, seed } = parts;
    if (network.batchSize <= this.links.length) {
      const count = this.links.length + 1;
      throw new TrainingError(said("a batchSize of {0} can't be shared by {1} workers", network.batchSize, count));
    }
    const id = this.networks++;
    const described = withoutExamples(dataset, network);
    for (const link of this.links) link.send({ type: 'network', id, ...described, seed });
    return new SharedGradient(parts, this.links, id);
  }

  async close(): Promise<void> {
    await Promise.all(this.links.map((link) => link.close()));
  }
}

/** Gradient of a batch, computed by all workers. */
class SharedGradient implements GradientSource {
  private readonly weights: Float32Array;
  private readonly answers: Float32Array[];
  private readonly averaged: Float32Array;

  constructor(
    private readonly parts: ParallelParts,
    private readonly links: readonly Link[],
    private readonly id: number,
  ) {
    const size = sizeOf(parts.model.weights);
    const shares = links[0]?.shares ?? false;
    this.weights = memory(size, shares);
    this.answers = [memory(size + EXTRA, false), ...links.map(() => memory(size + EXTRA, shares))];
    this.averaged = new Float32Array(size + EXTRA);
  }

  async take(batch: BatchValues, step: number, watch?: ForwardContext['watch']): Promise<BatchGradient> {
    const { parts, links } = this;
    const { weights } = parts.model;
    await readWeights(weights, this.weights);
    const shares = divide(batch, links.length + 1);
    const masses = shares.map(({ targets, count }) => (count === 0 ? 0 : parts.loss.mass(targets, count)));
    // Sending transfers the examples, so they are no longer available here.
    const counts = shares.map(({ count }) => count);
    const asked = links.map((link, i) => {
      const share = shares[i + 1]!;
      if (share.count === 0) return null;
      const into = link.shares ? this.answers[i + 1]! : null;
      link.send({
        type: 'step',
        id: this.id,
        step,
        weights: this.weights,
        ...share,
        frozen: parts.frozen ?? null,
        answer: into,
      });
      return link.next();
    });
    // The first failure is reported; the others must not become unhandled rejections.
    for (const each of asked) each?.catch(() => undefined);
    await answer(parts, shares[0]!, randomOf(parts.random, step, 0), this.answers[0]!, watch);
    for (const [i, each] of asked.entries()) {
      const message = await each;
      if (message?.type === 'done' && message.answer) this.answers[i + 1] = message.answer;
    }
    this.average(masses, counts);
    return this.unpack();
  }

  /** Averages in the order of the workers, so that the sum is reproducible. */
  private average(masses: readonly number[], counts: readonly number[]): void {
    const { averaged, answers } = this;
    const total = masses.reduce((a, b) => a + b, 0);
    averaged.fill(0);
    for (const [i, values] of answers.entries()) {
      const factor = masses[i]! / total;
      if (factor === 0) continue;
      for (let j = 0; j < averaged.length; j++) averaged[j]! += factor * values[j]!;
    }
    // The last value is a count of correct predictions, so it is added up.
    averaged[averaged.length - 1] = answers.reduce((sum, values, i) => sum + (counts[i]! && values.at(-1)!), 0);
  }

  private unpack(): BatchGradient {
    const { averaged, parts } = this;
    const gradient = new Float32Array(parts.parameters.count);
    let [at, into] = [0, 0];
    for (const weight of parts.model.weights) {
      const values = averaged.subarray(at, (at += weight.variable.size));
      if (weight.trainable) {
        gradient.set(values, into);
        into += values.length;
      } else {
        setWeights([weight], values);
      }
    }
    return { result: tf.tensor1d(averaged.slice(-EXTRA)), gradient: tf.tensor1d(gradient) };
  }

  dispose(): void {
    for (const link of this.links) link.send({ type: 'forget', id: this.id });
  }
}

const memory = (size: number, shared: boolean): Float32Array =>
  new Float32Array(shared ? (new SharedArrayBuffer(4 * size) as unknown as ArrayBuffer) : new ArrayBuffer(4 * size));

/** Splits a batch into parts as even as possible; the first is never empty. */
export function divide({ count, inputs, targets, teacher }: BatchValues, parts: number): BatchValues[] {
  const [width, outputs] = [inputs.length / count, targets.length / count];
  const taught = teacher ? teacher.length / count : 0;
  return Array.from({ length: parts }, (_, i) => {
    const [from, to] = [Math.ceil((i * count) / parts), Math.ceil(((i + 1) * count) / parts)];
    return {
      count: to - from,
      inputs: inputs.slice(from * width, to * width),
      targets: targets.slice(from * outputs, to * outputs),
      ...(teacher && { teacher: teacher.slice(from * taught, to * taught) }),
    };
  });
}

/** Returns everything about the data that a network and its loss need. */
function withoutExamples(dataset: Dataset, network: Network): { network: Network; dataset: Dataset } {
  const none = { count: 0, inputs: new Float32Array(0), targets: new Float32Array(0) };
  const weights = classWeightsOf(network.loss, dataset)?.map((weight, i) => [dataset.classes![i]!, weight]);
  return {
    // `balanced` weights can't be computed without examples.
    network: {
      ...network,
      loss: { ...network.loss, classWeights: weights ? (Object.fromEntries(weights) as Record<string, number>) : null },
    },
    dataset: { ...dataset, train: none, validation: none, preparation: {}, notes: [] },
  };
}

/** Assigns one GPU to each worker, as far as there are enough. */
export function deviceOf(rank: number, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const devices = env.CUDA_VISIBLE_DEVICES?.split(',').filter((name) => name.trim() !== '') ?? [];
  return devices.length > 1 ? { CUDA_VISIBLE_DEVICES: devices[rank % devices.length]! } : {};
}

/** Returns the trainer's path: beside this bundle, or the program that was started. */
function trainerFile(): string {
  const beside = typeof __dirname === 'string' ? join(__dirname, 'trainer.cjs') : '';
  return process.env.TUNESMITH_TRAINER ?? (beside && existsSync(beside) ? beside : process.argv[1]!);
}
