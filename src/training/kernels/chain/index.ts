/**
 * Gradients of networks that are a plain chain of layers (dense, convolutions, maximum pooling, recurrent, activations, dropout),
 * computed with our own WebAssembly kernels: one forward and backward pass directly over the backend's memory. The general path
 * spends much of its time on the bookkeeping of single operations and on copies. Results agree within rounding.
 */
import * as tf from '@tensorflow/tfjs-core';
import { Simd } from '../../backends/webAssembly/simd/index.js';
import type { BatchValues } from '../../loop/batches.js';
import type { BatchGradient, GradientParts } from '../../loop/gradientTypes.js';
import type { Parameters } from '../../loop/parameters.js';
import type { ClosedLoss } from '../../losses/closed.js';
import type { Random } from '../../random.js';
import { linksOf } from './layers.js';
import type { Link } from './types.js';

/** Addresses for a batch. */
interface Places {
  batch: number;
  input: number;
  /** Output of each link, and what it keeps (0: nothing). */
  outputs: number[];
  kept: number[];
  /** Two gradients by outputs, which take turns. */
  gradients: [number, number];
  /** Room for the widest output. */
  spare: number;
}

export class FastChain {
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
  static of({ model, parameters, loss, classes, inputShape }: GradientParts): FastChain | null {
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
    const counted = links.reduce((sum, { weights }) => sum + weights, 0);
    if (counted !== parameters.count || counted === 0) return null;
    parameters.lazy = true;
    return new FastChain(simd, links, inputs, parameters, loss.closed, classes !== null);
  }

  take(batch: BatchValues, random: Random): BatchGradient {
    const { count, inputs, targets } = batch;
    const { simd, links, parameters } = this;
    // Allocate first: allocation may move the memory and invalidate views of it.
    const made = simd.tensor([parameters.count]);
    const gradient = tf.engine().makeTensorFromTensorInfo(made) as tf.Tensor1D;
    const places = this.place(count);
    const theta = simd.addressOf(parameters.vector);

    simd.numbers(places.input, inputs.length).set(inputs);
    this.forward(places, theta, count, random);
    const width = links.at(-1)!.width;
    const outputs = simd.numbers(places.outputs.at(-1)!, count * width);
    const right = this.classes ? countRight(outputs, targets, width, count) : 0;
    const loss = this.loss(outputs, targets, simd.numbers(places.gradients[0], count * width), count);
    this.back(places, theta, simd.addressOf(made), count);
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
   * training step has computed. Null: that was another batch or at other weights, or a link has no derivative.
   */
  tangents(batch: BatchValues, theta: tf.Tensor1D, v: tf.Tensor1D): Float32Array | null {
    const { simd, links, places, last } = this;
    if (!places || last?.batch !== batch || last.theta !== theta || theta.isDisposed) return null;
    if (links.some(({ tangent }) => !tangent)) return null;
    const { count } = batch;
    const weights = { theta: simd.addressOf(theta), along: simd.addressOf(v) };
    // The gradients' memory is free between two steps.
    let [out, before] = places.gradients;
    let isKnown = false;
    for (const [i, link] of links.entries()) {
      const [from, to] = [places.outputs[i - 1] ?? places.input, places.outputs[i]!];
      const pass = { ...weights, count, from, to, before: isKnown ? before : 0, out, spare: places.spare };
      if (!link.tangent!(simd, pass)) continue;
      isKnown = true;
      [out, before] = [before, out];
    }
    return isKnown ? simd.numbers(before, count * links.at(-1)!.width).slice() : null;
  }

  private forward(places: Places, theta: number, count: number, random: Random): void {
    this.links.forEach((link, i) => {
      const [from, to, kept] = [places.outputs[i - 1] ?? places.input, places.outputs[i]!, places.kept[i]!];
      link.forward(this.simd, { count, from, to, kept, theta, random });
    });
  }

  private back(places: Places, theta: number, slope: number, count: number): void {
    const { simd, links } = this;
    const first = links.findIndex(({ weights }) => weights > 0);
    let [dy, dx] = places.gradients;
    for (let i = links.length - 1; i >= first; i--) {
      const [from, to, kept] = [places.outputs[i - 1] ?? places.input, places.outputs[i]!, places.kept[i]!];
      links[i]!.back(simd, { count, from, to, kept, theta, slope, dy, dx: i > first ? dx : 0 });
      [dy, dx] = [dx, dy];
    }
  }

  private place(batch: number): Places {
    if (this.places && this.places.batch >= batch) return this.places;
    this.dispose();
    const { simd, links, inputs } = this;
    const widest = Math.max(inputs, ...links.map(({ width }) => width));
    const made: number[] = [];
    const numbers = (each: number): number => {
      const address = each === 0 ? 0 : simd.allocate(batch * each);
      made.push(address);
      return address;
    };
    try {
      this.places = {
        batch,
        input: numbers(inputs),
        outputs: links.map(({ width }) => numbers(width)),
        kept: links.map(({ kept }) => numbers(kept)),
        gradients: [numbers(widest), numbers(widest)],
        spare: numbers(widest),
      };
    } catch (error) {
      for (const address of made) if (address) simd.free(address);
      throw error;
    }
    return this.places;
  }

  dispose(): void {
    if (!this.places) return;
    this.last = null;
    const { input, outputs, kept, gradients, spare } = this.places;
    for (const address of [input, spare, ...outputs, ...kept, ...gradients]) if (address) this.simd.free(address);
    this.places = null;
  }
}

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
