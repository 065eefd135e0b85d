/** Passes over the examples and steps of the weights, which all searches for architectures share. */
import * as tf from '@tensorflow/tfjs-core';
import type { ArchitectureSettings, Network } from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import { Feed, toTensors, type Batch } from '../loop/batches.js';
import type { TrainingLog } from '../loop/types.js';
import { Random } from '../random.js';
import { gradients } from './gradient.js';
import type { Keeper, Kept } from './keeper.js';
import type { Supernet } from './supernet.js';

export interface ArchitectureSearch {
  network: Network;
  settings: ArchitectureSettings;
  dataset: Dataset;
  seed: number;
  log: TrainingLog;
  /** Lets other work run; false: a stop was requested. */
  pause(): Promise<boolean>;
  /** Place for the state after each epoch; absent: an interrupted search restarts. */
  keeper?: Keeper | null;
}

const MOMENTUM = 0.9;
const WEIGHT_DECAY = 3e-4;
/** Largest norm of a gradient of the weights. */
const CLIP = 5;
/** Validation examples by which architectures are ranked. */
const MOST_RANKED = 1000;

export const at = (epoch: number, more = 0) => ({ step: epoch + more, epoch: 0 });

/** Learning rate at a share of the search: a half cosine. */
export const rateAt = ({ learningRate }: ArchitectureSettings, share: number): number =>
  (learningRate * (1 + Math.cos(Math.PI * share))) / 2;

/** Takes steps on variables: momentum, weight decay and a bound on the gradient's norm, as in the paper of DARTS. */
export class Descent {
  private readonly velocities: tf.Variable[];

  constructor(
    private readonly variables: readonly tf.Variable[],
    public rate: number,
  ) {
    this.velocities = variables.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable), false)));
  }

  /** Takes a step against the gradients, which are in the order of the variables. */
  step(own: readonly tf.Tensor[]): void {
    const { variables, velocities, rate } = this;
    tf.tidy(() => {
      const norm = tf.sqrt(tf.addN(own.map((one) => tf.sum(tf.square(one)))));
      const factor = tf.minimum(1, tf.div(CLIP, tf.add(norm, 1e-12)));
      for (const [i, variable] of variables.entries()) {
        const gradient = tf.add(tf.mul(own[i]!, factor), tf.mul(variable, WEIGHT_DECAY));
        velocities[i]!.assign(tf.add(tf.mul(velocities[i]!, MOMENTUM), gradient));
        variable.assign(tf.sub(variable, tf.mul(velocities[i]!, rate)));
      }
    });
  }

  /** Everything that its next steps depend on. */
  kept(): Kept[] {
    return [
      ...this.variables.map((variable, i) => ({ name: `variable ${i}`, variable })),
      ...this.velocities.map((variable, i) => ({ name: `velocity ${i}`, variable })),
    ];
  }

  dispose(): void {
    tf.dispose(this.velocities);
  }
}

/** Returns the loss of a batch and its gradients in the order of the variables. The caller disposes them. */
export function lossAndGradients(
  net: Supernet,
  variables: tf.Variable[],
  ...[batch, context, chosen]: Parameters<Supernet['lossOf']>
): { loss: tf.Scalar; own: tf.Tensor[] } {
  let loss: tf.Scalar | null = null;
  const own = gradients(() => (loss = tf.keep(net.lossOf(batch, context, chosen))), variables);
  return { loss: loss!, own };
}

/** Moving averages of the network's norms. */
export const measuredOf = (net: Supernet): Kept[] =>
  net.weights.filter(({ trainable }) => !trainable).map(({ name, variable }) => ({ name, variable }));

/** Adam (Kingma & Ba, ICLR 2015) on the few numbers of an architecture, with a state that can be written as JSON. */
export class AlphaAdam {
  private readonly means: number[][];
  private readonly squares: number[][];
  private count = 0;

  constructor(
    private readonly alphas: readonly tf.Variable[],
    private readonly rate: number,
  ) {
    this.means = alphas.map(({ size }) => Array<number>(size).fill(0));
    this.squares = alphas.map(({ size }) => Array<number>(size).fill(0));
  }

