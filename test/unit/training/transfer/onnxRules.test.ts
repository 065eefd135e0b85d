import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { TrainingError } from '../../../../src/training/errors.js';
import { bytes, int, message } from '../../../../src/training/export/protobuf.js';
import { floats, given, integer, list, onnx, reading, text, wholes, type NodeText } from './onnxFiles.js';
import { expectSame } from './outputs.js';

beforeAll(async () => {
  await cpu.start();
  await tf.setBackend('cpu');
});

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(i + 1));
const softmax = (list: number[]): number[] => {
  const all = list.map(Math.exp);
  const sum = all.reduce((a, b) => a + b, 0);
  return all.map((value) => value / sum);
};

function refused(pattern: RegExp, ...file: Parameters<typeof onnx>): void {
  const read = reading(onnx(...file));
  expect(read).toThrow(pattern);
  expect(read).toThrow(TrainingError);
}

describe('versions of operators', () => {
  const last = (fields: Buffer[] = []): NodeText[] => [{ type: 'Softmax', inputs: ['x'], fields }];

  it('decide over which axes a softmax is', () => {
    expectSame(given(onnx(last(), [], { opset: 11 }), numbers(4)), softmax(numbers(4)));
    expectSame(given(onnx(last(), [], { opset: 13 }), numbers(4)), softmax(numbers(4)));
    const input = [1, 3, 4];
    const rows = [0, 4, 8].flatMap((at) => softmax(numbers(12).slice(at, at + 4)));
    expectSame(given(onnx(last(), [], { opset: 13, input }), numbers(12)), rows);
    // Up to version 12, the softmax is over 12 numbers.
    refused(/operator Softmax .* another axis/, last(), [], { opset: 12, input });
    expectSame(given(onnx(last([integer('axis', 2)]), [], { opset: 12, input }), numbers(12)), rows);
    expectSame(given(onnx(last(), [], { opset: 12, input: [1, 1, 4] }), numbers(4)), softmax(numbers(4)));
  });

  it('and a logarithm of one', () => {
    const nodes = (fields: Buffer[] = []): NodeText[] => [
      { type: 'Relu', inputs: ['x'], output: 'r' },
      { type: 'LogSoftmax', inputs: ['r'], fields },
    ];
    const input = [1, 3, 4];
    refused(/operator LogSoftmax .* another axis/, nodes(), [], { opset: 12, input });
    refused(/operator LogSoftmax .* another axis/, nodes([integer('axis', 1)]), [], { opset: 13, input });
    expect(reading(onnx(nodes(), [], { opset: 13, input }))().layers).toHaveLength(1);
  });

  it.each([
    [null, /no version/],
    [6, /version 6 .* 7 to 24 are supported/],
    [25, /version 25/],
  ])('outside of those that are read are refused (%s)', (opset, pattern) => {
    refused(pattern, last(), [], { opset });
  });

  it('are the same everywhere in a file', () => {
    const file = Buffer.concat([onnx(last(), []), bytes(8, int(2, 12))]);
    expect(reading(file)).toThrow(/two versions/);
  });
});

describe('the shape that a file declares', () => {
  it('must be that of the network here', () => {
    const nodes: NodeText[] = [{ type: 'MatMul', inputs: ['x', 'w'] }];
    const arrays = [floats('w', [4, 2], numbers(8))];
    for (const output of [[1, 2], [null, 2], [null, null], [7, 2], null]) {
      expect(given(onnx(nodes, arrays, { output }), numbers(4))).toHaveLength(2);
    }
    refused(/its output is \?×2 here, but 1×3 by the file/, nodes, arrays, { output: [1, 3] });
    refused(/its output is \?×2 here, but 1×1×2 by the file/, nodes, arrays, { output: [1, 1, 2] });
  });
});

