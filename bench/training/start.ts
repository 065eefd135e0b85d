/** From the start of the training process to the end of its first step, as a person's trial goes. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const rows = Array.from({ length: 400 }, (_, i) => `${Math.sin(i)},${Math.cos(3 * i)},${i % 3 ? 'yes' : 'no'}`);

/** Milliseconds: the least of so many starts, after one that fills what is kept between them. */
export async function measureStart(trainer: string, backend: string, times: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-start-'));
  writeFileSync(join(folder, 'data.csv'), ['a,b,c', ...rows, ''].join('\n'));
  const network = {
    data: { csv: { file: 'data.csv', target: 'c' } },
    layers: [{ dense: { units: 64, activation: 'relu' } }, { dense: { units: 64, activation: 'relu' } }, { dense: 2 }],
    loss: 'crossEntropy',
    epochs: 1,
    backend,
  };
  try {
    const found: number[] = [];
    for (let i = 0; i <= times; i++) found.push(await one(folder, trainer, network, i));
    return Math.min(...found.slice(1));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function one(folder: string, trainer: string, network: unknown, number: number): Promise<number> {
  const run = join(folder, `run-${number}`);
  const journal = join(run, 'journal');
  mkdirSync(journal, { recursive: true });
  const spec = {
    version: 1,
    id: 'start',
    experiment: 'start',
    search: null,
    trial: null,
    params: {},
    env: {},
    seed: 1,
    file: join(folder, 'x.tune.yaml'),
    argv: ['node', trainer],
    cwd: folder,
    objective: null,
    createdAt: 0,
    network,
  };
  writeFileSync(join(run, 'run.json'), JSON.stringify(spec));
  const began = performance.now();
  const { TUNESMITH_BACKEND: _, ...env } = process.env;
  const child = spawn(process.execPath, [trainer], {
    env: { ...env, TUNESMITH_RUN_DIR: run, TUNESMITH_RUN_ID: 'start' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close');
  let over = false;
  void ended.then(() => (over = true));
  const hasStep = () =>
    readdirSync(journal).some(
      (name) => existsSync(join(journal, name)) && readFileSync(join(journal, name), 'utf8').includes('"step"'),
    );
  while (!hasStep()) {
    if (over && !hasStep()) throw new Error(`the trial ended without a step: ${said.trim()}`);
    await sleep(2);
  }
  const took = performance.now() - began;
  await ended;
  return took;
}
