/** Records of a launch after the checkpoint from which the next one resumes count nowhere. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { runOver, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;
beforeEach(async () => {
  engine = await workspace().connect();
});

/** Each saves every third epoch and is killed after epoch 5 of its first launch, whose losses are far better: 0.5 to 0.1. */
const WITH_CLIENT = `
import fs from 'node:fs';
import path from 'node:path';
export default async function train(run) {
  let epoch = 0;
  if (run.checkpoint) epoch = Number(fs.readFileSync(path.join(run.checkpoint, 'epoch'), 'utf8')) + 1;
  for (; epoch < 8; epoch++) {
    run.log({ loss: run.checkpoint ? 100 - epoch : (6 - epoch) / 10 }, { step: epoch, epoch });
    if (epoch % 3 === 0) await run.saveCheckpoint(epoch, (folder) => fs.writeFileSync(path.join(folder, 'epoch'), String(epoch)));
    if (epoch === 5 && !run.checkpoint) process.kill(process.pid, 'SIGKILL');
  }
}
`;
const PLAIN = `
import fs from 'node:fs';
import path from 'node:path';
const { TUNESMITH_JOURNAL: journal, TUNESMITH_RUN_DIR: folder, TUNESMITH_CHECKPOINT: checkpoint } = process.env;
let epoch = 0;
if (checkpoint) epoch = Number(fs.readFileSync(path.join(checkpoint, 'epoch'), 'utf8')) + 1;
for (; epoch < 8; epoch++) {
  fs.appendFileSync(journal, JSON.stringify({ step: epoch, epoch, loss: checkpoint ? 100 - epoch : (6 - epoch) / 10 }) + '\\n');
  if (epoch % 3 === 0) {
    const name = path.join(folder, 'checkpoints', 'step-' + epoch);
    fs.mkdirSync(name, { recursive: true });
    fs.writeFileSync(path.join(name, 'epoch'), String(epoch));
  }
  if (epoch === 5 && !checkpoint) process.kill(process.pid, 'SIGKILL');
}
`;

describe('a run that was killed after its checkpoint and resumed', () => {
  it.each([
    ['through the client', 'module: ./program.mjs', WITH_CLIENT],
    ['by plain lines', 'run: node program.mjs', PLAIN],
  ])('has each epoch once, with the latest value, logged %s', async (_, program, text) => {
    workspace().write('program.mjs', text);
    const objective = 'objective: { metric: loss, goal: minimize }';
    const file = workspace().write('lost.tune.yaml', `name: lost\n${program}\nparams: { lr: 1 }\n${objective}\n`);
    const { run } = await engine.request('runs/start', { file });
    const id = run.id;
    expect(await runOver(engine, id)).toMatchObject({ status: 'failed', objective: { step: 5 } });
    const chart = async (after?: number) => {
      const queries = [{ run: id, metric: 'loss', x: 'epoch' as const, ...(after !== undefined && { after }) }];
      return (await engine.request('series/read', { queries })).series[0]!;
    };
    const before = await chart();
    expect(before.x).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await engine.request('runs/resume', { ids: [id] })).toEqual({ done: [id], skipped: [] });
    const over = await until('its end', async () => {
      const now = await engine.request('runs/get', { id });
      return now.status === 'completed' ? now : null;
    });
    const truth = [0.6, 0.5, 0.4, 0.3, 96, 95, 94, 93];
    expect(over.objective).toMatchObject({ value: 0.3, step: 3 });
    expect(over.metrics.loss).toEqual({ last: 93, lastStep: 7, min: 0.3, max: 96, count: 8 });
    // Who held the lost ones replaces them.
    expect(await chart(before.total)).toMatchObject({ mode: 'replace', x: [0, 1, 2, 3, 4, 5, 6, 7], y: truth });
    const read = async (lost: boolean) => engine.request('metrics/read', { run: id, metric: 'loss', lost });
    const counted = await read(false);
    expect(counted.points.map(({ value }) => value)).toEqual(truth);
    expect(counted.total).toBe(8);
    const all = await read(true);
    expect(all.total).toBe(10);
    expect(all.points.filter(({ lost }) => lost).map(({ step }) => step)).toEqual([4, 5]);
  });
});
