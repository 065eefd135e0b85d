/**
 * Recurrent layers over [batch, time, features], one step of time after the other.
 *
 * - simple: h ← tanh(Wx + Uh + b) (Elman 1990).
 * - lstm: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000, whose bias starts at 1.
 * - gru: Cho et al. 2014, with the reset gate after the product (as in cuDNN and PyTorch).
 * - gated: one gate for both keeping and writing, h ← (1 − g)h + g·tanh(Wx + Uh + b) (Zhou et al. 2016, without reset).
 *
 * A gate lets a share in [0, 1] through: sigmoid σ(z); gaussian exp(−z²/2), open near a learned point; trigonometric
 * (1 + sin z)/2, open again and again.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Gate, Layer } from '../../experiment/network/index.js';
import { recurrentSequence } from '../kernels/recurrentSequence.js';
import type { Random } from '../random.js';
import { initialize, variable } from './initializers.js';
import type { LayerBuilder, Weight } from './types.js';
import { needSequence } from './window.js';

type Settings = Extract<Layer, { type: 'recurrent' }>;

const GATE: Record<Gate, (z: tf.Tensor) => tf.Tensor> = {
  sigmoid: (z) => tf.sigmoid(z),
  gaussian: (z) => tf.exp(tf.mul(tf.square(z), -0.5)),
  trigonometric: (z) => tf.mul(tf.add(tf.sin(z), 1), 0.5),
};

/** Number of blocks of units that a step computes at once. */
export const BLOCKS = { simple: 1, lstm: 4, gru: 3, gated: 2 } as const;

export const recurrent: LayerBuilder<Settings> = (settings, { name, inputShape, random }) => {
  const [time, features] = needSequence(name, inputShape);
  const { units, sequences, bidirectional } = settings;
  const ways = [new Way(settings, `${name}/forward`, features, random.fork('forward'))];
  if (bidirectional) ways.push(new Way(settings, `${name}/backward`, features, random.fork('backward')));
  const width = units * ways.length;
  return {
    name,
    outputShape: sequences ? [time, width] : [width],
    weights: ways.flatMap((way) => way.weights),
    plain: {
      ...{ kind: 'recurrent', cell: settings.cell, gate: settings.gate, units, blocks: BLOCKS[settings.cell] },
      ...{ time, features, sequences, ways },
    },
    forward(x) {
      const outputs = ways.map((way, backward) => way.run(x as tf.Tensor3D, backward === 1));
      const parts = outputs.map((states) => (sequences ? states.all() : states.last()));
      return tf.concat(parts, sequences ? 2 : 1);
    },
  };
};

/** One direction: its weights and computation. */
class Way {
  readonly weights: Weight[];
  readonly input: tf.Variable;
  readonly state: tf.Variable;
  readonly bias: tf.Variable;
  /** Bias of the candidate's product with the state, in a GRU. */
  readonly stateBias: tf.Variable | null;

  constructor(
    private readonly settings: Settings,
    name: string,
    features: number,
    random: Random,
  ) {
    const { cell, units } = settings;
    const blocks = BLOCKS[cell];
    this.input = variable(initialize('glorotUniform', [features, blocks * units], random.fork('input')));
    const parts = Array.from({ length: blocks }, (_, i) =>
      initialize('orthogonal', [units, units], random.fork(`${i}`)),
    );
    this.state = variable(tf.concat(parts, 1));
    tf.dispose(parts);
    const bias = new Float32Array(blocks * units);
    if (cell === 'lstm') bias.fill(1, units, 2 * units);
    this.bias = variable(tf.tensor1d(bias));
    this.stateBias = cell === 'gru' ? variable(tf.zeros([units])) : null;
    this.weights = [
      { name: `${name}/input`, variable: this.input, trainable: true },
      { name: `${name}/state`, variable: this.state, trainable: true },
      { name: `${name}/bias`, variable: this.bias, trainable: true },
      ...(this.stateBias ? [{ name: `${name}/stateBias`, variable: this.stateBias, trainable: true }] : []),
    ];
  }

