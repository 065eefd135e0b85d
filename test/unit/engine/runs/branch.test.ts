import * as fs from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { ErrorCode } from '../../../../src/protocol/engine/index.js';
import { runOver, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;
beforeEach(async () => {
  engine = await workspace().connect();
});

/** Logs the sum of its learning rates and keeps every checkpoint. */
const TRAINER = `
import fs from 'node:fs';
import path from 'node:path';
export default async function train(run) {
  let step = 0, sum = 0;
  if (run.checkpoint) {
    ({ step, sum } = JSON.parse(fs.readFileSync(path.join(run.checkpoint, 'state.json'), 'utf8')));
    step++;
  }
  for (; step < 6; step++) {
    sum += run.params.number('lr');
    run.log({ sum }, { step });
    if (run.params.get('save')) await run.saveCheckpoint(step, (folder) => fs.writeFileSync(path.join(folder, 'state.json'), JSON.stringify({ step, sum })), { keep: 10 });
  }
}
`;

async function trained(save: boolean) {
  workspace().write('trainer.mjs', TRAINER);
  const file = workspace().write(
    'branching.tune.yaml',
    `name: branching\nmodule: ./trainer.mjs\nparams: { lr: 1, save: ${save} }\nobjective: { metric: sum, goal: maximize }\n`,
  );
  const { run } = await engine.request('runs/start', { file });
  return runOver(engine, run.id);
}

const checkpoints = (id: string): string => workspace().at('.tunesmith', 'runs', id, 'checkpoints');

describe('a branch', () => {
  it('is a new run that continues from a checkpoint with other values, and leaves the other run unchanged', async () => {
    const trunk = await trained(true);
    const { run } = await engine.request('runs/branch', { id: trunk.id, step: 2, params: { lr: 10 } });
    expect(run).toMatchObject({ params: { lr: 10 }, branch: { run: trunk.id, step: 2 } });
    const over = await runOver(engine, run.id);
    expect(over).toMatchObject({ status: 'completed', metrics: { sum: { last: 3 + 30, count: 3 } } });
    const { series } = await engine.request('series/read', { queries: [{ run: run.id, metric: 'sum' }] });
    expect(series[0]).toMatchObject({ x: [3, 4, 5], y: [13, 23, 33] });
    expect(await engine.request('runs/get', { id: trunk.id })).toMatchObject({
      metrics: { sum: { last: 6, count: 6 } },
    });
    expect(fs.readdirSync(checkpoints(trunk.id))).toHaveLength(6);
  });

  it('begins at the newest checkpoint when no step is named, can branch again, and is known after the index is lost', async () => {
    const trunk = await trained(true);
    const { run: first } = await engine.request('runs/branch', { id: trunk.id, step: 4, params: { lr: 100 } });
    await runOver(engine, first.id);
    const { run: second } = await engine.request('runs/branch', { id: first.id, step: 4.5 });
    expect(second.branch).toEqual({ run: first.id, step: 4 });
    expect(await runOver(engine, second.id)).toMatchObject({ metrics: { sum: { last: 105, count: 1 } } });
    await workspace().killEngine();
    for (const name of fs.readdirSync(workspace().local.folder).filter((each) => each.startsWith('store.db')))
      fs.rmSync(`${workspace().local.folder}/${name}`);
    engine = await workspace().connect();
    const again = await engine.request('runs/get', { id: second.id });
    expect(again.branch).toEqual({ run: first.id, step: 4 });
  });

  it('is refused, and leaves nothing, where no checkpoint serves', async () => {
    const bare = await trained(false);
    const before = fs.readdirSync(workspace().at('.tunesmith', 'runs')).length;
    await expect(engine.request('runs/branch', { id: bare.id })).rejects.toMatchObject({
      code: ErrorCode.conflict,
      message: expect.stringMatching(/no checkpoint.*must save/s) as string,
    });
    const trunk = await trained(true);
    fs.rmSync(`${checkpoints(trunk.id)}/step-000000000`, { recursive: true });
    await expect(engine.request('runs/branch', { id: trunk.id, step: 0 })).rejects.toThrow(/at 1, 2, 3, 4, 5/);
    await expect(engine.request('runs/branch', { id: trunk.id, params: { nothing: 1 } })).rejects.toMatchObject({
      code: ErrorCode.invalidFile,
    });
    expect(fs.readdirSync(workspace().at('.tunesmith', 'runs'))).toHaveLength(before + 1);
  });
});
