/** Time of a suggestion, and memory of a trial. */
import { bytesByTrial, FEW, MANY, type Kept } from '../memory.js';
import type { Times } from '../timing.js';
import { digits, ms, table } from './format.js';
import type { Goals } from './goals.js';

/** Bytes for each further trial, including its own parameters and values. */
const KEPT = 4096;
const MEMORY_GOAL = 'Memory flat: at most 4 KB for each trial kept, with 1,000 to 10,000 of them';
/** `limit`: the median in milliseconds. */
const TIME_GOALS = [
  { goal: 'TPE at 1,000 trials at most 1 ms', limit: 1, what: 'tpe, 1000 trials' },
  { goal: 'TPE at 10,000 trials below 20 ms', limit: 20, what: 'tpe, 10000 trials' },
  { goal: 'GP at 200 trials at most 60 ms', limit: 60, what: 'gp, 200 trials' },
  { goal: 'CMA-ES at most 0.1 ms', limit: 0.1, what: 'cmaes, 1000 trials' },
];

export function timesText(times: Times | null, goals: Goals): string {
  if (!times) return 'Not measured.';
  for (const { goal, limit, what } of TIME_GOALS) {
    const mine = times.rows.find((each) => each.what === what)?.ours;
    if (!mine) goals.add(goal, 'not measured');
    else goals.add(goal, mine.p50 <= limit ? 'met' : 'not met', '', `${ms(mine.p50)} (p95 ${ms(mine.p95)})`);
  }
  const text = (t: { p50: number; p95: number } | null): string => (t ? `${ms(t.p50)} / ${ms(t.p95)}` : '');
  const rows = times.rows.map(({ what, ours, optuna }) => [
    what,
    text(ours),
    text(optuna),
    ours && optuna ? digits(optuna.p50 / ours.p50) : '',
  ]);
  return table(['suggestion, 10 dimensions (p50 / p95)', 'ours', 'Optuna', 'Optuna / ours'], rows);
}

export function memoryText(memory: Kept[] | null, goals: Goals): string {
  if (!memory) {
    goals.add(MEMORY_GOAL, 'not measured');
    return 'Not measured.';
  }
  const samplers = [...new Set(memory.map(({ sampler }) => sampler))];
  const bytes = samplers.map((name) => ({ name, count: bytesByTrial(memory, name) ?? Infinity }));
  goals.add(
    MEMORY_GOAL,
    bytes.every(({ count }) => count <= KEPT) ? 'met' : 'not met',
    '',
    bytes.map(({ name, count }) => `${name}: ${Math.round(count)} bytes`).join(', '),
  );
  const heap = (name: string, trials: number): string => {
    const found = memory.find((each) => each.sampler === name && each.trials === trials);
    return found ? `${(found.bytes / 2 ** 20).toFixed(1)} MB` : '';
  };
  return table(
    ['heap of our process', `${FEW} trials`, `${MANY} trials`, 'bytes for each further trial'],
    bytes.map(({ name, count }) => [name, heap(name, FEW), heap(name, MANY), `${Math.round(count)}`]),
  );
}
