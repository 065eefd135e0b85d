/** Gradients of the validation loss with respect to the architecture (Liu, Simonyan & Yang, "DARTS", ICLR 2019). */
import * as tf from '@tensorflow/tfjs-core';
import { entryOf } from '../../protocol/values/records.js';
import type { ForwardContext } from '../layers/types.js';
import type { Batch } from '../loop/batches.js';
import type { Supernet } from './supernet.js';

/** Gradients of `loss` in the order of the variables, zeros for those that it does not depend on. The caller disposes them. */
export function gradients(loss: () => tf.Scalar, variables: tf.Variable[]): tf.Tensor[] {
  return tf.tidy(() => {
    const { grads } = tf.variableGrads(loss, variables);
    return variables.map((variable) => entryOf(grads, variable.name) ?? tf.zerosLike(variable));
  });
}

/** ∇_α L_val(w, α): the first-order approximation, section 2.3 with ξ = 0. */
export const firstOrder = (net: Supernet, validation: Batch, context: ForwardContext): tf.Tensor[] =>
  gradients(() => net.lossOf(validation, context, null), net.alphas);

/** Radius of the finite difference, over the norm of the direction (section 2.3, footnote). */
const RADIUS = 0.01;

/**
 * ∇_α L_val(w − ξ∇_w L_train(w, α), α): equation 7, with its product of a mixed second derivative and a vector as the
 * central difference of equation 8. The weights are as before when it returns.
 */
export async function secondOrder(
  net: Supernet,
  { train, validation, xi }: { train: Batch; validation: Batch; xi: number },
  context: ForwardContext,
): Promise<tf.Tensor[]> {
  const { variables, alphas } = net;
  const kept = variables.map((variable) => tf.clone(variable));
  const measured = net.weights.filter(({ trainable }) => !trainable).map(({ variable }) => variable);
  const keptMeasured = measured.map((variable) => tf.clone(variable));
  const trainLoss = () => net.lossOf(train, context, null);
  const moveTo = (direction: tf.Tensor[], by: number) =>
    tf.tidy(() => variables.forEach((variable, i) => variable.assign(tf.add(kept[i]!, tf.mul(direction[i]!, by)))));
  const step = gradients(trainLoss, variables);
  moveTo(step, -xi);
  const direct = gradients(() => net.lossOf(validation, context, null), alphas);
  const v = gradients(() => net.lossOf(validation, context, null), variables);
  const length = tf.tidy(() => tf.sqrt(tf.addN(v.map((one) => tf.sum(tf.square(one))))));
  const norm = (await length.data())[0]!;
  const radius = norm > 0 ? RADIUS / norm : 0;
  moveTo(v, radius);
  const up = gradients(trainLoss, alphas);
  moveTo(v, -radius);
  const down = gradients(trainLoss, alphas);
  variables.forEach((variable, i) => variable.assign(kept[i]!));
  measured.forEach((variable, i) => variable.assign(keptMeasured[i]!));
  const result = direct.map((one, i) =>
    tf.tidy(() => (radius > 0 ? tf.sub(one, tf.mul(tf.sub(up[i]!, down[i]!), xi / (2 * radius))) : tf.clone(one))),
  );
  tf.dispose([...kept, ...keptMeasured, ...step, ...direct, ...v, length, ...up, ...down]);
  return result;
}
