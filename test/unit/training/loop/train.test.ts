import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { Notes, plane, rings, training } from '../support.js';

const mlp = {
  layers: [{ dense: { units: 16, activation: 'relu' } }, { dropout: 0.1 }, { dense: 2 }],
  loss: 'crossEntropy',
  optimizer: { name: 'adam', learningRate: 0.02 },
  batchSize: 20,
  epochs: 6,
};

describe.each(['wasm', 'cpu'])('training on %s', (backend) => {
  beforeAll(async () => {
    await (backend === 'wasm' ? wasm : cpu).start();
    await tf.setBackend(backend);
  });

  it('learns classes that no line can separate, and logs the documented metrics', async () => {
    const notes = new Notes();
    const run = training(mlp, rings(1000), notes);
    expect(await run.run()).toBe(true);
    expect(notes.series('val/accuracy')).toHaveLength(6);
    expect(notes.series('val/accuracy').at(-1)).toBeGreaterThan(0.97);
    expect(notes.series('val/loss').at(-1)).toBeLessThan(0.2);
    expect(notes.series('accuracy')).toHaveLength(6);
    // Points are logged from the first step on; steps count over all epochs, and epochs are fractional.
    expect(notes.points[0]).toMatchObject({ step: 1, epoch: 20 / 1000 });
    expect(notes.points.at(-1)).toMatchObject({ step: 300, epoch: 6 });
    expect(notes.series('samples_per_second').every((speed) => speed > 0)).toBe(true);
    expect(notes.fractions.at(-1)).toBe(1);
    run.dispose();
  });

  it('is reproducible for a seed, and differs for another one', async () => {
    const losses: number[][] = [];
    for (const seed of [1, 1, 2]) {
      const notes = new Notes();
      const run = training({ ...mlp, epochs: 2 }, rings(200), notes, seed);
      await run.run();
      losses.push(notes.series('loss'));
      run.dispose();
    }
    expect(losses[1]).toEqual(losses[0]);
    expect(losses[2]).not.toEqual(losses[0]);
  });

  it('leaks no tensors', async () => {
    const before = tf.memory().numTensors;
    for (const optimizer of ['adam', { name: 'sgd', momentum: 0.9, nesterov: true }]) {
      const layers = ['batchNorm', { dense: 4 }, { activation: 'gelu' }, { dense: 2 }];
      const run = training({ ...mlp, layers, optimizer, epochs: 2 }, rings(100));
      await run.run();
      await run.weights();
      run.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  it('predicts numbers, with errors in their own unit', async () => {
    const notes = new Notes();
    const section = {
      layers: [{ dense: 1 }],
      loss: 'mse',
      optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.5 },
      epochs: 8,
    };
    const run = training(section, plane(400), notes);
    await run.run();
    expect(notes.series('val/r2').at(-1)).toBeGreaterThan(0.999);
    expect(notes.series('val/mae').at(-1)).toBeLessThan(2);
    run.dispose();
  });
});

describe('error handling', () => {
  beforeAll(async () => {
    await wasm.start();
    await tf.setBackend('wasm');
  });

  it('stops at a NaN loss and names the step', async () => {
    const notes = new Notes();
    const layers = [{ dense: 8 }, { dense: 1 }];
    const run = training(
      { layers, loss: 'mse', optimizer: { name: 'sgd', learningRate: 50 }, epochs: 50 },
      plane(200),
      notes,
    );
    await expect(run.run()).rejects.toThrow(
      /^loss became .* at step \d+, in epoch \d+: try a lower learning rate \(it is 50\)/,
    );
    expect(Number.isFinite(notes.series('loss').at(-1))).toBe(false);
    run.dispose();
  });

  it('stops between two steps on request, also within the first epoch', async () => {
    const notes = new Notes();
    notes.onPoint = ({ step }) => {
      if (step >= 5) notes.stopRequested = 'stop';
    };
    const run = training({ ...mlp, logEvery: 5 }, rings(1000), notes);
    expect(await run.run()).toBe(false);
    expect(notes.points.at(-1)!.step).toBe(5);
    expect((await run.weights()).length).toBe(4);
    run.dispose();
  });

  it('accepts a new learning rate during training', async () => {
    const notes = new Notes();
    const run = training({ ...mlp, logEvery: 1, epochs: 1 }, rings(400), notes);
    let before: Float32Array | undefined;
    notes.onPoint = ({ step }) => {
      if (step === 10) {
        run.learningRate = 0;
        before = run.parameters.variables[0]!.dataSync().slice() as Float32Array;
      }
    };
    await run.run();
    expect(run.parameters.variables[0]!.dataSync()).toEqual(before);
    run.dispose();
  });

  it('detects leaked tensors', async () => {
    const notes = new Notes();
    const run = training({ ...mlp, epochs: 3 }, rings(100), notes);
    notes.onPoint = () => void tf.scalar(1);
    await expect(run.run()).rejects.toThrow(/tensors were not released in epoch 2/);
    run.dispose();
  });

  it('yields to other events', async () => {
    // CPU time excludes other programs on the machine.
    const cpu = () => process.cpuUsage().user / 1000;
    const gaps: number[] = [];
    let last = cpu();
    const timer = setInterval(() => {
      gaps.push(cpu() - last);
      last = cpu();
    }, 1);
    const run = training({ ...mlp, layers: [{ dense: 256 }, { dense: 256 }, { dense: 2 }], epochs: 30 }, rings(2000));
    await run.run();
    clearInterval(timer);
    run.dispose();
    gaps.sort((a, b) => a - b);
    expect(gaps[Math.floor(gaps.length * 0.95)]).toBeLessThan(60);
    expect(gaps.length).toBeGreaterThan(20);
  });

  it.each([
    [
      { layers: [{ dense: 3 }] },
      /last layer gives 3 numbers, but rings has 2 classes: end with "- dense: { units: 2 }"/,
    ],
    [{ layers: [{ conv: { filters: 1, kernel: 3 } }] }, /layer 1\.conv needs images/],
  ])('refuses %j with advice', (change, message) => {
    expect(() => training({ ...mlp, ...change }, rings(10))).toThrow(message);
  });

  it('refuses cross-entropy for numbers', () => {
    expect(() => training(mlp, plane(10))).toThrow(/use loss: mse/);
  });

  it('omits a final softmax that the loss includes', async () => {
    const [plain, soft] = [new Notes(), new Notes()];
    for (const [notes, activation] of [
      [plain, 'linear'],
      [soft, 'softmax'],
    ] as const) {
      const run = training({ ...mlp, layers: [{ dense: { units: 2, activation } }], epochs: 1 }, rings(100), notes);
      await run.run();
      run.dispose();
    }
    expect(soft.series('loss')).toEqual(plain.series('loss'));
  });
});
