import { inEnglish, verbatim } from '../../../../src/format/said.js';
import type { Said } from '../../../../src/protocol/said.js';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRUNING } from '../../../../src/protocol/trainer/pruning.js';
import { backendById, startBackend } from '../../../../src/training/backends/index.js';
import type { Layer, Network } from '../../../../src/experiment/network/index.js';
import { savedMetadata } from '../../../../src/training/checkpoints/saved.js';
import { SavedModel } from '../../../../src/training/checkpoints/savedModel.js';
import { cardOf } from '../../../../src/training/export/card.js';
import { graphOf } from '../../../../src/training/export/graph.js';
import { kerasFile } from '../../../../src/training/export/keras.js';
import { onnxModel } from '../../../../src/training/export/onnx/index.js';
import { Random } from '../../../../src/training/random.js';
import { Pruning } from '../../../../src/training/prune/pruning.js';
import { network, Notes, plane, rings, stripes } from '../support.js';
import type { Dataset } from '../../../../src/training/data/types.js';

beforeAll(async () => void (await startBackend(backendById('wasm'))));

const CNN = {
  layers: [
    { conv: { filters: 8, kernel: 3, padding: 'same' } },
    'batchNorm',
    { activation: 'relu' },
    { residual: [{ conv: { filters: 8, kernel: 3, padding: 'same', activation: 'relu' } }, 'batchNorm'] },
    'pool',
    { residual: [{ conv: { filters: 6, kernel: 3, padding: 'same', activation: 'relu' } }] },
    'flatten',
    { dense: { units: 12, activation: 'relu' } },
    { dense: { units: 2, activation: 'softmax' } },
  ],
  loss: 'crossEntropy',
  optimizer: { name: 'adam', learningRate: 0.01 },
  epochs: 4,
};

function pruning(
  section: Record<string, unknown>,
  dataset: Dataset,
  notes = new Notes(),
  onPoint?: (pruning: Pruning, point: number) => Promise<void>,
): Pruning {
  const whole = network(section);
  return new Pruning({
    network: whole,
    prune: whole.prune!,
    dataset,
    seed: 3,
    log: notes,
    cheapReads: true,
    evaluationBatch: 64,
    ...(onPoint && { onPoint }),
  });
}

/** Saves and loads the network: it must give the same outputs, and every export format must accept it. */
async function expectSame(
  run: Pruning,
  dataset: Dataset,
  weights: Awaited<ReturnType<Pruning['weights']>>,
): Promise<void> {
  const network = JSON.parse(savedMetadata(run.network, dataset).network!) as Network;
  const saved = { network, data: dataset, weights };
  const loaded = new SavedModel(saved);
  const inputs = tf.randomNormal([3, ...dataset.inputShape], 0, 1, 'float32', 7);
  const context = { training: false, random: new Random(0) };
  const expected = tf.tidy(() => run.training.model.forward(inputs, context));
  const found = tf.tidy(() => loaded.raw(inputs));
  expect(Array.from(await found.data())).toEqual(Array.from(await expected.data()));
  tf.dispose([inputs, expected, found]);
  loaded.dispose();
  const nodes = graphOf(saved);
  expect(nodes.at(-1)!.shape).toEqual([dataset.outputs]);
  expect(() => onnxModel(nodes, 'network', cardOf(saved, 2, false), '0')).not.toThrow();
  expect((await kerasFile(nodes, 'network', cardOf(saved, 2, false))).length).toBeGreaterThan(1000);
}