  /**
   * Runs over the sequence. `all` returns the states [batch, time] in the order of the inputs; `last` returns the final
   * state.
   */
  run(x: tf.Tensor3D, backward: boolean): { all: () => tf.Tensor; last: () => tf.Tensor } {
    const [batch, time, features] = x.shape;
    const { units, cell, gate } = this.settings;
    // The contribution of the inputs does not depend on the state, so one product covers all time steps.
    const flat = tf.matMul(tf.reshape(x, [batch * time, features]), this.input as tf.Tensor as tf.Tensor2D);
    const biased = tf.reshape(tf.add(flat, this.bias), [batch, time, -1]) as tf.Tensor3D;
    const turned = (of: tf.Tensor): tf.Tensor => (backward ? tf.reverse(of, 0) : of);
    const byTime = () => turned(tf.transpose(biased, [1, 0, 2])) as tf.Tensor3D;
    const states = recurrentSequence(byTime, this.state, this.stateBias, { cell, gate });
    if (states) {
      return {
        all: () => tf.transpose(turned(states), [1, 0, 2]),
        last: () => tf.reshape(tf.slice(states, [time - 1, 0, 0], [1, batch, units]), [batch, units]),
      };
    }
    // The list is copied because the gradient of unstack relies on the order of the list it returned. A list of one has
    // no gradient.
    const given = (time === 1 ? [tf.squeeze(biased, [1])] : [...tf.unstack(biased, 1)]) as tf.Tensor2D[];
    if (backward) given.reverse();
    let hidden: tf.Tensor2D = tf.zeros([batch, units]);
    let memory: tf.Tensor2D = hidden;
    const all: tf.Tensor2D[] = [];
    for (const now of given) {
      [hidden, memory] = this.step(now, hidden, memory);
      all.push(hidden);
    }
    if (backward) all.reverse();
    return { all: () => tf.stack(all, 1), last: () => hidden };
  }

  private step(given: tf.Tensor2D, hidden: tf.Tensor2D, memory: tf.Tensor2D): [tf.Tensor2D, tf.Tensor2D] {
    const { cell, units } = this.settings;
    const gate = GATE[this.settings.gate];
    const recalled = tf.matMul(hidden, this.state as tf.Tensor as tf.Tensor2D) as tf.Tensor2D;
    const blocks = (of: tf.Tensor2D): tf.Tensor2D[] => tf.split(of, of.shape[1] / units, 1);
    if (cell === 'simple') {
      const next = tf.tanh(tf.add<tf.Tensor2D>(given, recalled));
      return [next, next];
    }
    if (cell === 'lstm') {
      const [input, forget, candidate, output] = blocks(tf.add(given, recalled)) as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
      ];
      const kept = tf.mul<tf.Tensor2D>(gate(forget), memory);
      const next = tf.add<tf.Tensor2D>(kept, tf.mul(gate(input), tf.tanh(candidate)));
      return [tf.mul(gate(output), tf.tanh(next)), next];
    }
    if (cell === 'gru') {
      const [resetIn, updateIn, candidateIn] = blocks(given) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
      const [resetOf, updateOf, candidateOf] = blocks(recalled) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
      const reset = gate(tf.add(resetIn, resetOf)) as tf.Tensor2D;
      const update = gate(tf.add(updateIn, updateOf)) as tf.Tensor2D;
      const recall = tf.mul<tf.Tensor2D>(reset, tf.add<tf.Tensor2D>(candidateOf, this.stateBias!));
      const candidate = tf.tanh<tf.Tensor2D>(tf.add<tf.Tensor2D>(candidateIn, recall));
      const next = tf.add<tf.Tensor2D>(candidate, tf.mul(update, tf.sub<tf.Tensor2D>(hidden, candidate)));
      return [next, next];
    }
    const [opening, candidate] = blocks(tf.add(given, recalled)) as [tf.Tensor2D, tf.Tensor2D];
    const open = gate(opening);
    const next = tf.add<tf.Tensor2D>(hidden, tf.mul(open, tf.sub(tf.tanh(candidate), hidden)));
    return [next, next];
  }
}
