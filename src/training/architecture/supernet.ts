/**
 * The network that contains all choices of a chain: each place gives the sum of what its choices give, weighted by a
 * softmax of the architecture's parameters α (Liu, Simonyan & Yang, "DARTS", ICLR 2019, equation 2), or one of them.
 */
import * as tf from '@tensorflow/tfjs-core';
import { placesOf, type ArchitectureSettings, type Network } from '../../experiment/network/index.js';
import { PlacedError } from '../errors.js';
import type { Dataset } from '../data/types.js';
import { buildLayer } from '../layers/index.js';
import { shapeText, type BuiltLayer, type ForwardContext, type Weight } from '../layers/types.js';
import { buildLoss, type Loss } from '../losses/index.js';
import type { Random } from '../random.js';
import type { Batch } from '../loop/batches.js';
import { said } from '../../format/said.js';

const learns = ({ trainable }: Weight): boolean => trainable;

/** A place with all its choices. */
interface Mixed {
  choices: BuiltLayer[][];
}
type Part = BuiltLayer[] | Mixed;

export class Supernet {
  /** α of each place: as many numbers as there are choices. */
  readonly alphas: tf.Variable[];
  readonly weights: Weight[];
  private readonly parts: Part[] = [];
  private readonly loss: Loss;

  /** Throws PlacedError when the choices of a place give different shapes, or the end does not fit the data. */
  constructor(settings: ArchitectureSettings, { loss }: Pick<Network, 'loss'>, dataset: Dataset, random: Random) {
    let shape = dataset.inputShape as readonly number[];
    const built = (layers: readonly Parameters<typeof buildLayer>[0][], place: string): BuiltLayer[] => {
      let own = shape;
      return layers.map((layer, i) => {
        const name = `${place}.${i + 1}.${layer.type}`;
        const one = buildLayer(layer, { name, inputShape: own, random: random.fork(name) });
        own = one.outputShape;
        return one;
      });
    };
    const after = (layers: BuiltLayer[]) => layers.at(-1)?.outputShape ?? shape;
    for (const [i, part] of settings.chain.entries()) {
      if ('layers' in part) {
        const layers = built(part.layers, `${i + 1}`);
        this.parts.push(layers);
        shape = after(layers);
        continue;
      }
      const choices = part.choices.map(({ name, layers }) => built(layers, `${i + 1}.${name}`));
      const shapes = choices.map((layers) => shapeText(after(layers)));
      const odd = shapes.findIndex((one) => one !== shapes[0]);
      if (odd >= 0) {
        const [first, other] = [part.choices[0]!.name, part.choices[odd]!.name];
        throw new PlacedError(
          ['architecture', 'chain'],
          said(
            'choices must give the same shape: of {0}, "{1}" makes {2} and "{3}" {4}',
            shapeText(shape),
            first,
            shapes[0],
            other,
            shapes[odd],
          ),
        );
      }
      this.parts.push({ choices });
      shape = after(choices[0]!);
    }
    if (shape.length !== 1 || shape[0] !== dataset.outputs) {
      throw new PlacedError(
        ['architecture', 'chain'],
        said(
          'the chain gives {0}, but {1} needs {2} output(s): end with "dense: {2}"',
          shapeText(shape),
          dataset.name,
          dataset.outputs,
        ),
      );
    }
    this.weights = this.parts
      .flatMap((part) => ('choices' in part ? part.choices.flat() : part))
      .flatMap((one) => one.weights);
    this.alphas = placesOf(settings).map((choices) => tf.tidy(() => tf.variable(tf.zeros([choices.length]))));
    this.loss = buildLoss(loss, dataset, dataset.outputs);
  }

  /** Weights of each choice that learn, by place and choice. */
  get choiceWeights(): Weight[][][] {
    return this.parts.flatMap((part) =>
      'choices' in part ? [part.choices.map((layers) => layers.flatMap((one) => one.weights).filter(learns))] : [],
    );
  }

  /** Weights that learn in the layers that every architecture has. */
  get fixedWeights(): Weight[] {
    return this.parts.flatMap((part) => ('choices' in part ? [] : part.flatMap((one) => one.weights).filter(learns)));
  }

  /** Weights that learn. */
  get variables(): tf.Variable[] {
    return this.weights.filter(({ trainable }) => trainable).map(({ variable }) => variable);
  }

  /** `chosen`: number of the choice of each place; null: all, weighted. Call it inside a tidy. */
  forward(inputs: tf.Tensor, context: ForwardContext, chosen: readonly number[] | null): tf.Tensor2D {
    let place = 0;
    const through = (layers: readonly BuiltLayer[], x: tf.Tensor) =>
      layers.reduce((y, layer) => layer.forward(y, context), x);
    return this.parts.reduce((x: tf.Tensor, part) => {
      if (!('choices' in part)) return through(part, x);
      const own = place++;
      if (chosen) return through(part.choices[chosen[own]!] ?? [], x);
      const shares = tf.softmax(this.alphas[own] as tf.Tensor as tf.Tensor1D);
      return tf.addN(part.choices.map((layers, i) => tf.mul(through(layers, x), tf.slice(shares, [i], [1]))));
    }, inputs) as tf.Tensor2D;
  }

  /** Mean loss of a batch; plain, as in evaluation, for the architecture. */
  lossOf(batch: Batch, context: ForwardContext, chosen: readonly number[] | null): tf.Scalar {
    const outputs = this.forward(batch.inputs, context, chosen);
    return context.training ? this.loss.of(outputs, batch.targets) : this.loss.plain(outputs, batch.targets);
  }

  /** Shares of the choices of each place, by softmax. */
  async shares(): Promise<number[][]> {
    const values = await Promise.all(this.alphas.map((alpha) => alpha.data()));
    return values.map((alpha) => {
      const most = Math.max(...alpha);
      const raised = Array.from(alpha, (value) => Math.exp(value - most));
      const sum = raised.reduce((all, one) => all + one, 0);
      return raised.map((value) => value / sum);
    });
  }

  dispose(): void {
    this.loss.dispose();
    tf.dispose([...this.alphas, ...this.weights.map(({ variable }) => variable)]);
  }
}
