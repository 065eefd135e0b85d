import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { RunSpec } from '../../../src/protocol/run/runFolder.js';
import type { NewRun } from '../../../src/store/api.js';
import { Store, type StoreOptions } from '../../../src/store/store.js';

const folders: string[] = [];
const stores: Store[] = [];

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder of this test's own, with a space and non-Latin letters in its name. */
export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith store ñ 数-'));
  folders.push(folder);
  return folder;
}

export function openStore(folder: string, options: StoreOptions = {}): Store {
  const store = Store.open(join(folder, 'store.db'), options);
  stores.push(store);
  return store;
}

export function newRun(folder: string, id: string, spec: Partial<RunSpec> = {}, run: Partial<NewRun> = {}): NewRun {
  const place = join(folder, 'runs', id);
  mkdirSync(join(place, 'journal'), { recursive: true });
  return {
    spec: {
      version: 1,
      id,
      experiment: 'digits',
      file: '/work/digits.tune.yaml',
      search: null,
      trial: null,
      params: { lr: 0.01 },
      argv: ['python', 'train.py'],
      cwd: '/work',
      env: {},
      seed: 1,
      objective: { metric: 'loss', goal: 'minimize' },
      createdAt: 1000,
      stopGrace: 10,
      ...spec,
    },
    name: `run ${id}`,
    status: 'running',
    folder: place,
    host: 'laptop',
    git: null,
    ...run,
  };
}

export const journal = (run: NewRun, file = 'rank0-1.ndjson'): string => join(run.folder, 'journal', file);
export const lines = (...records: unknown[]): Buffer =>
  Buffer.from(records.map((record) => `${typeof record === 'string' ? record : JSON.stringify(record)}\n`).join(''));

/** Small repeatable random numbers in [0, 1) (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
