/** One search of one task by one worker, step by step; what it found, as regret. */
import type { Params } from '../../src/protocol/values/index.js';
import { hypervolume } from './hypervolume.js';
import { Keyed } from './keyed.js';
import { scaleOf, type Problem, type Task } from './tasks.js';
import type { Asked, Worker } from './worker.js';

export interface Setting {
  sampler: string;
  /** Further settings of the sampler. */
  pruner: string | null;
  seed: number;
  /** Trials, or full trainings where curves are given. */
  budget: number;
  workers: number;
}
export interface Found {
  /** Budget spent and regret of what would be recommended then. */
  regret: [at: number, value: number][];
  /** Milliseconds in the sampler, all requests together. */
  ms: number;
  trials: number;
}

export const CHECKPOINTS = [5, 10, 15, 20, 25, 35, 50, 75, 100, 150, 200, 300];

/** How long a configuration runs, for trials at the same time: keyed, spread by a factor of about four. */
export const durationOf = (task: Task, seed: number, params: Params): number =>
  Math.exp(0.5 * new Keyed(`duration ${task.id} ${seed} ${JSON.stringify(params)}`).normal());

/** Trials without curves; with several workers each is told as long after it was asked for as it runs. */
export async function search(worker: Worker, task: Task, setting: Setting, regretOf: Regret): Promise<Found> {
  const problem = task.problem(setting.seed);
  const measure = measurer(problem);
  const { sampler, pruner, seed, budget, workers } = setting;
  let ms = 0;
  const request: Worker['request'] = async (name, body) => {
    const answer = await worker.request(name, body);
    if (name === 'ask' || name === 'tell') ms += answer.ms;
    return answer;
  };
  const directions = Array.from({ length: task.objectives }, () => 'minimize');
  await request('init', { space: problem.space, directions, sampler, pruner, seed, trials: budget, workers });
  const running: { trial: Asked; end: number }[] = [];
  let [asked, told, now] = [0, 0, 0];
  const regret: Found['regret'] = [];
  let ended = false;
  const front = task.objectives > 1 ? frontRegret(problem) : null;
  const regretNow = async (): Promise<number> => front?.regret(task.floor) ?? regretOf(worker, task, problem, seed);
  const wanted = new Set(CHECKPOINTS.filter((at) => at < budget).concat(budget));
  while (told < budget) {
    while (!ended && asked < budget && running.length < workers) {
      const { trials, done } = await request('ask', { n: 1 });
      const trial = trials![0];
      if (!trial) {
        ended = done === true;
        break;
      }
      asked++;
      running.push({ trial, end: now + (workers > 1 ? durationOf(task, seed, trial.params) : 1) });
    }
    if (running.length === 0) break;
    running.sort((a, b) => a.end - b.end);
    const { trial, end } = running.shift()!;
    now = end;
    const values = measure(trial.params);
    await request('tell', { id: trial.id, values });
    front?.add(values);
    told++;
    if (wanted.has(told)) regret.push([told, await regretNow()]);
  }
  // A sampler that has tried all there is has its last regret for the rest.
  const last = regret.at(-1)?.[1] ?? (await regretNow());
  for (const at of wanted) if (!regret.some(([done]) => done === at)) regret.push([at, last]);
  return { regret, ms, trials: told };
}

/** A configuration measured again gets fresh noise. */
function measurer(problem: Problem): (params: Params) => number[] {
  const counts = new Map<string, number>();
  return (params) => {
    if (!problem.measure) return problem.truth(params);
    const key = JSON.stringify(Object.entries(params).sort());
    const repeat = counts.get(key) ?? 0;
    counts.set(key, repeat + 1);
    return problem.measure(params, repeat);
  };
}

/** Told values of a task of several objectives: what their front leaves of the hypervolume. */
function frontRegret(problem: Problem): { add(values: number[]): void; regret(floor: number): number } {
  const { reference, hypervolume: most } = problem.front!;
  let points: number[][] = [];
  return {
    add(values) {
      if (points.some((p) => p.every((v, i) => v <= values[i]!))) return;
      points = points.filter((p) => !p.every((v, i) => v >= values[i]!));
      points.push(values);
    },
    regret: (floor) => Math.max(floor, 1 - hypervolume(points, reference) / most),
  };
}

