/**
 * Gradients of networks that are a plain chain of dense layers, activations and dropout, computed with our own
 * WebAssembly kernels: one forward and backward pass directly over the backend's memory. For small networks, the
 * general path spends most of its time on the bookkeeping of single operations. Results agree within rounding.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BatchValues } from '../loop/batches.js';
import { isFast, rowMajor, Simd, transposed, type FastActivation } from '../backends/webAssembly/simd/index.js';
import type { BatchGradient, GradientParts } from '../loop/gradientTypes.js';
import { drawMask } from '../layers/simple.js';
import type { PlainLayer } from '../layers/types.js';
import type { ClosedLoss } from '../losses/closed.js';
import type { Parameters } from '../loop/parameters.js';
import type { Random } from '../random.js';

/** One operation of the chain; `width` is the size of its output. */
type Link = { width: number } & (
  | { kind: 'dense'; kernel: number; bias: number | null; from: number }
  | { kind: 'activation'; name: FastActivation }
  | { kind: 'dropout'; rate: number }
);

/** Addresses for a batch: each link's output, its gradient, and the dropout masks. */
interface Places {
  batch: number;
  input: number;
  outputs: number[];
  gradients: number[];
  /** Room for one link's output. */
  spare: number;
}

export class FastDense {
  private places: Places | null = null;
  /** Batch and weights whose outputs the places hold. */
  private last: { batch: BatchValues; theta: tf.Tensor1D } | null = null;

  private constructor(
    private readonly simd: Simd,
    private readonly links: readonly Link[],
    private readonly inputs: number,
    private readonly parameters: Parameters,
    private readonly loss: ClosedLoss,
    private readonly classes: boolean,
  ) {}

  /** Returns null when the network is not such a chain or another backend is in use. */
  static of({ model, parameters, loss, classes, inputShape }: GradientParts): FastDense | null {
    const simd = Simd.ofBackend();
    if (!simd || !loss.closed) return null;
    const inputs = inputShape.reduce((a, b) => a * b, 1);
    const links: Link[] = [];
    let width = inputs;
    for (const { plain } of model.layers) {
      const found = plain && linksOf(plain, width, parameters);
      if (!found) return null;
      links.push(...found);
      width = links.at(-1)?.width ?? width;
    }
    const counted = links.reduce((sum, link) => sum + (link.kind === 'dense' ? sizeOf(link) : 0), 0);
    if (counted !== parameters.count || counted === 0) return null;
    parameters.lazy = true;
    return new FastDense(simd, links, inputs, parameters, loss.closed, classes !== null);
  }

  take(batch: BatchValues, random: Random): BatchGradient {
    const { count, inputs, targets } = batch;
    const { simd, links, parameters } = this;
    // Allocate first: allocation may move the memory and invalidate views of it.
    const made = simd.tensor([parameters.count]);
    const gradient = tf.engine().makeTensorFromTensorInfo(made) as tf.Tensor1D;
    const places = this.place(count);
    const theta = simd.addressOf(parameters.vector);
    const slope = simd.addressOf(made);

    simd.numbers(places.input, inputs.length).set(inputs);
    this.forward(places, theta, count, random);
    const width = links.at(-1)!.width;
    const outputs = simd.numbers(places.outputs.at(-1)!, count * width);
    const right = this.classes ? countRight(outputs, targets, width, count) : 0;
    const loss = this.loss(outputs, targets, simd.numbers(places.gradients.at(-1)!, count * width), count);
    this.back(places, theta, slope, count);
    this.last = { batch, theta: parameters.vector };
    return { result: tf.tensor1d([loss, right]), gradient };
  }

  /** Returns the outputs for a batch, [count, width of the last layer], as in a training step. */
  outputs({ count, inputs }: BatchValues, random: Random): Float32Array {
    const { simd, links, parameters } = this;
    const places = this.place(count);
    this.last = null;
    simd.numbers(places.input, inputs.length).set(inputs);
    this.forward(places, simd.addressOf(parameters.vector), count, random);
    return simd.numbers(places.outputs.at(-1)!, count * links.at(-1)!.width).slice();
  }

  /**
   * Returns the derivative of the outputs along v, [count, width of the last layer]: forward mode through what the last
   * training step has computed. Null: that was another batch or at other weights, or there is dropout.
   */
  tangents(batch: BatchValues, theta: tf.Tensor1D, v: tf.Tensor1D): Float32Array | null {
    const { simd, links, places, last } = this;
    if (!places || last?.batch !== batch || last.theta !== theta || theta.isDisposed) return null;
    if (links.some(({ kind }) => kind === 'dropout')) return null;
    const [at, along] = [simd.addressOf(theta), simd.addressOf(v)];
    const { count } = batch;
    // The gradients' memory is free between two steps.
    let before: number | null = null;
    for (const [i, link] of links.entries()) {
      const to = places.gradients[i]!;
      const size = count * link.width;
      if (link.kind === 'dense') {
        const from = rowMajor(places.outputs[i - 1] ?? places.input, link.from);
        const bias = link.bias === null ? 0 : along + 4 * link.bias;
        simd.matMul(from, rowMajor(along + 4 * link.kernel, link.width), to, count, link.width, link.from, bias);
        if (before !== null) {
          const weights = rowMajor(at + 4 * link.kernel, link.width);
          simd.matMul(rowMajor(before, link.from), weights, places.spare, count, link.width, link.from, 0);
          const [sum, more] = [simd.numbers(to, size), simd.numbers(places.spare, size)];
          for (let j = 0; j < size; j++) sum[j]! += more[j]!;
        }
      } else if (link.kind === 'activation') {
        // Inputs do not depend on the weights.
        if (before === null) continue;
        simd.numbers(to, size).set(simd.numbers(before, size));
        simd.activateBack(link.name, to, places.outputs[i]!, size);
      }
      before = to;
    }
    return before === null ? null : simd.numbers(before, count * links.at(-1)!.width).slice();
  }