describe('pooling over all places', () => {
  it.each(['GlobalAveragePool', 'GlobalMaxPool'])('keeps the second axis of the file (%s)', (type) => {
    // Channels are last after the turn.
    const nodes: NodeText[] = [
      { type: 'Transpose', inputs: ['x'], output: 't', fields: [list('perm', [0, 2, 3, 1])] },
      { type, inputs: ['t'] },
    ];
    refused(new RegExp(`operator ${type} .* channels are not second`), nodes, [], { input: [1, 3, 5, 4] });
    const turned: NodeText[] = [
      { type: 'Transpose', inputs: ['x'], output: 't', fields: [list('perm', [0, 3, 1, 2])] },
      { type, inputs: ['t'] },
    ];
    expect(given(onnx(turned, [], { input: [1, 2, 2, 3] }), numbers(12))).toHaveLength(3);
  });
});

describe('the directions of a recurrent layer', () => {
  const [time, features, units] = [3, 2, 2];
  const arrays = [
    floats('W', [2, units, features], numbers(8)),
    floats('R', [2, units, units], numbers(8)),
    wholes('first', [], [0]),
    wholes('both', [2], [0, -1]),
    floats('one', [1], [3]),
  ];
  const rnn: NodeText[] = [
    { type: 'Transpose', inputs: ['x'], output: 'xt', fields: [list('perm', [1, 0, 2])] },
    {
      type: 'RNN',
      inputs: ['xt', 'W', 'R'],
      output: ['states', 'last'],
      fields: [integer('hidden_size', units), text('direction', 'bidirectional')],
    },
  ];
  const half: NodeText = { type: 'Gather', inputs: ['last', 'first'], output: 'h', fields: [integer('axis', 0)] };
  const input = [1, time, features];

  it.each([
    ['Relu', ['h'], half],
    ['Mul', ['h', 'one'], half],
    ['Add', ['h', 'h'], half],
    ['Dropout', ['h'], half],
    ['Softmax', ['h'], half],
    ['Tanh', ['last'], null],
    ['Dropout', ['states'], null],
    ['Add', ['states', 'one'], null],
  ])('are not both where the file has one, or both apart: %s', (type, inputs, before) => {
    refused(
      new RegExp(`operator ${type} .* one direction of a recurrent layer, or both apart`),
      [...rnn, ...(before ? [before] : []), { type, inputs }],
      arrays,
      { input },
    );
  });

  it('are not the end of a network', () => {
    refused(/ends with a part of a layer/, [...rnn, { ...half, output: 'y' }], arrays, { input });
    refused(/ends with a part of a layer/, [...rnn, { type: 'Identity', inputs: ['states'] }], arrays, { input });
  });

  it('are not lost by a reshape', () => {
    const shaped: NodeText[] = [...rnn, half, { type: 'Reshape', inputs: ['h', 'both'] }];
    refused(/operator Reshape|part of a layer/, shaped, arrays, { input });
  });
});

