/**
 * A Keras 3 file (`.keras`) for `keras.saving.load_model`: an archive of the model's configuration, its metadata, and
 * its weights in HDF5.
 */
import type { GraphNode } from './graph.js';
import { hdf5, put, type Hdf5Group } from './hdf5.js';
import { kerasLayers } from './kerasLayers.js';
import type { KerasLayer } from './kerasTypes.js';
import { zip } from './zip.js';

/** Oldest Keras version that reads everything written here. */
const KERAS_VERSION = '3.0.0';

export function kerasFile(nodes: readonly GraphNode[], name: string, card: unknown): Promise<Buffer> {
  const layers = kerasLayers(nodes, 'keras');
  const shapes = new Map(layers.map((layer) => [layer.name, layer.shape]));
  const config = {
    module: 'keras.src.models.functional',
    class_name: 'Functional',
    config: {
      name,
      trainable: true,
      layers: layers.map((layer) => layerJson(layer, shapes)),
      input_layers: [[layers[0]!.name, 0, 0]],
      output_layers: [[layers.at(-1)!.name, 0, 0]],
    },
    registered_name: 'Functional',
    build_config: { input_shape: [null, ...layers[0]!.shape] },
  };
  const text = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');
  return zip([
    { name: 'metadata.json', bytes: text({ keras_version: KERAS_VERSION, tunesmith: card }) },
    { name: 'config.json', bytes: text(config) },
    { name: 'model.weights.h5', bytes: hdf5(weights(layers)) },
  ]);
}

function layerJson(layer: KerasLayer, shapes: ReadonlyMap<string, readonly number[]>): object {
  const { className, name, inputs, shape, call } = layer;
  const input = className === 'InputLayer' && { batch_shape: [null, ...shape], dtype: 'float32', sparse: false };
  const tensors = inputs.map((from) => ({
    class_name: '__keras_tensor__',
    config: { shape: [null, ...shapes.get(from)!], dtype: 'float32', keras_history: [from, 0, 0] },
  }));
  const described = describe(layer);
  return {
    ...described,
    ...(call && { build_config: call.build }),
    config: { ...described.config, ...input },
    name,
    // Sums take their inputs as one list.
    inbound_nodes:
      inputs.length > 0 ? [{ args: inputs.length > 1 && !call ? [tensors] : tensors, kwargs: call?.kwargs ?? {} }] : [],
  };
}

function describe({ className, name, config, wrapped }: KerasLayer): { config: object; [key: string]: unknown } {
  const inner = wrapped && { layer: describe(wrapped.forward), backward_layer: describe(wrapped.backward) };
  return {
    module: 'keras.layers',
    class_name: className,
    config: { name, trainable: true, ...config, ...inner },
    registered_name: null,
  };
}

/** Stores weights under the paths Keras expects: each layer by its class name, numbered from the second on. */
function weights(layers: readonly KerasLayer[]): Hdf5Group {
  const root: Hdf5Group = new Map();
  const seen = new Map<string, number>();
  for (const layer of inKerasOrder(layers)) {
    const kind = snakeCase(layer.className);
    const before = seen.get(kind) ?? 0;
    seen.set(kind, before + 1);
    const path = `layers/${kind}${before > 0 ? `_${before}` : ''}`;
    const putAll = (at: string, of: KerasLayer): void =>
      of.weights.forEach(({ shape, values, place }, i) => {
        const before = of.weights.findIndex((weight) => weight.place === place);
        put(root, `${place === undefined ? at : `${at}/${place}`}/vars/${i - before}`, { shape, values });
      });
    if (layer.wrapped) {
      putAll(`${path}/forward_layer/cell`, layer.wrapped.forward);
      putAll(`${path}/backward_layer/cell`, layer.wrapped.backward);
    } else {
      putAll(CELLS.has(layer.className) ? `${path}/cell` : path, layer);
    }
  }
  return root;
}

const CELLS = new Set(['SimpleRNN', 'LSTM', 'GRU']);

/**
 * Returns the layers in the order of a Keras functional model: those farthest from the outputs first. Layers at the
 * same distance are ordered by when the walk back from the outputs first meets them.
 */
export function inKerasOrder<L extends { name: string; inputs: string[] }>(layers: readonly L[]): L[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const met = new Map<string, number>();
  const walk = (name: string): void => {
    if (met.has(name)) return;
    met.set(name, met.size);
    byName.get(name)!.inputs.forEach(walk);
  };
  walk(layers.at(-1)!.name);
  const depth = new Map<string, number>();
  for (const { name, inputs } of [...layers].reverse()) {
    const own = depth.get(name) ?? 0;
    depth.set(name, own);
    for (const input of inputs) depth.set(input, Math.max(own + 1, depth.get(input) ?? 0));
  }
  return [...layers].sort((a, b) => depth.get(b.name)! - depth.get(a.name)! || met.get(a.name)! - met.get(b.name)!);
}

/**
 * Converts a class name as Keras does: `Conv2D` → `conv2d`, `BatchNormalization` → `batch_normalization`, `LeakyReLU` →
 * `leaky_re_lu`.
 */
export function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
