/** The tool that compares runs: what differs, and how sure a difference of their results is. */
import { z } from 'zod';
import { differing as differingFacts, type RunToCompare } from '../../format/runDiff.js';
import type { Run, RunDetail } from '../../protocol/engine/index.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';
import { numberOf } from '../answers.js';
import { ToolError, type Bench, type BenchFolder } from '../bench.js';
import { findRun } from '../find.js';
import { readingTool } from '../tool.js';
import { NOTICE, shortName } from '../texts.js';
import { mean, welch } from './welch.js';

/** Maximum number of runs of an experiment that are searched for repetitions with other seeds. */
const MOST_SIBLINGS = 1000;
/** Maximum number of repetitions of one run. */
const MOST_REPETITIONS = 50;
const MOST_METRICS = 30;
/** Files, packages or variables that differ, named at most. */
const MOST_FACTS = 40;

export const compareRuns = readingTool({
  name: 'compare_runs',
  title: 'Compare runs',
  summary: 'Compares runs: what differs between them, and how certain the difference between their results is.',
  description:
    'Compares 2 to 20 runs: parameters, code, command, device and facts in which they differ, their metrics (last, min, max), and how sure the difference of the objective is. Repetitions of a run (same experiment and parameters, another seed) are found and taken into account: with two or more on both sides there is a confidence interval and a p-value. Never claim that one is better while "verdict" says that it is unknown.',
  icon: 'diff',
  input: z.object({ runs: z.array(z.string()).min(2).max(20).describe('Ids of the runs.') }).strict(),
  async read({ runs: ids }, bench) {
    const found = await Promise.all([...new Set(ids)].map((id) => findRun(bench, id)));
    if (found.length < 2) throw new ToolError('Name at least two different runs.');
    const runs = found.map(({ run }) => run);
    return {
      notice: NOTICE,
      runs: runs.map(({ id, name, status, seed, objective }) => ({
        id,
        name: shortName(name),
        status,
        seed,
        objective: objective?.value ?? null,
      })),
      params_that_differ: differing(runs, (run) => run.params),
      facts_that_differ: differing(runs, factsOf),
      ...(await recordedDifferences(found)),
      info_that_differs: differing(runs, (run) => run.info),
      metrics: metricsOf(runs),
      sureness: await sureness(bench, found),
    };
  },
});

function factsOf(run: RunDetail): Record<string, unknown> {
  return {
    experiment: run.experiment,
    device: run.device,
    branch_of: run.branch ? `${run.branch.run} at step ${run.branch.step}` : null,
  };
}

/** Sections of the records, and their names in the answer. */
const RECORDED = {
  code: 'code_that_differs',
  environment: 'environment_that_differs',
  packages: 'packages_that_differ',
  data: 'data_that_differ',
} as const;

/** Differences in the records of the runs' starts. Names and values come from files and programs. */
async function recordedDifferences(found: readonly { folder: BenchFolder; run: RunDetail }[]): Promise<object> {
  const runs = await Promise.all(
    found.map(async ({ folder, run }): Promise<RunToCompare> => {
      const [recorded, { changes }] = await Promise.all([
        folder.request('runs/recorded', { id: run.id }),
        folder.request('runs/code', { id: run.id }),
      ]);
      return { run, recorded, changes };
    }),
  );
  const result: Record<string, unknown> = {};
  for (const [section, key] of Object.entries(RECORDED) as [keyof typeof RECORDED, string][]) {
    const all = differingFacts(section, runs);
    const shown: Record<string, (string | null)[]> = {};
    for (const { name, values } of all.slice(0, MOST_FACTS))
      setEntry(
        shown,
        shortName(name),
        values.map((value) => value && shortName(value)),
      );
    result[key] = shown;
    if (all.length > MOST_FACTS) result[`${section}_left_out`] = all.length - MOST_FACTS;
  }
  return result;
}

