import type * as tf from '@tensorflow/tfjs-core';
import type { Layer, Network } from '../experiment/network/index.js';
import type { Dataset } from './data/types.js';
import { TrainingError } from './errors.js';
import { buildLayer } from './layers/index.js';
import { shapeText, type BuiltLayer, type ForwardContext, type Weight } from './layers/types.js';
import { losses } from './losses/index.js';
import type { Random } from './random.js';

export interface Model {
  layers: BuiltLayer[];
  weights: Weight[];
  /** [batch, …inputShape] → [batch, outputs]. */
  forward(input: tf.Tensor, context: ForwardContext): tf.Tensor2D;
  dispose(): void;
}

/** Builds the layers for a data set; throws TrainingError where they don't fit it or each other. */
export function buildModel(network: Network, dataset: Dataset, random: Random): Model {
  if (network.loss === 'crossEntropy' && dataset.task === 'regression') {
    throw new TrainingError('loss crossEntropy needs classes, but the targets are numbers to predict: use loss: mse');
  }
  const layers: BuiltLayer[] = [];
  let shape: readonly number[] = dataset.inputShape;
  withoutContained(network).forEach((settings, index) => {
    const name = `${index + 1}.${settings.type}`;
    const layer = buildLayer(settings, { name, inputShape: shape, random: random.fork(name) });
    layers.push(layer);
    shape = layer.outputShape;
  });
  if (shape.length !== 1 || shape[0] !== dataset.outputs) {
    const wanted = dataset.classes ? `${dataset.outputs} classes` : `${dataset.outputs} number(s) to predict`;
    const flat = shape.length === 1 ? '' : '"- flatten" and then ';
    throw new TrainingError(
      `the last layer gives ${shapeText(shape)}${shape.length === 1 ? ' numbers' : ''}, but ${dataset.name} has ${wanted}: ` +
        `end with ${flat}"- dense: { units: ${dataset.outputs} }"`,
    );
  }
  const weights = layers.flatMap((layer) => layer.weights);
  return {
    layers,
    weights,
    forward: (input, context) => layers.reduce((x, layer) => layer.forward(x, context), input) as tf.Tensor2D,
    dispose: () => weights.forEach((weight) => weight.variable.dispose()),
  };
}

/** A softmax at the end that the loss contains already is left to the loss: the same network, without its rounding. */
function withoutContained(network: Network): Layer[] {
  const contained = losses[network.loss].contains;
  const layers = [...network.layers];
  const last = layers.at(-1)!;
  if (last.type === 'activation' && last.name === contained) layers.pop();
  else if ((last.type === 'dense' || last.type === 'conv') && last.activation === contained) {
    layers[layers.length - 1] = { ...last, activation: 'linear' };
  }
  return layers;
}
