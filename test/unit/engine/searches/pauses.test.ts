/** The documented pattern (log a step, then save it) loses and repeats nothing at pauses, in Node and in Python. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import type { Run } from '../../../../src/protocol/engine/index.js';
import { searchOver, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;
beforeEach(async () => {
  engine = await workspace().connect();
  for (const [name, text] of Object.entries(PROGRAMS)) workspace().write(name, text);
});

/** Neither looks at requests to stop, nor says a step: the client counts them. */
const NODE = (body: string) => `
import fs from 'node:fs';
import path from 'node:path';
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export default async function train(run) {
  let epoch = 0;
  if (run.checkpoint) epoch = Number(fs.readFileSync(path.join(run.checkpoint, 'epoch'), 'utf8')) + 1;
  const save = () => run.saveCheckpoint(epoch, async (folder) => {
    fs.writeFileSync(path.join(folder, 'epoch'), String(epoch));
    await pause(10);
  });
  const log = () => run.log({ loss: run.params.number('lr') / (epoch + 1), epoch });
  for (; epoch < 9; epoch++) {
    await pause(60);
    ${body}
  }
}
`;
const PROGRAMS = {
  'logs.mjs': NODE('log(); await pause(15); await save();'),
  'saves.mjs': NODE('await save(); await pause(15); log();'),
  'logs.py': `
import os, time, tunesmith
run = tunesmith.init()
epoch = 0
if run.checkpoint:
    epoch = int(open(os.path.join(run.checkpoint, "epoch")).read()) + 1
while epoch < 9:
    time.sleep(0.06)
    run.log({"loss": run.config.lr / (epoch + 1), "epoch": epoch})
    with run.save_checkpoint(epoch) as folder:
        open(os.path.join(folder, "epoch"), "w").write(str(epoch))
    epoch += 1
`,
};

const ASHA = '{ name: asha, form: promote, eta: 2, graceSteps: 2 }';
const PBT = '{ name: pbt, population: 3, intervalSteps: 3, truncation: 0.34 }';
let files = 0;

async function search(program: string, pruner: string): Promise<Run[]> {
  const file = workspace().write(
    `p${++files}.tune.yaml`,
    `name: p${files}\n${program}\nparams: { lr: 0.1 }\nobjective: { metric: loss, goal: minimize }\nsearch:\n  sampler: random\n` +
      `  pruner: ${pruner}\n  maxSteps: 8\n  checkpoints: true\n  trials: 3\n  parallel: 2\n  seed: 5\n  space: { lr: { uniform: [0.1, 1] } }\n`,
  );
  const { search: started } = await engine.request('searches/start', { file });
  expect(await searchOver(engine, started.id, 90_000)).toMatchObject({ status: 'completed', error: null });
  return (await engine.request('runs/list', { search: started.id, limit: 100 })).runs;
}

describe('epochs of trials that pause and resume', () => {
  it.each([
    ['in Node', 'module: ./logs.mjs', ASHA],
    ['in Node, saving before logging', 'module: ./saves.mjs', ASHA],
    ['in Node, in a population', 'module: ./logs.mjs', PBT],
    ['in Python', 'run: python logs.py', ASHA],
  ])('are each there once, %s', async (_, program, pruner) => {
    const runs = await search(program, pruner);
    let launches = 0;
    for (const { id, params } of runs) {
      const { points } = await engine.request('metrics/read', { run: id, metric: 'epoch', lost: true });
      const epochs = points.map(({ value }) => value);
      // The steps that the client counted are the epochs, in every launch.
      expect(points.map(({ step }) => step)).toEqual(epochs);
      const { folder } = await engine.request('runs/get', { id });
      const { readFileSync } = await import('node:fs');
      const spec = JSON.parse(readFileSync(`${folder}/run.json`, 'utf8')) as { launch?: { number: number } };
      launches += spec.launch?.number ?? 1;
      // A member of a population goes on from the epoch of whoever it copies.
      if (pruner === ASHA) expect(epochs).toEqual(epochs.map((_, i) => i));
      expect(new Set(epochs).size).toBe(epochs.length);
      expect(params.lr).toBeGreaterThan(0);
    }
    expect(launches).toBeGreaterThan(runs.length);
  });
});
