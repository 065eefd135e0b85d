/** Reads Keras models: archives of Keras 3 (`.keras`), and HDF5 files (`.h5`) of Keras 2 and 3. */
import type { Bytes } from '../../data/bytes.js';
import { readEntry } from '../../data/zipEntry.js';
import { TrainingError } from '../../errors.js';
import { inKerasOrder, snakeCase } from '../../export/keras.js';
import { topologyOf, type KerasNode, type KerasTopology } from '../keras/config.js';
import type { Array32 } from '../chain.js';
import { networkOf } from '../keras/network.js';
import { LONGEST_TOPOLOGY, MOST_NUMBERS, type Trained } from '../types.js';
import { openHdf5, type Hdf5Reader } from './hdf5.js';
import { said } from '../../../format/said.js';

const MOST_BYTES = 4 * MOST_NUMBERS;

export async function readKerasArchive(bytes: Bytes): Promise<Trained> {
  const config = parsed(await readEntry(bytes, 'config.json', LONGEST_TOPOLOGY), bytes.name);
  const weights = openHdf5(await readEntry(bytes, 'model.weights.h5', MOST_BYTES), bytes.name);
  const topology = topologyOf(config);
  const places = archivePlaces(topology, weights);
  const network = networkOf(topology, (node) => arraysAt(weights, places.get(node)!), 'keras');
  return { source: bytes.name, data: null, notes: [], ...network };
}

export async function readKerasHdf5(bytes: Bytes): Promise<Trained> {
  if (bytes.size > MOST_BYTES) throw new TrainingError(said('{0} is larger than {1} bytes', bytes.name, MOST_BYTES));
  const file = openHdf5(await bytes.read(0, bytes.size), bytes.name);
  const config = file.attribute('', 'model_config');
  if (typeof config !== 'string') {
    throw new TrainingError(
      said('{0} holds weights without a model: save it with model.save, or use NPZ and "layers"', bytes.name),
    );
  }
  const version = file.attribute('', 'keras_version');
  const dialect = typeof version === 'string' && Number.parseInt(version, 10) >= 3 ? 'keras' : 'tfjs';
  const network = networkOf(
    topologyOf(parsed(config, bytes.name)),
    ({ name }) => {
      const names = file.attribute(`model_weights/${name}`, 'weight_names');
      const list = Array.isArray(names) ? names : names === undefined ? [] : [names];
      return list.map((one) => file.array(`model_weights/${name}/${String(one)}`));
    },
    dialect,
  );
  return { source: bytes.name, data: null, notes: [], ...network };
}

function parsed(text: string | Uint8Array, file: string): unknown {
  const written = typeof text === 'string' ? text : new TextDecoder().decode(text);
  if (written.length > LONGEST_TOPOLOGY)
    throw new TrainingError(said('{0}: the description of its model is too long', file));
  try {
    return JSON.parse(written) as unknown;
  } catch {
    throw new TrainingError(said('{0}: the description of its model is not JSON', file));
  }
}

/** Returns the group of each layer: named by its class, and numbered from the second of a class on. */
function archivePlaces({ nodes, output }: KerasTopology, weights: Hdf5Reader): Map<KerasNode, string> {
  const there = new Set(weights.names('layers') ?? []);
  const seen = new Map<string, number>();
  // Keras numbers the layers in the order in which it loads them, whatever that of the file is.
  const loaded = nodes.at(-1)?.name === output ? inKerasOrder(nodes) : nodes;
  const byClass = loaded.map((node): [KerasNode, string] => {
    const kind = snakeCase(node.className);
    const before = seen.get(kind) ?? 0;
    seen.set(kind, before + 1);
    return [node, `${kind}${before > 0 ? `_${before}` : ''}`];
  });
  // Some versions name the groups after the layers.
  const named = nodes.every(({ name }) => there.has(name)) && !byClass.every(([, name]) => there.has(name));
  return new Map(byClass.map(([node, name]) => [node, `layers/${named ? node.name : name}`]));
}

/** Groups below a layer's that hold its arrays, in Keras's order. */
const INNER = [
  ...['query', 'key', 'value', 'output'].flatMap((part) => [`/${part}_dense`, `/_${part}_dense`]),
  '',
  '/cell',
  '/forward_layer',
  '/forward_layer/cell',
  '/backward_layer',
  '/backward_layer/cell',
];

function arraysAt(weights: Hdf5Reader, place: string): Array32[] {
  return INNER.flatMap((inner) => {
    const names = weights.names(`${place}${inner}/vars`) ?? [];
    const numbers = names.filter((name) => /^\d{1,5}$/.test(name)).sort((a, b) => Number(a) - Number(b));
    return numbers.map((name) => weights.array(`${place}${inner}/vars/${name}`));
  });
}
