/** Convolutions and their windows; ONNX expects channels first. */
import type { Layer } from '../../../experiment/network/index.js';
import { weightOf, type GraphNode } from '../graph.js';
import type { Ops } from './ops.js';

/** Adds a convolution over [batch, channels, height, width]. */
export function conv(
  ops: Ops,
  node: GraphNode,
  op: Extract<Layer, { type: 'conv' | 'depthwiseConv' }>,
  x: string,
): string {
  const [height, width] = op.kernel;
  const from = node.inputs[0]!.shape;
  const channels = from[2]!;
  const outputs = node.shape[2]!;
  const own = op.type === 'conv' ? outputs : op.multiplier;
  const source = weightOf(node, 'kernel', height * width * channels * own);
  // [height, width, input, output] → [output, input, height, width]; depthwise, each channel has one input.
  const kernel = new Float32Array(source.length);
  const area = height * width;
  for (let at = 0; at < area; at++) {
    for (let c = 0; c < channels; c++) {
      for (let o = 0; o < own; o++) {
        kernel[(op.type === 'conv' ? o * channels + c : c * own + o) * area + at] =
          source[(at * channels + c) * own + o]!;
      }
    }
  }
  const shape = op.type === 'conv' ? [outputs, channels, height, width] : [outputs, 1, height, width];
  const inputs = [x, ops.weight(`${node.name}.kernel`, shape, kernel, node.weights.get('kernel'), 0)];
  if (op.bias) inputs.push(ops.constant(`${node.name}.bias`, [outputs], weightOf(node, 'bias', outputs)));
  return ops.do('Conv', inputs, {
    kernel_shape: op.kernel,
    group: op.type === 'conv' ? 1 : channels,
    ...slide(from, node.shape, op.kernel, op),
  });
}

/** Adds a convolution over [batch, time, features], which ONNX wants as [batch, features, time]. */
export function conv1d(ops: Ops, node: GraphNode, op: Extract<Layer, { type: 'conv1d' }>, x: string): string {
  const { kernel: length, filters, bias, stride, padding } = op;
  const [time, features] = node.inputs[0]!.shape as [number, number];
  const source = weightOf(node, 'kernel', length * features * filters);
  const kernel = new Float32Array(source.length);
  for (let at = 0; at < length; at++) {
    for (let c = 0; c < features; c++) {
      for (let o = 0; o < filters; o++) {
        kernel[(o * features + c) * length + at] = source[(at * features + c) * filters + o]!;
      }
    }
  }
  const inputs = [
    ops.do('Transpose', [x], { perm: [0, 2, 1] }),
    ops.weight(`${node.name}.kernel`, [filters, features, length], kernel, node.weights.get('kernel'), 0),
  ];
  if (bias) inputs.push(ops.constant(`${node.name}.bias`, [filters], weightOf(node, 'bias', filters)));
  const sliding = slide([time], node.shape, [length], { stride: [stride], padding });
  return ops.do('Transpose', [ops.do('Conv', inputs, { kernel_shape: [length], ...sliding })], { perm: [0, 2, 1] });
}

/** Returns strides and padding; for an odd amount of padding, the extra zero is at the end. */
export function slide(
  from: readonly number[],
  to: readonly number[],
  window: readonly number[],
  { stride, padding }: { stride: number[]; padding: 'valid' | 'same' },
): { strides: number[]; pads: number[] } {
  const missing = window.map((length, axis) =>
    padding === 'same' ? Math.max(0, (to[axis]! - 1) * stride[axis]! + length - from[axis]!) : 0,
  );
  return {
    strides: stride,
    pads: [...missing.map((n) => Math.floor(n / 2)), ...missing.map((n) => Math.ceil(n / 2))],
  };
}
