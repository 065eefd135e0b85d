/** A TensorFlow.js layers model: `model.json` and `weights.bin`, for `tf.loadLayersModel`. */
import { littleEndian } from '../checkpoints/checkpoint.js';
import type { GraphNode } from './graph.js';
import { kerasLayers } from './kerasLayers.js';
import type { KerasLayer, KerasWeight } from './kerasTypes.js';

export interface TfjsModel {
  json: string;
  weights: Buffer;
}

export function tfjsModel(nodes: readonly GraphNode[], name: string, card: unknown, version: string): TfjsModel {
  const layers = kerasLayers(nodes, 'tfjs');
  const weights = layers.flatMap(namedWeights);
  const json = {
    format: 'layers-model',
    generatedBy: `Tunesmith ${version}`,
    convertedBy: null,
    modelTopology: {
      class_name: 'Functional',
      config: {
        name,
        layers: layers.map(layerJson),
        input_layers: [[layers[0]!.name, 0, 0]],
        output_layers: [[layers.at(-1)!.name, 0, 0]],
      },
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
    },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: weights.map((weight) => ({ name: weight.name, shape: weight.shape, dtype: 'float32' })),
      },
    ],
    userDefinedMetadata: card,
  };
  return {
    json: `${JSON.stringify(json, null, 1)}\n`,
    weights: Buffer.concat(weights.map(({ values }) => littleEndian(values))),
  };
}

function layerJson({ className, name, config, inputs, shape, wrapped }: KerasLayer): object {
  const own =
    className === 'InputLayer'
      ? { name, batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false }
      : { name, trainable: true, ...config };
  // Bidirectional layers give each direction its own name.
  const layer = wrapped && {
    class_name: wrapped.forward.className,
    config: { ...wrapped.forward.config, name, trainable: true },
  };
  return {
    class_name: className,
    config: { ...own, ...(layer && { layer }) },
    name,
    inbound_nodes: inputs.length > 0 ? [inputs.map((input) => [input, 0, 0, {}])] : [],
  };
}

function namedWeights(layer: KerasLayer): (KerasWeight & { name: string })[] {
  const { wrapped, name } = layer;
  const named = (prefix: string, { weights }: KerasLayer) =>
    weights.map((weight) => ({ ...weight, name: `${prefix}/${weight.key}` }));
  if (!wrapped) return named(name, layer);
  return [...named(`${name}/forward_${name}`, wrapped.forward), ...named(`${name}/backward_${name}`, wrapped.backward)];
}
