/** The space of a search for a network by itself, by the kind of the data. */
import { hasEntry } from '../../protocol/values/records.js';
import type { NestedParams } from '../schema.js';

export interface AutoSpace {
  /** Values that a plain run uses, and that are tried first. */
  params: NestedParams;
  space: Record<string, unknown>;
}

type Data = Record<string, unknown>;

/**
 * Settings for all kinds of data; the ranges are around the defaults in the literature, limited to values that train.
 */
const COMMON: Record<string, [prior: string | number | boolean, range: object]> = {
  width: [64, { logInt: [16, 256] }],
  depth: [2, { int: [1, 4] }],
  skip: [false, { choice: [false, true] }],
  norm: ['none', { choice: ['none', 'batch'] }],
  activation: ['relu', { choice: ['relu', 'silu', 'tanh'] }],
  dropout: [0.1, { uniform: [0, 0.5] }],
  optimizer: ['adamw', { choice: ['adamw', 'sgd'] }],
  learning_rate: [0.003, { log: [0.0005, 0.05] }],
  weight_decay: [0.001, { log: [0.000001, 0.1] }],
  schedule: ['cosine', { choice: ['cosine', 'oneCycle', 'constant'] }],
  batch_size: [32, { choice: [16, 32, 64, 128] }],
  mixup: [0, { choice: [0, 0.2] }],
};
const OF_TABLES: typeof COMMON = {
  // Without a hidden layer, the network is a linear model, which is hard to beat on few rows.
  depth: [2, { int: [0, 4] }],
  squash: [false, { choice: [false, true] }],
};
const OF_ARRAYS: typeof COMMON = { scale: ['auto', { choice: ['auto', 'standardize'] }] };
const OF_PICTURES: typeof COMMON = { shift: [0, { int: [0, 2] }], rotate: [0, { int: [0, 10] }] };
const OF_SEQUENCES: typeof COMMON = { cell: ['conv', { choice: ['conv', 'gru', 'lstm'] }] };

/**
 * Returns the space for a data source in the form of the file. `kind`: kind of the examples, if the person has given
 * it.
 */
export function autoSpace(data: Data | string, kind: string | null): AutoSpace {
  const source = typeof data === 'string' ? data : Object.keys(data)[0]!;
  const pictures = source === 'images' || source === 'mnist' || kind === 'pictures';
  const entries = Object.entries({
    ...COMMON,
    ...(source === 'csv' ? OF_TABLES : {}),
    ...(['idx', 'npy', 'npz', 'images'].includes(source) && !isGiven(data, 'scale') ? OF_ARRAYS : {}),
    ...(pictures ? OF_PICTURES : {}),
    ...(kind === 'sequences' ? OF_SEQUENCES : {}),
  });
  return {
    params: Object.fromEntries(entries.map(([name, [prior]]) => [name, prior])),
    space: Object.fromEntries(entries.map(([name, [prior, range]]) => [name, { ...range, prior }])),
  };
}

/** Returns the data source with placeholders for what of its preparation is searched. */
export function autoData(data: Data | string, space: Record<string, unknown>): Data | string {
  const [source, settings] =
    typeof data === 'string' ? [data, {}] : (Object.entries(data)[0] as [string, object | null]);
  const searched = ['scale'].filter((name) => hasEntry(space, name) && !isGiven(data, name));
  return {
    [source]: {
      limit: '{limit}',
      ...settings,
      ...Object.fromEntries(searched.map((name) => [name, `{${name}}`])),
    },
  };
}

function isGiven(data: Data | string, key: string): boolean {
  if (typeof data === 'string') return false;
  const settings = Object.values(data)[0];
  return typeof settings === 'object' && settings !== null && (settings as Data)[key] !== undefined;
}
