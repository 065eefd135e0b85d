/** Networks, losses, optimizers, schedules and augmentations for custom training loops. */
import * as tf from '@tensorflow/tfjs-core';
import { buildAugmentation } from '../augment/index.js';
import { buildLayers } from '../model.js';
import { evaluate as judge } from '../evaluation/evaluate.js';
import { TrainingError } from '../errors.js';
import { buildLoss, type Loss as BuiltLoss } from '../losses/index.js';
import { Parameters } from '../loop/parameters.js';
import { Random } from '../random.js';
import { buildRegularizer } from '../regularization/penalties.js';
import { buildSchedule } from '../schedules/index.js';
import { Stepper } from '../loop/stepper.js';
import type { Model } from '../model.js';
import { setOf } from './data.js';
import { normal } from './settings.js';
import type { Network, Tensor, TrainingApi } from './types.js';
import { entryOf } from '../../protocol/values/records.js';
import { said } from '../../format/said.js';

/** Internal state behind the `Network` that programs receive. */
const MODELS = new WeakMap<Network, { model: Model; parameters: Parameters }>();

function partsOf(network: Network): { model: Model; parameters: Parameters } {
  const found = MODELS.get(network);
  if (!found) throw new TrainingError(said('the network must come from network()'));
  return found;
}

export const network: TrainingApi['network'] = (layers, data, { seed = 1 } = {}) => {
  const random = new Random(seed);
  const model = buildLayers(normal({ layers }).layers, setOf(data).inputShape, random.fork('weights'));
  const parameters = new Parameters(model.weights);
  const masks = random.fork('masks');
  const built: Network = {
    weights: model.weights as unknown as Network['weights'],
    forward: (inputs, { training = false } = {}) => model.forward(inputs as tf.Tensor, { training, random: masks }),
    values: () =>
      Promise.all(
        model.weights.map(async ({ name, variable }) => ({
          name,
          shape: variable.shape,
          values: Float32Array.from(await variable.data()),
        })),
      ),
    dispose() {
      parameters.dispose();
      model.dispose();
    },
  };
  MODELS.set(built, { model, parameters });
  return built;
};

export const loss: TrainingApi['loss'] = (settings, data, outputs) => {
  const built = lossOf(settings, data, outputs);
  return (results, targets) => built.of(results as tf.Tensor2D, targets as tf.Tensor2D) as Tensor;
};

function lossOf(...[settings, data, outputs]: globalThis.Parameters<TrainingApi['loss']>): BuiltLoss {
  const dataset = setOf(data);
  return buildLoss(normal({ loss: settings }).loss, dataset, outputs ?? dataset.outputs);
}

export const optimizer: TrainingApi['optimizer'] = (settings, of, more = {}) => {
  const { model, parameters } = partsOf(of);
  const section = normal({ optimizer: settings, ...more });
  const stepper = new Stepper(section, parameters, buildRegularizer(model.weights, section.regularization));
  return {
    get learningRate() {
      return stepper.optimizer.learningRate;
    },
    set learningRate(rate) {
      stepper.optimizer.learningRate = rate;
    },
    async minimize(compute) {
      const value = tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => compute() as tf.Scalar, parameters.variables);
        const gradients = parameters.variables.map(
          (variable) => entryOf(grads, variable.name) ?? tf.zerosLike(variable),
        );
        stepper.take(parameters.flatten(gradients), true);
        return value;
      });
      const [number] = await value.data();
      value.dispose();
      return number!;
    },
    dispose: () => stepper.dispose(),
  };
};

export const schedule: TrainingApi['schedule'] = (settings, epochs) =>
  buildSchedule(normal({ schedule: settings }).schedule, epochs);

export const augmentation: TrainingApi['augmentation'] = (settings, data, { mixup = 0, seed = 1 } = {}) => {
  const random = new Random(seed);
  const dataset = setOf(data);
  const section = normal({ augment: settings, mixup, loss: dataset.classes ? 'crossEntropy' : 'mse' });
  const change = buildAugmentation(section, dataset);
  return { apply: (inputs, targets, count) => change?.(inputs, targets, count, random) };
};

export const evaluate: TrainingApi['evaluate'] = async (of, settings, data) => {
  const { model } = partsOf(of);
  const built = lossOf(settings, data, model.outputs);
  const dataset = setOf(data);
  const result = await judge(model, built, dataset, dataset.validation, {
    batchSize: 100,
    metrics: normal({}).metrics,
    pause: () => Promise.resolve(true),
  });
  built.dispose();
  return result!.values;
};
