import * as fs from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import type { Run } from '../../../../src/protocol/engine/index.js';
import type { RunSpec } from '../../../../src/protocol/run/runFolder.js';
import { pause, searchOver, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;
beforeEach(async () => {
  engine = await workspace().connect();
  workspace().write('member.mjs', MEMBER);
});

/** Its state is a sum that grows by lr each epoch; the loss is what is missing to 10. */
const MEMBER = `
import fs from 'node:fs';
import path from 'node:path';
export default async function train(run) {
  let state = { epoch: 0, sum: 0 };
  if (run.checkpoint) state = JSON.parse(fs.readFileSync(path.join(run.checkpoint, 'state.json'), 'utf8'));
  while (state.epoch < 9 && !run.stopRequested) {
    state = { epoch: state.epoch + 1, sum: state.sum + run.params.number('lr') };
    run.log({ loss: 10 - state.sum, size: run.params.number('lr') * 100, speed: state.sum }, { step: state.epoch });
    await run.saveCheckpoint(state.epoch, (folder) => fs.writeFileSync(path.join(folder, 'state.json'), JSON.stringify(state)));
    await new Promise((resolve) => setTimeout(resolve, run.params.number('pause')));
  }
}
`;

let files = 0;
function write(search: string, objective = '{ metric: loss, goal: minimize }'): string {
  return workspace().write(
    `s${++files}.tune.yaml`,
    `name: s${files}\nmodule: ./member.mjs\nparams: { lr: 0.1, pause: 200 }\nobjective: ${objective}\nsearch:\n${search.replace(/^/gm, '  ')}\n`,
  );
}

const trials = async (search: string): Promise<Run[]> =>
  (await engine.request('runs/list', { search, sort: 'createdAt', descending: false, limit: 1000 })).runs;

const specOf = (run: Run): RunSpec =>
  JSON.parse(fs.readFileSync(workspace().at('.tunesmith', 'runs', run.id, 'run.json'), 'utf8')) as RunSpec;

const stepsOf = async (run: Run): Promise<number[]> =>
  (await engine.request('metrics/read', { run: run.id, metric: 'loss', lost: true })).points.map(({ step }) => step);

const RANGE = 'space: { lr: { uniform: [0.1, 1] } }';

describe('a search that pauses its trials', () => {
  it('takes the best of them up again from where they were, every step once', async () => {
    const file = write(
      `sampler: random\npruner: { name: asha, form: promote, eta: 3, graceSteps: 1 }\nmaxSteps: 9\ncheckpoints: true\ntrials: 9\nparallel: 2\nseed: 3\n${RANGE}`,
    );
    const { search } = await engine.request('searches/start', { file });
    const over = await searchOver(engine, search.id, 90_000);
    expect(over).toMatchObject({ status: 'completed', error: null });
    const runs = await trials(search.id);
    expect(runs).toHaveLength(9);
    for (const run of runs) {
      expect(['completed', 'pruned']).toContain(run.status);
      const steps = await stepsOf(run);
      expect(steps).toEqual(steps.map((_, i) => i + 1));
      if (run.status === 'completed') expect(steps).toHaveLength(9);
    }
    const again = runs.filter((run) => specOf(run).launch);
    expect(again.length).toBeGreaterThan(0);
    // A completed trial has the sum of nine steps, however often it was paused.
    const done = runs.find((run) => run.status === 'completed')!;
    expect(done.metrics.speed!.last).toBeCloseTo(9 * Number(done.params.lr), 6);
    expect(runs.filter((run) => run.status === 'completed').length).toBeLessThan(5);
  });

  it('pauses them at their very step, however late its request would come', async () => {
    const python = `
import json, os, tunesmith
run = tunesmith.init()
step = 0
if run.checkpoint:
    with open(os.path.join(run.checkpoint, "state.json")) as file: step = json.load(file)
while step < 9:
    step += 1
    run.log({"train": {"seen": step}, "val": {"loss": run.config["lr"] / step}}, step=step * 10, epoch=step)
    with run.save_checkpoint(step) as folder:
        with open(os.path.join(folder, "state.json"), "w") as file: json.dump(step, file)
`;
    workspace().write('member.py', python);
    const program = 'run: python3 member.py\nparams: { lr: 0.1 }\nobjective: { metric: val/loss, goal: minimize }\n';
    const search =
      '{ sampler: random, pruner: { name: asha, form: promote, eta: 3, graceSteps: 1 }, maxSteps: 9, checkpoints: true, ' +
      `trials: 4, parallel: 1, seed: 3, ${RANGE} }`;
    const files = [
      workspace().write('late.tune.yaml', `name: late\n${program}search: ${search}\n`),
      // Its steps take no time at all.
      write(
        `sampler: random\npruner: { name: asha, form: promote, eta: 3, graceSteps: 1 }\nmaxSteps: 9\ncheckpoints: true\ntrials: 4\nparallel: 1\nseed: 3\nspace: { lr: { uniform: [0.1, 1] }, pause: { choice: [0] } }`,
      ),
    ];
    for (const file of files) {
      const { search } = await engine.request('searches/start', { file });
      expect(await searchOver(engine, search.id, 90_000)).toMatchObject({ status: 'completed', error: null });
      const runs = await trials(search.id);
      const lengths = await Promise.all(
        runs.map(async ({ id, objective }) => {
          const { points } = await engine.request('metrics/read', { run: id, metric: objective!.metric, lost: true });
          return points.length;
        }),
      );
      expect(lengths.filter((length) => ![1, 3, 9].includes(length))).toEqual([]);
      expect(lengths).toContain(1);
      expect(lengths).toContain(9);
    }
  });

  it('outlives kill -9 of the engine', async () => {
    const file = write(
      `sampler: random\npruner: { name: asha, form: promote, eta: 2, graceSteps: 2 }\nmaxSteps: 9\ncheckpoints: true\ntrials: 4\nparallel: 2\nseed: 4\n${RANGE}`,
    );
    const { search } = await engine.request('searches/start', { file });
    for (let turn = 0; turn < 2; turn++) {
      await until('a paused trial', async () => (await trials(search.id)).some((run) => run.status === 'paused'));
      await pause(200 * turn);
      await workspace().killEngine();
      engine = await workspace().connect();
    }
    expect(await searchOver(engine, search.id, 90_000)).toMatchObject({ status: 'completed', error: null });
    const runs = await trials(search.id);
    expect(runs).toHaveLength(4);
    for (const run of runs) expect(['completed', 'pruned']).toContain(run.status);
  });

  it('copies the state of better members, and changes their parameters', async () => {
    const file = write(
      `sampler: random\npruner: { name: pbt, population: 3, intervalSteps: 3, truncation: 0.34 }\nmaxSteps: 9\ncheckpoints: true\ntrials: 3\nparallel: 3\nseed: 5\n${RANGE}`,
    );
    const { search } = await engine.request('searches/start', { file });
    expect(await searchOver(engine, search.id, 90_000)).toMatchObject({ status: 'completed', error: null });
    const runs = await trials(search.id);
    expect(runs.map((run) => run.status)).toEqual(['completed', 'completed', 'completed']);
    const slowest = runs.map((run) => run.metrics.speed!.last as number);
    // A member that only ever had its own rate, and began among the worst, could not have come so far.
    const changed = runs.filter((run) => (specOf(run).launch?.checkpoint ?? '').length > 0);
    expect(changed).toHaveLength(3);
    expect(Math.min(...slowest)).toBeGreaterThan(1);
    for (const run of runs) expect(run.metrics.loss!.lastStep).toBe(9);
  });
});

describe('a search with several objectives and bounds', () => {
  it('receives all of them', async () => {
    const file = write(
      `sampler: random\ntrials: 6\nparallel: 3\nseed: 6\nconstraints:\n  - { metric: size, atMost: 60 }\n${RANGE}`,
      '[{ metric: loss, goal: minimize }, { metric: size, goal: minimize }]',
    );
    const { search } = await engine.request('searches/start', { file });
    expect(await searchOver(engine, search.id, 90_000)).toMatchObject({ status: 'completed', error: null });
    await workspace().killEngine();
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(workspace().local.store, { readOnly: true });
    const row = db.prepare('SELECT study FROM searches WHERE id = ?').get(search.id) as { study: string };
    db.close();
    const { restoreStudy } = await import('../../../../src/search/index.js');
    const study = restoreStudy((JSON.parse(row.study) as { study: unknown }).study);
    for (const { values, params, constraints, seconds } of study.trials) {
      expect(values![1]).toBeCloseTo(Number(params.lr) * 100, 6);
      expect(values![0]).toBeCloseTo(10 - 9 * Number(params.lr), 6);
      expect(constraints![0]).toBeCloseTo(Number(params.lr) * 100 - 60, 6);
      expect(seconds).toBeGreaterThan(0.5);
    }
    // More of the one is less of the other, so all that keep the bound are on the front.
    const kept = study.trials.filter(({ constraints }) => constraints![0]! <= 0);
    expect(study.best()).toHaveLength(kept.length || 6);
  });
});

describe('a search with several objectives', () => {
  it('stops trials that others dominate', async () => {
    workspace().write(
      'two.mjs',
      `export default async function train(run) {
        const off = run.params.number('off');
        for (let epoch = 1; epoch <= 10 && !run.stopRequested; epoch++) {
          run.log({ loss: off + 1 / epoch }, { step: epoch });
          run.log({ size: 10 * off }, { step: epoch });
          await new Promise((resolve) => setTimeout(resolve, 60));
        }
      }`,
    );
    const file = workspace().write(
      'two.tune.yaml',
      `name: two\nmodule: ./two.mjs\nparams: { off: 0 }\nobjective:\n  - { metric: loss, goal: minimize }\n  - { metric: size, goal: minimize }\n` +
        `search:\n  sampler: grid\n  pruner: { name: median, startupTrials: 2, grace: 0.2 }\n  maxSteps: 10\n  parallel: 1\n` +
        `  space: { off: { choice: [0, 1, 2, 3, 4, 5] } }\n`,
    );
    const { search } = await engine.request('searches/start', { file });
    expect(await searchOver(engine, search.id, 60_000)).toMatchObject({ status: 'completed', error: null });
    const runs = await trials(search.id);
    const statusOf = (off: number) => runs.find(({ params }) => params.off === off)!.status;
    // The best is dominated by none.
    expect(statusOf(0)).toBe('completed');
    expect(runs.filter(({ status }) => status === 'pruned').length).toBeGreaterThanOrEqual(1);
    for (const run of runs) expect(['completed', 'pruned']).toContain(run.status);
  });
});
