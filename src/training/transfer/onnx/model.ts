/** The graph of an ONNX file (onnx.proto), as far as networks here use it. */
import { Fields, WireError } from '../../../protocol/values/protobuf.js';
import { TrainingError } from '../../errors.js';
import { MOST_LAYERS } from '../types.js';
import { Budget, integers, readTensor, type Constant, type NamedConstant } from './tensors.js';
import { said } from '../../../format/said.js';

export type Attribute = number | string | number[] | Constant | 'other';

export interface OnnxNode {
  operator: string;
  name: string;
  /** Names of values; an empty one stands for an input that is left out. */
  inputs: string[];
  outputs: string[];
  attributes: ReadonlyMap<string, Attribute>;
}

export interface OnnxValue {
  name: string;
  /** Null: its length is not fixed. */
  shape: (number | null)[] | null;
}

export interface OnnxModel {
  file: string;
  nodes: OnnxNode[];
  constants: Map<string, Constant>;
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  /** Version of the standard's operators. */
  opset: number;
  budget: Budget;
}

const MOST_NODES = 20 * MOST_LAYERS;
const MOST_NAMES = 10_000;
const MOST_ATTRIBUTES = 100;
/** Versions of the operators that are read here as they are meant: 7 has the broadcasting of today. */
const OPSETS = { first: 7, last: 24 } as const;
/** AttributeProto.INTS. */
const INTEGERS = 7;
/** The domain of the standard's own operators has two names. */
const STANDARD = new Set(['', 'ai.onnx']);

/** Throws TrainingError when the bytes are not such a file. */
export function readModel(bytes: Buffer, file: string): OnnxModel {
  const model: OnnxModel = {
    file,
    nodes: [],
    constants: new Map(),
    inputs: [],
    outputs: [],
    opset: 0,
    budget: new Budget(file),
  };
  try {
    const fields = new Fields(bytes);
    let graphs = 0;
    while (fields.next()) {
      if (fields.number === 8) readOpset(fields.message(), model);
      else if (fields.number !== 7) fields.skip();
      else if (++graphs > 1) throw new WireError('two graphs');
      else readGraph(fields.message(), model);
    }
    if (graphs === 0) throw new WireError('no graph');
    if (model.opset === 0) throw new WireError('no version of its operators');
  } catch (error) {
    if (error instanceof WireError)
      throw new TrainingError(said('{0} is not a valid ONNX file: {1}', file, error.message));
    throw error;
  }
  return model;
}

/** OperatorSetIdProto. */
function readOpset(fields: Fields, model: OnnxModel): void {
  let domain = '';
  let version = 0;
  while (fields.next()) {
    if (fields.number === 1) domain = fields.text();
    else if (fields.number === 2) version = fields.varint();
    else fields.skip();
  }
  if (!STANDARD.has(domain)) return;
  if (!(version >= OPSETS.first && version <= OPSETS.last)) {
    throw new TrainingError(
      said(
        "{0} has version {1} of ONNX's operators (opset); {2} to {3} are supported",
        model.file,
        version,
        OPSETS.first,
        OPSETS.last,
      ),
    );
  }
  if (model.opset !== 0 && model.opset !== version) throw new WireError('two versions of its operators');
  model.opset = version;
}

function readGraph(fields: Fields, model: OnnxModel): void {
  const { file, budget } = model;
  let arrays = 0;
  while (fields.next()) {
    if (fields.number === 1) {
      if (model.nodes.length >= MOST_NODES)
        throw new TrainingError(said('{0} has more than {1} operators', file, MOST_NODES));
      model.nodes.push(readNode(fields.message(), model));
    } else if (fields.number === 5) {
      if (++arrays > MOST_NODES) throw new TrainingError(said('{0} has more than {1} arrays', file, MOST_NODES));
      put(model, readTensor(fields.message(), file, budget));
    } else if (fields.number === 11) model.inputs.push(readValue(fields.message()));
    else if (fields.number === 12) model.outputs.push(readValue(fields.message()));
    else if (fields.number === 15)
      throw new TrainingError(said('{0} has sparse arrays, which are not supported', file));
    else fields.skip();
    if (model.inputs.length > MOST_NODES || model.outputs.length > MOST_NAMES)
      throw new WireError('too many inputs or outputs');
  }
}

