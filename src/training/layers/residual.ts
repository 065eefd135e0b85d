import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { initialize, variable } from './initializers.js';
import { shapeText, type BuildContext, type BuiltLayer, type Weight } from './types.js';
import { said } from '../../format/said.js';

/**
 * x + layers(x): He et al. (CVPR 2016), equation 1. When the layers change the number of channels or the image size, x
 * passes through its own projection (equation 2): a 1×1 convolution with the matching stride.
 */
export function residual(
  settings: Extract<Layer, { type: 'residual' }>,
  { name, inputShape, random }: BuildContext,
  build: (settings: Layer, context: BuildContext) => BuiltLayer,
): BuiltLayer {
  let shape = inputShape;
  const layers = settings.layers.map((inner, index) => {
    const innerName = `${name}/${index + 1}.${inner.type}`;
    const layer = build(inner, { name: innerName, inputShape: shape, random: random.fork(innerName) });
    shape = layer.outputShape;
    return layer;
  });
  const way =
    settings.projection || inputShape.join() !== shape.join()
      ? projection(name, inputShape, shape, random)
      : { weights: [], forward: (x: tf.Tensor) => x };
  return {
    name,
    outputShape: shape,
    inner: layers,
    weights: [...layers.flatMap((layer) => layer.weights), ...way.weights],
    forward: (x, context) =>
      tf.add(
        way.forward(x),
        layers.reduce((y, layer) => layer.forward(y, context), x),
      ),
  };
}

function projection(
  name: string,
  from: readonly number[],
  to: readonly number[],
  random: BuildContext['random'],
): { weights: Weight[]; forward(x: tf.Tensor): tf.Tensor } {
  const stride = from.slice(0, -1).map((length, axis) => Math.max(1, Math.round(length / to[axis]!)));
  const fits =
    from.length === to.length && from.slice(0, -1).every((n, axis) => Math.ceil(n / stride[axis]!) === to[axis]);
  if (!fits || (from.length !== 1 && from.length !== 3)) {
    throw new TrainingError(
      said(
        "layer {0}: its input is {1}, but its layers give {2}, which can't be added: {3}",
        name,
        shapeText(from),
        shapeText(to),
        from.length === 2
          ? said('its last layer must give {0}, such as "width: {1}" in a transformer', shapeText(from), from[1]!)
          : said('use padding: same, and strides instead of windows that shrink the image'),
      ),
    );
  }
  const shape = from.length === 3 ? [1, 1, from[2]!, to[2]!] : [from[0]!, to[0]!];
  const kernel = variable(initialize('heNormal', shape, random.fork('projection')));
  return {
    weights: [{ name: `${name}/projection`, variable: kernel, trainable: true }],
    forward: (x) =>
      from.length === 3
        ? tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor as tf.Tensor4D, stride as [number, number], 'same')
        : tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor as tf.Tensor2D),
  };
}
