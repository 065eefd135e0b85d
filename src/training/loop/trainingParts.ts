/** Parts of a training that follow from its settings. */
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../../experiment/network/index.js';
import { Teacher } from '../distil/teacher.js';
import { PlacedError } from '../errors.js';
import { evaluate, type Evaluation } from '../evaluation/evaluate.js';
import { smoothingAt, type Smoothing } from '../layers/smoothRelu.js';
import type { Loss } from '../losses/index.js';
import type { Meta } from '../meta/index.js';
import type { Model } from '../model.js';
import type { Random } from '../random.js';
import { LocalGradient } from '../transform/local.js';
import { OwnGradient } from './gradient.js';
import type { GradientParts, GradientSource } from './gradientTypes.js';
import type { Stepper } from './stepper.js';
import type { TrainingSetup } from './types.js';
import type { Weights } from './weights.js';
import { said } from '../../format/said.js';

/** Returns the teacher, or null. Throws when its outputs can't be compared with the model's. */
export function teacherOf({ teacher: given, network, dataset }: TrainingSetup, model: Model): Teacher | null {
  const { distil } = network;
  if (!given || !distil) return null;
  const teacher = new Teacher(given, distil, network, dataset);
  if (distil.distance === 'features' || teacher.outputs === model.outputs) return teacher;
  throw new PlacedError(
    ['distil', 'teacher'],
    said('the teacher has {0} outputs, this network {1}: compare features instead', teacher.outputs, model.outputs),
  );
}

/** Returns the source of gradients: local targets, this process, or the workers. */
export function gradientSource(options: TrainingSetup, parts: GradientParts, random: Random): GradientSource {
  const { network, dataset, seed, workers } = options;
  if (network.transform?.kind === 'local') return new LocalGradient(parts, network.transform, random);
  if (!workers) return new OwnGradient(parts, random);
  return workers.gradients(Object.assign(parts, { network, dataset, seed, random }));
}

/** Returns the smooth function that stands for ReLU in an epoch; undefined: ReLU itself. */
export function smoothingOf({ transform, epochs }: Network, epoch: number): Smoothing | undefined {
  return transform?.kind === 'smooth' ? smoothingAt(transform, epoch, epochs) : undefined;
}

/** Moves the starting weights by the results of some tasks; returns [mean loss, sum of accuracies]. */
export async function metaStep(meta: Meta, step: number, stepper: Stepper): Promise<tf.Tensor1D> {
  const { result, gradient } = await meta.take(step);
  tf.tidy(() => stepper.take(gradient, true));
  gradient.dispose();
  return result;
}

interface Evaluated extends TrainingSetup {
  meta: Meta | null;
  model: Model;
  loss: Loss;
  held: Weights;
  pause(): Promise<boolean>;
}

/** Evaluates on the validation examples, or on new tasks; returns null when a stop was requested meanwhile. */
export async function evaluated(of: Evaluated): Promise<Evaluation | null> {
  const { meta, model, loss, held, pause, network, dataset, evaluationBatch, ownMetrics } = of;
  if (meta) {
    const values = await held.settled(() => meta.evaluate());
    return values && { values, confusion: null };
  }
  return held.settled(() =>
    evaluate(model, loss, dataset, dataset.validation, {
      ...{ batchSize: evaluationBatch, metrics: network.metrics, own: ownMetrics, pause },
    }),
  );
}
