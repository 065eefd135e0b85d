/** Measures the memory that our study keeps as the number of trials grows, after garbage collection. */
import { Keyed } from './keyed.js';
import { draw } from './tasks.js';
import { one, SPACE } from './timing.js';
import { Worker } from './worker.js';

export interface Kept {
  sampler: string;
  trials: number;
  bytes: number;
}

/**
 * `own`: the trials are the sampler's own; otherwise they are random ones, told first, and it suggests `SUGGESTED` more.
 * `random` shows what the trials themselves take.
 */
const SAMPLERS: [name: string, own: boolean][] = [
  ['random', true],
  ['tpe', true],
  ['cmaes', true],
  ['gp', false],
  ['auto', false],
];
const SUGGESTED = 20;
export const [FEW, MANY] = [1000, 10_000];

/** Bytes of heap for each trial between the first thousand and the ten-thousandth. Null: not measured. */
export function bytesByTrial(all: readonly Kept[], sampler: string): number | null {
  const at = (trials: number) => all.find((each) => each.sampler === sampler && each.trials === trials)?.bytes;
  const [few, many] = [at(FEW), at(MANY)];
  return few === undefined || many === undefined ? null : (many - few) / (MANY - FEW);
}

export async function measureMemory(ours: string, wished: string[]): Promise<Kept[]> {
  const all: Kept[] = [];
  for (const [sampler, own] of SAMPLERS) {
    if (!wished.includes(sampler)) continue;
    const worker = new Worker([process.execPath, '--expose-gc', ours]);
    await worker.request('init', { space: SPACE, directions: ['minimize'], sampler, seed: 1, trials: null });
    const random = new Keyed(`memory ${sampler}`);
    let done = 0;
    for (const trials of [FEW, MANY]) {
      for (; done < trials - (own ? 0 : SUGGESTED); done++) {
        if (!own) await worker.request('enqueue', { params: draw(SPACE, random) });
        await one(worker);
      }
      for (; done < trials; done++) await one(worker);
      const { bytes } = await worker.request('heap', {});
      all.push({ sampler, trials, bytes: bytes! });
    }
    worker.end();
    console.error(`${sampler}: ${bytesByTrial(all, sampler)?.toFixed(0)} bytes a trial`);
  }
  return all;
}
