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
      `${file} is a graph model, whose layers can't be told apart any more: convert the Keras model to a layers model`,
    );
  }
  const manifest = Manifest.safeParse(json.weightsManifest);
  if (!manifest.success) throw new TrainingError(`${file}: its list of weights is damaged or missing`);
  const weights = new Map<string, Array32>();
  let taken = 0;
  for (const group of manifest.data) {
    const bytes = await joined(folder, file, group.paths);
    let at = 0;
    for (const spec of group.weights) {
      const count = spec.shape.reduce((a, b) => a * b, 1);
      if ((taken += count) > MOST_NUMBERS)
        throw new TrainingError(`${file}: its weights have more than ${MOST_NUMBERS} numbers`);
      const type = typeOf(spec, file);
      if (at + count * type.bytes > bytes.length)
        throw new TrainingError(`${file}: the files of weights end before "${spec.name}" does`);
      weights.set(spec.name, { shape: spec.shape, values: valuesOf(spec, type, bytes, at, count) });
      at += count * type.bytes;
    }
    if (at !== bytes.length)
      throw new TrainingError(`${file}: the files of weights have ${bytes.length - at} bytes too many`);
  }
  const topology = topologyOf(
    (json.modelTopology as { model_config?: unknown } | undefined)?.model_config ?? json.modelTopology,
  );
  // The longest name comes first, because a name may begin with another layer's.
  const names = topology.nodes.map(({ name }) => name).sort((a, b) => b.length - a.length);
  const byLayer = new Map<string, Array32[]>(names.map((name) => [name, []]));
  for (const [weight, array] of weights) {
    const owner = names.find((name) => weight.startsWith(`${name}/`));
    if (owner === undefined) throw new TrainingError(`${file}: no layer has the weight "${weight}"`);
    byLayer.get(owner)!.push(array);
  }
  const network = networkOf(topology, ({ name }) => byLayer.get(name)!, 'tfjs');
  return { source: file, data: null, notes: [], ...network };
}

async function modelJson(folder: string, file: string): Promise<Record<string, unknown>> {
  const bytes = await openBytes(folder, file);
  try {
    if (bytes.size > LONGEST_TOPOLOGY) throw new TrainingError(`${file} is larger than ${LONGEST_TOPOLOGY} bytes`);
    const value: unknown = JSON.parse(new TextDecoder().decode(await bytes.read(0, bytes.size)));
    if (typeof value !== 'object' || value === null) throw new SyntaxError();
    return value as Record<string, unknown>;
  } catch (error) {
    throw error instanceof SyntaxError ? new TrainingError(`${file} is not JSON`) : error;
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
      throw new TrainingError(`${file} names weights in "${path.slice(0, 100)}", which is not beside it`);
    }
    const bytes = await openBytes(folder, join(dirname(file), path));
    try {
      if ((size += bytes.size) > 4 * MOST_NUMBERS)
        throw new TrainingError(`${file}: its files of weights are too large`);
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
    throw new TrainingError(`${file}: "${name}" is of type ${dtype}, which is not supported`);
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
