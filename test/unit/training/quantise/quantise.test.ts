import { inEnglish, verbatim } from '../../../../src/format/said.js';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRUNING } from '../../../../src/protocol/trainer/pruning.js';
import { QUANTISED } from '../../../../src/protocol/trainer/quantised.js';
import { backendById, startBackend } from '../../../../src/training/backends/index.js';
import { loadModelFile, saveWeights, type SavedWeight } from '../../../../src/training/checkpoints/checkpoint.js';
import { savedFrom, savedMetadata } from '../../../../src/training/checkpoints/saved.js';
import { Pruning } from '../../../../src/training/prune/pruning.js';
import { reshapeOf } from '../../../../src/training/prune/reshape.js';
import { integersOf, onGrid, relativeError } from '../../../../src/training/quantise/grid.js';
import { savedWeights } from '../../../../src/training/quantise/quantise.js';
import { Random } from '../../../../src/training/random.js';
import { network, Notes, stripes } from '../support.js';

const folder = mkdtempSync(join(tmpdir(), 'quantised ü '));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => void (await startBackend(backendById('wasm'))));

const random = new Random(4);
const weight = (name: string, shape: number[], scale = (_: number): number => 1): SavedWeight => ({
  name,
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => scale(i) * random.normal()),
});

describe('weights on a grid', () => {
  it('differ from the exact ones by at most half a step of their channel', () => {
    const exact = weight('1.dense/kernel', [20, 6], (i) => 10 ** ((i % 6) - 3));
    const { values, scales } = integersOf(exact, { bits: 8, per: 'channel' })!;
    expect(scales).toHaveLength(6);
    exact.values.forEach((value, i) => {
      expect(Math.abs(value - values[i]! * scales[i % 6]!)).toBeLessThanOrEqual(0.5001 * scales[i % 6]!);
    });
    const error = (bits: number, per: 'channel' | 'layer') => relativeError([exact], [onGrid(exact, { bits, per })]);
    expect(error(8, 'channel')).toBeLessThan(error(4, 'channel'));
    expect(error(4, 'channel')).toBeLessThan(error(4, 'layer'));
  });

  it('stay where they are when they are rounded again', () => {
    const once = onGrid(weight('2.depthwiseConv/kernel', [3, 3, 4, 2]), { bits: 5, per: 'channel' });
    expect(once.integers!.scales).toHaveLength(8);
    const twice = onGrid(once, { bits: 5, per: 'channel' });
    expect(twice.integers!.values).toEqual(once.integers!.values);
  });

  it('keep biases, norms, zeros and what is not finite', () => {
    const settings = { bits: 8, per: 'channel' } as const;
    expect(onGrid(weight('1.dense/bias', [6]), settings).integers).toBeUndefined();
    const broken = { name: '1.dense/kernel', shape: [1, 2], values: Float32Array.of(NaN, 1) };
    expect(onGrid(broken, settings)).toBe(broken);
    const zeros = { ...broken, values: new Float32Array(2) };
    expect(Array.from(onGrid(zeros, settings).values)).toEqual([0, 0]);
  });

  it('are saved in one byte each, and read again', async () => {
    const exact = [weight('1.dense/kernel', [200, 50]), weight('1.dense/bias', [50])];
    const rounded = exact.map((one) => onGrid(one, { bits: 8, per: 'channel' }));
    await saveWeights(join(folder, 'small'), rounded, { format: 'x' });
    await saveWeights(join(folder, 'large'), exact, { format: 'x' });
    const share = statSync(join(folder, 'small')).size / statSync(join(folder, 'large')).size;
    expect(share).toBeLessThan(0.3);
    const { weights, metadata } = await loadModelFile(join(folder, 'small'));
    expect(metadata.format).toBe('x');
    expect(weights).toEqual(rounded);
  });

  it('of another program keep their own meaning', async () => {
    const path = join(folder, 'other');
    await saveWeights(path, [onGrid(weight('w', [4, 4]), { bits: 8, per: 'layer' })], {});
    const { readFileSync, writeFileSync } = await import('node:fs');
    // The same bytes without the word that says how scales are meant, and without the checksum.
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, unknown>;
    delete header.__metadata__;
    const text = Buffer.from(JSON.stringify(header));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(path, Buffer.concat([size, text, bytes.subarray(8 + length)]));
    const { weights } = await loadModelFile(path);
    expect(weights.map(({ name }) => name)).toEqual(['w.scale', 'w']);
    expect(Math.max(...weights[1]!.values.map(Math.abs))).toBe(127);
  });
});

it('a trained network is quantised, saved small, and as accurate', async () => {
  const notes = new Notes();
  const whole = network({
    layers: [
      { conv: { filters: 8, kernel: 3, activation: 'relu' } },
      'batchNorm',
      'flatten',
      { dense: { units: 40, activation: 'relu' } },
      { dense: 2 },
    ],
    loss: 'crossEntropy',
    optimizer: { name: 'adam', learningRate: 0.01 },
    epochs: 4,
    quantise: { bits: 8 },
  });
  const said: string[] = [];
  notes.message = (_, text) => void said.push(inEnglish(verbatim(text)));
  const run = new Pruning({
    ...{ network: whole, prune: null, reshape: reshapeOf(whole), dataset: stripes(64), seed: 3, log: notes },
    ...{ cheapReads: true, evaluationBatch: 64 },
  });
  expect(await run.run()).toBe(true);
  expect(notes.series(QUANTISED.error)[0]).toBeGreaterThan(0.0005);
  expect(notes.series(QUANTISED.error)[0]).toBeLessThan(0.02);
  expect(notes.series(QUANTISED.share)[0]).toBeLessThan(0.35);
  expect(notes.series(PRUNING.final)[0]).toBeGreaterThan(0.9);
  expect(said[0]).toMatch(/^weights in 8 bits: error 0\.\d+ % \(.*4\.dense\/kernel 0\.\d+ %.*\); \d+ → \d+ bytes$/);
  const weights = savedWeights(await run.weights(), run.network);
  const path = join(folder, 'model.safetensors');
  await saveWeights(path, weights, savedMetadata(run.network, stripes(2)));
  const read = await loadModelFile(path);
  const saved = savedFrom(read.weights, read.metadata);
  expect(saved.network.quantise).toEqual({ bits: 8, per: 'channel' });
  const now = await run.weights();
  // The evaluated weights are the saved ones.
  for (const { name, values } of now) {
    const again = saved.weights.find((one) => one.name === name)!;
    again.values.forEach((value, i) => expect(value).toBeCloseTo(values[i]!, 6));
  }
  run.dispose();
});
