/** How long a suggestion takes (asking and telling) at 10 dimensions, ours and Optuna's in turn. */
import { Keyed } from './keyed.js';
import type { Side } from './plan.js';
import { draw } from './tasks.js';
import { Worker } from './worker.js';

interface Time {
  p50: number;
  p95: number;
}
export interface Times {
  rows: { what: string; ours: Time | null; optuna: Time | null }[];
}

const LARGEST = 1000;
export const SPACE = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`x${i}`, { uniform: [-5, 5] }]));
const value = (params: object): number =>
  Object.values(params).reduce((sum: number, x: number, i) => sum + (i + 1) * (x - 0.3 * i) ** 2, 0);

/** `filled`: so many random trials are there already, else so many are done by the sampler itself. */
async function measure(worker: Worker, sampler: string, trials: number, filled: boolean, count: number): Promise<Time> {
  const random = new Keyed(`timing ${sampler} ${trials}`);
  await worker.request('init', { space: SPACE, directions: ['minimize'], sampler, seed: 1, trials: null });
  if (filled) {
    for (let i = 0; i < trials; i++) await worker.request('enqueue', { params: draw(SPACE, random) });
  }
  for (let i = 0; i < trials; i++) await one(worker);
  const times: number[] = [];
  for (let i = 0; i < count; i++) times.push(await one(worker));
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(count / 2)]!, p95: times[Math.floor(0.95 * count)]! };
}

export async function one(worker: Worker): Promise<number> {
  const asked = await worker.request('ask', { n: 1 });
  const trial = asked.trials![0]!;
  const told = await worker.request('tell', { id: trial.id, values: [value(trial.params)] });
  return asked.ms + told.ms;
}

export async function measureTimes(commands: Record<Side, string[]>, known: string[]): Promise<Times> {
  const all: [sampler: string, trials: number, filled: boolean, count: number][] = [
    ['tpe', 100, true, 50],
    ['tpe', 1000, true, 50],
    ['tpe', 10_000, true, 20],
    ['gp', 50, true, 10],
    ['gp', 200, true, 10],
    ['cmaes', 100, false, 100],
    ['cmaes', 1000, false, 100],
  ];
  const rows: Times['rows'] = [];
  for (const [sampler, trials, filled, count] of all) {
    const row: Times['rows'][number] = { what: `${sampler}, ${trials} trials`, ours: null, optuna: null };
    for (const side of ['ours', 'optuna'] as const) {
      if (side === 'ours' && !known.includes(sampler)) continue;
      // Filling Optuna with so many takes many minutes.
      if (side === 'optuna' && trials > LARGEST) continue;
      const worker = new Worker(commands[side]);
      row[side] = await measure(worker, sampler, trials, filled, count);
      worker.end();
      console.error(`${side} ${row.what}: ${row[side].p50.toFixed(3)} ms`);
    }
    rows.push(row);
  }
  return { rows };
}
