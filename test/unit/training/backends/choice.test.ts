/** Tests the choice of a network's backend, which is timed once in real processes and saved. */
import { mkdtemp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  knownChoice,
  latestChoices,
  notedBackend,
  noteChoice,
  timeBackends,
  timeInChild,
} from '../../../../src/training/backends/choosing/choice.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { network, plane, rings, stripes } from '../support.js';
import { buildTrainer } from '../trainerProgram.js';

let folder: string;
let trainer: string;
const { TUNESMITH_HOME, TUNESMITH_TRAINER, TUNESMITH_BACKEND } = process.env;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith choice ☃ '));
  trainer = await buildTrainer(folder);
  delete process.env.TUNESMITH_BACKEND;
});

let homes = 0;
beforeEach(() => {
  process.env.TUNESMITH_HOME = join(folder, `home ${homes++}`);
  process.env.TUNESMITH_TRAINER = trainer;
});
afterAll(() => {
  for (const [name, value] of Object.entries({ TUNESMITH_HOME, TUNESMITH_TRAINER, TUNESMITH_BACKEND })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

const said: string[] = [];
const context = (search: string | null = null, run: string | null = null) => ({
  folder: run,
  search,
  // The backends differ so much that the winner does not depend on chance.
  candidates: [cpu, wasm],
  signal: AbortSignal.timeout(50_000),
  onProgress: (text: string) => void said.push(text),
});
const images = (units: number) =>
  network({
    layers: [{ conv: { filters: 32, kernel: 3, activation: 'relu' } }, 'flatten', { dense: { units } }, { dense: 2 }],
    loss: 'crossEntropy',
    batchSize: 64,
  });
/** Makes timing impossible from here on. */
const withoutTrainer = () => void (process.env.TUNESMITH_TRAINER = join(folder, 'none.cjs'));

describe('the backend of a network', () => {
  it('is the one with the fastest step, remembered for the shape; the search and the run keep it', async () => {
    expect(await knownChoice(images(64), context('s1'))).toBeNull();
    const chosen = await timeBackends(images(64), stripes(200), context('s1'));
    expect(chosen.backend.id).toBe('wasm');
    expect(chosen.why).toMatch(/^the fastest for this network: wasm [\d.]+ ms per step, cpu [\d.]+ ms per step$/);
    expect(said).toEqual(['timing a step on Plain JavaScript', 'timing a step on WebAssembly']);

    withoutTrainer();
    // A similar number of units is the same shape; four times as many are another one, but the search keeps its choice.
    expect(await knownChoice(images(70), context())).toEqual(chosen);
    expect(await knownChoice(images(256), context())).toBeNull();
    expect(await knownChoice(images(256), context('s1'))).toEqual(chosen);
    expect(await latestChoices(5)).toEqual([
      expect.stringMatching(/^conv 32, flatten, dense 64, dense 2 on stripes \(6×6×1\), batches of 64: the fastest/),
    ]);

    const run = join(folder, 'a run');
    await mkdir(run);
    expect(await notedBackend(run)).toBeNull();
    await noteChoice({ backend: cpu, why: null }, run);
    expect(await notedBackend(run)).toBe('cpu');
    expect((await knownChoice(images(64), context('s1', run)))!.backend.id).toBe('cpu');
  });

  it('is timed once for trials that start together', async () => {
    said.length = 0;
    const both = await Promise.all([1, 2].map(() => timeBackends(images(32), stripes(200), context('s2'))));
    expect(both[0]).toEqual(both[1]);
    expect(said.filter((text) => text.startsWith('timing'))).toHaveLength(2);
  });

  it('is the same for all trials of a search that start together, each on its own GPU', async () => {
    const dense = (units: number) => network({ layers: [{ dense: units }, { dense: 2 }], loss: 'crossEntropy' });
    const choices = join(process.env.TUNESMITH_HOME!, 'backends', 'choices');
    withoutTrainer();
    for (const units of [2, 64]) await timeBackends(dense(units), rings(50), context());
    // The one shape is faster here, the other there.
    const names = await readdir(choices);
    for (const [i, backend] of ['cpu', 'wasm'].entries()) {
      await writeFile(join(choices, names[i]!), JSON.stringify({ backend, why: 'it is', network: '' }));
    }
    const onWasm = (await knownChoice(dense(2), context()))!.backend.id === 'wasm' ? 2 : 64;
    for (let i = 0; i < 8; i++) {
      const search = `begun ${i}`;
      const started = await Promise.all([2, 64].map((units) => knownChoice(dense(units), context(search))));
      expect(started[0]).toEqual(started[1]);
      const { CUDA_VISIBLE_DEVICES: before } = process.env;
      process.env.CUDA_VISIBLE_DEVICES = '1';
      expect(await knownChoice(dense(64), context(search))).toEqual(started[0]);
      if (before === undefined) delete process.env.CUDA_VISIBLE_DEVICES;
      else process.env.CUDA_VISIBLE_DEVICES = before;
    }
    // The search's backend is gone, so it uses the one that exists.
    expect((await knownChoice(dense(onWasm), context('s3')))!.backend.id).toBe('wasm');
    expect((await timeBackends(dense(9), rings(50), { ...context('s3'), candidates: [cpu] })).backend.id).toBe('cpu');
  });

  it('is the one the file requests, regardless of timing', async () => {
    const asked = network({ layers: [{ dense: 2 }], loss: 'crossEntropy', backend: 'cpu' });
    expect(await knownChoice(asked, context('s1'))).toEqual({ backend: cpu, why: null });
  });

  it('needs no timing if only one works, and is the preferred one if none can be timed', async () => {
    withoutTrainer();
    const one = { ...context(), candidates: [wasm] };
    expect(await knownChoice(images(64), one)).toEqual({ backend: wasm, why: null });
    const chosen = await timeBackends(images(64), stripes(20), context());
    expect(chosen.backend.id).toBe('cpu');
    expect(chosen.why).toContain('wasm too slow or failing');
  });

  it('is timed again when the saved choice is damaged', async () => {
    const choices = join(process.env.TUNESMITH_HOME!, 'backends', 'choices');
    const section = images(64);
    await timeBackends(section, stripes(200), context());
    for (const name of await readdir(choices)) await writeFile(join(choices, name), '{"backend":"\u001b[2J');
    expect(await knownChoice(section, context())).toBeNull();
  });
});

it.each([
  ['numbers', { layers: [{ dense: 4 }, { dense: 1 }], loss: 'mse' }, plane(50)],
  [
    'bells and whistles',
    {
      layers: [{ dense: 4 }, { dense: 2 }],
      loss: { name: 'crossEntropy', classWeights: { inner: 2 } },
      earlyStopping: 3,
      accumulate: 4,
      mixup: 0.2,
      batchSize: 1000,
      regularization: { l2: 0.1 },
    },
    rings(50),
  ],
])('times %s', async (_, section, dataset) => {
  const { task, inputShape, outputs, classes, train } = dataset;
  const data = { task, inputShape, outputs, classes: classes && classes.length, examples: train.count };
  const signal = AbortSignal.timeout(30_000);
  const timed = await timeInChild('wasm', { network: network(section), data }, signal, trainer);
  expect(timed).toBeGreaterThan(0);
});
