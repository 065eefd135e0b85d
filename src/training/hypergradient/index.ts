/**
 * Hyperparameters tuned by gradients while the network trains. The learning rate follows the training loss (rate.ts).
 * The others follow the validation loss, by one of two methods:
 *
 * - truncated: reverse mode through the last steps (adjoint.ts), as T1-T2 of Luketina et al., "Scalable Gradient-Based
 *   Tuning of Continuous Regularization Hyperparameters" (ICML 2016);
 * - implicit: −∇V·H⁻¹·∂²L/∂θ∂φ, with H⁻¹ as the Neumann series η·Σ(I − ηH)^j: Lorraine, Vicol & Duvenaud, "Optimizing
 *   Millions of Hyperparameters by Implicit Differentiation" (AISTATS 2020), algorithms 2 and 3.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Network, Tunable } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { toTensors, type BatchValues } from '../loop/batches.js';
import type { GradientSource } from '../loop/gradientTypes.js';
import type { Stepper } from '../loop/stepper.js';
import type { Loss } from '../losses/index.js';
import { backThrough, disposeStep, memoryOf, type Carry, type TakenStep } from './adjoint.js';
import { decayGroups, decayVector, sumsOf, type DecayGroup } from './decays.js';
import { Judge, type JudgeParts } from './judge.js';
import { Point } from './products.js';
import { RateDescent } from './rate.js';
import type { SmoothingSlope } from '../losses/closed.js';
import { Strength } from './strength.js';
import { TunedLoss } from './tunedLoss.js';
import { HyperValues, type HyperState, type HyperValue } from './values.js';
import type { Random } from '../random.js';
import { said } from '../../format/said.js';

/** Weight decay that tuning starts from when the file has none. */
const FIRST_DECAY = 1e-4;
/** Classes whose weights can be tuned. */
const MOST_CLASSES = 100;

export interface HyperParts extends JudgeParts {
  loss: Loss;
  stepper: Stepper;
  gradients(): GradientSource;
}

export class Hypergradient {
  /** Latest hypergradients by name, and that of the learning rate with respect to the training loss. */
  readonly latest: Record<string, number> = {};
  private readonly rate: RateDescent | null;
  private readonly judge: Judge | null;
  private readonly point: Point;
  private readonly groups: DecayGroup[];
  private readonly values: HyperValues;
  private strength: Strength | null;
  private tape: TakenStep[] = [];
  /** Batches before augmentation, of the step under way. */
  private raw: BatchValues | null = null;

  constructor(private parts: HyperParts) {
    const { network, dataset, model, parameters } = parts;
    const settings = network.hypergradient!;
    this.rate = this.tunes('learningRate') ? new RateDescent(settings.learningRate) : null;
    this.judge = settings.tune.some((name) => name !== 'learningRate') ? new Judge(parts) : null;
    this.point = new Point(model, parameters);
    const tuned = this.tunes('weightDecay') || this.tunes('weightDecayByLayer');
    this.groups = tuned ? decayGroups(model.weights, this.tunes('weightDecayByLayer')) : [];
    this.strength = this.tunes('augment') ? new Strength(network, dataset) : null;
    this.values = new HyperValues(this.initial(), settings.rate);
    this.apply();
  }

  private tunes(name: Tunable): boolean {
    return this.parts.network.hypergradient!.tune.includes(name);
  }

  private get tunedLoss(): TunedLoss | null {
    return this.parts.loss instanceof TunedLoss ? this.parts.loss : null;
  }

  private initial(): HyperValue[] {
    const { network, dataset } = this.parts;
    const decay = network.optimizer.weightDecay || FIRST_DECAY;
    const values = this.groups.map(({ name }): HyperValue => ({ name, value: decay, log: true, low: 1e-9, high: 1 }));
    if (this.tunes('labelSmoothing')) {
      values.push({ name: 'label_smoothing', value: network.loss.labelSmoothing, log: false, low: 0, high: 0.5 });
    }
    if (this.tunes('classWeights')) {
      const classes = dataset.classes ?? [];
      if (classes.length > MOST_CLASSES) {
        throw new TrainingError(said('hypergradient: classWeights are for up to {0} classes', MOST_CLASSES));
      }
      const weights = this.tunedLoss!.classWeights ?? classes.map(() => 1);
      classes.forEach((name, i) =>
        values.push({ name: `class_weight/${name}`, value: weights[i]! || 0.01, log: true, low: 0.01, high: 100 }),
      );
    }
    if (this.strength) values.push({ name: 'augment', value: 1, log: true, low: 0.01, high: this.strength.most });
    return values;
  }

