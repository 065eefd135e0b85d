/** Outputs of imported networks. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { buildLayers } from '../../../../src/training/model.js';
import { Random } from '../../../../src/training/random.js';
import { fillModel } from '../../../../src/training/transfer/index.js';
import type { Trained } from '../../../../src/training/transfer/types.js';
import { network } from '../support.js';

/** Runs what was read, and checks that it leaks no tensors. */
export function outputsOf(trained: Trained, inputs: number[], shape: number[]): number[] {
  const before = tf.memory().numTensors;
  const section = network({ from: 'x', loss: 'crossEntropy' });
  const model = buildLayers(trained.layers!, shape, new Random(1));
  const { matched } = fillModel(model, section, trained);
  expect(matched.filter(({ from }) => from === null)).toEqual([]);
  const outputs = tf.tidy(() =>
    Array.from(
      model
        .forward(tf.tensor(inputs, [inputs.length / shape.reduce((a, b) => a * b, 1), ...shape]), {
          training: false,
          random: new Random(1),
        })
        .dataSync(),
    ),
  );
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return outputs;
}

export function expectSame(got: number[], wanted: number[], tolerance = 1e-5): void {
  expect(got.length).toBe(wanted.length);
  const worst = Math.max(...got.map((value, i) => Math.abs(value - wanted[i]!)));
  expect(worst).toBeLessThan(tolerance);
}
