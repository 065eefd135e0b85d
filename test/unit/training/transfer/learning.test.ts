import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { saveWeights } from '../../../../src/training/checkpoints/checkpoint.js';
import { loadState, saveState } from '../../../../src/training/checkpoints/resume.js';
import { MODEL_FILE, savedMetadata } from '../../../../src/training/checkpoints/saved.js';
import { Training } from '../../../../src/training/loop/train.js';
import { composed, loadStart } from '../../../../src/training/transfer/index.js';
import { Notes, network, rings } from '../support.js';

beforeAll(async () => {
  await cpu.start();
  await tf.setBackend('cpu');
});

const data = rings(96);
const LAYERS = [
  { dense: { units: 6, activation: 'tanh' } },
  'batchNorm',
  { dense: { units: 5, activation: 'relu' } },
  { dense: 2 },
];
const made: Training[] = [];
afterEach(() => made.splice(0).forEach((one) => one.dispose()));

function training(section: object, more: object = {}): Training {
  const full = network({ layers: LAYERS, loss: 'crossEntropy', epochs: 3, batchSize: 32, ...section });
  const options = { network: full, dataset: data, seed: 5, log: new Notes(), cheapReads: true, evaluationBatch: 100 };
  const one = new Training({ ...options, ...more });
  made.push(one);
  return one;
}

/** Returns the names of the weights that an epoch changed. */
async function changed(one: Training, epochs = 1): Promise<string[]> {
  const before = await one.weights();
  for (let i = 0; i < epochs; i++) await one.advance();
  const after = await one.weights();
  return before.flatMap(({ name, values }, i) =>
    values.some((value, j) => value !== after[i]!.values[j]) ? [name] : [],
  );
}

describe('frozen layers', () => {
  const optimizers = [
    { name: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 },
    { name: 'adamw', learningRate: 0.01 },
    { name: 'adadelta', weightDecay: 0.1 },
  ];
  for (const optimizer of optimizers) {
    it(`do not move with ${optimizer.name}, whatever else moves weights`, async () => {
      const one = training({
        freeze: { until: '2.batchNorm' },
        optimizer,
        regularization: { l2: 0.1, maxNorm: 0.3 },
        ema: 0.5,
      });
      expect(await changed(one, 2)).toEqual(['3.dense/kernel', '3.dense/bias', '4.dense/kernel', '4.dense/bias']);
    });
  }

  it('let batch normalization follow the batches when asked to', async () => {
    const one = training({ freeze: { allButLast: 2, statistics: false } });
    const names = await changed(one);
    expect(names).toContain('2.batchNorm/movingMean');
    expect(names).not.toContain('2.batchNorm/scale');
  });

  it('are found by type, name and number', async () => {
    expect(await changed(training({ freeze: ['dense'] }))).toEqual(
      ['scale', 'shift', 'movingMean', 'movingVariance'].map((key) => `2.batchNorm/${key}`),
    );
    expect(await changed(training({ freeze: [1, '-1'] }))).not.toContain('4.dense/kernel');
  });

  it('are refused by a name that is not there, and when none is left', () => {
    expect(() => training({ freeze: ['5.conv'] })).toThrowErrorMatchingInlineSnapshot(
      `[TrainingError: there is no layer "5.conv"; the layers are 1.dense, 2.batchNorm, 3.dense, 4.dense]`,
    );
    expect(() => training({ freeze: { allButLast: 0 } })).toThrow('no layer is left that learns');
  });
});

