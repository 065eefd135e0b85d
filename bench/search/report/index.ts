/** docs/benchmarks/search.md from the results on disk. */
import type { Kept } from '../memory.js';
import type { Result } from '../store.js';
import type { Times } from '../timing.js';
import { memoryText, timesText } from './cost.js';
import { fidelityText } from './fidelity.js';
import { plural } from './format.js';
import { Goals } from './goals.js';
import { frontText, parallelText } from './groups.js';
import { rankingsText, targetsText } from './rankings.js';
import { Selection } from './selection.js';
import { singleText } from './single.js';

export interface Facts {
  machine: string;
  optuna: string;
  commit: string;
  times: Times | null;
  memory: Kept[] | null;
}
/**
 * Results of earlier builds on seeds below this one were known while the samplers were written. Raise it whenever
 * somebody has looked at a report of further seeds.
 */
const KNOWN_SEEDS = 13;

/** Explains the seeds, and what they mean for the figures. */
function seedsText(all: readonly Result[]): string {
  const seeds = [...new Set(all.map(({ seed }) => seed))].sort((a, b) => a - b);
  if (seeds.length === 0) return 'No searches were done.';
  const known = seeds.filter((seed) => seed < KNOWN_SEEDS);
  const blind =
    known.length === 0
      ? 'No result on any of them was known while the samplers were written.'
      : `Results of earlier builds on ${known.length === seeds.length ? 'them' : `seeds below ${KNOWN_SEEDS}`} were known while the samplers were written: this is not a blind comparison.`;
  return `Seeds ${seeds[0]} to ${seeds.at(-1)} (${plural(seeds.length, 'seed')}; not every search was done with each: “tasks × seeds” tells). ${blind}`;
}

export function reportText(all: readonly Result[], { machine, optuna, commit, times, memory }: Facts): string {
  const results = new Selection(all);
  const goals = new Goals();
  // The goals are listed in the order of the sections, above all of them.
  const sections = {
    single: singleText(results, goals),
    rankings: rankingsText(results, goals),
    targets: targetsText(results),
    fidelity: fidelityText(results, goals),
    front: frontText(results),
    parallel: parallelText(results),
    times: timesText(times, goals),
    memory: memoryText(memory, goals),
  };
  const searches = (side: Result['side']): number => all.filter((r) => r.side === side).length;
  return `# How good the search is

Our samplers beside Optuna's, made by \`node bench/search/run.mjs --report\`; not edited by hand. A ratio below 1 is in our
favour. Losses stand here as plainly as wins.

- Optuna ${optuna}, with torch and cmaes, each sampler as it comes unless said otherwise; ours at ${commit}. ${machine}.
- ${searches('optuna')} searches by Optuna, ${searches('ours')} by ours. Both speak the same line protocol (docs/ask-tell.md). Objective and noise are the
  harness's, keyed by task, seed and configuration; no setting of ours was chosen on these tasks' seeds.
- ${seedsText(all)}
- Regret: value without noise of the configuration that each recommends (Optuna: its best trial), less the best possible, over
  what half of random configurations reach. Below a task's floor (10⁻⁶ continuous, 10⁻⁴ discrete or noisy, 10⁻³ trainings) it counts
  as the floor. Ratios are geometric means over tasks; in brackets a 95 % interval by the bootstrap, tasks and seeds drawn anew.
  Where a task has one seed, the interval knows only of the difference between tasks, not of that between seeds: it is
  narrower than it should be, and “met” is no more than a hint. Columns “tasks × seeds” say how many there were.
- Optuna's GP costs seconds a trial: fewer seeds than the others, and 100 trials. AutoSampler's rule is its GP sampler where there are neither
  categories nor conditions (up to 250 trials), so there its results are those. Searches were told of 300 trials (GP: 100) and read at 25, 50, …
- Groups: BBOB's 24 functions of 2–20 dimensions (\`unimodal\`, \`multimodal\`), with noise (\`noisy\`), with whole numbers, steps and categories
  (\`mixed\`); \`conditional\` spaces; \`real\`: a digits network and gradient boosting, tabulated from real trainings.

## Goals

${goals.text()}

## One objective, one trial at a time

${sections.single}

## Average rank

Over all tasks and seeds that every one of the column has done (300 trials: without GP and the rule).

${sections.rankings}

Share of targets reached (regret 1 to 10⁻⁴, five targets a decade):

${sections.targets}

## Trials that report as they train

Generated learning curves, cross-validation folds and the tabulated trainings. The budget is in full trainings; going on from a checkpoint
costs 2 % of one. Ours may recommend a trial that still runs or rests, by what its learning curve leads to; Optuna's best trial is one that
has completed. Either is judged by what its configuration comes to at full length.

${sections.fidelity}

## Several objectives

ZDT and DTLZ; regret is the share of the hypervolume that is missing.

${sections.front}

## Trials at the same time

${sections.parallel}

## Time and memory

Asking and telling together, both sides in the same minutes, one thread each, on a machine that had other work on its cores: the
ratios mean more than the times.

${sections.times}

Heap and typed arrays after a collection of garbage. The trials themselves (10 parameters each) are in it: \`random\` keeps nothing else.

${sections.memory}
`;
}