function put(model: OnnxModel, { name, constant }: NamedConstant): void {
  model.constants.set(name, constant);
}

function readNode(fields: Fields, { file, budget }: OnnxModel): OnnxNode {
  const attributes = new Map<string, Attribute>();
  const node = { operator: '', name: '', inputs: [] as string[], outputs: [] as string[], attributes };
  let domain = '';
  while (fields.next()) {
    if (fields.number === 1) name(node.inputs, fields.text());
    else if (fields.number === 2) name(node.outputs, fields.text());
    else if (fields.number === 3) node.name = fields.text();
    else if (fields.number === 4) node.operator = fields.text();
    else if (fields.number === 5) {
      readAttribute(fields.message(), attributes, file, budget);
      if (attributes.size > MOST_ATTRIBUTES) throw new WireError('an operator with too many attributes');
    } else if (fields.number === 7) domain = fields.text();
    else fields.skip();
  }
  if (!STANDARD.has(domain)) node.operator = `${domain}.${node.operator}`;
  node.name ||= node.outputs[0] ?? node.operator;
  return node;
}

function name(names: string[], text: string): void {
  if (names.length >= MOST_NAMES) throw new WireError(`an operator with more than ${MOST_NAMES} names`);
  names.push(text);
}

function readAttribute(fields: Fields, into: Map<string, Attribute>, file: string, budget: Budget): void {
  let key = '';
  let value: Attribute | null = null;
  let kind = 0;
  const list: number[] = [];
  const texts: string[] = [];
  while (fields.next()) {
    if (fields.number === 1) key = fields.text();
    else if (fields.number === 2) value = fields.float();
    else if (fields.number === 3) value = fields.varint();
    else if (fields.number === 4) value = fields.text();
    else if (fields.number === 5) value = readTensor(fields.message(), file, budget).constant;
    else if (fields.number === 8) integers(fields, list, MOST_NAMES);
    else if (fields.number === 9) name(texts, fields.text());
    // Graphs and lists of other kinds: operators that have them are refused.
    else if ([6, 7, 10, 11].includes(fields.number)) value = (fields.skip(), 'other');
    else if (fields.number === 20) kind = fields.varint();
    else fields.skip();
  }
  const isList = kind === INTEGERS || list.length > 0;
  into.set(key, isList ? list : texts.length > 0 ? texts.join() : (value ?? 0));
}

function readValue(fields: Fields): OnnxValue {
  const value: OnnxValue = { name: '', shape: null };
  while (fields.next()) {
    if (fields.number === 1) value.name = fields.text();
    else if (fields.number !== 2) fields.skip();
    else {
      const type = fields.message();
      while (type.next()) {
        if (type.number === 1) value.shape = readShape(type.message());
        else type.skip();
      }
    }
  }
  return value;
}

/** TypeProto.Tensor. */
function readShape(tensor: Fields): (number | null)[] | null {
  let shape: (number | null)[] | null = null;
  while (tensor.next()) {
    if (tensor.number !== 2) {
      tensor.skip();
      continue;
    }
    shape = [];
    const dimensions = tensor.message();
    while (dimensions.next()) {
      const dimension = dimensions.message();
      let length: number | null = null;
      while (dimension.next()) {
        if (dimension.number === 1) length = dimension.varint();
        else dimension.skip();
      }
      shape.push(length !== null && length > 0 ? length : null);
      if (shape.length > 32) throw new WireError('a value with more than 32 axes');
    }
  }
  return shape;
}
