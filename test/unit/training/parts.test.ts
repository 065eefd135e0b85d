import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backendById, startBackend } from '../../../src/training/backends/index.js';
import { saveWeights } from '../../../src/training/checkpoints/checkpoint.js';
import { MODEL_FILE, savedMetadata } from '../../../src/training/checkpoints/saved.js';
import { partsOf, rangesOf } from '../../../src/training/parts.js';
import { Pruning } from '../../../src/training/prune/pruning.js';
import { reshapeOf } from '../../../src/training/prune/reshape.js';
import { composed, divided, loadStart } from '../../../src/training/transfer/index.js';
import { network, Notes, stripes } from './support.js';

const runs = mkdtempSync(join(tmpdir(), 'parts '));
afterAll(() => rmSync(runs, { recursive: true }));
beforeAll(async () => void (await startBackend(backendById('wasm'))));

const dataset = stripes(64);
const LAYERS = [
  { conv: { filters: 10, kernel: 3, activation: 'relu' } },
  { conv: { filters: 9, kernel: 3, activation: 'relu' } },
  'flatten',
  { dense: { units: 30, activation: 'relu' } },
  { dense: { units: 20, activation: 'relu' } },
  { dense: { units: 2, activation: 'softmax' } },
];
const BASE = { loss: 'crossEntropy', optimizer: { name: 'adam', learningRate: 0.005 } };

/** Does what a run does with this section, and saves its network under the name of a run. */
async function stage(run: string, section: object): Promise<Pruning> {
  const whole = network({ ...BASE, ...section });
  const start = whole.from && (await loadStart(whole.from, { folder: runs, runFolder: join(runs, run) }));
  const full = divided(composed(whole, start, dataset), []);
  const one = new Pruning({
    ...{ network: full, prune: full.prune, reshape: reshapeOf(full), dataset, seed: 3, log: new Notes(), start },
    ...{ cheapReads: true, evaluationBatch: 64 },
  });
  expect(await one.run()).toBe(true);
  mkdirSync(join(runs, run, 'checkpoints'), { recursive: true });
  await saveWeights(join(runs, run, MODEL_FILE), await one.weights(), savedMetadata(one.network, dataset));
  made.push(one);
  return one;
}
const made: Pruning[] = [];
afterAll(() => made.forEach((one) => one.dispose()));

/** Returns the weights of layers by name. */
async function weightsOf(run: Pruning, layer: RegExp): Promise<Record<string, number[]>> {
  const all = (await run.weights()).filter(({ name }) => layer.test(name));
  return Object.fromEntries(all.map(({ name, values }) => [name, Array.from(values)]));
}

describe('parts of a network', () => {
  it('are found by their last layers, and refused at their place', () => {
    const { layers } = network({ ...BASE, layers: LAYERS });
    const parts = partsOf(
      [
        { name: 'features', last: 'flatten' },
        { name: 'head', last: null },
      ],
      layers,
    );
    expect(rangesOf(parts)).toEqual([
      { name: 'features', from: 0, to: 3 },
      { name: 'head', from: 3, to: 6 },
    ]);
    const wrong = (first: string | number, second: string | number) => () =>
      partsOf(
        [
          { name: 'a', last: first },
          { name: 'b', last: second },
          { name: 'c', last: null },
        ],
        layers,
      );
    expect(wrong('5.conv', 2)).toThrow(/there is no layer "5\.conv"; the layers are 1\.conv, /);
    expect(wrong(3, 2)).toThrow(/the part "b" has no layers: 2\.conv belongs to the part before it/);
  });

  it('are worked on alone, change their form, and are put together again', async () => {
    await stage('base', { layers: LAYERS, epochs: 4 });
    const split = await stage('split', {
      from: { run: 'base' },
      epochs: 0,
      decompose: { parts: { features: 'flatten', head: 'end' } },
    });
    expect(split.network.parts).toEqual([
      { name: 'features', layers: 3 },
      { name: 'head', layers: 3 },
    ]);
    const pruned = await stage('pruned', {
      from: { run: 'split', part: 'features' },
      epochs: 0,
      prune: { by: 'magnitude', remove: 0.5, retrain: 1 },
    });
    // Filters of the first convolution only: the others are read by the next part.
    expect(pruned.network.layers.slice(0, 2)).toMatchObject([{ filters: 5 }, { filters: 9 }]);
    expect(await weightsOf(pruned, /^[456]/)).toEqual(await weightsOf(split, /^[456]/));
    expect(await weightsOf(pruned, /^2/)).not.toEqual(await weightsOf(split, /^2/));
    const factored = await stage('factored', {
      from: { run: 'split', part: 'head' },
      epochs: 0,
      decompose: { rank: 4, retrain: 1 },
    });
    expect(factored.network.parts).toEqual([
      { name: 'features', layers: 3 },
      { name: 'head', layers: 5 },
    ]);
    expect(await weightsOf(factored, /^[123]/)).toEqual(await weightsOf(split, /^[123]/));
    const joined = await stage('joined', {
      from: { run: 'pruned', join: [{ run: 'factored', part: 'head' }] },
      epochs: 0,
    });
    expect(joined.network.layers.map(({ type }) => type)).toEqual([
      ...['conv', 'conv', 'flatten', 'dense', 'dense', 'dense', 'dense', 'dense'],
    ]);
    expect(await weightsOf(joined, /^[12]/)).toEqual(await weightsOf(pruned, /^[12]/));
    expect(await weightsOf(joined, /^[4-8]/)).toEqual(await weightsOf(factored, /^[4-8]/));
    const tuned = await stage('tuned', { from: { run: 'joined' }, epochs: 1 });
    expect(await weightsOf(tuned, /^[12]/)).not.toEqual(await weightsOf(joined, /^[12]/));
  });

  it.each([
    [{ run: 'base', part: 'head' }, /run base has no parts: name them with decompose/],
    [{ run: 'split', part: 'haed' }, /run split has no part "haed"; its parts are features, head/],
    [{ run: 'split', join: [{ run: 'base', part: 'head' }] }, /run base has no parts/],
  ])('are refused where they are not there: %j', async (from, why) => {
    await expect(stage('refused', { from, epochs: 1 })).rejects.toThrow(why);
  });
});
