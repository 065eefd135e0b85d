/** Networks that are trained again take as long as the one that was chosen, with the same schedule. */
import { inEnglish, verbatim } from '../../../../src/format/said.js';
import type { Said } from '../../../../src/protocol/said.js';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunClient } from '../../../../src/client/index.js';
import { backendById, startBackend } from '../../../../src/training/backends/index.js';
import { loadSaved } from '../../../../src/training/checkpoints/saved.js';
import { findBest } from '../../../../src/training/ensemble/find.js';
import { refit } from '../../../../src/training/ensemble/refit.js';
import { loadRuns } from '../../../../src/training/ensemble/runs.js';
import { testDivision } from '../../../../src/training/data/index.js';
import { trainRun } from '../../../../src/training/loop/trainRun.js';
import { network } from '../support.js';
import { buildTrainer } from '../trainerProgram.js';

const workspace = mkdtempSync(join(tmpdir(), 'refit '));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(workspace, { recursive: true });
});
beforeAll(async () => {
  vi.stubEnv('TUNESMITH_HOME', join(workspace, 'home'));
  // A backend is tried in a process of its own.
  vi.stubEnv('TUNESMITH_TRAINER', await buildTrainer(workspace));
  await startBackend(backendById('wasm'));
  const rows = Array.from({ length: 60 }, (_, i) => `${(i * 37) % 61},${(i * 37) % 61 > 30 ? 'high' : 'low'}`);
  writeFileSync(join(workspace, 'table.csv'), ['x,kind', ...rows].join('\n'));
});

const BASE = {
  data: { csv: { file: 'table.csv', target: 'kind' } },
  layers: [{ dense: { units: 4, activation: 'tanh' } }, { dense: 2 }],
  ...{ loss: 'crossEntropy', schedule: 'cosine', backend: 'wasm', test: 0.2, batchSize: 16 },
};

/** Trains as a run does; it is asked to stop once it has logged something after this epoch. */
async function trained(id: string, section: object, stopAfter = Infinity) {
  const written = network({ ...BASE, ...section });
  const folder = join(workspace, '.tunesmith', 'runs', id);
  mkdirSync(join(folder, 'checkpoints'), { recursive: true });
  const spec = { version: 1, id, experiment: 'table', file: null, search: null, trial: null, params: {} };
  const more = { argv: ['node'], cwd: '.', env: {}, network: written, seed: 1, objective: null, createdAt: 1 };
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...spec, ...more }));
  const said: string[] = [];
  const run = {
    ...{ enabled: true, folder, checkpoint: null, stopRequested: null as 'stop' | null },
    stopSignal: new AbortController().signal,
    ...{ progress: () => undefined, info: () => undefined, media: () => undefined, saveCheckpoint: () => undefined },
    message: (_: string, text: string | Said) => void said.push(inEnglish(verbatim(text))),
    log: (_: object, { epoch }: { epoch: number }) => void (epoch > stopAfter && (run.stopRequested = 'stop')),
    onSet: () => ({ dispose: () => undefined }),
  };
  const completed = await trainRun(run as unknown as RunClient, { network: written, seed: 1 }, workspace);
  return { run: { id, folder }, said, completed, saved: await loadSaved(folder) };
}

/** Trains the network of a run again on all examples, and returns what was saved first, and what was found out. */
async function again(run: { id: string; folder: string }) {
  const common = { batch: 64, signal: new AbortController().signal, onProgress: () => undefined };
  const loaded = await loadRuns({ runs: [run], ...common });
  try {
    const done = await refit({ loaded, members: [{ run: run.id, weight: 1 }], seconds: 600, ...common });
    expect(done!.members[0]!.copies).toBeGreaterThan(0);
    return { ...(await loadSaved(run.folder, { copy: 1 })), found: findBest(loaded), loaded };
  } finally {
    loaded.members.forEach(({ model }) => model.dispose());
  }
}

