/** Reads the description of a Keras model, which Keras 2, Keras 3 and TensorFlow.js write alike, apart from details. */
import { TrainingError } from '../../errors.js';
import { MOST_LAYERS } from '../types.js';
import { said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

export type Config = Record<string, unknown>;

/** One layer of the model, in the order of the file. */
export interface KerasNode {
  className: string;
  name: string;
  config: Config;
  /** Names of the layers whose outputs it takes. */
  inputs: string[];
}

/** Arguments of a call that change what a layer computes; they are read as settings of the layer. */
const CALL_SETTINGS = ['use_causal_mask', 'return_attention_scores'];

export interface KerasTopology {
  nodes: KerasNode[];
  output: string;
}

const isObject = (value: unknown): value is Config =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads `{ class_name, config }` of a model. Throws TrainingError when it is not a chain of a known form. */
export function topologyOf(value: unknown): KerasTopology {
  if (!isObject(value) || typeof value.class_name !== 'string')
    throw new TrainingError(said('it describes no Keras model'));
  // Keras 1 and TensorFlow.js write a bare list for a sequential model.
  const config = Array.isArray(value.config) ? { layers: value.config as unknown[] } : value.config;
  if (!isObject(config) || !Array.isArray(config.layers))
    throw new TrainingError(said('its list of layers is missing'));
  if (config.layers.length > MOST_LAYERS) throw new TrainingError(said('it has more than {0} layers', MOST_LAYERS));
  const nodes = config.layers.map(nodeOf);
  if (new Set(nodes.map(({ name }) => name)).size < nodes.length)
    throw new TrainingError(said('two layers have one name'));
  if (value.class_name === 'Sequential') {
    nodes.forEach((node, i) => (node.inputs = i > 0 ? [nodes[i - 1]!.name] : []));
    const last = nodes.at(-1);
    if (!last) throw new TrainingError(said('it has no layers'));
    return { nodes, output: last.name };
  }
  if (!['Functional', 'Model'].includes(value.class_name)) {
    throw new TrainingError(
      said('a model of class {0} has code of its own: only Sequential and Functional ones are data', value.class_name),
    );
  }
  const outputs = tensorsIn(config.output_layers);
  if (outputs.length !== 1) throw new TrainingError(said('it has {0} outputs; one is supported', outputs.length));
  return { nodes, output: outputs[0]! };
}

function nodeOf(value: unknown): KerasNode {
  if (!isObject(value) || typeof value.class_name !== 'string' || !isObject(value.config)) {
    throw new TrainingError(said('one of its layers is damaged'));
  }
  const name = value.name ?? value.config.name;
  if (typeof name !== 'string') throw new TrainingError(said('one of its layers has no name'));
  const calls = Array.isArray(value.inbound_nodes) ? value.inbound_nodes : [];
  if (calls.length > 1)
    throw new TrainingError(said('layer {0} is used {1} times: shared layers are not supported', name, calls.length));
  const { kwargs } = (calls[0] ?? {}) as { kwargs?: unknown };
  const given = isObject(kwargs) ? CALL_SETTINGS.filter((key) => Object.hasOwn(kwargs, key)) : [];
  const called = Object.fromEntries(given.map((key) => [key, (kwargs as Config)[key]]));
  return { className: value.class_name, name, config: { ...value.config, ...called }, inputs: tensorsIn(calls) };
}

/** Names of the layers that references to tensors lead to: `["name", 0, 0]`, or Keras 3's `keras_history`. */
function tensorsIn(value: unknown, depth = 0): string[] {
  if (depth > 12) return [];
  if (Array.isArray(value)) {
    if (typeof value[0] === 'string' && typeof value[1] === 'number') return [value[0]];
    return value.flatMap((one) => tensorsIn(one, depth + 1));
  }
  if (!isObject(value)) return [];
  if (Array.isArray(value.keras_history)) return tensorsIn(value.keras_history, depth + 1);
  return Object.values(value).flatMap((one) => tensorsIn(one, depth + 1));
}

/** Typed access to a layer's settings. Every method throws TrainingError with the layer's name. */
export class Settings {
  constructor(
    readonly layer: string,
    private readonly config: Config,
  ) {}

  refuse(why: Said): never {
    throw new TrainingError(said('layer "{0}" {1}', this.layer, why));
  }

  get(key: string): unknown {
    return Object.hasOwn(this.config, key) ? this.config[key] : undefined;
  }

  whole(key: string): number {
    const value = this.get(key);
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value < 2 ** 31) return value;
    return this.refuse(said('has no valid "{0}"', key));
  }

  number(key: string, fallback: number): number {
    const value = this.get(key) ?? fallback;
    return typeof value === 'number' && Number.isFinite(value) ? value : this.refuse(said('has no valid "{0}"', key));
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback;
    return typeof value === 'boolean' ? value : this.refuse(said('has no valid "{0}"', key));
  }

  text(key: string, fallback: string): string {
    const value = this.get(key) ?? fallback;
    return typeof value === 'string' ? value : this.refuse(said('has no valid "{0}"', key));
  }

  /** One or several whole numbers as a list of `length`. */
  sizes(key: string, length: number, fallback?: readonly number[]): number[] {
    const value = this.get(key) ?? fallback;
    const list = Array.isArray(value) ? (value as unknown[]) : Array.from({ length }, () => value);
    const valid =
      list.length === length && list.every((one) => typeof one === 'number' && Number.isInteger(one) && one >= 1);
    return valid ? (list as number[]) : this.refuse(said('has no valid "{0}"', key));
  }

  /** A table of numbers, as a list of rows of equal length. */
  table(key: string): { shape: [number, number]; values: Float32Array } {
    const rows = this.get(key);
    const isRow = (row: unknown): row is number[] => Array.isArray(row) && row.every((one) => Number.isFinite(one));
    if (!Array.isArray(rows) || !rows.every(isRow) || rows.some((row) => row.length !== rows[0]!.length)) {
      return this.refuse(said('has no valid "{0}"', key));
    }
    return { shape: [rows.length, rows[0]?.length ?? 0], values: Float32Array.from(rows.flat()) };
  }

  /** Throws unless the setting is absent or has this value. */
  only(key: string, ...allowed: unknown[]): void {
    const value = this.get(key);
    if (value === undefined || value === null) return;
    const same = (one: unknown) => JSON.stringify(one) === JSON.stringify(value);
    if (!allowed.some(same))
      this.refuse(said('has {0}: {1}, which is not supported here', key, JSON.stringify(value)?.slice(0, 60)));
  }
}