  async step(own: readonly tf.Tensor[]): Promise<void> {
    this.count++;
    const [beta1, beta2] = [0.5, 0.999];
    for (const [i, alpha] of this.alphas.entries()) {
      const slopes = await own[i]!.data();
      const change = Array.from(slopes, (slope, j) => {
        const mean = (this.means[i]![j] = beta1 * this.means[i]![j]! + (1 - beta1) * slope);
        const square = (this.squares[i]![j] = beta2 * this.squares[i]![j]! + (1 - beta2) * slope ** 2);
        const deviation = Math.sqrt(square / (1 - beta2 ** this.count)) + 1e-8;
        return (this.rate * mean) / (1 - beta1 ** this.count) / deviation;
      });
      tf.tidy(() => alpha.assign(tf.sub(alpha, tf.tensor1d(change))));
    }
  }

  state(): unknown {
    return { count: this.count, means: this.means, squares: this.squares };
  }

  load(state: unknown): void {
    const { count, means, squares } = state as { count: number; means: number[][]; squares: number[][] };
    this.count = count;
    means.forEach((values, i) => (this.means[i] = values));
    squares.forEach((values, i) => (this.squares[i] = values));
  }
}

/** Makes one pass over the training examples; false: a stop was requested. `share`: the completed share of the search. */
export async function eachBatch(
  { network, dataset, settings, log, pause }: ArchitectureSearch,
  random: Random,
  epoch: number,
  work: (batch: Batch, step: number, share: number) => tf.Scalar | Promise<tf.Scalar>,
): Promise<boolean> {
  const { count } = dataset.train;
  const size = Math.min(network.batchSize, count);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  random.fork(`order ${epoch}`).shuffle(order);
  const feed = new Feed(dataset, dataset.train, order, size);
  const steps = Math.ceil(count / size);
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const share = (epoch - 1 + i / steps) / settings.epochs;
    const values = await feed.batch(i * size, Math.min((i + 1) * size, count));
    const batch = toTensors(values, dataset.inputShape);
    const loss = await work(batch, (epoch - 1) * steps + i, share);
    sum += (await loss.data())[0]! * values.count;
    tf.dispose([batch.inputs, batch.targets, loss]);
    log.progress(null, `architecture: epoch ${epoch} of ${settings.epochs}`);
    if (!(await pause())) return false;
  }
  log.log({ 'architecture/loss': sum / count }, at(epoch));
  return true;
}

/** Validation batches, one after the other, over and over. */
export class Cycle {
  /** Place of the next batch. */
  place = 0;
  private readonly order: Int32Array;
  private readonly size: number;

  constructor(
    private readonly dataset: Dataset,
    batchSize: number,
    random: Random,
  ) {
    const { count } = dataset.validation;
    this.order = random.shuffle(Int32Array.from({ length: count }, (_, i) => i));
    this.size = Math.min(batchSize, count);
  }

  async next(): Promise<Batch> {
    const { dataset, order, size } = this;
    if (this.place + size > order.length) this.place = 0;
    const values = await new Feed(dataset, dataset.validation, order, size).batch(this.place, this.place + size);
    this.place += size;
    return toTensors(values, dataset.inputShape);
  }
}

/** Returns the mean loss over the validation examples, or the first of them. */
export async function judged(
  { dataset, network }: ArchitectureSearch,
  net: Supernet,
  chosen: number[] | null,
): Promise<number> {
  const count = Math.min(MOST_RANKED, dataset.validation.count);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const size = Math.max(network.batchSize, 100);
  const feed = new Feed(dataset, dataset.validation, order, size);
  let sum = 0;
  for (let from = 0; from < count; from += size) {
    const values = await feed.batch(from, Math.min(from + size, count));
    const loss = tf.tidy(() =>
      net.lossOf(toTensors(values, dataset.inputShape), { training: false, random: new Random(0) }, chosen),
    );
    sum += (await loss.data())[0]! * values.count;
    loss.dispose();
  }
  return sum / count;
}