// On a busy machine, trying a backend takes seconds.
describe('a network that is trained again', { timeout: 120_000 }, () => {
  it('has the schedule of the epochs for which there was time', async () => {
    const { run, said, saved, completed } = await trained('r00000001', { epochs: 1_000_000, seconds: 0.6 });
    expect(completed).toBe(true);
    const lengths = said.flatMap((text) => /^(\d+) epochs: more would take longer/.exec(text)?.slice(1) ?? []);
    expect(lengths.length).toBeGreaterThan(0);
    expect([saved.network.epochs, saved.epoch]).toEqual([Number(lengths.at(-1)), Number(lengths.at(-1))]);
    const whole = await again(run);
    expect([whole.network.epochs, whole.epoch]).toEqual([saved.network.epochs, saved.epoch]);
  });

  it('ends where the training was stopped', async () => {
    const { run, saved, completed } = await trained('r00000002', { epochs: 40, earlyStopping: { patience: 3 } }, 2);
    expect([completed, saved.network.epochs, saved.epoch]).toEqual([false, 40, 2]);
    const whole = await again(run);
    expect([whole.network.epochs, whole.epoch]).toEqual([40, 2]);
  });
});

/** Rows of a number, a word and a gap now and then, and a target; those `changed` say something else than the others do. */
function rowsWith(target: (i: number) => string, changed: ReadonlySet<number>, isClass: boolean): string[] {
  return Array.from({ length: 80 }, (_, i) => {
    const odd = changed.has(i);
    const x = odd ? 1000 + i : i % 9 === 0 ? '' : (i * 37) % 61;
    return [x, odd ? 'far' : i % 3 ? 'red' : 'blue', odd && !isClass ? -500 - i : target(i)].join(',');
  });
}

describe('the test examples', { timeout: 120_000 }, () => {
  it.each(['classes', 'numbers'])('change nothing but the result on them: %s', async (task) => {
    const isClass = task === 'classes';
    const target = (i: number): string =>
      isClass ? ((i * 37) % 61 > 30 ? 'high' : 'low') : String(((i * 37) % 61) + i / 100);
    const classes = isClass ? Array.from({ length: 80 }, (_, i) => (target(i) === 'high' ? 0 : 1)) : null;
    const data = { count: 80, classes, given: null } as unknown as Parameters<typeof testDivision>[0];
    const division = testDivision(data, { test: 0.2, validation: null, folds: null, fold: null });
    const test = new Set(division.validation);
    expect(test.size).toBe(16);
    const results = [];
    for (const [name, changed] of [
      ['plain', new Set<number>()],
      ['odd', test],
    ] as const) {
      writeFileSync(
        join(workspace, `${task}-${name}.csv`),
        ['x,color,y', ...rowsWith(target, changed, isClass)].join('\n'),
      );
      const layers = [{ dense: { units: 4, activation: 'tanh' } }, { dense: isClass ? 2 : 1 }];
      const section = { data: { csv: { file: `${task}-${name}.csv`, target: 'y' } }, layers, epochs: 6 };
      const one = await trained(`r${name}${task}`, { ...section, loss: isClass ? 'crossEntropy' : 'mse' });
      const { found, weights, loaded, data: facts } = await again(one.run);
      results.push({
        saved: one.saved.weights,
        whole: weights,
        facts: { ...facts, name: null },
        found,
        truth: loaded.test!,
      });
    }
    const [plain, odd] = results as [(typeof results)[0], (typeof results)[0]];
    expect(odd.saved).toEqual(plain.saved);
    expect(odd.whole).toEqual(plain.whole);
    const chosen = ({ found }: typeof plain) => [found.best.loss, found.best.validation, found.examples];
    expect(chosen(odd)).toEqual(chosen(plain));
    // The changed examples are those by which the result is measured.
    expect(odd.found.best.test).not.toBe(plain.found.best.test);
  });
});