  private valueOf(name: string): number | null {
    return this.values.all.find((one) => one.name === name)?.value ?? null;
  }

  /** Puts the values where the training uses them. */
  private apply(): void {
    const { stepper, parameters, network, loss, model } = this.parts;
    const { weightDecay } = network.optimizer;
    const values = this.values.all.map(({ value }) => value);
    if (this.groups.length > 0) stepper.setDecay(decayVector(this.groups, values, parameters.count));
    else if (weightDecay !== 0 && this.judge) {
      const all = decayGroups(model.weights, false);
      stepper.setDecay(decayVector(all, [weightDecay], parameters.count));
    }
    if (!(loss instanceof TunedLoss)) return;
    const weights = this.values.all.filter(({ name }) => name.startsWith('class_weight/')).map(({ value }) => value);
    const smoothing = this.valueOf('label_smoothing') ?? loss.labelSmoothing;
    loss.set(smoothing, weights.length > 0 ? weights : loss.classWeights);
  }

  /** Returns the values to log; `learningRate` is the present one, before its schedule. */
  logged(learningRate?: number): Record<string, number> {
    const values = this.values.all.map(({ name, value }) => [`hyper/${name}`, value] as const);
    return {
      ...Object.fromEntries(values),
      ...(this.rate && learningRate !== undefined && { 'hyper/learning_rate': learningRate }),
    };
  }

  /** True when the batches must come without augmentation, because its strength is tuned here. */
  get augments(): boolean {
    return this.strength !== null;
  }

  /** Returns the batch with the augmentation at its present strength. */
  augment(raw: BatchValues, random: Random): BatchValues {
    this.raw = raw;
    return this.strength!.apply(raw, this.valueOf('augment')!, random);
  }

  /** Returns the learning rate for the step with this gradient, given the one of the last step. */
  async descend(gradient: tf.Tensor1D, rate: number): Promise<number> {
    if (!this.rate) return rate;
    const next = await this.rate.next(gradient, rate);
    this.latest.learning_rate = next.slope;
    return next.rate;
  }

  /** Starts remembering a step before it is taken; `i` is its index in the epoch. The result goes to `stepped`. */
  before(i: number): tf.Tensor1D | null {
    return this.rate || this.remembers(i) ? this.parts.parameters.hold() : null;
  }

  private remembers(i: number): boolean {
    const { every, horizon, method } = this.parts.network.hypergradient!;
    return this.judge !== null && i % every >= every - (method === 'implicit' ? 1 : horizon);
  }

  /** Takes note of a step, and tunes the hyperparameters when it is time. */
  async stepped(
    theta: tf.Tensor1D | null,
    at: { i: number; step: number; gradient: tf.Tensor1D; batch: BatchValues },
  ): Promise<void> {
    if (!theta) return;
    const { stepper, parameters, network } = this.parts;
    const { optimizer } = stepper;
    // Nothing moved the weights.
    if (theta === parameters.vector) return parameters.release();
    this.rate?.stepped(theta, parameters.vector, optimizer.learningRate);
    if (!this.remembers(at.i)) return theta.dispose();
    const copies = network.hypergradient!.horizon > 1;
    const taken: TakenStep = {
      theta,
      gradient: this.goesBack ? stepper.regularized(at.gradient, theta) : null,
      memory: this.goesBack ? memoryOf(optimizer, network.optimizer, copies) : [],
      copies,
      count: optimizer.count,
      rate: optimizer.learningRate,
      batch: at.batch,
      raw: this.raw,
      step: at.step,
    };
    this.tape.push(taken);
    const { every, method } = network.hypergradient!;
    if ((at.i + 1) % every !== 0) return;
    const gradients = method === 'implicit' ? await this.implicit(taken) : await this.truncated();
    this.forget();
    this.values.all.forEach(({ name }, i) => (this.latest[name] = gradients[i]!));
    this.values.step(gradients);
    this.apply();
  }

  /** True if the chain rule passes through steps of the optimizer; a decay's own term needs none. */
  private get goesBack(): boolean {
    const { method, horizon } = this.parts.network.hypergradient!;
    return method === 'truncated' && (horizon > 1 || this.tunedLoss !== null || this.strength !== null);
  }

