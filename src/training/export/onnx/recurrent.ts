/** Recurrent cells as a Scan over single steps, because ONNX lacks some of them. */
import type { Layer } from '../../../experiment/network/index.js';
import { weightOf, type GraphNode } from '../graph.js';
import { bytes, message, type Field } from '../protobuf.js';
import { valueInfo } from './encoding.js';
import { Ops } from './ops.js';

type Recurrent = Extract<Layer, { type: 'recurrent' }>;

/** Combines both directions: the last states, or all of them. */
export function recurrent(ops: Ops, node: GraphNode, op: Recurrent, x: string): string {
  const ways = (op.bidirectional ? (['forward', 'backward'] as const) : (['forward'] as const)).map((way) =>
    scan(ops, node, op, way, x),
  );
  const [first] = ways as [string];
  return ways.length === 1 ? first : ops.do('Concat', ways, { axis: -1 });
}

/** Runs one direction over time: the products of all inputs at once, then step by step. */
function scan(ops: Ops, node: GraphNode, op: Recurrent, way: 'forward' | 'backward', x: string): string {
  const { units, cell, sequences } = op;
  const blocks = { simple: 1, lstm: 4, gru: 3, gated: 2 }[cell];
  const width = blocks * units;
  const features = node.inputs[0]!.shape[1]!;
  const part = (key: string, shape: number[]): string => {
    const values = weightOf(
      node,
      `${way}/${key}`,
      shape.reduce((a, b) => a * b, 1),
    );
    const name = `${node.name}.${way}.${key}`;
    if (shape.length !== 2) return ops.constant(name, shape, values);
    return ops.weight(name, shape, values, node.weights.get(`${way}/${key}`), 1);
  };
  const given = ops.do('Add', [ops.do('MatMul', [x, part('input', [features, width])]), part('bias', [width])]);
  const state = part('state', [units, width]);
  const stateBias = cell === 'gru' ? part('stateBias', [units]) : null;
  const rows = ops.do('Slice', [ops.do('Shape', [x]), ops.whole([0]), ops.whole([1])]);
  const zeros = ops.do('ConstantOfShape', [ops.do('Concat', [rows, ops.whole([units])], { axis: 0 })]);

  const constants: Field[] = [];
  const inner = new Ops(`${node.name}.${way}.`, constants);
  const names = ['hidden', ...(cell === 'lstm' ? ['memory'] : []), 'given'].map((name) => inner.fresh(name));
  const results = step(inner, op, { given: names.at(-1)!, hidden: names[0]!, memory: names[1]!, state, stateBias });
  const outputs = [...results, results[0]!].map((value) => inner.do('Identity', [value]));
  const body = message(
    ...inner.fields.map((field) => bytes(1, field)),
    bytes(2, `${node.name}_step`),
    ...constants.map((field) => bytes(5, field)),
    ...names.map((name, i) => bytes(11, valueInfo(name, ['batch', i === names.length - 1 ? width : units]))),
    ...outputs.map((name) => bytes(12, valueInfo(name, ['batch', units]))),
  );
  const direction = way === 'backward' ? 1 : 0;
  const finals = results.map(() => ops.fresh('last'));
  const all = ops.fresh('all');
  ops.do(
    'Scan',
    [...results.map(() => zeros), given],
    {
      body: { graph: body },
      num_scan_inputs: 1,
      scan_input_axes: [1],
      scan_input_directions: [direction],
      scan_output_axes: [1],
      scan_output_directions: [direction],
    },
    [...finals, all],
  );
  return sequences ? all : finals[0]!;
}

interface StepValues {
  given: string;
  hidden: string;
  memory: string;
  state: string;
  stateBias: string | null;
}

/** Returns the next hidden state and, for an LSTM, its cell state, as in `layers/recurrent.ts`. */
function step(
  ops: Ops,
  { cell, gate, units }: Recurrent,
  { given, hidden, memory, state, stateBias }: StepValues,
): string[] {
  const recalled = ops.do('MatMul', [hidden, state]);
  const split = (value: string, count: number): string[] => {
    const parts = Array.from({ length: count }, () => ops.fresh('part'));
    ops.do('Split', [value, ops.whole(parts.map(() => units))], { axis: -1 }, parts);
    return parts;
  };
  const open = (z: string): string => {
    if (gate === 'sigmoid') return ops.do('Sigmoid', [z]);
    if (gate === 'gaussian') return ops.do('Exp', [ops.do('Mul', [ops.do('Mul', [z, z]), ops.scalar(-0.5)])]);
    return ops.do('Mul', [ops.do('Add', [ops.do('Sin', [z]), ops.scalar(1)]), ops.scalar(0.5)]);
  };
  const tanh = (value: string): string => ops.do('Tanh', [value]);
  if (cell === 'simple') return [tanh(ops.do('Add', [given, recalled]))];
  if (cell === 'lstm') {
    const [input, forget, candidate, output] = split(ops.do('Add', [given, recalled]), 4) as [...string[]];
    const kept = ops.do('Mul', [open(forget!), memory]);
    const next = ops.do('Add', [kept, ops.do('Mul', [open(input!), tanh(candidate!)])]);
    return [ops.do('Mul', [open(output!), tanh(next)]), next];
  }
  if (cell === 'gru') {
    const [resetIn, updateIn, candidateIn] = split(given, 3) as [...string[]];
    const [resetOf, updateOf, candidateOf] = split(recalled, 3) as [...string[]];
    const reset = open(ops.do('Add', [resetIn!, resetOf!]));
    const update = open(ops.do('Add', [updateIn!, updateOf!]));
    const recall = ops.do('Mul', [reset, ops.do('Add', [candidateOf!, stateBias!])]);
    const candidate = tanh(ops.do('Add', [candidateIn!, recall]));
    return [ops.do('Add', [candidate, ops.do('Mul', [update, ops.do('Sub', [hidden, candidate])])])];
  }
  const [opening, candidate] = split(ops.do('Add', [given, recalled]), 2) as [...string[]];
  const change = ops.do('Mul', [open(opening!), ops.do('Sub', [tanh(candidate!), hidden])]);
  return [ops.do('Add', [hidden, change])];
}