  private forward(places: Places, theta: number, count: number, random: Random): void {
    const { simd, links } = this;
    links.forEach((link, i) => {
      const from = places.outputs[i - 1] ?? places.input;
      const to = places.outputs[i]!;
      const size = count * link.width;
      if (link.kind === 'dense') {
        const weights = rowMajor(theta + 4 * link.kernel, link.width);
        const bias = link.bias === null ? 0 : theta + 4 * link.bias;
        simd.matMul(rowMajor(from, link.from), weights, to, count, link.width, link.from, bias);
      } else if (link.kind === 'activation') {
        simd.numbers(to, size).set(simd.numbers(from, size));
        simd.activate(link.name, to, size);
      } else {
        const values = simd.numbers(from, size);
        const kept = simd.numbers(to, size);
        // The gradient's memory holds the mask until the backward pass.
        const mask = simd.numbers(places.gradients[i - 1] ?? places.gradients[i]!, size);
        drawMask(mask, link.rate, random);
        for (let j = 0; j < size; j++) kept[j] = values[j]! * mask[j]!;
      }
    });
  }

  private back(places: Places, theta: number, slope: number, count: number): void {
    const { simd, links } = this;
    const first = links.findIndex(({ kind }) => kind === 'dense');
    for (let i = links.length - 1; i >= first; i--) {
      const link = links[i]!;
      const size = count * link.width;
      const dy = places.gradients[i]!;
      const dx = i > first ? places.gradients[i - 1]! : null;
      if (link.kind === 'dense') {
        const from = rowMajor(places.outputs[i - 1] ?? places.input, link.from);
        const given = rowMajor(dy, link.width);
        simd.matMul(transposed(from), given, slope + 4 * link.kernel, link.from, link.width, count);
        if (link.bias !== null) simd.columnSums(dy, count, link.width, slope + 4 * link.bias);
        const weights = rowMajor(theta + 4 * link.kernel, link.width);
        if (dx !== null) simd.matMul(given, transposed(weights), dx, count, link.from, link.width);
      } else if (link.kind === 'activation') {
        simd.numbers(dx!, size).set(simd.numbers(dy, size));
        simd.activateBack(link.name, dx!, places.outputs[i]!, size);
      } else {
        const given = simd.numbers(dy, size);
        const mask = simd.numbers(dx!, size);
        for (let j = 0; j < size; j++) mask[j]! *= given[j]!;
      }
    }
  }

  private place(batch: number): Places {
    if (this.places && this.places.batch >= batch) return this.places;
    this.dispose();
    const { simd, links } = this;
    const numbers = () => links.map(({ width }) => simd.allocate(batch * width));
    const spare = simd.allocate(batch * Math.max(...links.map(({ width }) => width)));
    this.places = { batch, input: simd.allocate(batch * this.inputs), outputs: numbers(), gradients: numbers(), spare };
    return this.places;
  }

  dispose(): void {
    if (!this.places) return;
    this.last = null;
    const { input, outputs, gradients, spare } = this.places;
    for (const address of [input, spare, ...outputs, ...gradients]) this.simd.free(address);
    this.places = null;
  }
}

/** Returns null when a layer has no fast implementation. */
function linksOf(layer: PlainLayer, width: number, parameters: Parameters): Link[] | null {
  switch (layer.kind) {
    case 'dense': {
      const { kernel, bias, activation } = layer;
      const links: Link[] = [
        {
          kind: 'dense',
          from: width,
          width: kernel.shape[1]!,
          kernel: parameters.offsetOf(kernel),
          bias: bias && parameters.offsetOf(bias),
        },
      ];
      if (activation === 'linear') return links;
      return isFast(activation) ? [...links, { kind: 'activation', name: activation, width: kernel.shape[1]! }] : null;
    }
    case 'activation':
      if (layer.name === 'linear') return [];
      return isFast(layer.name) ? [{ kind: 'activation', name: layer.name, width }] : null;
    case 'dropout':
      return layer.rate === 0 ? [] : [{ kind: 'dropout', rate: layer.rate, width }];
    case 'flat':
      return [];
  }
}

const sizeOf = ({ from, width, bias }: Extract<Link, { kind: 'dense' }>): number =>
  from * width + (bias === null ? 0 : width);

/**
 * Counts correct predictions: the first largest output is the class; a single output above 0 means the second class.
 */
function countRight(outputs: Float32Array, targets: Float32Array, width: number, count: number): number {
  const classes = targets.length / count;
  let right = 0;
  for (let i = 0; i < count; i++) {
    const chosen = width === 1 && classes === 2 ? Number(outputs[i]! > 0) : largest(outputs, i * width, width);
    if (chosen === largest(targets, i * classes, classes)) right++;
  }
  return right;
}

function largest(values: Float32Array, at: number, count: number): number {
  let best = 0;
  for (let j = 1; j < count; j++) if (values[at + j]! > values[at + best]!) best = j;
  return best;
}
