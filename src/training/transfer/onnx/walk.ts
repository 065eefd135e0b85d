/** The values and layers found while the operators are read in their order. */
import type { Converted } from '../chain.js';
import { refuse, type Flow, type Value } from './flow.js';
import type { Attribute, OnnxModel, OnnxNode } from './model.js';
import { MOST_NUMBERS } from '../types.js';
import { Budget, type Constant } from './tensors.js';
import { inEnglish, said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

/** One of our layers, or several, and where their input comes from. */
export interface Step {
  name: string;
  inputs: string[];
  made: Converted[];
  isSum: boolean;
}

/** How often operators may copy each number of a file on average, and how many more they may make. */
const COPIES = 4;
const FREE = 2 ** 26;
/** Operators that change no number. */
const VIEWS = new Set(['Identity', 'Cast', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']);

export class Walk {
  readonly values = new Map<string, Value>();
  readonly steps = new Map<string, Step>();
  readonly notes = new Map<string, Said>();

  /** Adds a note, once. */
  note(text: Said): void {
    this.notes.set(inEnglish(text), text);
  }

  /** Number of operators and outputs that take a value. */
  private readonly uses = new Map<string, number>();
  /** Values that something else than an embedding takes. */
  private readonly numeric: Set<string>;
  /** Counts the numbers of arrays that are made of others. */
  readonly copies: Budget;

  constructor(readonly model: OnnxModel) {
    const used = [...model.nodes.flatMap(({ inputs }) => inputs), ...model.outputs.map(({ name }) => name)];
    for (const name of used) this.uses.set(name, (this.uses.get(name) ?? 0) + 1);
    this.numeric = new Set(model.outputs.map(({ name }) => name));
    for (const { operator, inputs, outputs } of model.nodes.toReversed()) {
      const isView = VIEWS.has(operator) && !outputs.some((output) => this.numeric.has(output));
      const taken = isView ? inputs.slice(1) : operator === 'Gather' ? inputs.slice(0, 1) : inputs;
      for (const name of taken) this.numeric.add(name);
    }
    const most = COPIES * model.budget.count + FREE;
    this.copies = new Budget(model.file, Math.min(COPIES * MOST_NUMBERS, most));
  }

  isConstant(name: string): boolean {
    return (this.values.get(name) ?? this.model.constants.get(name))?.kind === 'constant';
  }

  /** Returns whether embeddings alone take a value. */
  isWord(name: string | undefined): boolean {
    return name !== undefined && !this.numeric.has(name);
  }

  isUsed(name: string | undefined): boolean {
    return name !== undefined && name !== '' && this.uses.has(name);
  }

  /** Adds layers after `inputs` and returns their output. */
  step(node: OnnxNode, inputs: Flow[], made: Converted[], result: Partial<Flow> = {}, isSum = false): Flow {
    const name = this.fresh(node.name);
    this.steps.set(name, { name, inputs: inputs.map((flow) => flow.node), made, isSum });
    return { ...plain(inputs[0]!), ...result, node: name };
  }

  fresh(name: string): string {
    let free = name;
    for (let i = 2; this.steps.has(free); i++) free = `${name} (${i})`;
    return free;
  }

  /** The value of an input; undefined: it is left out. */
  optional(node: OnnxNode, index: number): Value | undefined {
    const name = node.inputs[index];
    if (name === undefined || name === '') return undefined;
    const value = this.values.get(name) ?? this.model.constants.get(name);
    if (!value)
      return refuse(node, said('takes the value "{0}", which nothing computes before it', name.slice(0, 100)));
    if (value.kind === 'flow' && this.uses.get(name)! > 1) return { ...value, isShared: true };
    return value;
  }

  value(node: OnnxNode, index: number): Value {
    return this.optional(node, index) ?? refuse(node, said('lacks its input {0}', index + 1));
  }

  flow(node: OnnxNode, index: number): Flow {
    const value = this.value(node, index);
    if (value.kind === 'flow') return value;
    return refuse(
      node,
      said("takes something else than the network's values as input {0}, which is not supported", index + 1),
    );
  }

  constant(node: OnnxNode, index: number): Constant {
    const value = this.value(node, index);
    if (value.kind === 'constant') return value;
    return refuse(node, said("computes its input {0} from the network's values, which is not supported", index + 1));
  }

  /** Whole numbers of an input or an attribute; null: neither is there. */
  numbers(node: OnnxNode, index: number, attribute: string): number[] | null {
    const given = node.attributes.get(attribute);
    if (given !== undefined) return Array.isArray(given) ? given : [whole(node, attribute, given)];
    const value = this.optional(node, index);
    if (value === undefined) return null;
    if (value.kind !== 'constant')
      return refuse(node, said('computes its input {0}, which is not supported', index + 1));
    return value.isFill
      ? Array.from({ length: Math.min(32, value.shape[0] ?? 1) }, () => value.values[0]!)
      : Array.from(value.values.subarray(0, 10_000));
  }
}

/** A flow without what is told of single values only. */
export function plain({ kind, node, shape, axes, order }: Flow): Flow {
  return { kind, node, shape, axes, order, isShared: false };
}

export type Operator = (walk: Walk, node: OnnxNode) => Value;

export function whole(node: OnnxNode, key: string, value: Attribute | undefined, fallback?: number): number {
  const given = value ?? fallback;
  if (typeof given === 'number' && Number.isSafeInteger(given)) return given;
  return refuse(node, said('has no valid "{0}"', key));
}

export function float(node: OnnxNode, key: string, fallback: number): number {
  const given = node.attributes.get(key) ?? fallback;
  return typeof given === 'number' && Number.isFinite(given) ? given : refuse(node, said('has no valid "{0}"', key));
}

export function text(node: OnnxNode, key: string, fallback: string): string {
  const given = node.attributes.get(key) ?? fallback;
  return typeof given === 'string' ? given : refuse(node, said('has no valid "{0}"', key));
}

/** Throws unless the attribute is absent or has one of these values. */
export function only(node: OnnxNode, key: string, ...allowed: (string | number)[]): void {
  const given = node.attributes.get(key);
  if (given === undefined || allowed.some((one) => one === given)) return;
  refuse(node, said('has {0}: {1}, which is not supported here', key, JSON.stringify(given)?.slice(0, 60)));
}

/** Returns the index of an axis that may be counted from the end. */
export function axisOf(node: OnnxNode, axis: number, rank: number): number {
  const index = axis < 0 ? axis + rank : axis;
  return Number.isInteger(index) && index >= 0 && index < rank ? index : refuse(node, said('has no axis {0}', axis));
}