describe('what is known before a network runs', () => {
  /** Adds the constant `c` to the input. */
  const added = (...nodes: NodeText[]): NodeText[] => [...nodes, { type: 'Add', inputs: ['x', 'c'] }];
  const cast = (from: string, to: number, output: string): NodeText => ({
    type: 'Cast',
    inputs: [from],
    output,
    fields: [integer('to', to)],
  });
  const plus = (value: number): number[] => numbers(4).map((x) => x + value);

  it('divides whole numbers as whole numbers', () => {
    const nodes = added({ type: 'Div', inputs: ['a', 'b'], output: 'q' }, cast('q', 1, 'c'));
    expectSame(given(onnx(nodes, [wholes('a', [], [-7]), wholes('b', [], [2])]), numbers(4)), plus(-3));
    expectSame(given(onnx(nodes, [floats('a', [], [-7]), floats('b', [], [2])]), numbers(4)), plus(-3.5));
    refused(/operator Div .* divides by zero/, nodes, [wholes('a', [], [7]), wholes('b', [], [0])]);
  });

  it('has no fractions after a cast to whole numbers', () => {
    const nodes = added(cast('a', 7, 'n'), cast('n', 1, 'c'));
    expectSame(given(onnx(nodes, [floats('a', [], [-2.75])]), numbers(4)), plus(-2));
    const isTrue = added(cast('a', 9, 'n'), cast('n', 1, 'c'));
    expectSame(given(onnx(isTrue, [floats('a', [], [-2.75])]), numbers(4)), plus(1));
    refused(/operator Cast .* type \(3\)/, added(cast('a', 3, 'n'), cast('n', 1, 'c')), [floats('a', [], [300])]);
  });

  it('keeps the type through other operators', () => {
    const nodes = added(
      { type: 'Concat', inputs: ['a', 'b'], output: 'both', fields: [integer('axis', 0)] },
      { type: 'Gather', inputs: ['both', 'zero'], output: 'seven' },
      { type: 'Add', inputs: ['seven', 'b'], output: 'nine' },
      { type: 'Div', inputs: ['nine', 'b'], output: 'q' },
      cast('q', 1, 'c'),
    );
    const file = onnx(nodes, [wholes('a', [1], [7]), wholes('b', [1], [2]), wholes('zero', [], [0])]);
    expectSame(given(file, numbers(4)), plus(4));
  });

  it.each([
    ['ConstantOfShape', { type: 'ConstantOfShape', inputs: ['s'], output: 'c' }, [-4]],
    ['Expand', { type: 'Expand', inputs: ['one', 's'], output: 'c' }, [-4]],
    ['Reshape', { type: 'Reshape', inputs: ['six', 's'], output: 'c' }, [-2, -3]],
    ['Expand', { type: 'Expand', inputs: ['one', 's'], output: 'c' }, Array<number>(40).fill(1)],
  ] as [string, NodeText, number[]][])('is refused with lengths that no array has: %s', (name, node, lengths) => {
    const shape = wholes('s', [lengths.length], lengths);
    const arrays = [shape, floats('one', [], [1]), floats('six', [6], numbers(6))];
    refused(new RegExp(`operator ${name} .* shape`), added(node), arrays);
  });

  it('is refused if one number that stands for many would be taken for one', () => {
    const fill: NodeText = { type: 'ConstantOfShape', inputs: ['s'], output: 'f' };
    const dequantized: NodeText = { type: 'DequantizeLinear', inputs: ['f', 'scale'], output: 'c' };
    const arrays = [wholes('s', [1], [4]), floats('scale', [], [2])];
    refused(/operator DequantizeLinear/, added(fill, dequantized), arrays);
    const picks: NodeText[] = [
      { ...fill, fields: [bytes(5, message(bytes(1, 'value'), bytes(5, wholes('', [1], [0])), int(20, 4)))] },
      { type: 'Gather', inputs: ['x', 'f'], fields: [integer('axis', 1)] },
    ];
    refused(/operator Gather .* picks several parts/, picks, arrays);
  });

  it('may not grow with the number of operators', () => {
    const base = floats('w', [2048, 2048], Array<number>(2 ** 22).fill(0.5));
    const nodes = Array.from({ length: 40 }, (_, i): NodeText => ({
      type: 'Gemm',
      inputs: [i === 0 ? 'x' : `v${i}`, 'w'],
      output: i === 39 ? 'y' : `v${i + 1}`,
      fields: [integer('transB', 1)],
    }));
    refused(/its arrays have more than/, nodes, [base], { input: [1, 2048] });
    const sums = added({ type: 'Add', inputs: ['w', 'w'], output: 'c' });
    refused(/operator Add .* too large/, sums, [floats('w', [2 ** 17], Array<number>(2 ** 17).fill(0))]);
  });

  it('is refused with thousands of attributes', () => {
    const fields = Array.from({ length: 200 }, (_, i) => integer(`a${i}`, 1));
    refused(/too many attributes/, [{ type: 'Relu', inputs: ['x'], fields }], []);
  });
});

