/**
 * Meta-learning: starting weights from which a new task is learned in a few steps. Reptile (Nichol, Achiam & Schulman, "On
 * First-Order Meta-Learning Algorithms", 2018, algorithm 2) moves them towards the weights that each task leads to; MAML of
 * first order (Finn, Abbeel & Levine, "Model-Agnostic Meta-Learning", ICML 2017, section 5.2) follows the gradient on other
 * examples of the task after the inner steps. Either way, the section's optimizer takes the result as a gradient.
 */
import * as tf from '@tensorflow/tfjs-core';
import { normalizeOptimizer, type MetaSettings } from '../../experiment/network/index.js';
import type { HeldExamples } from '../data/types.js';
import { evaluate } from '../evaluation/evaluate.js';
import { batchValues } from '../loop/batches.js';
import type { BatchGradient, GradientSource } from '../loop/gradientTypes.js';
import type { Parameters } from '../loop/parameters.js';
import type { Pass } from '../loop/passes.js';
import { Stepper } from '../loop/stepper.js';
import type { TrainingSetup } from '../loop/types.js';
import type { Loss } from '../losses/index.js';
import type { Model } from '../model.js';
import type { Random } from '../random.js';
import { meanOf } from './means.js';
import type { Task, Tasks } from './tasks.js';

export interface MetaParts extends Pick<
  TrainingSetup,
  'network' | 'dataset' | 'cheapReads' | 'evaluationBatch' | 'ownMetrics'
> {
  model: Model;
  parameters: Parameters;
  loss: Loss;
  random: Random;
  gradients: () => GradientSource;
  /** Lets other work run; false: a stop was requested. */
  pause: () => Promise<boolean>;
}

/** Values of θ, and of the weights that are measured rather than learned. */
type Values = tf.Tensor[];

/** Inner steps after which the last comparison evaluates, up to ten times as many as usual. */
const COMPARED = [0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000];
const COMPARED_TIMES = 10;

export class Meta {
  private readonly settings: MetaSettings;
  private readonly inner: Stepper;
  private readonly measured: tf.Variable[];
  /** Weights that the training began with. */
  private readonly first: Values;

  constructor(
    private readonly tasks: Tasks,
    private readonly parts: MetaParts,
  ) {
    this.settings = parts.network.meta!;
    const { optimizer, rate } = this.settings.inner;
    const settings = normalizeOptimizer({ name: optimizer, learningRate: rate });
    this.inner = new Stepper(
      { optimizer: settings, clip: { norm: null, value: null }, accumulate: 1, ema: null },
      parts.parameters,
    );
    this.inner.optimizer.learningRate = rate;
    this.measured = parts.model.weights.filter(({ trainable }) => !trainable).map(({ variable }) => variable);
    this.first = this.copied();
  }

  /** Returns the epoch's pass over its tasks, of which a step takes `tasksPerStep`. */
  passes(): Pass[] {
    return [{ order: new Int32Array(this.settings.steps * this.settings.tasks) }];
  }

  get tasksPerStep(): number {
    return this.settings.tasks;
  }

  /** Returns the step's gradient for the starting weights, with the mean loss and the sum of the tasks' accuracies. */
  async take(step: number): Promise<BatchGradient> {
    const { tasks: count } = this.settings;
    const start = this.copied();
    let sum: Values = start.map((value) => tf.keep(tf.zerosLike(value)));
    let gradient: tf.Tensor1D | null = null;
    let result: tf.Tensor1D | null = null;
    const { parameters } = this.parts;
    for (let i = 0; i < count; i++) {
      const random = this.parts.random.fork(`task ${step} ${i}`);
      const task = await this.tasks.draw(random);
      const id = (step * count + i) * (this.settings.inner.steps + 1);
      const found = await this.learn(task, random, id);
      const [oldSum, oldGradient, oldResult]: [Values, tf.Tensor1D | null, tf.Tensor1D | null] = [
        sum,
        gradient,
        result,
      ];
      sum = tf.tidy(() => this.values().map((value, j) => tf.add(oldSum[j]!, tf.div(value, count))));
      sum.forEach((value) => tf.keep(value));
      gradient = tf.tidy(() => {
        const own = found.outer ?? tf.sub<tf.Tensor1D>(start[0]!, parameters.vector);
        const part = tf.div<tf.Tensor1D>(own, count);
        return oldGradient ? tf.add(oldGradient, part) : part;
      });
      result = tf.tidy(() => {
        const part = tf.div<tf.Tensor1D>(found.result, tf.tensor1d([count, found.examples]));
        return oldResult ? tf.add(oldResult, part) : part;
      });
      tf.dispose([oldSum, oldGradient, oldResult, found.outer, found.result].filter((one) => one !== null));
      this.set(start);
    }
    // Measured values, such as the averages of batch normalization, become the mean over the tasks.
    this.setMeasured(sum.slice(1));
    tf.dispose([...start, ...sum]);
    return { result: result!, gradient: gradient! };
  }

