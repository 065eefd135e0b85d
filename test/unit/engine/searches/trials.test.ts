/** Programs that take one trial of a search after the other. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import type { Run } from '../../../../src/protocol/engine/index.js';
import { experiment, isAlive, runWith, searchOver, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();
const hasPython = ((): boolean => {
  try {
    execFileSync('python3', ['--version']);
    return true;
  } catch {
    return false;
  }
})();
let engine: EngineConnection;
beforeEach(async () => {
  engine = await workspace().connect();
});

let files = 0;
function write(search: string, program: string, run = 'python3 {file}', params = 'params: { lr: 0.1 }'): string {
  const name = `t${++files}`;
  const script = workspace().write(`${name}.${run.startsWith('node') ? 'mjs' : 'py'}`, program);
  return workspace().write(
    `${name}.tune.yaml`,
    experiment(
      run.replace('{file}', path.basename(script)),
      `${params}\nsearch:\n${search.replace(/^/gm, '  ')}\n  space: { lr: ${search.includes('grid') ? '{ choice: [1, 2, 3, 4, 5, 6] }' : '{ uniform: [0, 1] }'} }\n`,
    ),
  );
}

async function search(file: string): Promise<{ id: string; runs: Run[]; status: string }> {
  const started = await engine.request('searches/start', { file });
  const over = await searchOver(engine, started.search.id);
  return { id: over.id, status: over.status, runs: await trials(over.id) };
}

async function trials(id: string): Promise<Run[]> {
  const { runs } = await engine.request('runs/list', { search: id, sort: 'createdAt', descending: false, limit: 1000 });
  return runs.sort((a, b) => a.trial! - b.trial!);
}

/** A grid is tried in an order of its own. */
const byValue = (runs: readonly Run[]): Run[] => [...runs].sort((a, b) => Number(a.params.lr) - Number(b.params.lr));

const folderOf = ({ id }: Run): string => workspace().at('.tunesmith', 'runs', id);
function records(run: Run): Record<string, unknown>[] {
  const folder = path.join(folderOf(run), 'journal');
  return fs.readdirSync(folder).flatMap((name) =>
    fs
      .readFileSync(path.join(folder, name), 'utf8')
      .split('\0')[0]!
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  );
}
/** Number of processes that have worked for them; on a busy machine, one may be given up and another started. */
const processes = (runs: readonly Run[]): number => new Set(runs.map(pidOf)).size;
const pidOf = (run: Run): unknown => records(run).find(({ type }) => type === 'spawn')?.pid;

const TELL = `
import os, tunesmith
print("started once")
for trial in tunesmith.trials():
    print("trial", trial.number, "in", os.path.basename(trial.folder), flush=True)
    os.system("echo and by a program of its own")
    tunesmith.info({"folder": os.environ["TUNESMITH_RUN_DIR"]})
    trial.report(0, trial.params.lr + 1)
    trial.tell(trial.params.lr)
`;
const GRID = 'sampler: grid\nparallel: 1';

