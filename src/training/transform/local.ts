/**
 * Gradients for one sub-mapping from a target for its own output, for block coordinate descent: with z = f_k(x), the target
 * is t = z − γ·∂L/∂z, and several steps reduce ½‖f_k(x) − t‖² with x and t fixed (Amid, Anil & Warmuth, "LocoProp:
 * Enhancing BackProp via Local Loss Optimization", AISTATS 2022). The way they moved the weights, over its length, is
 * returned as the gradient; with one step, it is the gradient of the loss.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { LocalSettings } from '../../experiment/network/index.js';
import type { ForwardContext } from '../layers/types.js';
import { toTensors, type BatchValues } from '../loop/batches.js';
import { countRight, gradientOf, learning } from '../loop/gradient.js';
import type { BatchGradient, GradientParts, GradientSource } from '../loop/gradientTypes.js';
import type { Range } from '../parts.js';
import type { Random } from '../random.js';

/** Distance at which a change of the output is measured, relative to the weights. */
const PROBE = 1e-3;
const TINY = 1e-20;

export class LocalGradient implements GradientSource {
  constructor(
    private readonly parts: GradientParts,
    private readonly settings: Pick<LocalSettings, 'steps' | 'rate'>,
    private readonly random: Random,
  ) {}

  take(values: BatchValues, step: number, watch?: ForwardContext['watch']): Promise<BatchGradient> {
    const { parts } = this;
    const random = this.random.fork(`step ${step}`);
    const { turn } = parts;
    // The target of the last sub-mapping is the loss itself. A watcher sees all layers.
    if (!turn || turn.to >= parts.model.layers.length || watch) {
      return Promise.resolve(gradientOf(parts, values, random, watch));
    }
    const { result, gradient } = tf.tidy(() => ({ ...this.local(values, turn, random) })) as BatchGradient;
    return Promise.resolve({ result, gradient });
  }

  private local(values: BatchValues, { from, to }: Range, random: Random): BatchGradient {
    const { model, parameters, loss, classes, frozen, inputShape } = this.parts;
    const batch = toTensors(values, inputShape);
    const still = frozen?.statistics ? frozen.layers : undefined;
    const through = (first: number, end: number, x: tf.Tensor): tf.Tensor =>
      model.layers.slice(first, end).reduce((y, layer, i) => {
        const isStill = still?.includes(first + i) ?? false;
        // The same random numbers at every pass.
        return layer.forward(y, { training: true, random: random.fork(`${first + i}`), isStill });
      }, x);
    const variables = learning(this.parts);
    const input = through(0, from, batch.inputs);
    const measured = model.weights.filter(({ trainable }) => !trainable).map(({ variable }) => variable);
    const output = through(from, to, input);
    let outputs: tf.Tensor2D | null = null;
    const { value, grad } = tf.valueAndGrad((z: tf.Tensor) => {
      outputs = tf.keep(through(to, model.layers.length, z) as tf.Tensor2D);
      return loss.of(outputs, batch.targets);
    })(output);
    const kept = measured.map((variable) => tf.clone(variable));
    const right = classes ? countRight(outputs!, batch.targets) : tf.scalar(0);
    (outputs! as tf.Tensor).dispose();
    const target = tf.sub(output, tf.mul(grad, this.settings.rate * values.count));
    const moved = this.descend(() => through(from, to, input), target, variables, values.count);
    measured.forEach((variable, i) => variable.assign(kept[i]!));
    const own = new Map(variables.map((variable, i) => [variable, moved[i]!]));
    const all = parameters.variables.map((variable) => own.get(variable) ?? tf.zerosLike(variable));
    return { result: tf.stack([value as tf.Scalar, right]) as tf.Tensor1D, gradient: parameters.flatten(all) };
  }

  /** Returns how far each variable moved, over the length of the steps. The variables are as before when it returns. */
  private descend(block: () => tf.Tensor, target: tf.Tensor, variables: tf.Variable[], count: number): tf.Tensor[] {
    const { steps, rate } = this.settings;
    const before = variables.map((variable) => tf.clone(variable));
    let length: tf.Tensor = tf.scalar(0);
    for (let i = 0; i < steps; i++) {
      let output: tf.Tensor | null = null;
      const { grads } = tf.variableGrads(() => {
        output = tf.keep(block());
        return tf.div(tf.sum(tf.square(tf.sub(output, target))), 2 * count) as tf.Scalar;
      }, variables);
      const slopes = variables.map((variable) => grads[variable.name] ?? tf.zerosLike(variable));
      const norm = squares(slopes);
      const distance = tf.mul(PROBE, tf.sqrt(tf.div(tf.add(squares(variables), TINY), tf.add(norm, TINY))));
      const at = variables.map((variable) => tf.clone(variable));
      variables.forEach((variable, k) => variable.assign(tf.sub(at[k]!, tf.mul(slopes[k]!, distance))));
      const change = tf.div(tf.sub(block(), output!), distance);
      (output! as tf.Tensor).dispose();
      // The length that is best if the output depends linearly on the weights (Cauchy's step).
      const step = tf.div(norm, tf.add(tf.div(tf.sum(tf.square(change)), count), TINY));
      variables.forEach((variable, k) => variable.assign(tf.sub(at[k]!, tf.mul(slopes[k]!, step))));
      length = tf.add(length, step);
    }
    const moved = variables.map((variable, k) =>
      tf.div(tf.sub(before[k]!, variable), tf.add(tf.mul(length, rate), TINY)),
    );
    variables.forEach((variable, k) => variable.assign(before[k]!));
    return moved;
  }

  dispose(): void {
    // Nothing is kept between batches.
  }
}

const squares = (tensors: readonly tf.Tensor[]): tf.Tensor =>
  tf.addN(tensors.map((tensor) => tf.sum(tf.square(tensor))));
