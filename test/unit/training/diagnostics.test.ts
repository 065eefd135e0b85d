import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { cpu } from '../../../src/training/backends/cpu.js';
import { Notes, plane, rings, training } from './support.js';

beforeAll(async () => {
  await cpu.start();
  await tf.setBackend('cpu');
});

const length = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));

it('logs how large gradients and updates were at the end of every epoch', async () => {
  const notes = new Notes();
  const dataset = plane(20);
  // One step an epoch of plain descent: the update is the gradient times the rate.
  const section = {
    layers: [{ dense: { units: 3, activation: 'tanh' } }, { dense: 1 }],
    loss: 'mse',
    optimizer: { name: 'sgd', learningRate: 0.1 },
    batchSize: 20,
    epochs: 3,
    diagnostics: true,
  };
  const run = training(section, dataset, notes);
  const start = run.model.weights.map(({ variable }) => variable.dataSync().slice());
  await run.run();
  const points = notes.points.filter(({ values }) => 'grad/1.dense' in values).map(({ values }) => values);
  expect(points).toHaveLength(3);
  const norms = [length([...start[0]!, ...start[1]!]), length([...start[2]!, ...start[3]!])];
  ['1.dense', '2.dense'].forEach((layer, i) => {
    expect(points[0]![`grad/${layer}`]).toBeGreaterThan(0);
    expect(points[0]![`update/${layer}`]).toBeCloseTo((0.1 * points[0]![`grad/${layer}`]!) / norms[i]!, 5);
  });
  run.dispose();
});

it('changes no number, leaves no tensor behind, and is off unless asked for', async () => {
  const before = tf.memory().numTensors;
  const losses: number[][] = [];
  for (const diagnostics of [undefined, true]) {
    const notes = new Notes();
    const layers = [{ dense: 4 }, 'batchNorm', { dense: 2 }];
    const section = { layers, loss: 'crossEntropy', optimizer: 'adam', accumulate: 3, epochs: 3, diagnostics };
    const run = training(section, rings(100), notes);
    await run.run();
    losses.push(notes.series('loss'));
    expect(notes.series('grad/2.batchNorm')).toHaveLength(diagnostics ? 3 : 0);
    expect(notes.series('update/3.dense')).toHaveLength(diagnostics ? 3 : 0);
    run.dispose();
  }
  expect(losses[1]).toEqual(losses[0]);
  expect(tf.memory().numTensors).toBe(before);
});