describe.skipIf(!hasPython)('a Python program that takes trials', () => {
  it('has a run for each with its own values, journal and output, in one process', async () => {
    const { runs, status } = await search(write(GRID, TELL));
    expect(status).toBe('completed');
    expect(byValue(runs).map((run) => [run.status, run.objective?.value])).toEqual(
      [1, 2, 3, 4, 5, 6].map((lr) => ['completed', lr]),
    );
    expect(processes(runs)).toBeLessThan(runs.length / 2);
    for (const run of runs) {
      expect(fs.readFileSync(path.join(folderOf(run), 'output.log'), 'utf8').replace('started once\n', '')).toBe(
        `trial ${run.trial} in ${run.id}\nand by a program of its own\n`,
      );
      const found = records(run);
      expect(found.filter(({ type }) => type === 'start').length).toBe(1);
      expect(found.find(({ type }) => type === 'info')).toMatchObject({ values: { folder: folderOf(run) } });
      expect(found.find(({ type }) => type === 'exit')).toMatchObject({ code: 0, requested: null });
      expect(run.metrics.loss).toMatchObject({ count: 2 });
    }
    // The program ends by itself once there are no more.
    await until('the program to end', () => !isAlive(pidOf(runs[0]!) as number));
    expect(fs.existsSync(path.join(folderOf(runs[5]!), 'supervisor.json'))).toBe(false);
  });

  it('works beside others of its kind, as many as asked for', async () => {
    const { runs } = await search(write('sampler: random\ntrials: 24\nparallel: 3', TELL));
    expect(runs.map(({ status }) => status)).toEqual(Array(24).fill('completed'));
    expect(processes(runs)).toBeLessThan(12);
  });

  it('fails only the trial at which its block fails, or its process crashes', async () => {
    const block = `
import tunesmith
for trial in tunesmith.trials():
    with trial:
        if trial.params.lr == 3: raise ValueError("no three")
        trial.tell(trial.params.lr)
`;
    const { runs } = await search(write(GRID, block));
    const statuses = (all: readonly Run[]): string =>
      byValue(all)
        .map(({ status }) => status[0])
        .join('');
    expect(statuses(runs)).toBe('ccfccc');
    expect(byValue(runs)[2]!.error).toMatchObject({
      kind: 'script',
      message: expect.stringContaining('no three') as string,
    });
    expect(processes(runs)).toBeLessThan(runs.length / 2);
    const crash = `
import os, signal, tunesmith
for trial in tunesmith.trials():
    trial.report(0, trial.params.lr)
    if trial.params.lr == 3: os.kill(os.getpid(), signal.SIGKILL)
    if trial.params.lr == 5: raise ValueError("no five")
`;
    const crashed = await search(write(GRID, crash));
    expect(statuses(crashed.runs)).toBe('ccfcfc');
    expect(byValue(crashed.runs)[2]!.error).toMatchObject({ kind: 'signal' });
    expect(processes(crashed.runs)).toBeGreaterThanOrEqual(3);
  });

  it('hears of a pruner’s decision and goes on with the next trial', async () => {
    const program = `
import time, tunesmith
for trial in tunesmith.trials():
    with trial:
        for step in range(30):
            tunesmith.log({"loss": trial.params.lr}, step=step)
            time.sleep(0.03)
`;
    const { runs } = await search(write(`${GRID}\npruner: { name: median, startupTrials: 2 }`, program));
    // Which of them are better than the median depends on the order.
    expect(runs.slice(0, 2).map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(runs.some(({ status }) => status === 'pruned')).toBe(true);
    expect(runs.every(({ status, error }) => ['completed', 'pruned'].includes(status) && error === null)).toBe(true);
    expect(processes(runs)).toBeLessThan(runs.length / 2);
  });

  it('has a process for each trial whose command is another', async () => {
    const { runs } = await search(write(GRID, TELL, 'python3 {file} {lr}'));
    expect(runs.map(({ status }) => status)).toEqual(Array(6).fill('completed'));
    expect(processes(runs)).toBe(6);
  });

  it('ends when its search is stopped', async () => {
    const program = `
import time, tunesmith
for trial in tunesmith.trials():
    with trial:
        while True:
            tunesmith.log({"loss": 1})
            time.sleep(0.02)
`;
    const { search: started } = await engine.request('searches/start', { file: write(GRID, program) });
    const first = await until('a trial', async () => (await trials(started.id))[0]);
    const run = await runWith(engine, first.id, 'running');
    await until('a value', async () => (await trials(started.id))[0]!.metrics.loss);
    await engine.request('searches/stop', { id: started.id });
    expect((await searchOver(engine, started.id)).status).toBe('stopped');
    expect((await trials(started.id)).map(({ status }) => status)).toEqual(['stopped']);
    await until('the program to end', () => !isAlive(pidOf(run) as number));
  });

  it('does each trial once when the engine and a program are killed', async () => {
    const program = `
import os, time, tunesmith
for trial in tunesmith.trials():
    with open("done.txt", "a") as file: file.write(f"{trial.number}\\n")
    time.sleep(0.05)
    # This one works until its process is killed.
    while trial.number == 20: time.sleep(0.05)
    trial.tell(trial.params.lr)
`;
    const { search: started } = await engine.request('searches/start', {
      file: write('sampler: random\ntrials: 40\nparallel: 2', program),
    });
    const done = (): string[] => {
      const file = workspace().at('done.txt');
      return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
    };
    await until('some trials', () => done().length > 8);
    await workspace().killEngine();
    engine = await workspace().connect();
    await until('the endless trial', () => done().includes('20'));
    const busy = await until('its process to be known', async () =>
      (await trials(started.id)).find((run) => run.trial === 20 && pidOf(run) !== undefined),
    );
    process.kill(pidOf(busy) as number, 'SIGKILL');
    const over = await searchOver(engine, started.id);
    expect(over.counts).toMatchObject({ total: 40, completed: 39, failed: 1 });
    expect(done().sort()).toEqual(Array.from({ length: 40 }, (_, i) => String(i)).sort());
  });
});

describe('a module that takes trials', () => {
  it('has a run for each, in one process', async () => {
    const module = workspace().write(
      'module.mjs',
      `export default async function train(run) {
         for await (const trial of run.trials()) {
           console.log('trial', trial.number);
           const lr = trial.params.number('lr');
           if (lr === 3) { trial.fail(new Error('no three')); continue; }
           trial.report(0, lr + 1);
           trial.tell(lr);
         }
       }`,
    );
    const file = workspace().write(
      'module.tune.yaml',
      `name: tiny\nmodule: ${path.basename(module)}\nobjective: { metric: loss, goal: minimize }\nparams: { lr: 1 }\nsearch:\n  sampler: grid\n  parallel: 1\n  space: { lr: { choice: [1, 2, 3, 4] } }\n`,
    );
    const { runs } = await search(file);
    expect(byValue(runs).map((run) => [run.status, run.objective?.value ?? null])).toEqual([
      ['completed', 1],
      ['completed', 2],
      ['failed', null],
      ['completed', 4],
    ]);
    expect(processes(runs)).toBeLessThan(runs.length / 2);
    for (const run of runs) {
      const printed = fs.readFileSync(path.join(folderOf(run), 'output.log'), 'utf8');
      expect(printed.startsWith(`trial ${run.trial}\n`)).toBe(true);
    }
  });
});