describe('values that become whole numbers', () => {
  const table = floats('t', [4, 2], numbers(8));
  const cast: NodeText = { type: 'Cast', inputs: ['x'], output: 'n', fields: [integer('to', 7)] };

  it('are supported before an embedding only', () => {
    const words: NodeText[] = [
      cast,
      { type: 'Identity', inputs: ['n'], output: 'm' },
      { type: 'Gather', inputs: ['t', 'm'], output: 'e' },
      { type: 'Relu', inputs: ['e'] },
    ];
    const positive = numbers(8).map((value) => Math.max(0, value));
    expectSame(given(onnx(words, [table]), [0, 1, 2, 3]), positive);
    const rounded: NodeText[] = [cast, { ...cast, inputs: ['n'], output: 'y', fields: [integer('to', 1)] }];
    refused(/operator Cast .* directly before an embedding/, rounded, []);
    const divided: NodeText[] = [{ type: 'Div', inputs: ['x', 'd'] }];
    refused(/operator Div .* whole numbers/, divided, [wholes('d', [], [2])]);
  });
});

describe('activations of several operators', () => {
  const gelu = (x: string): NodeText[] => [
    { type: 'Div', inputs: ['x', 'root'], output: 'd' },
    { type: 'Erf', inputs: ['d'], output: 'e' },
    { type: 'Add', inputs: ['e', 'one'], output: 'p' },
    { type: 'Mul', inputs: [x, 'p'], output: 'm' },
    { type: 'Mul', inputs: ['m', 'half'] },
  ];
  const constants = (one: number[]): Buffer[] => [
    floats('root', [], [Math.SQRT2]),
    floats('one', one.length === 1 ? [] : [one.length], one),
    floats('half', [], [0.5]),
  ];

  it('are GELU with one as the number only', () => {
    const [layer] = reading(onnx(gelu('x'), constants([1])))().layers!;
    expect(layer).toMatchObject({ type: 'activation', name: 'gelu' });
    refused(/operator Add .* part of an activation/, gelu('x'), constants([1, 5, 9, 1]));
  });

  it.each([
    ['SiLU', 'Sigmoid'],
    ['Mish', 'Tanh'],
  ])('are %s only if both factors are turned alike', (_name, type) => {
    const before: NodeText[] =
      type === 'Tanh'
        ? [{ type: 'Softplus', inputs: ['x'], output: 's' }]
        : [{ type: 'Identity', inputs: ['x'], output: 's' }];
    const nodes = (turn: number[]): NodeText[] => [
      ...before,
      { type, inputs: ['s'], output: 'g' },
      { type: 'Transpose', inputs: ['x'], output: 't', fields: [list('perm', turn)] },
      { type: 'Mul', inputs: ['t', 'g'] },
    ];
    expect(reading(onnx(nodes([0, 1, 2]), [], { input: [1, 3, 3] }))().layers).not.toHaveLength(0);
    refused(/operator Mul .* different orders/, nodes([0, 2, 1]), [], { input: [1, 3, 3] });
  });

  it('are not taken for whole values by other operators', () => {
    const nodes: NodeText[] = [...gelu('x').slice(0, 2), { type: 'MatMul', inputs: ['e', 'w'] }];
    refused(/operator MatMul .* part of an activation/, nodes, [...constants([1]), floats('w', [4, 4], numbers(16))]);
  });
});

describe('a shortcut', () => {
  const block = (stride: number): NodeText[] => [
    { type: 'Conv', inputs: ['x', 'w'], output: 'a', fields: [list('strides', [stride, stride])] },
    { type: 'Relu', inputs: ['a'], output: 'b' },
    { type: 'Conv', inputs: ['b', 'w'], output: 'c' },
    { type: 'Conv', inputs: ['x', 'v'], output: 's', fields: [list('strides', [stride, stride])] },
    { type: 'Add', inputs: ['c', 's'] },
  ];
  const arrays = [floats('w', [1, 1, 1, 1], [0]), floats('v', [1, 1, 1, 1], [1])];

  it('has the stride of the file, or is refused', () => {
    const image = Array.from({ length: 16 }, (_, i) => i);
    expectSame(given(onnx(block(2), arrays, { input: [1, 1, 4, 4] }), image), [0, 2, 8, 10]);
    // Four places at a stride of three are two, as at a stride of two.
    refused(/shortcut with stride 3×3; 1 and 2 are supported/, block(3), arrays, { input: [1, 1, 4, 4] });
  });
});