/** Entries that are not the same in all runs: by name, a list of values in the order of the runs. */
function differing(
  runs: readonly RunDetail[],
  of: (run: RunDetail) => Record<string, unknown>,
): Record<string, unknown[]> {
  const result: Record<string, unknown[]> = {};
  const records = runs.map(of);
  for (const name of new Set(records.flatMap((record) => Object.keys(record)))) {
    const values = records.map((record) => entryOf(record, name) ?? null);
    if (new Set(values.map((value) => JSON.stringify(value))).size > 1) setEntry(result, shortName(name), values);
  }
  return result;
}

function metricsOf(runs: readonly Run[]): Record<string, object> {
  const names = [...new Set(runs.flatMap(({ metrics }) => Object.keys(metrics)))].slice(0, MOST_METRICS);
  const result: Record<string, object> = {};
  for (const name of names) {
    const column = (key: 'last' | 'min' | 'max') => runs.map(({ metrics }) => entryOf(metrics, name)?.[key] ?? null);
    setEntry(result, shortName(name), { last: column('last'), min: column('min'), max: column('max') });
  }
  return result;
}

/** The objective's value in each repetition, and a test between the first run and each other one. */
async function sureness(bench: Bench, found: readonly { folder: BenchFolder; run: RunDetail }[]): Promise<object> {
  const objective = found[0]!.run.objective;
  if (!objective || found.some(({ run }) => run.objective?.metric !== objective.metric))
    return { verdict: 'unknown: the runs have no objective in common.' };
  const groups = await Promise.all(found.map(({ folder, run }) => repetitions(folder, run)));
  const summary = groups.map((values, i) => ({
    run: found[i]!.run.id,
    repetitions: values.length,
    mean: values.length > 0 ? mean(values) : null,
  }));
  const compared = groups.slice(1).map((values, i) => {
    const run = found[i + 1]!.run.id;
    const result = welch(groups[0]!, values);
    return {
      run,
      against: found[0]!.run.id,
      ...(result ?? {}),
      verdict: verdict(result, groups[0]!, values, objective.goal),
    };
  });
  return { objective: { metric: shortName(objective.metric), goal: objective.goal }, groups: summary, compared };
}

function verdict(
  result: ReturnType<typeof welch>,
  first: readonly number[],
  other: readonly number[],
  goal: 'minimize' | 'maximize',
): string {
  if (Math.min(first.length, other.length) < 2)
    return 'unknown: one value on a side tells nothing about chance. Repeat each with at least two other seeds (start_run with seed).';
  if (!result) return 'unknown: repetitions give the very same value, so their seeds change nothing.';
  if (result.p >= 0.05) return `no difference shown (p = ${result.p.toPrecision(2)}). More seeds may show one.`;
  const better = result.difference > 0 === (goal === 'maximize') ? 'better' : 'worse';
  return `${better} than the first (p = ${result.p.toPrecision(2)}).`;
}

/** Values of the objective over the completed runs that differ from this one in their seed alone, itself included. */
async function repetitions(folder: BenchFolder, run: RunDetail): Promise<number[]> {
  const { runs } = await folder.request('runs/list', {
    experiment: run.experiment,
    status: ['completed'],
    limit: MOST_SIBLINGS,
  });
  const key = keyOf(run);
  const same = runs.filter((each) => each.id !== run.id && keyOf(each) === key).slice(0, MOST_REPETITIONS);
  const details = await Promise.all(same.map(({ id }) => folder.request('runs/get', { id })));
  // The same seed again says nothing new.
  const bySeed = new Map([run, ...details].reverse().map((each) => [each.seed, each]));
  return [...bySeed.values()].flatMap(({ objective }) => {
    const value = objective?.value === null || objective === null ? NaN : numberOf(objective.value);
    return Number.isFinite(value) ? [value] : [];
  });
}

const keyOf = ({ params, objective }: Run): string =>
  JSON.stringify([objective?.metric, Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))]);
