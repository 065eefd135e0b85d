import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildDist } from '../../support/build.js';
import type { NotificationParams } from '../../../../src/protocol/engine/index.js';
import { SmallDisk } from '../../support/smallDisk.js';
import { experiment, pause, runOver, runWith, searchOver, until, Workspace } from '../support.js';

const small = SmallDisk.mount(8 * 1024);
let workspace: Workspace;
beforeAll(async () => {
  if (small) workspace = new Workspace(await buildDist(), small.folder);
});
afterAll(async () => {
  if (!small) return;
  await workspace.remove();
  small.unmount();
});

/** Writes on when there is room again, as a patient program does. */
const PATIENT = `
import fs from 'node:fs';
const file = fs.openSync(process.env.TUNESMITH_JOURNAL, 'a');
for (let step = 0; step < 150; step++) {
  let rest = Buffer.from(JSON.stringify({ step, values: { loss: 1 / (step + 1) } }) + '\\n');
  while (rest.length > 0) {
    try { rest = rest.subarray(fs.writeSync(file, rest)); } catch { await new Promise((resolve) => setTimeout(resolve, 50)); }
  }
  await new Promise((resolve) => setTimeout(resolve, 25));
}
`;

it.skipIf(!small)(
  'a full disk delays and harms nothing',
  async () => {
    workspace.write('patient.mjs', PATIENT);
    const file = workspace.write(
      'a.tune.yaml',
      experiment(
        'node patient.mjs',
        'search:\n  sampler: grid\n  parallel: 2\n  space: { lr: { choice: [1, 2, 3, 4] } }\n',
      ),
    );
    const conditions: (string | null)[] = [];
    const engine = await workspace.connect({
      onNotification: (name, params) => {
        if (name === 'condition') conditions.push((params as NotificationParams<'condition'>).problem);
      },
    });
    const { pid } = engine.engine;
    const { search } = await engine.request('searches/start', { file });
    for (let turn = 0; turn < 2; turn++) {
      const done = turn * 2;
      await until('work', async () => {
        const { counts } = await engine.request('searches/get', { id: search.id });
        return counts.completed >= done && counts.running > 0;
      });
      await pause(400);
      small!.fill();
      // Something that needs room: refused with a reason, or kept for later, never half done.
      await engine
        .request('runs/start', { file })
        .catch((error: Error) => expect(error.message).toMatch(/full|ENOSPC|space/i));
      const said = await until('the engine to say so', async () => (await engine.request('engine/status', {})).problem);
      expect(said).toMatch(/disk is full.*Free some space/);
      const late = await workspace.connect();
      expect(late.engine.problem).toBe(said);
      late.dispose();
      await until('the clients to be told', () => conditions.length === 2 * turn + 1);
      // Nothing of this says that there is room.
      await pause(1500);
      expect(conditions.at(-1)).toBe(said);
      small!.free();
      await until('the clients to be told that it is over', () => conditions.length === 2 * turn + 2);
      expect(conditions.at(-1)).toBeNull();
    }
    const over = await searchOver(engine, search.id, 60_000);
    expect(over).toMatchObject({ status: 'completed', counts: { total: 4, completed: 4 } });
    const { runs } = await engine.request('runs/list', { search: search.id });
    expect(new Set(runs.map((run) => run.trial)).size).toBe(4);
    for (const run of runs) {
      const { points } = await engine.request('metrics/read', { run: run.id, metric: 'loss' });
      expect(points.map((point) => point.step)).toEqual(Array.from({ length: 150 }, (_, i) => i));
    }
    const status = await engine.request('engine/status', {});
    expect(status).toMatchObject({ pid, problem: null });
  },
  120_000,
);

it.skipIf(!small)(
  'a disk that only programs write on is told to be full, too, and to have room again',
  async () => {
    workspace.write('silent.mjs', `setTimeout(() => {}, 60_000);`);
    const file = workspace.write('silent.tune.yaml', experiment('node silent.mjs'));
    const engine = await workspace.connect();
    const { run } = await engine.request('runs/start', { file });
    await runWith(engine, run.id, 'running');
    const problem = async () => (await engine.request('engine/status', {})).problem;
    expect(await problem()).toBeNull();
    small!.fill();
    expect(await until('the engine to say so', problem)).toMatch(/disk is full.*Free some space/);
    small!.free();
    await until('it to be over', async () => (await problem()) === null);
    await engine.request('runs/stop', { ids: [run.id] });
    await runOver(engine, run.id);
  },
  60_000,
);
