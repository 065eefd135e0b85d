/** Plays the inputs of one boundary, in a thread whose owner watches the clock and the memory. */
import { parentPort, workerData } from 'node:worker_threads';
import { breed } from './mutate.js';
import { BOUNDARIES } from './boundaries.js';

export interface Work {
  boundary: string;
  seed: number;
  from: number;
  to: number;
  /** [index, milliseconds since the process began] of the input that is being played. */
  now: SharedArrayBuffer;
}
export type Outcome = { index: number; milliseconds: number; accepted?: boolean; crash?: string };

const { boundary: name, seed, from, to, now } = workerData as Work;
const boundary = BOUNDARIES.find((each) => each.name === name)!;
const clock = new Float64Array(now);
const samples = boundary.samples();
let outcomes: Outcome[] = [];

/** Milliseconds of processor time of this thread; of the clock where Node does not tell (before 23.9). */
function spent(): number {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => { user: number; system: number } };
  if (!threadCpuUsage) return performance.now();
  const { user, system } = threadCpuUsage.call(process);
  return (user + system) / 1000;
}

/** Inputs bred from samples that are refused themselves would show little. */
async function checkSamples(): Promise<void> {
  for (const [i, sample] of samples.entries()) {
    const accepted = await Promise.resolve(boundary.take(Buffer.from(sample as string))).catch(() => false);
    if (!accepted) outcomes.push({ index: -1 - i, milliseconds: 0, crash: `sample ${i} is refused` });
  }
}

async function main(): Promise<void> {
  if (from === 0) await checkSamples();
  for (let index = from; index < to; index++) {
    const input = breed(samples, name, seed, index);
    const started = spent();
    clock[0] = index;
    clock[1] = Date.now();
    const outcome: Outcome = { index, milliseconds: 0 };
    try {
      outcome.accepted = await boundary.take(input);
    } catch (error) {
      outcome.crash = error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 300) : String(error);
    }
    outcome.milliseconds = spent() - started;
    outcomes.push(outcome);
    if (outcomes.length === 200) {
      parentPort!.postMessage(outcomes);
      outcomes = [];
    }
  }
  parentPort!.postMessage(outcomes);
}
void main();