describe('gradual unfreezing', () => {
  const gradual = { freeze: { allButLast: 1, unfreeze: { from: 2, every: 1, layers: 1 } }, epochs: 4 };

  it('lets one layer more learn in each epoch, the last first', async () => {
    const one = training(gradual);
    const kernels = async () => (await changed(one)).filter((name) => /kernel|scale/.test(name));
    expect(await kernels()).toEqual(['4.dense/kernel']);
    expect(await kernels()).toEqual(['3.dense/kernel', '4.dense/kernel']);
    expect(await kernels()).toEqual(['2.batchNorm/scale', '3.dense/kernel', '4.dense/kernel']);
    expect(await kernels()).toHaveLength(4);
  });

  for (const optimizer of ['adam', { name: 'sgd', momentum: 0.9, nesterov: true }]) {
    it(`resumes exactly (${JSON.stringify(optimizer)})`, async () => {
      const section = { ...gradual, optimizer, rates: { decay: 0.5 } };
      const whole = training(section);
      for (let i = 0; i < 4; i++) await whole.advance();
      const folder = await mkdtemp(join(tmpdir(), 'tunesmith-state-'));
      for (const stop of [1, 2, 3]) {
        const first = training(section);
        for (let i = 0; i < stop; i++) await first.advance();
        await saveState(folder, await first.state());
        const second = training(section);
        second.load(await loadState(folder));
        while (second.epochs < 4) await second.advance();
        expect(await second.weights()).toEqual(await whole.weights());
      }
      await rm(folder, { recursive: true });
    });
  }

  it('leaks no tensors', async () => {
    const before = tf.memory().numTensors;
    const one = training({ ...gradual, rates: { layers: { dense: 0.5 } } });
    for (let i = 0; i < 4; i++) await one.advance();
    made.pop()!.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('rates by layer', () => {
  it('scale a step of every optimizer as its learning rate would', async () => {
    for (const name of ['sgd', 'adam', 'rmsprop', 'adagrad', 'adadelta', 'adamax']) {
      const moved = async (section: object) => {
        const one = training({ optimizer: name, layers: [{ dense: 4 }, { dense: 2 }], batchSize: 96, ...section });
        const [before] = await one.weights();
        await one.advance();
        const [after] = await one.weights();
        return after!.values.map((value, i) => value - before!.values[i]!);
      };
      const [all, quarter] = [await moved({}), await moved({ rates: { decay: 0.25 } })];
      quarter.forEach((value, i) => expect(value).toBeCloseTo(all[i]! / 4, 6));
    }
  });

  it('and the frozen layers change from the next epoch on', async () => {
    const one = training({ epochs: 5 });
    await one.advance();
    one.change(network({ layers: LAYERS, loss: 'crossEntropy', epochs: 5, batchSize: 32, freeze: [1, 2] }));
    expect(await changed(one)).toEqual(['3.dense/kernel', '3.dense/bias', '4.dense/kernel', '4.dense/bias']);
    one.change(network({ layers: LAYERS, loss: 'crossEntropy', epochs: 5, batchSize: 32 }));
    expect(await changed(one)).toContain('1.dense/kernel');
  });
});

describe('a training that begins with a run', () => {
  it('takes its layers, cut, extended, or with a new head', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tunesmith-runs-'));
    const first = training({});
    await first.advance();
    const runs = join(folder, '.tunesmith/runs');
    await mkdir(join(runs, 'one/checkpoints'), { recursive: true });
    const section = network({ layers: LAYERS, loss: 'crossEntropy' });
    await saveWeights(join(runs, 'one', MODEL_FILE), await first.weights(), savedMetadata(section, data));
    const begun = async (from: object, layers?: unknown[]) => {
      const written = network({ from: { run: 'one', ...from }, layers, loss: 'crossEntropy', epochs: 1 });
      await mkdir(join(runs, 'two'), { recursive: true });
      const start = await loadStart(written.from!, { folder, runFolder: join(runs, 'two') });
      return training({}, { network: composed(written, start, data), start });
    };
    const same = await begun({});
    expect(await same.weights()).toEqual(await first.weights());
    const kept = (one: Training) => one.begun!.matched.filter(({ from }) => from !== null).map(({ name }) => name);
    const cut = await begun({ upTo: 1 }, [{ dense: 2 }]);
    expect(kept(cut)).toEqual(['1.dense/kernel', '1.dense/bias']);
    expect(cut.begun!.left).toHaveLength(8);
    const head = await begun({ head: 'new' });
    expect(kept(head).at(-1)).toBe('3.dense/bias');
    expect(head.model.layers.at(-1)!.outputShape).toEqual([2]);
    const longer = await begun({ upTo: -1 }, [{ dense: 8 }, { dense: 2 }]);
    expect(longer.model.layers.map(({ name }) => name).slice(2)).toEqual(['3.dense', '4.dense', '5.dense']);
    expect(kept(longer).at(-1)).toBe('3.dense/bias');
    // The copy in the run's own folder serves when the first run is gone.
    await rm(join(runs, 'one'), { recursive: true });
    expect(await (await begun({})).weights()).toEqual(await first.weights());
    await expect(begun({ upTo: 'conv' })).rejects.toThrow('run one has no layer "conv"; it has 1.dense, 2.batchNorm');
  });
});
