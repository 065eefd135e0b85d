/** The agent that has a shell only: it starts programs one after another and reads what they print. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { FRESH, RANGES, type Task, type Values } from './tasks.js';

export interface Outcome {
  /** Commands or tool calls. */
  acts: number;
  seconds: number;
  /** Validation loss of the values that were chosen: mean over fresh seeds. */
  loss: number;
  /** Characters that the agent was given to read. */
  read: number;
}

export function tuneByShell(task: Task, folder: string, file: string, trials: number, seed: number): Outcome {
  const start = performance.now();
  const random = randomOf(seed);
  let acts = 0;
  let read = 0;
  const train = (values: Values, own: number): number => {
    const given = { ...task.fixed, ...values, seed: own };
    const args = Object.entries(given).flatMap(([key, value]) => [`--${key}`, String(value)]);
    const { stdout, status } = spawnSync('node', ['train.mjs', ...args], { cwd: folder, encoding: 'utf8' });
    acts++;
    // An agent asks for the end of a log, not for all of it: `… | tail -20`.
    read += stdout.split('\n').slice(-21).join('\n').length;
    if (status !== 0) return Infinity;
    // The best epoch counts, as it does for the search.
    const losses = [...stdout.matchAll(/val_loss (\S+)/g)].map(([, text]) => Number(text));
    return Math.min(...losses.filter(Number.isFinite), Infinity);
  };
  let best: { values: Values; loss: number } | null = null;
  for (let i = 0; i < trials; i++) {
    const values = draw(random);
    const loss = train(values, Math.floor(random() * 1e6));
    if (!best || loss < best.loss) best = { values, loss };
  }
  const losses = FRESH.map((own) => train(best!.values, own));
  const name = path.join(folder, file);
  let text = readFileSync(name, 'utf8');
  for (const [key, value] of Object.entries(best!.values))
    text = text.replace(new RegExp(`^  ${key}: .*$`, 'm'), `  ${key}: ${value}`);
  writeFileSync(name, text);
  acts++;
  return { acts, read, seconds: (performance.now() - start) / 1000, loss: mean(losses) };
}

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function draw(random: () => number): Values {
  const one = ({ from, to, log, whole }: (typeof RANGES)[keyof typeof RANGES]): number => {
    const u = random();
    const value = log ? Math.exp(Math.log(from) + u * Math.log(to / from)) : from + u * (to - from);
    return whole ? Math.round(value) : Number(value.toPrecision(6));
  };
  return Object.fromEntries(Object.entries(RANGES).map(([key, range]) => [key, one(range)])) as Values;
}

/** A linear congruential generator (Numerical Recipes), in [0, 1). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}
