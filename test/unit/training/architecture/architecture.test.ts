/** Architectures that are searched before a training: their gradients, choices and refusals. */
import { inEnglish } from '../../../../src/format/said.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../../src/experiment/index.js';
import { gradients, secondOrder } from '../../../../src/training/architecture/gradient.js';
import { Hypernetwork } from '../../../../src/training/architecture/hypernetwork.js';
import { Keeper } from '../../../../src/training/architecture/keeper.js';
import { lossAndGradients } from '../../../../src/training/architecture/steps.js';
import { searchArchitecture } from '../../../../src/training/architecture/search.js';
import { Supernet } from '../../../../src/training/architecture/supernet.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { batchValues, toTensors, type Batch } from '../../../../src/training/loop/batches.js';
import type { HeldExamples } from '../../../../src/training/data/types.js';
import { Random } from '../../../../src/training/random.js';
import { PRESENT } from '../present.js';
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

describe.each(PRESENT.map((backend) => [backend.id, backend] as const))('on %s', (_, backend) => {
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

describe.each(PRESENT.map((backend) => [backend.id, backend] as const))('a hypernetwork on %s', (_, backend) => {
  beforeAll(async () => {
    await backend.start();
  });

  it('has gradients that equal finite differences of the loss with the weights that it makes', async () => {
    const { architecture, ...rest } = of({ method: 'smash', hidden: 4 });
    const net = new Supernet(architecture!, rest, dataset, new Random(5));
    const hyper = await Hypernetwork.of(net, architecture!, new Random(6));
    const train = batch(dataset.train, 20);
    const chosen = [0, 1];
    const context = { training: true, random: new Random(1) };
    const lossNow = async (): Promise<number> => {
      hyper.make(chosen);
      const loss = tf.tidy(() => net.lossOf(train, context, chosen));
      const [value] = await loss.data();
      loss.dispose();
      return value!;
    };
    hyper.make(chosen);
    const { loss, own } = lossAndGradients(net, hyper.used(chosen), train, context, chosen);
    const slopes = tf.tidy(() => hyper.back(chosen, own).map((one) => tf.clone(one)));
    let along = 0;
    for (const one of slopes) along += (await tf.tidy(() => tf.sum(tf.square(one))).data())[0]!;
    const h = 0.02 / Math.sqrt(along);
    const move = (by: number): void =>
      hyper.variables.forEach((variable, i) =>
        tf.tidy(() => variable.assign(tf.add(variable, tf.mul(tf.reshape(slopes[i]!, variable.shape), by)))),
      );
    move(h);
    const up = await lossNow();
    move(-2 * h);
    const down = await lossNow();
    expect((up - down) / (2 * h)).toBeCloseTo(along, 2);
    expect(Math.abs((up - down) / (2 * h) / along - 1)).toBeLessThan(0.01);
    // Another architecture gets other weights.
    hyper.make([1, 1]);
    const linear = await net.choiceWeights[1]![1]![0]!.variable.data();
    hyper.make([0, 1]);
    expect(await net.choiceWeights[1]![1]![0]!.variable.data()).not.toEqual(linear);
    tf.dispose([loss, ...own, ...slopes]);
    hyper.dispose();
    net.dispose();
  });
});

describe('a search for an architecture', () => {
  beforeAll(async () => {
    await wasm.start();
  });

  const search = (section: Record<string, unknown>, notes = new Notes(), keeper: Keeper | null = null) => {
    const { architecture, ...rest } = of(section);
    const pause = () => Promise.resolve(notes.stopRequested === null);
    const settings = architecture!;
    const all = { network: { ...rest, architecture }, settings, dataset, seed: 3, log: notes, pause, keeper };
    return searchArchitecture(all);
  };

  it.each([
    { method: 'darts', order: 'first', epochs: 3 },
    { method: 'darts', order: 'second', epochs: 2 },
    { method: 'shared', epochs: 2, samples: 4 },
    { method: 'smash', epochs: 3, samples: 5 },
    { method: 'random', epochs: 4, samples: 3 },
  ])('by %j chooses each place, logs curves, repeats itself and leaks no tensors', async (section) => {
    const begun = tf.memory().numTensors;
    const notes = new Notes();
    const found = await search(section, notes);
    expect(tf.memory().numTensors).toBe(begun);
    expect(found!.chosen).toHaveLength(2);
    expect(found!.layers.at(-1)).toMatchObject({ type: 'dense', units: 2 });
    expect(inEnglish(found!.news[0]!.text)).toContain(`architecture found by ${section.method}: `);
    const curve = section.method === 'darts' ? 'architecture/2/skip' : 'architecture/best_val_loss';
    expect(notes.series(curve).length).toBeGreaterThan(1);
    expect((await search(section))!.chosen).toEqual(found!.chosen);
  });

  it.each([
    { method: 'darts', order: 'second', epochs: 4 },
    { method: 'smash', epochs: 4, samples: 5 },
    { method: 'random', epochs: 6, samples: 3 },
  ])('by %j resumes where it was killed, with the same result', async (section) => {
    const folder = mkdtempSync(join(tmpdir(), 'architecture '));
    const whole = new Notes();
    const found = await search(section, whole);
    const keeper = () => new Keeper(join(folder, 'state'), 'same');
    const begun = new Notes();
    let passes = 0;
    begun.onPoint = ({ values }) => {
      if ('architecture/loss' in values && ++passes === 3) throw new Error('killed');
    };
    await expect(search(section, begun, keeper())).rejects.toThrow('killed');
    tf.disposeVariables();
    const rest = new Notes();
    expect((await search(section, rest, keeper()))!.chosen).toEqual(found!.chosen);
    const [all, last] = [whole.series('architecture/loss'), rest.series('architecture/loss')];
    expect(last.length).toBeLessThan(all.length);
    last.forEach((value, i) => expect(value).toBeCloseTo(all.slice(-last.length)[i]!, 4));
    // A state of another search is ignored.
    const other = new Notes();
    await search(section, other, new Keeper(join(folder, 'state'), 'other'));
    expect(other.series('architecture/loss')).toHaveLength(all.length);
    rmSync(folder, { recursive: true });
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
    expect(found!.news.map(({ level }) => level)).toEqual(['info', 'warning']);
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
