/** Architectures that are searched before a training: their gradients, choices and refusals. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../../src/experiment/index.js';
import { gradients, secondOrder } from '../../../../src/training/architecture/gradient.js';
import { searchArchitecture } from '../../../../src/training/architecture/search.js';
import { Supernet } from '../../../../src/training/architecture/supernet.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { tensorflowPython } from '../../../../src/training/backends/tensorflowPython.js';
import { tfjsNode } from '../../../../src/training/backends/tfjsNode.js';
import { wasm } from '../../../../src/training/backends/wasm.js';
import { batchValues, toTensors, type Batch } from '../../../../src/training/loop/batches.js';
import type { HeldExamples } from '../../../../src/training/data/types.js';
import { Random } from '../../../../src/training/random.js';
import { network, Notes, rings } from '../support.js';

const dense = (units: number, activation: string) => ({ dense: { units, activation } });
const choices = { oneOf: { tanh: [dense(8, 'tanh')], linear: [dense(8, 'linear')], skip: [] }, times: 2 };
const of = (architecture: Record<string, unknown>) =>
  network({
    ...{ loss: 'crossEntropy', batchSize: 20, epochs: 1 },
    architecture: { chain: [dense(8, 'tanh'), choices, { dense: 2 }], ...architecture },
  });
const dataset = rings(200);
const batch = (examples: typeof dataset.train, count: number): Batch => {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  return toTensors(batchValues(dataset, examples as HeldExamples, order, 0, count), dataset.inputShape);
};

afterEach(() => tf.disposeVariables());

// One native TensorFlow per process.
const native = [tensorflowPython, tfjsNode].find((backend) => backend.missing() === null);
const BACKENDS = [cpu, wasm, ...(native ? [native] : [])];

describe.each(BACKENDS.map((backend) => [backend.id, backend] as const))('on %s', (_, backend) => {
  beforeAll(async () => {
    await backend.start();
  });

  it('the second-order gradient equals finite differences through a step of the weights', async () => {
    const { architecture, ...rest } = of({});
    const net = new Supernet(architecture!, rest, dataset, new Random(5));
    const [train, validation] = [batch(dataset.train, 20), batch(dataset.validation, 20)];
    const xi = 0.5;
    const context = { training: true, random: new Random(1) };
    const begun = tf.memory().numTensors;
    const own = await secondOrder(net, { train, validation, xi }, context);
    expect(tf.memory().numTensors).toBe(begun + net.alphas.length);
    const after = async (): Promise<number> => {
      const kept = net.variables.map((variable) => tf.clone(variable));
      const step = gradients(() => net.lossOf(train, context, null), net.variables);
      net.variables.forEach((variable, i) => tf.tidy(() => variable.assign(tf.sub(variable, tf.mul(step[i]!, xi)))));
      const loss = tf.tidy(() => net.lossOf(validation, context, null));
      const [value] = await loss.data();
      net.variables.forEach((variable, i) => variable.assign(kept[i]!));
      tf.dispose([...kept, ...step, loss]);
      return value!;
    };
    const by = 0.05;
    for (const [place, alpha] of net.alphas.entries()) {
      const slopes = await own[place]!.data();
      for (let i = 0; i < 3; i++) {
        const move = (sign: number) =>
          tf.tidy(() => alpha.assign(tf.tensor1d([0, 0, 0].map((_, j) => (i === j ? sign * by : 0)))));
        move(1);
        const up = await after();
        move(-1);
        const down = await after();
        move(0);
        const difference = (up - down) / (2 * by);
        expect(slopes[i]!).toBeCloseTo(difference, 3);
      }
    }
    tf.dispose(own);
    net.dispose();
  });
});

describe('a search for an architecture', () => {
  beforeAll(async () => {
    await wasm.start();
  });

  const search = (section: Record<string, unknown>, notes = new Notes()) => {
    const { architecture, ...rest } = of(section);
    const pause = () => Promise.resolve(notes.stopRequested === null);
    const settings = architecture!;
    return searchArchitecture({ network: { ...rest, architecture }, settings, dataset, seed: 3, log: notes, pause });
  };

  it.each([
    { method: 'darts', order: 'first', epochs: 3 },
    { method: 'darts', order: 'second', epochs: 2 },
    { method: 'shared', epochs: 2, samples: 4 },
    { method: 'random', epochs: 4, samples: 3 },
  ])('by %j chooses each place, logs curves, repeats itself and leaks no tensors', async (section) => {
    const begun = tf.memory().numTensors;
    const notes = new Notes();
    const found = await search(section, notes);
    expect(tf.memory().numTensors).toBe(begun);
    expect(found!.chosen).toHaveLength(2);
    expect(found!.layers.at(-1)).toMatchObject({ type: 'dense', units: 2 });
    expect(found!.said[0]!.text).toContain(`architecture found by ${section.method}: `);
    const curve = section.method === 'darts' ? 'architecture/2/skip' : 'architecture/best_val_loss';
    expect(notes.series(curve).length).toBeGreaterThan(1);
    expect((await search(section))!.chosen).toEqual(found!.chosen);
  });

  it('prefers a choice that the data need', async () => {
    const needed = { oneOf: { bent: [dense(12, 'tanh')], flat: [dense(12, 'linear')] } };
    const chain = [needed, { dense: 2 }];
    const found = await search({ chain, epochs: 12, rate: 0.05, learningRate: 0.2 });
    expect(found!.chosen).toEqual([0]);
  });

  it('warns when DARTS collapses to skip connections, and ends when it is stopped', async () => {
    const bad = { oneOf: { noise: [dense(8, 'linear'), { dropout: 0.99 }, dense(8, 'linear')], skip: [] }, times: 2 };
    const chain = [dense(8, 'tanh'), bad, { dense: 2 }];
    const found = await search({ chain, epochs: 8, rate: 0.2 });
    expect(found!.said.map(({ level }) => level)).toEqual(['info', 'warning']);
    const notes = new Notes();
    notes.stopRequested = 'stop';
    expect(await search({ epochs: 2 }, notes)).toBeNull();
  });

  it('refuses choices that do not fit, and unknown keys, with their place', async () => {
    await expect(search({ chain: [{ oneOf: { a: [{ dense: 3 }], skip: [] } }, { dense: 2 }] })).rejects.toThrow(
      'choices must give the same shape: of 2, "a" makes 3 and "skip" 2',
    );
    await expect(search({ chain: [{ oneOf: { a: [{ dense: 3 }], b: [{ dense: 3 }] } }] })).rejects.toThrow(
      'the chain gives 3, but rings needs 2 output(s)',
    );
    const problems = (architecture: string, more = '') =>
      parseExperiment(
        `network:\n  data: mnist\n  loss: mse\n  architecture: ${architecture}\n${more}`,
        '/a.tune.yaml',
      ).problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
    expect(problems('{ chain: [{ dense: 2 }] }')).toEqual(['4:26: chain must have a place with oneOf']);
    expect(problems('{ chain: [{ oneOf: { a: [] } }] }')[0]).toMatch(/^4:\d+: oneOf must name 2 to 32 choices$/);
    const chain = 'chain: [{ oneOf: { a: [flatten], b: [] } }]';
    expect(problems(`{ ${chain}, metod: darts }`)[0]).toMatch(/^4:\d+: unknown key "metod"/);
    expect(problems(`{ ${chain} }`, '  layers: [flatten]\n')).toEqual([
      expect.stringContaining('architecture replaces the network: remove "layers"'),
    ]);
  });
});
