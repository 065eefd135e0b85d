import * as fs from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { runOver, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;
beforeEach(async () => {
  engine = await workspace().connect();
});

/** Logs its steps, saves each, and is killed by the machine at step 3 of its first launch. */
const TRAINER = `
import fs from 'node:fs';
import path from 'node:path';
export default async function train(run) {
  let step = 0, sum = 0;
  if (run.checkpoint) {
    const state = JSON.parse(fs.readFileSync(path.join(run.checkpoint, 'state.json'), 'utf8'));
    step = state.step + 1;
    sum = state.sum;
  }
  for (; step < 8; step++) {
    sum += step * run.params.number('lr');
    run.log({ loss: sum }, { step });
    if (run.params.get('save')) await run.saveCheckpoint(step, (folder) => fs.writeFileSync(path.join(folder, 'state.json'), JSON.stringify({ step, sum })));
    if (step === 3 && !run.checkpoint) {
      fs.mkdirSync(path.join(run.folder, 'checkpoints', '.writing-half'), { recursive: true });
      process.kill(process.pid, 'SIGKILL');
    }
  }
}
`;

function write(name: string, save: boolean): string {
  workspace().write('trainer.mjs', TRAINER);
  return workspace().write(
    `${name}.tune.yaml`,
    `name: ${name}\nmodule: ./trainer.mjs\nparams: { lr: 0.5, save: ${save} }\nobjective: { metric: loss, goal: minimize }\n`,
  );
}

describe('a run that was killed', () => {
  it('resumes from its newest checkpoint, in its own folder, with every step once', async () => {
    const { run } = await engine.request('runs/start', { file: write('saved', true) });
    const killed = await runOver(engine, run.id);
    expect(killed).toMatchObject({ status: 'failed', error: { kind: 'signal' } });
    expect(await engine.request('runs/resume', { ids: [run.id] })).toEqual({ done: [run.id], skipped: [] });
    const over = await until('its end', async () => {
      const now = await engine.request('runs/get', { id: run.id });
      return now.status === 'completed' ? now : null;
    });
    expect(over).toMatchObject({ error: null, exitCode: 0, signal: null });
    expect(over.endedAt).toBeGreaterThan(killed.endedAt!);
    const { series } = await engine.request('series/read', { queries: [{ run: run.id, metric: 'loss' }] });
    expect(series[0]!.x).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(over.metrics.loss!.last).toBe(14);
    const folder = workspace().at('.tunesmith', 'runs', run.id);
    // The newest two; what was half written is gone.
    expect(fs.readdirSync(`${folder}/checkpoints`).sort()).toEqual(['step-000000006', 'step-000000007']);
    expect(JSON.parse(fs.readFileSync(`${folder}/run.json`, 'utf8'))).toMatchObject({ launch: { number: 2 } });
  });

  it('is launched again by itself as often as `retries:` says, with the reason among its messages', async () => {
    const file = write('again', true);
    fs.appendFileSync(file, 'retries: 1\n');
    const { run } = await engine.request('runs/start', { file });
    await runOver(engine, run.id);
    const over = await engine.request('runs/get', { id: run.id });
    expect(over).toMatchObject({ status: 'completed', error: null, metrics: { loss: { last: 14, count: 8 } } });
    expect(over.messages).toEqual([
      expect.objectContaining({
        level: 'warning',
        text: expect.stringMatching(/^Launched again \(1 of 1\): The program was ended by SIGKILL/) as string,
      }),
    ]);
    const spec = fs.readFileSync(workspace().at('.tunesmith', 'runs', run.id, 'run.json'), 'utf8');
    expect(JSON.parse(spec)).toMatchObject({
      launch: { number: 2, again: { reason: 'failed', counts: { failed: 1 } } },
    });
  });

  it('fails as any other once it was launched again as often as it may', async () => {
    workspace().write('broken.mjs', 'console.log("try"); process.exit(3);');
    const file = workspace().write('broken.tune.yaml', 'run: node broken.mjs\nretries: { failed: 2, lost: 5 }\n');
    const { run } = await engine.request('runs/start', { file });
    const over = await runOver(engine, run.id);
    expect(over).toMatchObject({ status: 'failed', error: { kind: 'exit' } });
    const printed = fs.readFileSync(workspace().at('.tunesmith', 'runs', run.id, 'output.log'), 'utf8');
    expect(printed.match(/try/g)).toHaveLength(3);
  });

  it.each([
    ['changed', (file: string) => fs.writeFileSync(file, '{"step":3,"sum":99}'.padEnd(fs.statSync(file).size))],
    ['cut off', (file: string) => fs.truncateSync(file, 3)],
  ])('goes on from the checkpoint before the newest when that is %s, and says so', async (_what, damage) => {
    const { run } = await engine.request('runs/start', { file: write('damaged', true) });
    await runOver(engine, run.id);
    const folder = workspace().at('.tunesmith', 'runs', run.id, 'checkpoints');
    damage(`${folder}/step-000000003/state.json`);
    await engine.request('runs/resume', { ids: [run.id] });
    const over = await until('its end', async () => {
      const now = await engine.request('runs/get', { id: run.id });
      return now.status === 'completed' ? now : null;
    });
    expect(over.metrics.loss!.last).toBe(14);
    expect(over.messages).toEqual([
      expect.objectContaining({
        level: 'warning',
        text: expect.stringMatching(/^The checkpoint step-000000003 is damaged \(.*state\.json/) as string,
      }),
    ]);
    const { points } = await engine.request('metrics/read', { run: run.id, metric: 'loss', lost: true });
    expect(points.map(({ step }) => step)).toEqual([0, 1, 2, 3, 3, 4, 5, 6, 7]);
    expect(points.flatMap(({ lost }, i) => (lost ? [i] : []))).toEqual([3]);
  });

  it.each([
    ['log, save', 'run.log({ loss: epoch }); await save(); if (epoch === 3) die();'],
    ['log, save, killed in between', 'run.log({ loss: epoch }); if (epoch === 3) die(); await save();'],
    ['save, log', 'await save(); run.log({ loss: epoch }); if (epoch === 3) die();'],
  ])('counts the steps it does not name from where the checkpoint has them (%s)', async (_name, body) => {
    workspace().write(
      'counting.mjs',
      `import fs from 'node:fs';
       export default async function train(run) {
         const first = run.checkpoint ? Number(fs.readFileSync(run.checkpoint + '/epoch', 'utf8')) + 1 : 0;
         for (let epoch = first; epoch < 8; epoch++) {
           const save = () => run.saveCheckpoint(epoch, (folder) => fs.writeFileSync(folder + '/epoch', String(epoch)));
           const die = () => run.checkpoint || process.kill(process.pid, 'SIGKILL');
           ${body}
         }
       }`,
    );
    const file = workspace().write('counting.tune.yaml', 'name: counting\nmodule: ./counting.mjs\nparams: { lr: 1 }\n');
    const { run } = await engine.request('runs/start', { file });
    await runOver(engine, run.id);
    await engine.request('runs/resume', { ids: [run.id] });
    await until('its end', async () => (await engine.request('runs/get', { id: run.id })).status === 'completed');
    const { points } = await engine.request('metrics/read', { run: run.id, metric: 'loss', lost: true });
    expect(points.map(({ step, value }) => [step, value])).toEqual(points.map(({ value }) => [value, value]));
    expect(new Set(points.map(({ step }) => step))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  });

  it('without a checkpoint is refused and left unchanged', async () => {
    const { run } = await engine.request('runs/start', { file: write('unsaved', false) });
    const killed = await runOver(engine, run.id);
    const { done, skipped } = await engine.request('runs/resume', { ids: [run.id] });
    expect(done).toEqual([]);
    expect(skipped[0]!.why).toContain('no checkpoint');
    expect((await engine.request('runs/get', { id: run.id })).endedAt).toBe(killed.endedAt);
  });
});
