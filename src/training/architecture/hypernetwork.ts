/**
 * A network that makes the weights of another one from its architecture (Brock et al., "SMASH: One-Shot Model Architecture
 * Search through HyperNetworks", ICLR 2018): with the choices c as ones and zeros, e = tanh(cA + a), and each weight of a chosen
 * layer is w + s·eB, with a scale s from the size of the first w.
 */
import * as tf from '@tensorflow/tfjs-core';
import { placesOf, type ArchitectureSettings } from '../../experiment/network/index.js';
import type { Weight } from '../layers/types.js';
import type { Random } from '../random.js';
import type { Supernet } from './supernet.js';

/** Standard deviation of the first A and B. */
const FIRST = 0.1;

interface Made {
  weight: Weight;
  base: tf.Variable;
  /** [hidden, size of the weight]. */
  matrix: tf.Variable;
  scale: number;
}

export class Hypernetwork {
  /** Variables that learn, those of the layers that every architecture has first. */
  readonly variables: tf.Variable[];
  private readonly fixed: tf.Variable[];
  private readonly inner: tf.Variable;
  private readonly bias: tf.Variable;
  private readonly made: Made[][][];
  private readonly sizes: number[];

  private constructor(
    net: Supernet,
    settings: ArchitectureSettings,
    random: Random,
    scales: ReadonlyMap<string, number>,
  ) {
    const { hidden } = settings;
    this.sizes = placesOf(settings).map((choices) => choices.length);
    const normal = (shape: [number, number], name: string): tf.Variable => {
      const own = random.fork(name);
      const values = Float32Array.from({ length: shape[0] * shape[1] }, () => FIRST * own.normal());
      return tf.tidy(() => tf.variable(tf.tensor2d(values, shape)));
    };
    this.fixed = net.fixedWeights.map(({ variable }) => variable);
    this.inner = normal([this.sizes.reduce((a, b) => a + b, 0), hidden], 'inner');
    this.bias = tf.tidy(() => tf.variable(tf.zeros([1, hidden])));
    this.made = net.choiceWeights.map((choices) =>
      choices.map((weights) =>
        weights.map((weight) => ({
          weight,
          base: tf.tidy(() => tf.variable(tf.reshape(weight.variable, [1, weight.variable.size]))),
          matrix: normal([hidden, weight.variable.size], weight.name),
          scale: scales.get(weight.name)!,
        })),
      ),
    );
    const own = this.made.flat(2).flatMap(({ base, matrix }) => [base, matrix]);
    this.variables = [...this.fixed, this.inner, this.bias, ...own];
  }

  static async of(net: Supernet, settings: ArchitectureSettings, random: Random): Promise<Hypernetwork> {
    const scales = new Map<string, number>();
    for (const { name, variable } of net.choiceWeights.flat(2)) {
      const values = Float32Array.from(await variable.data());
      const square = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
      scales.set(name, Math.sqrt(square) || FIRST);
    }
    return new Hypernetwork(net, settings, random, scales);
  }

  /** Variables of the network that this architecture uses. */
  used(chosen: readonly number[]): tf.Variable[] {
    return [...this.fixed, ...this.of(chosen).map(({ weight }) => weight.variable)];
  }

  /** Puts the weights of an architecture into the network. */
  make(chosen: readonly number[]): void {
    tf.tidy(() => {
      const e = this.encoded(chosen);
      for (const { weight, base, matrix, scale } of this.of(chosen)) {
        const values = tf.add(base, tf.mul(tf.matMul(e, matrix as tf.Tensor as tf.Tensor2D), scale));
        weight.variable.assign(tf.reshape(values, weight.variable.shape));
      }
    });
  }

  /** Returns the gradients in the order of `variables`, from those of the `used` variables. Call it inside a tidy. */
  back(chosen: readonly number[], gradients: readonly tf.Tensor[]): tf.Tensor[] {
    const e = this.encoded(chosen);
    const own = gradients.slice(this.fixed.length);
    const slopes = new Map<tf.Variable, tf.Tensor>();
    let toE: tf.Tensor = tf.zerosLike(e);
    this.of(chosen).forEach(({ base, matrix, scale }, i) => {
      const flat = tf.reshape(own[i]!, [1, own[i]!.size]) as tf.Tensor2D;
      const scaled = tf.mul<tf.Tensor2D>(flat, scale);
      slopes.set(base, flat);
      slopes.set(matrix, tf.matMul(e, scaled, true, false));
      toE = tf.add(toE, tf.matMul(scaled, matrix as tf.Tensor as tf.Tensor2D, false, true));
    });
    const inside = tf.mul<tf.Tensor2D>(toE, tf.sub(1, tf.square(e)));
    slopes.set(this.bias, inside);
    slopes.set(this.inner, tf.matMul(this.ones(chosen), inside, true, false));
    this.fixed.forEach((variable, i) => slopes.set(variable, gradients[i]!));
    return this.variables.map((variable) => slopes.get(variable) ?? tf.zerosLike(variable));
  }

  private of(chosen: readonly number[]): Made[] {
    return this.made.flatMap((choices, place) => choices[chosen[place]!]!);
  }

  private ones(chosen: readonly number[]): tf.Tensor2D {
    const values = this.sizes.flatMap((size, place) => Array.from({ length: size }, (_, i) => +(i === chosen[place])));
    return tf.tensor2d([values]);
  }

  private encoded(chosen: readonly number[]): tf.Tensor2D {
    return tf.tanh(tf.add(tf.matMul(this.ones(chosen), this.inner as tf.Tensor as tf.Tensor2D), this.bias));
  }

  dispose(): void {
    tf.dispose(this.variables.slice(this.fixed.length));
  }
}
