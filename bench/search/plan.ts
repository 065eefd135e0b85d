/** Which searches are done: every sampler on every task, seed by seed, so that a run that is stopped early is even. */
import { CURVES } from './curves.js';
import { REAL, REAL_CURVES } from './real.js';
import { SEVERAL } from './several.js';
import { SINGLE } from './single.js';
import type { Task } from './tasks.js';

export type Side = 'optuna' | 'ours';
export interface Job {
  side: Side;
  task: Task;
  sampler: string;
  pruner: string | null;
  seed: number;
  budget: number;
  workers: number;
}

export interface Wishes {
  sides: Side[];
  groups: string[] | null;
  samplers: string[] | null;
  firstSeed: number;
  seeds: number;
  quick: boolean;
  /** Trials of a search. */
  trials: number;
  full: boolean;
}

export const TASKS: Task[] = [...SINGLE, ...REAL, ...SEVERAL, ...CURVES, ...REAL_CURVES];
export const GROUPS = [...new Set(TASKS.map((task) => task.group)), 'parallel'];

const SAMPLERS: Record<Side, string[]> = {
  optuna: ['tpe', 'tpe-mv', 'cmaes', 'random', 'nsga2', 'auto', 'gp'],
  ours: ['tpe', 'cmaes', 'gp', 'auto', 'random', 'de', 'portfolio', 'nsga2'],
};
/** For several objectives. */
const FRONT: Record<Side, string[]> = {
  optuna: ['tpe', 'nsga2', 'random', 'gp'],
  ours: ['tpe', 'nsga2', 'gp', 'auto'],
};
/** For curves: sampler and pruner. */
const PAIRS: Record<Side, [string, string | null][]> = {
  optuna: [
    ['tpe', null],
    ['tpe', 'median'],
    ['tpe', 'sha'],
    ['tpe', 'hyperband'],
    ['random', 'sha'],
    ['random', 'hyperband'],
    ['tpe', 'wilcoxon'],
  ],
  ours: [
    ['tpe', null],
    ['tpe', 'median'],
    ['tpe', 'asha'],
    ['tpe', 'hyperband'],
    ['bohb', 'hyperband'],
    ['auto', 'dehb'],
    ['random', 'hyperband'],
    ['tpe', 'wilcoxon'],
    ['auto', 'auto'],
  ],
};
/** Tasks that are also done with trials at the same time. */
const PARALLEL = [
  'f1-5d',
  'f6-10d',
  'f8-5d',
  'f10-5d',
  'f15-5d',
  'f21-2d',
  'mixed-sphere',
  'mixed-sector',
  'cond-network',
];
/** Gaussian processes cost seconds a trial in Optuna: fewer trials and seeds. */
const SLOW = new Set(['gp']);
const SLOW_TRIALS = 100;
const SLOW_FRONT = 50;
const SLOW_SEEDS = 2;

/** In strides, so that the first few are of every kind. */
function even<T>(all: T[]): T[] {
  return all.length % 7 === 0 ? all : all.map((_, i) => all[(i * 7) % all.length]!);
}

export function jobs(wishes: Wishes, known: { samplers: string[]; pruners: string[] }): Job[] {
  const has = (group: string): boolean => !wishes.groups || wishes.groups.includes(group);
  const all: Job[] = [];
  const tasks = even(TASKS.filter((task) => has(task.group)));
  const chosen = wishes.quick ? tasks.slice(0, Math.ceil(tasks.length / 4)) : tasks;
  for (const slow of [false, true]) {
    const seeds = slow ? Math.min(wishes.seeds, SLOW_SEEDS) : wishes.seeds;
    for (let seed = wishes.firstSeed; seed < wishes.firstSeed + seeds; seed++) {
      for (const side of wishes.sides) {
        const made = (sampler: string, pruner: string | null): boolean =>
          side === 'optuna' ||
          (known.samplers.includes(sampler) && (pruner === null || known.pruners.includes(pruner)));
        const add = (task: Task, sampler: string, pruner: string | null, budget: number, workers: number): void => {
          if (SLOW.has(sampler) !== slow || !made(sampler, pruner)) return;
          if (wishes.samplers && !wishes.samplers.includes(sampler)) return;
          all.push({ side, task, sampler, pruner, seed, budget, workers });
        };
        for (const task of chosen) {
          const trials = slow ? Math.min(SLOW_TRIALS, wishes.trials) : wishes.trials;
          if (task.group === 'fidelity') {
            const pairs = PAIRS[side].filter(([, pruner]) => pruner !== 'wilcoxon' || task.id === 'folds');
            for (const [sampler, pruner] of pairs)
              for (const workers of wishes.full ? [4, 1] : [4])
                add(task, sampler, pruner, wishes.quick ? 20 : 80, workers);
          } else if (task.group === 'several') {
            for (const sampler of FRONT[side]) add(task, sampler, null, slow ? SLOW_FRONT : trials, 1);
          } else {
            for (const sampler of SAMPLERS[side]) if (fits(side, sampler, task)) add(task, sampler, null, trials, 1);
          }
        }
        if (!has('parallel')) continue;
        for (const id of wishes.quick ? PARALLEL.slice(0, 3) : PARALLEL) {
          const task = TASKS.find((each) => each.id === id)!;
          for (const sampler of ['tpe', 'cmaes', 'auto', 'gp']) {
            if (side === 'optuna' && sampler === 'auto' && !hasChoice(task)) continue;
            for (const workers of [4, 8]) add(task, sampler, null, Math.min(SLOW_TRIALS, wishes.trials), workers);
          }
        }
      }
    }
  }
  return all;
}

/**
 * Where there are neither categories nor conditions, AutoSampler's rule is the GP sampler up to 250 trials; and TPE as it
 * comes is `tpe-mv` in every space without conditions.
 */
function fits(side: Side, sampler: string, task: Task): boolean {
  if (side === 'optuna' && sampler === 'auto') return hasChoice(task);
  if (side === 'optuna' && sampler === 'tpe-mv') return hasConditions(task);
  return true;
}

const entries = (task: Task): object[] => Object.values(task.problem(0).space) as object[];
const hasConditions = (task: Task): boolean => entries(task).some((entry) => 'when' in entry);
export const hasChoice = (task: Task): boolean => entries(task).some((entry) => 'choice' in entry || 'when' in entry);
