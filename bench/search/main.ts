/** Optuna and ours on the same tasks, and the report. Started by run.mjs, which says how. */
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PRUNERS, BUILT_IN_SAMPLERS } from '../../src/search/index.js';
import { measureMemory, type Kept } from './memory.js';
import { reportText } from './report/index.js';
import { measureTimes, type Times } from './timing.js';
import { jobs, type Job, type Side } from './plan.js';
import { search, singleRegret, training } from './runs.js';
import { Results, type Result } from './store.js';
import { Worker } from './worker.js';

const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    side: { type: 'string' },
    groups: { type: 'string' },
    samplers: { type: 'string' },
    seeds: { type: 'string' },
    trials: { type: 'string' },
    'first-seed': { type: 'string', default: '0' },
    jobs: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    timing: { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    'this-build': { type: 'boolean', default: false },
  },
});
const { BENCH_ROOT: root = '.', BENCH_OUT: out = 'out/bench', BENCH_PYTHON: python = 'python3' } = process.env;
const firstSeed = whole('first-seed', given['first-seed']);
const seeds = given.seeds === undefined ? null : whole('seeds', given.seeds);
const list = (text: string | undefined): string[] | null => text?.split(',') ?? null;

const ours = join(out, 'ours.cjs');
const build = createHash('sha256').update(readFileSync(ours)).digest('hex').slice(0, 12);
const COMMANDS: Record<Side, string[]> = {
  optuna: [python, join(root, 'bench/search/optuna_worker.py')],
  ours: [process.execPath, ours],
};

function whole(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  console.error(`--${option} ${text}: a whole number is wanted, such as 5`);
  process.exit(1);
}

function keyOf(job: Job): string {
  const { side, task, sampler, pruner, seed, budget, workers } = job;
  const of = side === 'ours' ? build : 'v1';
  return [side, of, `${task.id}#${task.version}`, sampler, pruner ?? '', seed, budget, workers].join('|');
}

const cache = join(root, '.cache/bench-search');
const timesFile = join(cache, 'times.json');
const memoryFile = join(cache, 'memory.json');

/**
 * Returns the results for the requested seeds; from our own builds only the latest of each search, so that a report
 * made while samplers change shows their last state.
 */
function latest(results: Results): Result[] {
  const by = new Map<string, Result>();
  for (const result of results.all.values()) {
    const { side, task, sampler, pruner, seed, budget, workers } = result;
    if (seed < firstSeed || seed >= firstSeed + (seeds ?? Infinity)) continue;
    if (given['this-build'] && side === 'ours' && result.key.split('|')[1] !== build) continue;
    by.set([side, task, sampler, pruner, seed, budget, workers].join('|'), result);
  }
  return [...by.values()];
}

const read = <T>(file: string): T | null => (existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : null);

function report(results: Record<Side, Results>): void {
  const output = (command: string, ...args: string[]): string =>
    (spawnSync(command, args, { cwd: root, encoding: 'utf8' }).stdout ?? '').trim();
  const cpu = os.cpus()[0]?.model ?? 'unknown processor';
  const read = <T>(file: string): T | null => (existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : null);
  const facts = {
    machine: `Node ${process.versions.node}, ${os.platform()} ${os.arch()}, ${os.cpus().length} × ${cpu}.`,
    optuna: output(python, '-c', 'import optuna; print(optuna.__version__)'),
    commit: process.env.BENCH_COMMIT ?? (output('git', 'rev-parse', '--short', 'HEAD') || 'no commit'),
    times: read<Times>(timesFile),
    memory: read<Kept[]>(memoryFile),
  };
  const text = reportText([...latest(results.optuna), ...latest(results.ours)], facts);
  writeFileSync(join(root, 'docs/benchmarks/search.md'), text);
  console.log('docs/benchmarks/search.md');
}

async function main(): Promise<void> {
  const results: Record<Side, Results> = {
    optuna: new Results(join(cache, 'optuna.jsonl')),
    ours: new Results(join(cache, 'ours.jsonl')),
  };
  if (given.timing) {
    const times = await measureTimes(COMMANDS, BUILT_IN_SAMPLERS);
    writeFileSync(timesFile, JSON.stringify(times, null, 2));
  }
  if (given.memory) {
    const found = await measureMemory(ours, list(given.samplers) ?? BUILT_IN_SAMPLERS);
    const others = (read<Kept[]>(memoryFile) ?? []).filter(
      (old) => !found.some((kept) => kept.sampler === old.sampler),
    );
    writeFileSync(memoryFile, JSON.stringify([...others, ...found], null, 2));
  }
  if (given.report) report(results);
  if (given.timing || given.memory || given.report) return;
  const wished = jobs(
    {
      sides: (list(given.side) as Side[] | null) ?? ['optuna', 'ours'],
      groups: list(given.groups),
      samplers: list(given.samplers),
      firstSeed,
      seeds: seeds ?? (given.quick ? 1 : given.full ? 10 : 5),
      quick: given.quick,
      trials: given.trials === undefined ? (given.quick ? 100 : 300) : whole('trials', given.trials),
      full: given.full,
    },
    { samplers: BUILT_IN_SAMPLERS, pruners: Object.keys(PRUNERS) },
  );
  const open = wished.filter((job) => !results[job.side].all.has(keyOf(job)));
  console.error(`${wished.length} searches, ${open.length} to do`);
  const until = given.minutes ? performance.now() + Number(given.minutes) * 60_000 : Infinity;
  let done = 0;
  const line = async (): Promise<void> => {
    const workers: Partial<Record<Side, Worker>> = {};
    for (let job = open.shift(); job && performance.now() < until; job = open.shift()) {
      const worker = (workers[job.side] ??= new Worker(COMMANDS[job.side]));
      const { side, task, sampler, pruner, seed, budget, workers: at } = job;
      const began = performance.now();
      try {
        const found = await (task.group === 'fidelity'
          ? training(worker, task, job)
          : search(worker, task, job, singleRegret));
        const facts = { side, task: task.id, group: task.group, sampler, pruner, seed, budget, workers: at };
        results[side].add({ key: keyOf(job), ...facts, ...found });
        const last = found.regret.at(-1)![1].toExponential(2);
        const seconds = ((performance.now() - began) / 1000).toFixed(1);
        console.error(
          `${++done}/${wished.length} ${side} ${sampler} ${pruner ?? ''} ${task.id} ×${at} seed ${seed}: ${last} in ${seconds} s`,
        );
      } catch (error) {
        console.error(`${side} ${sampler} ${task.id} seed ${seed} failed: ${(error as Error).message}`);
        worker.end();
        delete workers[side];
      }
    }
    for (const worker of Object.values(workers)) worker.end();
  };
  await Promise.all(Array.from({ length: Number(given.jobs) }, line));
}

void main();
