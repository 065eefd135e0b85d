/** Reconstructs our layers from the operators of an ONNX file. */
import { entryOf } from '../../../protocol/values/records.js';
import { TrainingError } from '../../errors.js';
import { chained } from '../chain.js';
import { MOST_LAYERS, type Trained } from '../types.js';
import { ACTIVATIONS } from './activations.js';
import { AXIS, EXAMPLES, features, isDivided, isOurs, lengths, refuse, type Flow, type Value } from './flow.js';
import { FOLDED } from './fold.js';
import { LAYERS } from './layers.js';
import type { OnnxModel, OnnxNode, OnnxValue } from './model.js';
import { recurrent, type RecurrentOperator } from './recurrent.js';
import { SHAPES } from './shapes.js';
import { Walk, type Operator } from './walk.js';
import { said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

const OPERATORS: Readonly<Record<string, Operator>> = { ...LAYERS, ...ACTIVATIONS, ...SHAPES };
const RECURRENT: Readonly<Record<string, RecurrentOperator>> = { LSTM: 'LSTM', GRU: 'GRU', RNN: 'RNN' };

type Read = Pick<Trained, 'layers' | 'aliases' | 'weights' | 'inputShape' | 'notes'>;

/** Throws TrainingError with the operator's name if there is no equal of it here. */
export function networkOf(model: OnnxModel): Read {
  const walk = new Walk(model);
  const inputs = model.inputs.filter(({ name }) => !model.constants.has(name));
  if (inputs.length !== 1) throw new TrainingError(said('it has {0} inputs; one is supported', inputs.length));
  if (model.outputs.length !== 1)
    throw new TrainingError(said('it has {0} outputs; one is supported', model.outputs.length));
  const [input, output] = [inputs[0]!, model.outputs[0]!];
  const start = inputFlow(input, model);
  walk.steps.set(start.node, { name: start.node, inputs: [], made: [], isSum: false });
  walk.values.set(input.name, start);
  for (const node of model.nodes) run(walk, node);
  const value = walk.values.get(output.name);
  if (value?.kind !== 'flow')
    throw new TrainingError(said('its output "{0}" is not computed from its input', output.name.slice(0, 100)));
  if (value.part || isDivided(value))
    throw new TrainingError(said('it ends with a part of a layer, which is not supported'));
  checkShape(output, value);
  if (walk.steps.size > MOST_LAYERS) throw new TrainingError(said('it has more than {0} layers', MOST_LAYERS));
  const nodes = [...walk.steps.values()].map(({ name, inputs: from, made, isSum }) => ({
    name,
    inputs: from,
    isSum,
    convert: () => made,
  }));
  const network = chained(nodes, value.node);
  return { ...network, inputShape: start.shape, notes: notesOf(walk, start, value) };
}

/** Throws if the file says that its output has another shape than it has here. */
function checkShape({ shape }: OnnxValue, value: Flow): void {
  const ours = lengths(value);
  // The number of examples may be any.
  const isSame =
    !shape ||
    (shape.length === ours.length &&
      shape.every((length, i) => length === null || length === ours[i] || ours[i]! % EXAMPLES === 0));
  if (isSame) return;
  const text = (list: readonly (number | null)[]) =>
    list.map((n) => (n === null || n === EXAMPLES ? '?' : n)).join('×');
  throw new TrainingError(said('its output is {0} here, but {1} by the file', text(ours), text(shape)));
}

/** Operators that take one direction of a recurrent layer as it is: those that see to shapes, and over time. */
const DIVIDED = new Set([...Object.keys(SHAPES), 'ReduceMean', 'ReduceMax', 'Shape']);

/** Operators that make activations of their parts, or see to these themselves. */
const PARTS = new Set(['Add', 'Mul', 'Div', 'Where', 'Identity', 'Cast', 'Shape']);

/** Throws for what no operator here may take, and counts what operators may copy. */
function checkInputs(walk: Walk, node: OnnxNode): void {
  node.inputs.forEach((_, i) => {
    const value = walk.optional(node, i);
    if (value?.kind === 'constant') walk.copies.take([value.values.length]);
    if (value?.kind !== 'flow') return;
    walk.copies.take([features(value)]);
    if (value.part && !PARTS.has(node.operator))
      refuse(node, said('takes a part of an activation, which is not supported'));
    if (isDivided(value) && !DIVIDED.has(node.operator))
      refuse(node, said('takes one direction of a recurrent layer, or both apart, which is not supported'));
  });
}

function run(walk: Walk, node: OnnxNode): void {
  const { operator, outputs } = node;
  const cell = entryOf(RECURRENT, operator);
  if (cell) {
    checkInputs(walk, node);
    recurrent(walk, node, cell).forEach((value, i) => value && walk.values.set(outputs[i]!, value));
    return;
  }
  const folds = entryOf(FOLDED, operator);
  // Shapes share the arrays of their inputs, and what is computed of known values is small.
  const isKnown = operator === 'Shape' || node.inputs.every((name) => name === '' || walk.isConstant(name));
  const apply = (isKnown ? folds : undefined) ?? entryOf(OPERATORS, operator);
  if (!apply)
    return refuse(
      node,
      folds ? said('changes values of the network in a way that is not supported') : said('has no equal here'),
    );
  if (!isKnown || !folds) checkInputs(walk, node);
  const value: Value = apply(walk, node);
  if (value.kind === 'constant') walk.copies.take([value.values.length]);
  if (outputs[0]) walk.values.set(outputs[0], value);
  if (walk.isUsed(outputs[1])) refuse(node, said('has a second output that is used, which is not supported'));
}

/** Operators that leave the order of axes as it is. */
const LOOSE = new Set([...Object.keys(ACTIVATIONS), 'Identity', 'Cast', 'Dropout', 'Unsqueeze']);
const IMAGES = new Set(['Conv', 'BatchNormalization', 'MaxPool', 'AveragePool', 'GlobalMaxPool', 'GlobalAveragePool']);

function inputFlow(input: OnnxValue, model: OnnxModel): Flow {
  const { name, shape } = input;
  if (!shape) throw new TrainingError(said('the shape of its input "{0}" is not in the file', name.slice(0, 100)));
  const user = firstUser(model, name);
  const isFirst = channelsFirst(shape, user);
  const rank = shape.length;
  let axes = shape.map((_, i) => i);
  if (rank === 4 && isFirst) axes = [0, 3, 1, 2];
  if (rank === 3 && isFirst) axes = [0, 2, 1];
  if (rank === 3 && user !== null && Object.hasOwn(RECURRENT, user)) axes = [1, 0, 2];
  const lengths = Array<number>(Math.max(0, rank - 1)).fill(0);
  axes.forEach((axis, i) => {
    if (axis === AXIS.batch) return;
    const length = shape[i];
    if (length === null || length === undefined) {
      throw new TrainingError(
        said(
          'axis {0} of its input has no fixed length: export the network with only the number of examples left open',
          i,
        ),
      );
    }
    lengths[axis - 1] = length;
  });
  if (rank < 2 || rank > 4)
    throw new TrainingError(said('its input has {0} axes; the examples, and one to three others, are supported', rank));
  const node = name || 'input';
  return { kind: 'flow', node, shape: lengths, axes, order: null, isShared: false };
}

/** Returns the operator that first depends on the order of the input's axes. */
function firstUser(model: OnnxModel, input: string): string | null {
  const names = new Set([input]);
  for (const node of model.nodes) {
    if (!node.inputs.some((name) => names.has(name)) || node.operator === 'Shape') continue;
    if (!LOOSE.has(node.operator)) return node.operator;
    for (const output of node.outputs) names.add(output);
  }
  return null;
}

const CHANNELS = [1, 3, 4];
function channelsFirst(shape: readonly (number | null)[], user: string | null): boolean {
  if (user !== null && IMAGES.has(user)) return true;
  if (shape.length !== 4 || user === 'Transpose') return false;
  return CHANNELS.includes(shape[1]!) && !CHANNELS.includes(shape[3]!);
}

function notesOf(walk: Walk, start: Flow, end: Flow): Said[] {
  const notes = [...walk.notes.values()];
  const first = start.axes.join();
  if (first === '0,3,1,2')
    notes.unshift(
      said('images have their channels last here, and first in the file: the weights are turned accordingly'),
    );
  if (first === '0,2,1')
    notes.unshift(
      said(
        'sequences are time × features here, and the other way round in the file: the weights are turned accordingly',
      ),
    );
  if (!isOurs({ ...end, axes: end.axes.filter((axis) => axis >= 0) }))
    notes.push(said('its outputs are in another order here than in the file'));
  return notes;
}
