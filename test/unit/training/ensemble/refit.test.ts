/** Networks that are trained again take as long as the one that was chosen, with the same schedule. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunClient } from '../../../../src/client/index.js';
import { backendById, startBackend } from '../../../../src/training/backends/index.js';
import { loadSaved } from '../../../../src/training/checkpoints/saved.js';
import { refit } from '../../../../src/training/ensemble/refit.js';
import { loadRuns } from '../../../../src/training/ensemble/runs.js';
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
    message: (_: string, text: string) => void said.push(text),
    log: (_: object, { epoch }: { epoch: number }) => void (epoch > stopAfter && (run.stopRequested = 'stop')),
    onSet: () => ({ dispose: () => undefined }),
  };
  const completed = await trainRun(run as unknown as RunClient, { network: written, seed: 1 }, workspace);
  return { run: { id, folder }, said, completed, saved: await loadSaved(folder) };
}

/** Trains the network of a run again on all examples, and returns what was saved first. */
async function again(run: { id: string; folder: string }) {
  const common = { batch: 64, signal: new AbortController().signal, onProgress: () => undefined };
  const loaded = await loadRuns({ runs: [run], ...common });
  try {
    const done = await refit({ loaded, members: [{ run: run.id, weight: 1 }], seconds: 600, ...common });
    expect(done!.members[0]!.copies).toBeGreaterThan(0);
    return await loadSaved(run.folder, { copy: 1 });
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