  /** Trains on a task; returns the result of the last batch, and for MAML the gradient on the other examples. */
  private async learn(task: Task, random: Random, id: number) {
    const { steps } = this.settings.inner;
    const isReptile = this.settings.method === 'reptile';
    const examples = isReptile ? joined(task) : task.support;
    let last: tf.Tensor1D | null = null;
    for (let i = 0; i < steps; i++) {
      last?.dispose();
      last = await this.step(examples, isReptile ? someOf(examples, task.support.count, random) : null, id + i);
    }
    if (isReptile) return { result: last!, examples: task.support.count, outer: null };
    last!.dispose();
    const { result, gradient } = await this.gradient(task.query, null, id + steps);
    return { result, examples: task.query.count, outer: gradient };
  }

  /** Takes an inner step on these examples (null: all of them) and returns the result before it. */
  private async step(examples: HeldExamples, order: Int32Array | null, id: number): Promise<tf.Tensor1D> {
    const { result, gradient } = await this.gradient(examples, order, id);
    tf.tidy(() => this.inner.take(gradient, true));
    gradient.dispose();
    return result;
  }

  private gradient(examples: HeldExamples, order: Int32Array | null, id: number): Promise<BatchGradient> {
    const all = order ?? Int32Array.from({ length: examples.count }, (_, i) => i);
    return this.parts.gradients().take(batchValues(this.parts.dataset, examples, all, 0, all.length), id);
  }

  /** Returns the means over the new tasks after the inner steps; null when a stop was requested. */
  async evaluate(): Promise<Record<string, number> | null> {
    const { steps } = this.settings.unseen;
    const all = await this.after([steps]);
    return all && all[0]!;
  }

  /**
   * Compares the steps on new tasks from the learned weights with those from the weights that the training began with.
   * Returns the values for each number of steps; null when a stop was requested.
   */
  async compare(): Promise<
    { steps: number; learned: Record<string, number>; scratch: Record<string, number> }[] | null
  > {
    const { steps } = this.settings.unseen;
    const most = steps * COMPARED_TIMES;
    const counts = [...new Set([...COMPARED.filter((one) => one <= most), steps])].sort((a, b) => a - b);
    const learned = await this.after(counts);
    const kept = this.copied();
    try {
      this.set(this.first);
      const scratch = learned && (await this.after(counts));
      return scratch && counts.map((one, i) => ({ steps: one, learned: learned[i]!, scratch: scratch[i]! }));
    } finally {
      this.set(kept);
      tf.dispose(kept);
    }
  }

  /** Learns the new tasks from the present weights, and returns the mean values after each of these numbers of steps. */
  private async after(counts: readonly number[]): Promise<Record<string, number>[] | null> {
    const start = this.copied();
    const found: Record<string, number>[][] = counts.map(() => []);
    try {
      for (let index = 0; index < this.settings.unseen.tasks; index++) {
        const task = await this.tasks.unseenTask(index);
        let done = 0;
        for (const [i, count] of counts.entries()) {
          for (; done < count; done++) {
            if (!(await this.parts.pause())) return null;
            // A negative number: these steps have other random numbers than those of the training.
            (await this.step(task.support, null, -1 - (index * 100_000 + done))).dispose();
          }
          const values = await this.measure(task.query);
          if (!values) return null;
          found[i]!.push(values);
        }
        this.set(start);
      }
    } finally {
      this.set(start);
      tf.dispose(start);
    }
    return found.map(meanOf);
  }

  private async measure(examples: HeldExamples): Promise<Record<string, number> | null> {
    const { model, loss, dataset, network, evaluationBatch, ownMetrics, parameters, pause } = this.parts;
    parameters.sync();
    const options = { batchSize: evaluationBatch, metrics: network.metrics, own: ownMetrics ?? [], pause };
    return (await evaluate(model, loss, dataset, examples, options))?.values ?? null;
  }

  private values(): Values {
    return [this.parts.parameters.vector, ...this.measured];
  }

  private copied(): Values {
    return this.values().map((value) => tf.keep(tf.clone(value)));
  }

  /** Sets the weights, and lets the inner optimizer begin anew. */
  private set([theta, ...measured]: Values): void {
    this.inner.optimizer.load({ steps: 0, vectors: {} });
    this.parts.parameters.assign(theta as tf.Tensor1D);
    this.setMeasured(measured);
  }

  private setMeasured(measured: Values): void {
    measured.forEach((value, i) => this.measured[i]!.assign(value));
  }

  dispose(): void {
    tf.dispose(this.first);
    this.inner.dispose();
  }
}

/** Returns all examples of a task. */
function joined({ support, query }: Task): HeldExamples {
  const both = <T extends Float32Array | Int32Array>(one: T, other: T): T => {
    const all = new (one.constructor as new (length: number) => T)(one.length + other.length);
    all.set(one);
    all.set(other, one.length);
    return all;
  };
  return {
    count: support.count + query.count,
    inputs: both(support.inputs as Float32Array, query.inputs as Float32Array),
    targets: both(support.targets, query.targets),
  };
}

/** Draws `count` of the examples. */
function someOf({ count: all }: HeldExamples, count: number, random: Random): Int32Array {
  return random.shuffle(Int32Array.from({ length: all }, (_, i) => i)).subarray(0, count);
}
