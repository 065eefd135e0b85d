/** Runs a search of short trials through a Slurm of its own, beside the same jobs without Tunesmith. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { connectEngine, type EngineConnection } from '../../src/engine/clients/index.js';
import { SlurmCluster, whyNoSlurm } from '../../test/unit/support/slurmCluster.js';
import { countingPrograms, readCalls } from './calls.js';
import { report, type Measured } from './report.js';

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '1000' },
    parallel: { type: 'string', default: '32' },
    peer: { type: 'string', default: '200' },
    dist: { type: 'string' },
    folder: { type: 'string' },
    root: { type: 'string' },
    out: { type: 'string' },
  },
});
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A shell alone, so that the trials themselves cost nearly nothing. */
const TRIAL = `#!/bin/sh
for step in 0 1 2; do
  echo "{\\"step\\": $step, \\"values\\": {\\"loss\\": $1}}" >> "$TUNESMITH_JOURNAL"
done
`;

async function main(): Promise<void> {
  const why = whyNoSlurm();
  if (why !== null) throw new Error(`There can be no Slurm here: ${why}.`);
  const cluster = await SlurmCluster.start(values.folder!, values.root!);
  const workspace = fs.realpathSync(fs.mkdtempSync(path.join(values.folder!, 'scale-')));
  process.env.TUNESMITH_HOME = path.join(workspace, 'home');
  let engine: EngineConnection | null = null;
  try {
    fs.writeFileSync(path.join(workspace, 'trial.sh'), TRIAL, { mode: 0o755 });
    const peer = await measurePeer(cluster, workspace, Number(values.peer));
    const log = path.join(workspace, 'calls.log');
    const bin = countingPrograms(path.join(workspace, 'bin'), log);
    engine = await connectEngine({
      workspace,
      client: 'scale',
      version: '0.1.0',
      distFolder: values.dist!,
      timeoutMs: 60_000,
      env: { ...cluster.env, PATH: `${bin}:${process.env.PATH}` },
    });
    const measured = await measureSearch(engine, workspace, log);
    const { markdown, faults } = report({ ...measured, peer });
    console.log(markdown);
    for (const fault of faults) console.log(fault);
    if (values.out) fs.writeFileSync(values.out, markdown);
    process.exitCode = faults.length === 0 ? 0 : 1;
  } finally {
    await engine?.request('engine/stop', { force: true }).catch(() => undefined);
    engine?.dispose();
    await cluster.stop();
    fs.rmSync(workspace, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Resolves to seconds for jobs that do what a trial does, submitted one after the other as fast as sbatch takes them. */
async function measurePeer(cluster: SlurmCluster, workspace: string, jobs: number) {
  const began = performance.now();
  const env = { ...process.env, ...cluster.env, TUNESMITH_JOURNAL: path.join(workspace, 'peer.ndjson') };
  const program = path.join(workspace, 'trial.sh');
  for (let job = 0; job < jobs; job++)
    execFileSync('sbatch', ['--parsable', '--output=/dev/null', '--ntasks=1', program, '0.5'], { env });
  while (cluster.ask('squeue', ['--noheader', '--states=RUNNING,PENDING,COMPLETING'])?.trim()) await pause(200);
  return { jobs, seconds: (performance.now() - began) / 1000 };
}

async function measureSearch(
  engine: EngineConnection,
  workspace: string,
  log: string,
): Promise<Omit<Measured, 'peer'>> {
  const trials = Number(values.trials);
  const file = path.join(workspace, 'a.tune.yaml');
  fs.writeFileSync(
    file,
    'name: scale\nrun: ./trial.sh {x}\non: slurm\nparams: { x: 0.5 }\nobjective: { metric: loss, goal: minimize }\n' +
      `search: { sampler: random, seed: 1, trials: ${trials}, parallel: ${values.parallel}, space: { x: { uniform: [0, 1] } } }\n`,
  );
  const began = performance.now();
  const since = Date.now() / 1000;
  const { search } = await engine.request('searches/start', { file });
  const memory: { done: number; mib: number }[] = [];
  for (;;) {
    await pause(2000);
    const [now] = (await engine.request('searches/list', {})).searches.filter(({ id }) => id === search.id);
    const done = Object.values(now!.counts).reduce((sum, count) => sum + count, 0);
    memory.push({ done: now!.counts.completed ?? 0, mib: residentMiB(engine.engine.pid) });
    if (memory.length % 15 === 0)
      console.log(`${Math.round((performance.now() - began) / 1000)} s: ${done} trials begun`);
    if (now!.status !== 'running') break;
  }
  const seconds = (performance.now() - began) / 1000;
  const { runs } = await engine.request('runs/list', { search: search.id, limit: 10_000 });
  const counted = runs.filter(({ metrics }) => metrics.loss?.count === 3).length;
  const completed = runs.filter(({ status }) => status === 'completed').length;
  return {
    trials,
    parallel: Number(values.parallel),
    seconds,
    completed,
    counted,
    memory,
    since,
    calls: readCalls(log),
  };
}

function residentMiB(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib ?? 0) / 1024;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
