/** Loss of one batch, and its gradient. */
import * as tf from '@tensorflow/tfjs-core';
import { toTensors, type BatchValues } from './batches.js';
import { FastChain } from '../kernels/chain/index.js';
import type { ForwardContext } from '../layers/types.js';
import type { BatchGradient, GradientParts, GradientSource } from './gradientTypes.js';
import type { Random } from '../random.js';
import { entryOf } from '../../protocol/values/records.js';

export function gradientOf(
  parts: GradientParts,
  values: BatchValues,
  random: Random,
  watch?: ForwardContext['watch'],
): BatchGradient {
  const { model, parameters, loss, classes, inputShape, frozen, student, smooth = null } = parts;
  const still = frozen?.statistics ? frozen.layers : undefined;
  return tf.tidy(() => {
    const batch = toTensors(values, inputShape);
    let right: tf.Tensor = tf.scalar(0);
    const { value, grads } = tf.variableGrads(() => {
      let compared: tf.Tensor | null = null;
      const look: ForwardContext['watch'] = (layer, output) => {
        if (layer === student?.layer) compared = output;
        watch?.(layer, output);
      };
      const context = { training: true, random, watch: student ? look : watch, still, smooth };
      const outputs = model.forward(batch.inputs, context);
      if (classes) right = tf.keep(countRight(outputs, batch.targets));
      const own = loss.of(outputs, batch.targets);
      if (!student || !values.teacher) return own;
      return student.loss(
        own,
        compared ?? outputs,
        tf.tensor(values.teacher, [values.count, values.teacher.length / values.count]),
      );
    }, learning(parts));
    const gradient = parameters.flatten(
      parameters.variables.map((variable) => entryOf(grads, variable.name) ?? tf.zerosLike(variable)),
    );
    const result = tf.stack([value, right]) as tf.Tensor1D;
    right.dispose();
    return { result, gradient };
  });
}

/** Returns the variables that learn: the backward pass ends at the first of them. */
export function learning({ model, parameters, frozen }: GradientParts): tf.Variable[] {
  const { variables } = parameters;
  if (!frozen) return variables;
  const still = new Set(frozen.layers.flatMap((index) => model.layers[index]!.weights.map(({ variable }) => variable)));
  const left = variables.filter((variable) => !still.has(variable));
  // TensorFlow.js needs one at least.
  return left.length > 0 ? left : variables.slice(-1);
}

/** Gradient computed in this process, over the whole batch at once. */
export class OwnGradient implements GradientSource {
  private readonly fast: FastChain | null;

  constructor(
    private readonly parts: GradientParts,
    private readonly random: Random,
  ) {
    // The fast path knows the loss on the targets only, and ReLU as it is.
    this.fast = parts.student || parts.smooth ? null : FastChain.of(parts);
  }

  take(batch: BatchValues, step: number, watch?: ForwardContext['watch']): Promise<BatchGradient> {
    const random = this.random.fork(`step ${step}`);
    // The fast path does not produce the layer outputs that a watcher needs, nor does it end at the first layer that learns.
    if (this.fast && !watch && !this.parts.frozen) return Promise.resolve(this.fast.take(batch, random));
    return Promise.resolve(gradientOf(this.parts, batch, random, watch));
  }

  outputs(batch: BatchValues, step: number): Float32Array | null {
    return this.fast?.outputs(batch, this.random.fork(`step ${step}`)) ?? null;
  }

  tangents(batch: BatchValues, theta: tf.Tensor1D, v: tf.Tensor1D): Float32Array | null {
    return this.fast?.tangents(batch, theta, v) ?? null;
  }

  dispose(): void {
    this.fast?.dispose();
  }
}

export function countRight(outputs: tf.Tensor2D, targets: tf.Tensor2D): tf.Tensor {
  // A single output predicts the second of two classes when it is above 0.
  const chosen =
    outputs.shape[1] === 1 ? tf.cast(tf.greater(tf.squeeze(outputs, [1]), 0), 'int32') : tf.argMax(outputs, 1);
  return tf.sum(tf.cast(tf.equal(chosen, tf.argMax(targets, 1)), 'float32'));
}
