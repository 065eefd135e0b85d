import * as fs from 'node:fs';
import { Asked } from '../../../../src/engine/disk/asked.js';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import type { Run } from '../../../../src/protocol/engine/index.js';
import { pause, searchOver, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;
beforeEach(async () => {
  engine = await workspace().connect();
  workspace().write('member.mjs', MEMBER);
});

/** Says its steps, keeps the last one, and takes its time to go. */
const MEMBER = `
import fs from 'node:fs';
import path from 'node:path';
export default async function train(run) {
  let epoch = 0;
  if (run.checkpoint) epoch = Number(fs.readFileSync(path.join(run.checkpoint, 'epoch'), 'utf8'));
  while (epoch < 6 && !run.stopRequested) {
    epoch++;
    run.log({ loss: run.params.number('lr') / epoch }, { step: epoch });
    await run.saveCheckpoint(epoch, (folder) => fs.writeFileSync(path.join(folder, 'epoch'), String(epoch)));
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  if (run.stopRequested === 'pause') await new Promise((resolve) => setTimeout(resolve, run.params.number('slow')));
}
`;

let files = 0;
function write(search: string, slow = 0): string {
  return workspace().write(
    `h${++files}.tune.yaml`,
    `name: h${files}\nmodule: ./member.mjs\nparams: { lr: 0.1, slow: ${slow} }\nobjective: { metric: loss, goal: minimize }\nsearch:\n  sampler: random\n  pruner: { name: asha, form: promote, eta: 2, graceSteps: 2 }\n  maxSteps: 6\n  checkpoints: true\n  space: { lr: { uniform: [0.1, 1] } }\n  seed: 3\n  ${search}\n`,
  );
}

const trials = async (search: string): Promise<Run[]> =>
  (await engine.request('runs/list', { search, sort: 'createdAt', descending: false, limit: 1000 })).runs;
const withStatus = (search: string, status: Run['status']) =>
  until(`a trial that is ${status}`, async () => (await trials(search)).find((run) => run.status === status));

describe('suspended trials', () => {
  it('are stopped with their search, and resume with it', async () => {
    const { search } = await engine.request('searches/start', { file: write('trials: 4\n  parallel: 1') });
    const suspended = await withStatus(search.id, 'paused');
    await engine.request('searches/stop', { id: search.id });
    const stopped = await searchOver(engine, search.id);
    expect(stopped.status).toBe('stopped');
    await until('all to be over', async () => (await trials(search.id)).every((run) => run.endedAt !== null));
    expect((await trials(search.id)).map(({ status }) => status)).not.toContain('paused');
    expect((await engine.request('runs/get', { id: suspended.id })).status).toBe('stopped');
    await engine.request('searches/resume', { id: search.id });
    expect(await searchOver(engine, search.id, 60_000)).toMatchObject({ status: 'completed', error: null });
    for (const run of await trials(search.id)) {
      const { points } = await engine.request('metrics/read', { run: run.id, metric: 'loss', lost: true });
      expect(points.map(({ step }) => step)).toEqual(points.map((_, i) => i + 1));
    }
  });

  it('are stopped by the person also while they are just pausing, or when the engine was killed then', async () => {
    const { search } = await engine.request('searches/start', { file: write('trials: 3\n  parallel: 1', 1500) });
    const pausing = await withStatus(search.id, 'stopping');
    expect((await engine.request('runs/stop', { ids: [pausing.id] })).done).toEqual([pausing.id]);
    expect((await until('its end', async () => (await trials(search.id)).find((run) => run.endedAt !== null))).id).toBe(
      pausing.id,
    );
    const next = await until('the next to pause', async () =>
      (await trials(search.id)).find((run) => run.status === 'stopping' && run.id !== pausing.id),
    );
    await workspace().killEngine();
    engine = await workspace().connect();
    expect((await withStatus(search.id, 'paused')).id).toBe(next.id);
    expect(await searchOver(engine, search.id, 60_000)).toMatchObject({ status: 'completed', error: null });
    expect((await engine.request('runs/get', { id: pausing.id })).status).toBe('stopped');
  });

  it('keep their ends when the store is lost', async () => {
    const { search } = await engine.request('searches/start', { file: write('trials: 4\n  parallel: 1') });
    await searchOver(engine, search.id, 60_000);
    await until('all to be over', async () => (await trials(search.id)).every((run) => run.endedAt !== null));
    const ends = (runs: Run[]) => Object.fromEntries(runs.map(({ id, status }) => [id, status]));
    const before = ends(await trials(search.id));
    expect(Object.values(before)).toContain('pruned');
    await workspace().killEngine();
    for (const end of ['', '-wal', '-shm']) fs.rmSync(workspace().local.store + end, { force: true });
    engine = await workspace().connect();
    const after = await until('all to be taken in', async () => {
      const { runs } = await engine.request('runs/list', { ids: Object.keys(before) });
      return runs.length === Object.keys(before).length && runs.every((run) => run.endedAt !== null) ? runs : null;
    });
    expect(ends(after)).toEqual(before);
  });

  it('wait in a paused search, even if they were about to resume when the engine was killed', async () => {
    const { search } = await engine.request('searches/start', { file: write('trials: 4\n  parallel: 1') });
    const suspended = await withStatus(search.id, 'paused');
    await engine.request('searches/pause', { id: search.id });
    await pause(500);
    await workspace().killEngine();
    // As between the writing of run.json and of the store.
    const file = workspace().at('.tunesmith', 'runs', suspended.id, 'run.json');
    const spec = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
    const text = JSON.stringify({ ...spec, launch: { number: 2, at: Date.now(), checkpoint: null } });
    const asked = Asked.open(workspace().local.asked, { warn: expect.fail });
    asked.add('run', suspended.id, text);
    asked.close();
    fs.writeFileSync(file, text);
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(workspace().local.store);
    db.prepare("UPDATE runs SET status = 'queued' WHERE id = ?").run(suspended.id);
    db.close();
    engine = await workspace().connect();
    await pause(1500);
    const run = await engine.request('runs/get', { id: suspended.id });
    expect(run.status).toBe('queued');
    await engine.request('searches/resume', { id: search.id });
    expect(await searchOver(engine, search.id, 60_000)).toMatchObject({ status: 'completed', error: null });
  });
});
