/** Reads a TensorFlow.js layers model: `model.json` and the files of weights beside it. */
import { basename, dirname, join } from 'node:path';
import { openBytes } from '../../data/bytes.js';
import { VALUE_TYPES, fillValues, type ValueType } from '../../data/values.js';
import { TrainingError } from '../../errors.js';
import { topologyOf } from '../keras/config.js';
import type { Array32 } from '../chain.js';
import { networkOf } from '../keras/network.js';
import { LONGEST_TOPOLOGY, MOST_NUMBERS, type Trained } from '../types.js';
import { z } from 'zod';
import { said } from '../../../format/said.js';

const Place = z.number().int().min(0);
const Quantization = z.object({
  dtype: z.enum(['uint8', 'uint16', 'float16']),
  scale: z.number().optional(),
  min: z.number().optional(),
});
const Manifest = z.array(
  z.object({
    paths: z.array(z.string()).max(10_000),
    weights: z.array(
      z.object({
        name: z.string(),
        shape: z.array(Place).max(32),
        dtype: z.string(),
        quantization: Quantization.optional(),
      }),
    ),
  }),
);
type Spec = z.infer<typeof Manifest>[number]['weights'][number];

const TYPES: Readonly<Record<string, ValueType>> = {
  float32: VALUE_TYPES.float32,
  int32: VALUE_TYPES.int32,
  bool: VALUE_TYPES.uint8,
};

/** `file`: path of `model.json`, relative to `folder`. */
export async function readTfjs(folder: string, file: string): Promise<Trained> {
  const json = await modelJson(folder, file);
  if (json.format === 'graph-model') {
    throw new TrainingError(
      said(
        "{0} is a graph model, whose layers can't be told apart any more: convert the Keras model to a layers model",
        file,
      ),
    );
  }
  const manifest = Manifest.safeParse(json.weightsManifest);
  if (!manifest.success) throw new TrainingError(said('{0}: its list of weights is damaged or missing', file));
  const weights = new Map<string, Array32>();
  let taken = 0;
  for (const group of manifest.data) {
    const bytes = await joined(folder, file, group.paths);
    let at = 0;
    for (const spec of group.weights) {
      const count = spec.shape.reduce((a, b) => a * b, 1);
      if ((taken += count) > MOST_NUMBERS)
        throw new TrainingError(said('{0}: its weights have more than {1} numbers', file, MOST_NUMBERS));
      const type = typeOf(spec, file);
      if (at + count * type.bytes > bytes.length)
        throw new TrainingError(said('{0}: the files of weights end before "{1}" does', file, spec.name));
      weights.set(spec.name, { shape: spec.shape, values: valuesOf(spec, type, bytes, at, count) });
      at += count * type.bytes;
    }
    if (at !== bytes.length)
      throw new TrainingError(said('{0}: the files of weights have {1} bytes too many', file, bytes.length - at));
  }
  const topology = topologyOf(
    (json.modelTopology as { model_config?: unknown } | undefined)?.model_config ?? json.modelTopology,
  );
  // The longest name comes first, because a name may begin with another layer's.
  const names = topology.nodes.map(({ name }) => name).sort((a, b) => b.length - a.length);
  const byLayer = new Map<string, Array32[]>(names.map((name) => [name, []]));
  for (const [weight, array] of weights) {
    const owner = names.find((name) => weight.startsWith(`${name}/`));
    if (owner === undefined) throw new TrainingError(said('{0}: no layer has the weight "{1}"', file, weight));
    byLayer.get(owner)!.push(array);
  }
  const network = networkOf(topology, ({ name }) => byLayer.get(name)!, 'tfjs');
  return { source: file, data: null, notes: [], ...network };
}

async function modelJson(folder: string, file: string): Promise<Record<string, unknown>> {
  const bytes = await openBytes(folder, file);
  try {
    if (bytes.size > LONGEST_TOPOLOGY)
      throw new TrainingError(said('{0} is larger than {1} bytes', file, LONGEST_TOPOLOGY));
    const value: unknown = JSON.parse(new TextDecoder().decode(await bytes.read(0, bytes.size)));
    if (typeof value !== 'object' || value === null) throw new SyntaxError();
    return value as Record<string, unknown>;
  } catch (error) {
    throw error instanceof SyntaxError ? new TrainingError(said('{0} is not JSON', file)) : error;
  } finally {
    await bytes.close();
  }
}

/** The files of one group, one after the other. They must lie beside `model.json`. */
async function joined(folder: string, file: string, paths: readonly string[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const path of paths) {
    if (path !== basename(path) || path === '..' || path.includes('\\')) {
      throw new TrainingError(said('{0} names weights in "{1}", which is not beside it', file, path.slice(0, 100)));
    }
    const bytes = await openBytes(folder, join(dirname(file), path));
    try {
      if ((size += bytes.size) > 4 * MOST_NUMBERS)
        throw new TrainingError(said('{0}: its files of weights are too large', file));
      parts.push(await bytes.read(0, bytes.size));
    } finally {
      await bytes.close();
    }
  }
  return Buffer.concat(parts);
}

function typeOf({ name, dtype, quantization }: Spec, file: string): ValueType {
  if (quantization) return VALUE_TYPES[quantization.dtype];
  if (!Object.hasOwn(TYPES, dtype))
    throw new TrainingError(said('{0}: "{1}" is of type {2}, which is not supported', file, name, dtype));
  return TYPES[dtype]!;
}

function valuesOf({ quantization }: Spec, type: ValueType, bytes: Uint8Array, at: number, count: number): Float32Array {
  const stored = new type.into(count);
  fillValues(stored, 0, bytes, at, count, type, true);
  const values = Float32Array.from(stored);
  if (!quantization || quantization.dtype === 'float16') return values;
  const { scale = 1, min = 0 } = quantization;
  return values.map((value) => value * scale + min);
}
