/** Recurrent layers over whole sequences as kernels of WebAssembly; see recurrentSequence.ts. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Gate } from '../../../experiment/network/index.js';
import { runSequence, runSequenceBack, type SequenceShape } from './sequences.js';
import { keepsExtra, slopesOf, type Cell, type Simd } from './simd/index.js';

type Arguments = Parameters<tf.KernelFunc>[0];

function shapeOf([time, batch]: number[], state: tf.TensorInfo, attrs: Arguments['attrs']): SequenceShape {
  const { cell, gate } = attrs as unknown as { cell: Cell; gate: Gate };
  const [units, width] = state.shape as [number, number];
  return { cell, gate, time: time!, batch: batch!, units, blocks: width / units, slopes: slopesOf(cell, gate) };
}

export function recurrent({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo[] {
  const { given, state, stateBias } = inputs as Record<string, tf.TensorInfo>;
  const shape = shapeOf(given!.shape, state!, attrs);
  const { time, batch, units, blocks, slopes } = shape;
  const widths = [units, blocks * units, keepsExtra(shape.cell) ? units : 0, slopes * units];
  // A tensor of one number stands for one that a cell does not need.
  const outputs = widths.map((width) => simd.tensor(width ? [time, batch, width] : [1]));
  const [hidden, gates, extra, kept] = outputs.map((tensor) => simd.addressOf(tensor)) as Four;
  simd.copy(simd.addressOf(given!), time * batch * blocks * units, gates);
  const [weights, bias] = [state!, stateBias!].map((tensor) => simd.addressOf(tensor)) as [number, number];
  runSequence(simd, shape, { gates, slopes: kept, extra, hidden, state: weights, stateBias: bias });
  return outputs;
}

export function recurrentGradient({ inputs, attrs }: Arguments, simd: Simd): tf.TensorInfo[] {
  const { dy, state, stateBias, hidden, gates, extra, slopes } = inputs as Record<string, tf.TensorInfo>;
  const shape = shapeOf(hidden!.shape, state!, attrs);
  const { time, batch, units, blocks } = shape;
  const outputs = [[time, batch, blocks * units], state!.shape, stateBias!.shape].map((each) => simd.tensor(each));
  const at = (tensor: tf.TensorInfo | undefined) => simd.addressOf(tensor!);
  const places = { gates: at(gates), slopes: at(slopes), extra: at(extra), hidden: at(hidden), state: at(state) };
  const [given, weights, bias] = outputs.map((tensor) => simd.addressOf(tensor)) as [number, number, number];
  if (shape.cell !== 'gru') simd.numbersOf(outputs[2]!).fill(0);
  runSequenceBack(simd, shape, { ...places, stateBias: at(stateBias) }, (t) => at(dy) + 4 * batch * units * t, {
    given,
    state: weights,
    stateBias: bias,
  });
  return outputs;
}

type Four = [number, number, number, number];