  private async truncated(): Promise<number[]> {
    const { network, stepper } = this.parts;
    const sums = this.values.all.map(() => 0);
    let { a, carry } = await this.end();
    for (let t = this.tape.length - 1; t >= 0; t--) {
      const step = this.tape[t]!;
      const needed = t > 0 || this.tunedLoss !== null || this.strength !== null;
      const back = needed
        ? tf.tidy(() => backThrough(network.optimizer, step, a, carry, t === 0))
        : { gradient: tf.clone(a), carry: [] };
      const direct = await this.direct(step, back.gradient, { vector: a, factor: -step.rate });
      direct.forEach((value, i) => (sums[i]! += value));
      if (t > 0) {
        const curved = await this.curvature(step, step.theta, back.gradient);
        const { decay } = stepper;
        const earlier = tf.tidy(() => {
          const through = tf.add<tf.Tensor1D>(a, curved);
          return decay ? tf.sub<tf.Tensor1D>(through, tf.mul(tf.mul(a, decay), step.rate)) : through;
        });
        tf.dispose([a, curved]);
        a = earlier;
      }
      tf.dispose([back.gradient, ...carry]);
      ({ carry } = back);
    }
    tf.dispose([a, ...carry]);
    return sums;
  }

  /**
   * Returns the gradient of the validation loss with respect to the weights, and to what the optimizer remembers: with
   * Nesterov, the weights that are evaluated also depend on the velocity.
   */
  private async end(): Promise<{ a: tf.Tensor1D; carry: Carry }> {
    const { network, parameters, stepper } = this.parts;
    const { step } = this.tape.at(-1)!;
    const offset = stepper.optimizer.settle();
    if (!offset) return { a: await this.judge!.gradient(step), carry: [] };
    const settled = tf.tidy(() => tf.add<tf.Tensor1D>(parameters.vector, offset));
    const a = await this.point.at(settled, () => this.judge!.gradient(step));
    tf.dispose([offset, settled]);
    const { momentum } = network.optimizer as Extract<Network['optimizer'], { name: 'sgd' }>;
    return { a, carry: [tf.tidy(() => tf.mul(a, -momentum))] };
  }

  private async implicit(step: TakenStep): Promise<number[]> {
    const { parameters, network, stepper } = this.parts;
    const { terms, scale } = network.hypergradient!;
    // Moving the weights for a difference disposes θ itself.
    const theta = tf.clone(parameters.vector);
    let v = await this.judge!.gradient(step.step);
    let sum = tf.clone(v);
    for (let j = 0; j < terms; j++) {
      const curved = await this.curvature(step, theta, v);
      const { decay } = stepper;
      const [next, total] = tf.tidy(() => {
        const all = decay ? tf.add(curved, tf.mul(v, decay)) : curved;
        const left = tf.sub<tf.Tensor1D>(v, tf.mul(all, scale));
        return [left, tf.add<tf.Tensor1D>(sum, left)];
      }) as [tf.Tensor1D, tf.Tensor1D];
      tf.dispose([v, sum, curved]);
      [v, sum] = [next, total];
    }
    const weight = tf.tidy(() => tf.mul<tf.Tensor1D>(sum, -scale));
    tf.dispose([v, sum]);
    const gradients = await this.direct({ ...step, theta }, weight, { vector: weight, factor: 1 });
    tf.dispose([weight, theta]);
    return gradients;
  }

  /**
   * Returns w·∂²L/∂θ∂φ for each hyperparameter φ, at the step's θ and with its batch. `decaying` times its factor is what
   * the decay's own term is multiplied by.
   */
  private async direct(
    step: TakenStep,
    w: tf.Tensor1D,
    decaying: { vector: tf.Tensor1D; factor: number },
  ): Promise<number[]> {
    const sums = await sumsOf(this.groups, decaying.vector, step.theta);
    const result = sums.map((sum) => sum * decaying.factor);
    if (!this.tunedLoss && !this.strength) return result;
    const quick = this.quickProduct(step, w);
    if (quick !== null) return [...result, quick];
    const mixed = await this.point.along(step.theta, w, () => this.slopes(step));
    result.push(...(await mixed.data()));
    mixed.dispose();
    return result;
  }

