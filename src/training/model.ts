import type * as tf from '@tensorflow/tfjs-core';
import { LOSSES, type Layer, type Network } from '../experiment/network/index.js';
import type { Dataset } from './data/types.js';
import { TrainingError } from './errors.js';
import { buildLayer } from './layers/index.js';
import { shapeText, type BuiltLayer, type ForwardContext, type Weight } from './layers/types.js';
import { isOneOutput, lossShape } from './losses/index.js';
import type { Random } from './random.js';
import { said } from '../format/said.js';

export interface Model {
  layers: BuiltLayer[];
  /** Settings of each layer, from which it was built. */
  settings: Layer[];
  /** Number of outputs of the last layer. */
  outputs: number;
  weights: Weight[];
  /** Maps [batch, …inputShape] to [batch, outputs]. */
  forward(input: tf.Tensor, context: ForwardContext): tf.Tensor2D;
  dispose(): void;
}

/** Builds the layers for a data set; throws TrainingError when they don't fit it or each other. */
export function buildModel(network: Network, dataset: Dataset, random: Random): Model {
  const { name: loss } = network.loss;
  if ((LOSSES[loss] === 'classes') !== (dataset.task === 'classification')) {
    throw new TrainingError(
      dataset.task === 'regression'
        ? said('loss {0} needs classes, but the targets are numbers to predict: use loss: mse or huber', loss)
        : said('loss {0} predicts numbers, but the targets are classes: use loss: crossEntropy', loss),
    );
  }
  const model = buildLayers(withoutContained(network), dataset.inputShape, random);
  const shape = model.layers.at(-1)?.outputShape ?? dataset.inputShape;
  const single = lossShape(network.loss).oneOutput && isOneOutput(dataset, shape[0] ?? 0);
  if (shape.length !== 1 || (shape[0] !== dataset.outputs && !single)) {
    const wanted = dataset.classes
      ? said('{0} classes', dataset.outputs)
      : said('{0} number(s) to predict', dataset.outputs);
    const given = shapeText(shape);
    const dense = `"- dense: { units: ${dataset.outputs} }"`;
    throw new TrainingError(
      said(
        'the last layer gives {0}, but {1} has {2}: end with {3}',
        shape.length === 1 ? said('{0} numbers', given) : given,
        dataset.name,
        wanted,
        shape.length === 1 ? dense : said('"- flatten" and then {0}', dense),
      ),
    );
  }
  return model;
}

/** Builds the layers in sequence, for examples of this shape. */
export function buildLayers(settings: Layer[], inputShape: readonly number[], random: Random): Model {
  const layers: BuiltLayer[] = [];
  let shape = inputShape;
  settings.forEach((each, index) => {
    const name = `${index + 1}.${each.type}`;
    const layer = buildLayer(each, { name, inputShape: shape, random: random.fork(name) });
    layers.push(layer);
    shape = layer.outputShape;
  });
  const weights = layers.flatMap((layer) => layer.weights);
  return {
    layers,
    settings,
    outputs: shape[0]!,
    weights,
    forward: (input, context) =>
      layers.reduce((x, layer, index) => {
        const y = layer.forward(x, context.still?.includes(index) ? { ...context, isStill: true } : context);
        context.watch?.(index, y);
        return y;
      }, input) as tf.Tensor2D,
    dispose: () => weights.forEach((weight) => weight.variable.dispose()),
  };
}

/** Removes a final softmax that the loss already includes: the same network, without the rounding error. */
export function withoutContained(network: Network): Layer[] {
  const contained = lossShape(network.loss).contains;
  const layers = [...network.layers];
  const last = layers.at(-1)!;
  if (last.type === 'activation' && last.name === contained) layers.pop();
  else if ((last.type === 'dense' || last.type === 'conv') && last.activation === contained) {
    layers[layers.length - 1] = { ...last, activation: 'linear' };
  }
  return layers;
}
