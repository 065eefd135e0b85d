/** Plays a boundary's inputs in a thread: what hangs or fills the memory is ended, counted, and gone past. */
import { Worker } from 'node:worker_threads';
import { BOUNDARIES, USUAL } from './boundaries.js';
import type { Tally } from './types.js';
import type { Outcome, Work } from './worker.js';

const MEGABYTE = 2 ** 20;

export async function play(name: string, program: string, seed: number, from: number, to: number): Promise<Tally> {
  const { milliseconds: longest, megabytes } = { ...USUAL, ...BOUNDARIES.find((each) => each.name === name)!.bounds };
  const tally: Tally = {
    name,
    inputs: 0,
    refused: 0,
    accepted: 0,
    crashes: [],
    slowest: { index: from, milliseconds: 0 },
    peak: 0,
  };
  const before = process.memoryUsage().rss;
  const count = ({ index, milliseconds, accepted, crash }: Outcome): void => {
    tally.inputs++;
    if (milliseconds > tally.slowest.milliseconds) tally.slowest = { index, milliseconds };
    if (crash !== undefined) tally.crashes.push({ index, message: crash });
    else if (accepted) tally.accepted++;
    else tally.refused++;
  };
  for (let next = from; next < to;) {
    const now = new SharedArrayBuffer(16);
    const clock = new Float64Array(now);
    clock[0] = next;
    const workerData: Work = { boundary: name, seed, from: next, to, now };
    const worker = new Worker(program, { workerData, resourceLimits: { maxOldGenerationSizeMb: 1024 } });
    let seen = next;
    const fault = await new Promise<string | null>((resolve) => {
      worker.on('message', (outcomes: Outcome[]) => {
        for (const outcome of outcomes) count(outcome);
        seen = (outcomes.at(-1)?.index ?? seen - 1) + 1;
      });
      worker.on('error', (error) => resolve(`the thread ended: ${error.message}`));
      worker.on('exit', () => resolve(null));
      const watch = setInterval(() => {
        const grown = (process.memoryUsage().rss - before) / MEGABYTE;
        tally.peak = Math.max(tally.peak, grown);
        const waited = clock[1] === 0 ? 0 : Date.now() - clock[1]!;
        // On a busy machine the clock runs ahead of the work.
        if (waited > 15 * longest) resolve(`still at work after ${Math.round(waited)} ms`);
        else if (grown > megabytes + 1024) resolve(`${Math.round(grown)} MB more than before`);
      }, 20);
      worker.on('exit', () => clearInterval(watch));
    });
    await worker.terminate();
    if (fault === null) break;
    // Inputs that the thread had not reported are played by the next one.
    const index = clock[0];
    tally.inputs += Math.max(0, index - seen) + 1;
    tally.crashes.push({ index, message: fault });
    next = index + 1;
  }
  if (tally.slowest.milliseconds > longest) {
    tally.crashes.push({
      index: tally.slowest.index,
      message: `took ${Math.round(tally.slowest.milliseconds)} ms, more than ${longest}`,
    });
  }
  return tally;
}
