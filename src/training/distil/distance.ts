/**
 * Loss of a student: (1 − α)·L + α·D, where D is the distance between its mapping f_S and the teacher's f_T.
 *
 * - logits: E‖f_S(x) − f_T(x)‖² (Ba & Caruana, "Do Deep Nets Really Need to be Deep?", NIPS 2014, equation 1).
 * - probabilities: the same of softmax(f/T), or of the sigmoid.
 * - kl: T²·E KL(softmax(f_T/T) ‖ softmax(f_S/T)) (Hinton, Vinyals & Dean, arXiv 1503.02531, sections 2 and 2.1).
 * - features: outputs of a layer within, mean of squares (Romero et al., FitNets, ICLR 2015, equation 3, without the regressor).
 *   If their widths differ, the similarities between the examples of the batch are compared (Tung & Mori, ICCV 2019,
 *   equations 1 to 4).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { DistilSettings } from '../../experiment/network/index.js';
import type { LossShape } from '../losses/types.js';

/** Kind of probabilities that the outputs stand for; null: they are numbers. */
export type Contained = LossShape['contains'];

/** Returns D, the mean over the batch. `student` and `taught` are [batch, …]. */
export function distanceOf(
  { distance, temperature }: Pick<DistilSettings, 'distance' | 'temperature'>,
  contained: Contained,
  student: tf.Tensor,
  taught: tf.Tensor,
): tf.Scalar {
  const flat = (x: tf.Tensor): tf.Tensor2D => tf.reshape(x, [x.shape[0]!, -1]);
  const [own, given] = [flat(student), flat(taught)];
  if (distance === 'kl') return divergence(own, given, temperature, contained);
  if (distance === 'features') {
    return own.shape[1] === given.shape[1] ? tf.mean(tf.square(tf.sub(own, given))) : similarity(own, given);
  }
  const meant = (x: tf.Tensor2D): tf.Tensor2D => {
    if (distance === 'logits') return x;
    const cooled = tf.div<tf.Tensor2D>(x, temperature);
    return contained === 'sigmoid' ? tf.sigmoid(cooled) : tf.softmax(cooled);
  };
  return tf.mean(tf.sum(tf.square(tf.sub(meant(own), meant(given))), 1));
}

/** The factor T² keeps the size of the gradient, which falls with 1/T². */
function divergence(student: tf.Tensor2D, taught: tf.Tensor2D, temperature: number, contained: Contained): tf.Scalar {
  const [own, given] = [student, taught].map((x) => tf.div<tf.Tensor2D>(x, temperature)) as [tf.Tensor2D, tf.Tensor2D];
  const terms =
    contained === 'sigmoid'
      ? tf.add(share(logSigmoid(own), logSigmoid(given)), share(logSigmoid(tf.neg(own)), logSigmoid(tf.neg(given))))
      : share(tf.logSoftmax(own), tf.logSoftmax(given));
  return tf.mul(tf.mean(tf.sum(terms, 1)), temperature ** 2);
}

/** log σ(x). The gradient of TensorFlow.js's own fails after a tidy. */
const logSigmoid = (x: tf.Tensor): tf.Tensor => tf.neg(tf.softplus(tf.neg(x)));
/** p_T·(log p_T − log p_S), from logarithms. */
const share = (own: tf.Tensor, given: tf.Tensor): tf.Tensor => tf.mul(tf.exp(given), tf.sub(given, own));

/** ‖G_S − G_T‖²_F / b², where G's rows are the products of an example with all of the batch, scaled to length 1. */
function similarity(student: tf.Tensor2D, taught: tf.Tensor2D): tf.Scalar {
  const products = (x: tf.Tensor2D): tf.Tensor => {
    const all = tf.matMul(x, x, false, true);
    // A row of zeros, as of dead units, has no direction.
    return tf.div(all, tf.sqrt(tf.add(tf.sum(tf.square(all), 1, true), 1e-12)));
  };
  return tf.mean(tf.square(tf.sub(products(student), products(taught))));
}