  /** Returns the derivatives of the batch's loss at θ with respect to the tuned settings of loss and augmentation. */
  private async slopes(step: TakenStep): Promise<tf.Tensor1D> {
    const { model, dataset, loss, random, parameters } = this.parts;
    const quick = this.quickSlope(step);
    if (quick !== null) return tf.tensor1d([quick]);
    parameters.sync();
    const forward = (batch: BatchValues) => {
      const { inputs, targets } = toTensors(batch, dataset.inputShape);
      const outputs = model.forward(inputs, { training: true, random: random.fork(`step ${step.step}`) });
      return { outputs, targets };
    };
    const parts: tf.Tensor1D[] = [];
    const slope = this.closedSlope;
    if (slope) {
      const outputs = tf.tidy(() => forward(step.batch).outputs);
      const values = slope((await outputs.data()) as Float32Array, step.batch.targets, step.batch.count);
      outputs.dispose();
      return tf.tensor1d([values]);
    }
    if (loss instanceof TunedLoss) {
      const slopes = tf.tidy(() => {
        const { outputs, targets } = forward(step.batch);
        const all = loss.slopes(outputs, targets);
        const from = this.tunes('labelSmoothing') ? 0 : 1;
        return tf.slice1d(all, from, this.tunes('classWeights') ? all.size - from : 1);
      });
      parts.push(slopes);
    }
    if (this.strength) {
      const strength = this.strength;
      const [low, high] = strength.around(this.valueOf('augment')!);
      const at = (value: number) => {
        const { outputs, targets } = forward(strength.apply(step.raw!, value, random.fork(`augment ${step.step}`)));
        return loss.of(outputs, targets);
      };
      parts.push(tf.tidy(() => tf.reshape(tf.div(tf.sub(at(high), at(low)), high - low), [1])));
    }
    await Promise.resolve();
    const all = tf.concat1d(parts);
    tf.dispose(parts);
    return all;
  }

  /** The derivative with respect to the label smoothing, if it alone is tuned and has a closed form; else null. */
  private get closedSlope(): SmoothingSlope | null {
    return this.strength || this.tunes('classWeights') ? null : (this.tunedLoss?.smoothingSlope ?? null);
  }

  /**
   * Returns w·∂²L/∂θ∂φ for the label smoothing φ alone, whose derivative is linear in the outputs: it is that of the outputs'
   * derivative along w. Null: the network or the loss has no such form.
   */
  private quickProduct({ batch, theta }: TakenStep, w: tf.Tensor1D): number | null {
    const slope = this.closedSlope;
    const tangents = slope && this.parts.gradients().tangents?.(batch, theta, w);
    return slope && tangents ? slope(tangents, batch.targets, batch.count) : null;
  }

  /** Returns the derivative with respect to the label smoothing, if it alone is tuned and has a closed form. */
  private quickSlope({ batch, step }: TakenStep): number | null {
    const slope = this.closedSlope;
    const outputs = slope && this.parts.gradients().outputs?.(batch, step);
    return slope && outputs ? slope(outputs, batch.targets, batch.count) : null;
  }

  /** Returns Hv, where H is the curvature at θ of the batch's loss with the penalties on the weights. */
  private curvature(step: TakenStep, theta: tf.Tensor1D, v: tf.Tensor1D): Promise<tf.Tensor1D> {
    const { gradients, parameters, stepper } = this.parts;
    return this.point.along(theta, v, async () => {
      const { result, gradient } = await gradients().take(step.batch, step.step);
      const whole = stepper.regularized(gradient, parameters.vector);
      tf.dispose([result, gradient]);
      return whole;
    });
  }

  /** Adopts other settings of the same hyperparameters. A weight decay that a person changed counts from here on. */
  change(network: Network): void {
    const before = this.parts.network.optimizer.weightDecay;
    const { weightDecay } = network.optimizer;
    this.parts = { ...this.parts, network };
    this.values.rate = network.hypergradient!.rate;
    if (this.rate) this.rate.settings = network.hypergradient!.learningRate;
    if (this.strength) this.strength = new Strength(network, this.parts.dataset);
    if (weightDecay !== before) {
      for (const value of this.values.all) {
        if (value.name.startsWith('weight_decay')) value.value = weightDecay || FIRST_DECAY;
      }
    }
    this.apply();
  }

  /** Forgets the steps so far, so that a training that resumes here continues in the same way. */
  reset(): void {
    this.forget();
    this.rate?.reset();
    this.raw = null;
  }

  private forget(): void {
    this.tape.splice(0).forEach(disposeStep);
  }

  state(): HyperState {
    return this.values.state();
  }

  load(state: HyperState): void {
    this.values.load(state);
    this.apply();
  }

  dispose(): void {
    this.reset();
    this.judge?.dispose();
  }
}
