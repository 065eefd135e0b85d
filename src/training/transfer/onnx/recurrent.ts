/** Recurrent operators as our layers. */
import type { Converted } from '../chain.js';
import { AXIS, features, refuse, type Flow, type Value } from './flow.js';
import { permuted } from './fold.js';
import type { OnnxNode } from './model.js';
import { text, whole, type Walk } from './walk.js';
import { said } from '../../../format/said.js';

/** Blocks of units in the file's order, as ours: input, forget, candidate, output of an LSTM; reset, update, candidate of a GRU. */
const BLOCKS = { LSTM: [0, 2, 3, 1], GRU: [1, 0, 2], RNN: [0] } as const;
const CELLS = { LSTM: 'lstm', GRU: 'gru', RNN: 'simple' } as const;
const ACTIVATIONS = { LSTM: 'Sigmoid,Tanh,Tanh', GRU: 'Sigmoid,Tanh', RNN: 'Tanh' } as const;

export type RecurrentOperator = keyof typeof BLOCKS;

/** Returns all states, and the last one, as the values of the operator's outputs. */
export function recurrent(walk: Walk, node: OnnxNode, operator: RecurrentOperator): (Value | null)[] {
  const flow = walk.flow(node, 0);
  if (flow.shape.length !== 2 || flow.axes.join() !== '1,0,2') {
    return refuse(node, said('takes something else than sequences with their time first, which is not supported'));
  }
  const units = whole(node, 'hidden_size', node.attributes.get('hidden_size'));
  if (units < 1) return refuse(node, said('has no valid "hidden_size"'));
  const direction = text(node, 'direction', 'forward');
  if (direction !== 'forward' && direction !== 'bidirectional')
    return refuse(node, said('has direction: {0}, which is not supported', direction.slice(0, 40)));
  checkPlain(walk, node, operator, direction === 'bidirectional' ? 2 : 1);
  const ways = direction === 'bidirectional' ? (['forward', 'backward'] as const) : (['forward'] as const);
  const blocks = BLOCKS[operator];
  const width = blocks.length * units;
  const shapes = [
    [ways.length, width, features(flow)],
    [ways.length, width, units],
    [ways.length, 2 * width],
  ];
  const [input, state, bias] = shapes.map((shape, i) => {
    const given = i < 2 ? walk.constant(node, i + 1) : walk.optional(node, 3);
    if (!given) return new Float32Array(shape.reduce((a, b) => a * b, 1));
    if (given.kind !== 'constant' || given.isFill || given.shape.join() !== shape.join())
      return refuse(node, said('has weights that do not fit'));
    return Float32Array.from(given.values);
  }) as [Float32Array, Float32Array, Float32Array];
  const weights = ways.flatMap((way, i): Converted['weights'] => {
    const kernel = (values: Float32Array, inputs: number) => {
      const own = values.subarray(i * width * inputs, (i + 1) * width * inputs);
      const ordered = new Float32Array(own.length);
      blocks.forEach((from, to) =>
        ordered.set(own.subarray(from * units * inputs, (from + 1) * units * inputs), to * units * inputs),
      );
      return { shape: [inputs, width], values: permuted(ordered, [width, inputs], [1, 0]) };
    };
    const half = (which: 0 | 1): Float32Array => {
      const own = bias.subarray((2 * i + which) * width, (2 * i + which + 1) * width);
      const ordered = new Float32Array(width);
      blocks.forEach((from, to) => ordered.set(own.subarray(from * units, (from + 1) * units), to * units));
      return ordered;
    };
    const [first, second] = [half(0), half(1)];
    // The GRU's candidate has its second bias inside the product with the reset gate.
    const joined = operator === 'GRU' ? 2 * units : width;
    for (let j = 0; j < joined; j++) first[j]! += second[j]!;
    const own: Converted['weights'] = [
      [`${way}/input`, kernel(input, features(flow))],
      [`${way}/state`, kernel(state, units)],
      [`${way}/bias`, { shape: [width], values: first }],
    ];
    if (operator === 'GRU') own.push([`${way}/stateBias`, { shape: [units], values: second.slice(2 * units) }]);
    return own;
  });
  const layer = {
    type: 'recurrent' as const,
    cell: CELLS[operator],
    units,
    gate: 'sigmoid' as const,
    bidirectional: ways.length > 1,
  };
  const split = ways.length > 1 ? AXIS.ways : AXIS.one;
  const all = ways.length * units;
  const states = (): Flow =>
    walk.step(node, [flow], [{ layer: { ...layer, sequences: true }, weights }], {
      shape: [flow.shape[0]!, all],
      axes: [1, split, 0, 2],
    });
  const last = (): Flow =>
    walk.step(node, [flow], [{ layer: { ...layer, sequences: false }, weights }], {
      shape: [all],
      axes: [split, 0, 1],
    });
  return [walk.isUsed(node.outputs[0]) ? states() : null, walk.isUsed(node.outputs[1]) ? last() : null];
}

/** Throws if the operator has settings that ours lacks. */
function checkPlain(walk: Walk, node: OnnxNode, operator: RecurrentOperator, ways: number): void {
  for (const key of ['clip', 'input_forget', 'layout']) {
    if (node.attributes.has(key) && node.attributes.get(key) !== 0)
      refuse(node, said('has "{0}", which is not supported', key));
  }
  if (operator === 'GRU' && whole(node, 'linear_before_reset', node.attributes.get('linear_before_reset'), 0) !== 1) {
    refuse(
      node,
      said('has its reset gate before the product with the state (linear_before_reset: 0); ours is after it'),
    );
  }
  const usual = Array.from({ length: ways }, () => ACTIVATIONS[operator]).join();
  const activations = node.attributes.get('activations') ?? usual;
  if (activations !== usual) refuse(node, said('has other activations than {0}', ACTIVATIONS[operator]));
  for (let i = 4; i <= 7; i++) {
    const given = walk.optional(node, i);
    if (!given) continue;
    const isState = i === 5 || i === 6;
    const isZero = given.kind === 'constant' && given.values.every((value) => value === 0);
    if (i === 4) refuse(node, said('has sequences of different lengths, which is not supported'));
    if (!isZero)
      refuse(
        node,
        isState ? said('begins with states other than zero') : said('has peepholes, which are not supported'),
      );
  }
}
