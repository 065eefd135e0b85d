/**
 * Attacks within ‖δ‖∞ ≤ ε: the fast gradient sign method (Goodfellow, Shlens & Szegedy, "Explaining and Harnessing
 * Adversarial Examples", ICLR 2015) and projected gradient descent (Madry et al., "Towards Deep Learning Models Resistant to
 * Adversarial Attacks", ICLR 2018), from a random start, in ten steps of 2.5·ε/10.
 */
import * as tf from '@tensorflow/tfjs-core';
import { ATTACKS, type Examined } from '../../protocol/trainer/examined.js';
import type { BatchValues } from '../loop/batches.js';
import { Random } from '../random.js';
import { accuracyOf, type Range, type Subject } from './subject.js';

const STEPS = 10;
const STEP_SHARE = 2.5;

export async function attacked(subject: Subject, strengths: readonly number[]): Promise<Examined['attacks']> {
  const found: Examined['attacks'] = [];
  for (const kind of ATTACKS) {
    const levels: Examined['attacks'][number]['levels'] = [];
    for (const level of strengths) {
      const random = new Random(1);
      levels.push({
        level,
        accuracy: await accuracyOf(subject, (values) => attack(subject, kind, values, level, random)),
      });
    }
    found.push({ kind, levels });
  }
  return found;
}

/** Returns the inputs of the attack. `level` is ε in units of the range. Call it inside a tidy. */
export function attack(
  subject: Pick<Subject, 'model' | 'loss' | 'range'>,
  kind: (typeof ATTACKS)[number],
  { inputs, targets, count }: BatchValues,
  level: number,
  random: Random,
): tf.Tensor {
  const { model, loss, range } = subject;
  const epsilon = level * range.unit;
  const x = tf.tensor(inputs, [count, ...model.dataset.inputShape]);
  const y = tf.tensor2d(targets, [count, targets.length / count]);
  const gradient = tf.grad((input: tf.Tensor) => loss.plain(model.raw(input), y));
  if (kind === 'fgsm') return within(tf.add(x, tf.mul(tf.sign(gradient(x)), epsilon)), range);
  const start = Float32Array.from(inputs, (value) => value + epsilon * (2 * random.uniform() - 1));
  let at = within(tf.tensor(start, x.shape), range);
  for (let i = 0; i < STEPS; i++) {
    const step = tf.mul(tf.sign(gradient(at)), (STEP_SHARE * epsilon) / STEPS);
    const near = tf.minimum(tf.maximum(tf.add(at, step), tf.sub(x, epsilon)), tf.add(x, epsilon));
    at = within(near, range);
  }
  return at;
}

const within = (x: tf.Tensor, { bounds }: Range): tf.Tensor => (bounds ? tf.clipByValue(x, bounds[0], bounds[1]) : x);
