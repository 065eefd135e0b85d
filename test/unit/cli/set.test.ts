/** `tunesmith set` on a real training of the built-in trainer, and on a program that does not answer. */
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildTrainer } from '../training/trainerProgram.js';
import { Workspace } from './workspace.js';

const FILE = `network:
  data: { csv: { file: data.csv, target: y } }
  layers: [{ dense: '{units}' }, { dense: 1 }]
  loss: mse
  optimizer: { name: sgd, learningRate: '{lr}' }
  epochs: 10000000
  batchSize: '{batch}'
  backend: wasm
params: { lr: 0.001, units: 4, batch: 8 }
`;
const rows = Array.from({ length: 40 }, (_, i) => `${i},${2 * i}`);

let here: Workspace;
let id: string;
beforeAll(async () => {
  here = await Workspace.open({
    'data.csv': `x,y\n${rows.join('\n')}\n`,
    'net.tune.yaml': FILE,
    'wait.mjs': 'setInterval(() => {}, 1000);',
    'wait.tune.yaml': 'run: node wait.mjs\nparams: { lr: 0.1 }\n',
  });
  await buildTrainer(path.dirname(here.command[1]!));
  id = await started('net.tune.yaml');
  for (;;) {
    const { out } = await here.tunesmith(['show', id, '--json']);
    const run = JSON.parse(out) as { metrics: Record<string, unknown>; status: string };
    if (Object.keys(run.metrics).length > 0) break;
    if (run.status === 'failed') throw new Error(out);
    await sleep(100);
  }
}, 120_000);
afterAll(() => here.dispose());

async function started(file: string): Promise<string> {
  const { out, err, code } = await here.tunesmith(['run', file, '--detach']);
  if (code !== 0) throw new Error(err);
  return out.trim();
}

it('changes the learning rate at once, and says so', async () => {
  expect(await here.tunesmith(['set', id, 'lr=0.002'])).toMatchObject({
    code: 0,
    out: 'lr = 0.002: the learning rate is 0.002 from here on\n',
  });
  const { out } = await here.tunesmith(['set', id, 'batch=4', '--json']);
  expect(JSON.parse(out)).toEqual({
    run: id,
    params: { batch: 4 },
    result: 'applied',
    message: 'batch = 4: from the next epoch on',
  });
}, 60_000);

it('says what can change when a change is refused', async () => {
  const { code, err } = await here.tunesmith(['set', id, 'units=8']);
  expect(code).toBe(1);
  expect(err).toMatch(/units = 8 was not taken: of the layers only the rates of dropout can change/);
  const json = await here.tunesmith(['set', id, 'units=8', '--json']);
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({ result: 'refused' });
}, 60_000);

it('names the parameters that there are', async () => {
  expect(await here.tunesmith(['set', id, 'unit=8'])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/has no parameter "unit"; did you mean "units"\?/) as string,
  });
  expect((await here.tunesmith(['set', id, 'xyzzy=8'])).err).toMatch(
    /has no parameter "xyzzy"; it has lr, units, batch\./,
  );
  expect((await here.tunesmith(['set', id, 'lr'])).err).toMatch(/set takes NAME=VALUE, not "lr"/);
}, 60_000);

it('says when a program does not answer; a run that has ended is refused', async () => {
  const other = await started('wait.tune.yaml');
  for (let tries = 0; tries < 100; tries++) {
    if ((await here.tunesmith(['ls', '--json'])).out.includes('"running"')) break;
  }
  expect(await here.tunesmith(['set', other, 'lr=0.2'])).toMatchObject({
    code: 0,
    out: `sent to ${other}: its program has not confirmed it\n`,
  });
  await here.tunesmith(['stop', other, id]);
  for (let tries = 0; tries < 100; tries++) {
    const { out } = await here.tunesmith(['show', id, '--json']);
    if ((JSON.parse(out) as { status: string }).status === 'stopped') break;
    await sleep(100);
  }
  const ended = await here.tunesmith(['set', id, 'lr=0.2']);
  expect(ended.code).toBe(1);
  expect(ended.err).toMatch(/is already stopped|not running|has ended/);
}, 90_000);