export type Regret = (worker: Worker, task: Task, problem: Problem, seed: number) => Promise<number>;

const scales = new Map<string, number>();
export function normalised(task: Task, problem: Problem, seed: number, params: Params): number {
  const key = `${task.id} ${seed}`;
  if (!scales.has(key)) scales.set(key, scaleOf(task, seed, problem));
  const value = (problem.truth(params)[0]! - problem.best) / scales.get(key)!;
  return Math.max(task.floor, value);
}

/** Noise-free regret of the configuration that the worker would recommend now. */
export const singleRegret: Regret = async (worker, task, problem, seed) => {
  const { trials } = await worker.request('recommend', {});
  return trials?.[0] ? normalised(task, problem, seed, trials[0].params) : 1;
};

/** Full trainings at which the regret is read. */
export const BUDGETS = [5, 10, 20, 40, 80];
/** Going on from a checkpoint costs this share of a full training. */
const RESUME = 0.02;

/**
 * Trials that report after every step, on simulated machines: whoever is ahead in time goes next. The budget counts the
 * steps of all trials, in full trainings.
 */
export async function training(worker: Worker, task: Task, setting: Setting): Promise<Found> {
  const problem = task.problem(setting.seed);
  const { steps, mean, at } = problem.curve!;
  const { sampler, pruner, seed, budget, workers } = setting;
  let ms = 0;
  const request: Worker['request'] = async (name, body) => {
    const answer = await worker.request(name, body);
    if (name !== 'init' && name !== 'recommend') ms += answer.ms;
    return answer;
  };
  const facts = { space: problem.space, directions: ['minimize'], sampler, pruner, seed, workers };
  await request('init', { ...facts, maxSteps: steps, trials: null, checkpoints: true });
  interface Running {
    trial: Asked;
    step: number;
    time: number;
  }
  const running: Running[] = [];
  const paused = new Map<number, number>();
  const reported = new Map<number, { params: Params; values: number[] }>();
  const regret: Found['regret'] = [];
  const marks = BUDGETS.filter((mark) => mark <= budget);
  let [spent, now, trials, ended] = [0, 0, 0, false];
  const read = async (): Promise<number> => {
    const { trials: found } = await request('recommend', {});
    if (found?.[0]) return normalised(task, problem, seed, found[0].params);
    // None has completed yet: the one that looks best.
    let best: { params: Params; value: number } | null = null;
    for (const { params, values } of reported.values()) {
      const value = values.at(-1)!;
      if (!best || value < best.value) best = { params, value };
    }
    return best ? normalised(task, problem, seed, best.params) : 1;
  };
  while (spent < budget) {
    while (!ended && running.length < workers) {
      const answer = await request('ask', { n: 1 });
      const trial = answer.trials![0];
      if (!trial) {
        ended = answer.done === true;
        break;
      }
      if (trial.resume) spent += RESUME;
      else trials++;
      running.push({ trial, step: paused.get(trial.id) ?? 0, time: now });
      if (!reported.has(trial.id)) reported.set(trial.id, { params: trial.params, values: [] });
    }
    if (running.length === 0) break;
    running.sort((a, b) => a.time - b.time);
    const first = running[0]!;
    const { id, params, until } = first.trial;
    first.step++;
    if (workers > 1) first.time += durationOf(task, seed, params);
    now = first.time;
    spent += 1 / steps;
    const value = at(params, first.step);
    const { values } = reported.get(id)!;
    values.push(value);
    const { prune, pause } = await request('report', { id, step: first.step, value });
    const end = first.step === steps ? 'completed' : prune ? 'pruned' : pause || first.step === until ? 'paused' : null;
    if (end) {
      const final = mean ? values.reduce((sum, v) => sum + v, 0) / values.length : value;
      await request('tell', end === 'completed' ? { id, values: [final] } : { id, state: end });
      running.shift();
      if (end === 'paused') paused.set(id, first.step);
    }
    while (marks.length > 0 && spent >= marks[0]! - 1e-9) regret.push([marks.shift()!, await read()]);
  }
  if (marks.length > 0) {
    const last = await read();
    for (const mark of marks) regret.push([mark, last]);
  }
  return { regret, ms, trials };
}