describe('a pruned network', () => {
  const ATTENTIVE = {
    layers: [
      { reshape: [6, 6] },
      { conv1d: { filters: 8, kernel: 1 } },
      { position: 'learned' },
      { transformer: { heads: 4, width: 8, hidden: 12 } },
      { globalPool: 'average' },
      { dense: 2 },
    ],
    loss: 'crossEntropy',
    optimizer: { name: 'adam', learningRate: 0.01 },
    epochs: 2,
  };

  it('loses heads of attention and features around it', async () => {
    const dataset = stripes(60);
    const run = pruning({ ...ATTENTIVE, prune: { by: 'magnitude', remove: 0.5, scope: 'layer' } }, dataset);
    await run.run();
    const [, first, , attended] = run.network.layers as [unknown, Layer, unknown, Layer & { layers: Layer[] }];
    expect(attended.layers.find(({ type }) => type === 'attention')).toMatchObject({ heads: 2, width: 2 });
    expect(first).toMatchObject({ filters: 4 });
    await expectSame(run, dataset, await run.weights());
    run.dispose();
  });

  it('is refused if curvature should rank heads', async () => {
    const run = pruning({ ...ATTENTIVE, epochs: 0, prune: { by: 'curvature' } }, stripes(20));
    await expect(run.run()).rejects.toThrow(/heads of attention have none of their own/);
    run.dispose();
  });

  it.each(['taylor', 'fisher', 'magnitude', 'random', 'curvature'])(
    'shrinks through batch norms, residual blocks and flatten, by %s',
    async (by) => {
      const tensors = tf.memory().numTensors;
      const notes = new Notes();
      const section = { ...CNN, prune: { by, remove: 0.5, rounds: 2, retrain: 2, examples: 32, probes: 2 } };
      const run = pruning(section, stripes(64), notes);
      expect(await run.run()).toBe(true);
      const [first, ...others] = notes.series(PRUNING.weights);
      expect(others.at(-1)).toBeLessThan(0.6 * first!);
      const operations = notes.series(PRUNING.multiplyAdds);
      expect(operations.at(-1)).toBeLessThan(0.95 * operations[0]!);
      expect(notes.series(PRUNING.cut)).toHaveLength(3);
      expect(notes.series(PRUNING.retrained)).toHaveLength(3);
      expect(notes.series(PRUNING.final)[0]).toBeGreaterThan(0.7);
      const weights = await run.weights();
      await expectSame(run, stripes(64), weights);
      expect(weights.reduce((sum, { values }) => sum + values.length, 0)).toBe(others.at(-1));
      run.dispose();
      expect(tf.memory().numTensors).toBe(tensors);
    },
  );
  it('keeps its results when units without influence are removed', async () => {
    // A unit whose outgoing weights are zero has no influence on the loss.
    const notes = new Notes();
    const section = {
      layers: [{ dense: { units: 16, activation: 'tanh' } }, { dense: 2 }],
      loss: 'crossEntropy',
      epochs: 6,
      optimizer: { name: 'adam', learningRate: 0.02 },
      prune: { by: 'taylor', remove: 4, retrain: 0, examples: 256 },
    };
    const run = pruning(section, rings(256), notes);
    const { training } = run;
    await training.advance();
    const weights = await training.weights();
    const kernel = weights.find(({ name }) => name === '2.dense/kernel')!;
    for (const unit of [1, 5, 6, 11]) kernel.values.fill(0, 2 * unit, 2 * unit + 2);
    run.dispose();
    const again = pruning({ ...section, epochs: 0 }, rings(256), notes);
    again.training.setWeights(weights);
    await again.run();
    const left = (await again.weights()).find(({ name }) => name === '2.dense/kernel')!;
    const expected = Array.from(kernel.values).filter((_, i) => ![1, 5, 6, 11].includes(Math.floor(i / 2)));
    expect(left.shape).toEqual([12, 2]);
    expect(Array.from(left.values)).toEqual(expected);
    const [before, after] = notes.series(PRUNING.cut);
    expect(after).toBe(before);
    again.dispose();
  });
  it('removes whole layers and residual blocks, and shifts the names of the others', async () => {
    const notes = new Notes();
    const hidden = { dense: { units: 8, activation: 'tanh' } };
    const section = {
      layers: [hidden, hidden, { residual: [hidden] }, hidden, { dense: 2 }],
      loss: 'crossEntropy',
      epochs: 3,
      prune: { of: 'layers', remove: 2, rounds: 2, retrain: 1, examples: 64 },
    };
    const run = pruning(section, rings(128), notes);
    await run.run();
    expect(run.network.layers).toHaveLength(3);
    expect((await run.weights()).some(({ name }) => name === '3.dense/kernel')).toBe(true);
    expect(notes.series(PRUNING.removed).at(-1)).toBe(2);
    run.dispose();
  });
  it('predicts numbers, embeds words and reads sequences in both directions', async () => {
    const notes = new Notes();
    const section = {
      layers: [
        { reshape: [2, 1] },
        { recurrent: { cell: 'lstm', units: 6, bidirectional: true, sequences: true } },
        { recurrent: { cell: 'gru', units: 6 } },
        'layerNorm',
        { dense: { units: 6, activation: 'tanh' } },
        { dense: 1 },
      ],
      loss: 'mse',
      epochs: 2,
      prune: { remove: 0.4, retrain: 1, examples: 32, probes: 2 },
    };
    const run = pruning(section, plane(64), notes);
    expect(await run.run()).toBe(true);
    expect(notes.series(PRUNING.weights).at(-1)).toBeLessThan(notes.series(PRUNING.weights)[0]!);
    run.dispose();
  });
  it('ends with the last network within maxDrop', async () => {
    const notes = new Notes();
    const section = {
      layers: [{ dense: { units: 16, activation: 'tanh' } }, { dense: 2 }],
      loss: 'crossEntropy',
      epochs: 20,
      optimizer: { name: 'adam', learningRate: 0.02 },
      prune: { by: 'taylor', remove: 0.95, rounds: 8, retrain: 1, maxDrop: 0.02, examples: 64 },
    };
    const run = pruning(section, rings(400), notes);
    await run.run();
    const [baseline] = notes.series(PRUNING.retrained);
    expect(notes.series(PRUNING.final)[0]).toBeGreaterThanOrEqual(baseline! - 0.02);
    expect(notes.series(PRUNING.retrained).at(-1)).toBeLessThan(baseline! - 0.02);
    expect(notes.series(PRUNING.share)[0]).toBeLessThan(0.8);
    run.dispose();
  });
  it('says that the curvature of ReLU layers means nothing', async () => {
    const told: string[] = [];
    const notes = new (class extends Notes {
      override message(_: string, text: string | Said): void {
        told.push(inEnglish(verbatim(text)));
      }
    })();
    const section = {
      layers: [{ dense: { units: 8, activation: 'relu' } }, { dense: { units: 8, activation: 'tanh' } }, { dense: 2 }],
      loss: 'crossEntropy',
      epochs: 1,
      prune: { by: 'curvature', remove: 2, retrain: 0, examples: 32 },
    };
    const run = pruning(section, rings(64), notes);
    await run.run();
    run.dispose();
    expect(told.join()).toContain('the curvature of 1.dense says nothing');
    expect(told.join()).not.toContain('2.dense says');
  });
});

describe('a pruning that is resumed', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'pruning-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('ends with the same weights as one that was not interrupted', async () => {
    const section = { ...CNN, prune: { remove: 0.5, rounds: 3, retrain: 2, maxDrop: 0.9, examples: 32, probes: 2 } };
    const saved: string[] = [];
    const whole = pruning(section, stripes(64), new Notes(), async (now, point) => {
      const into = join(folder, String(point));
      mkdirSync(into, { recursive: true });
      await now.save(into);
      saved.push(into);
    });
    await whole.run();
    const expected = await whole.weights();
    whole.dispose();
    expect(saved.length).toBeGreaterThan(6);
    expect(new Set(saved).size).toBe(saved.length);
    for (const from of saved.filter((_, i) => i % 3 === 1)) {
      const again = pruning(section, stripes(64));
      await again.load(from);
      await again.run();
      expect(await again.weights()).toEqual(expected);
      again.dispose();
    }
  });
});
