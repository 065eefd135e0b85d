/** Agents and the engine: it does for them only what is on its list, within budgets that it checks itself, and on the record. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../src/engine/clients/index.js';
import type { AgentRequest, Consent } from '../../../src/protocol/engine/agents.js';
import type { Run } from '../../../src/protocol/engine/index.js';
import { experiment, runOver, runWith, TRAIN, until, useWorkspace } from './support.js';

const act = async <T>(
  engine: EngineConnection,
  request: string,
  params: object,
  { consent = 'asked', agent = 'helper' }: { consent?: Consent; agent?: string } = {},
): Promise<T> => {
  const whole = { agent, consent, deviceHours: 0, request: request as AgentRequest, params };
  return (await engine.request('agents/act', whole)).answer as T;
};

describe.sequential('agents', () => {
  const workspace = useWorkspace();
  const file = () => workspace().at('tiny.tune.yaml');
  const start = async (engine: EngineConnection, consent: Consent, params = {}): Promise<Run> =>
    (await act<{ run: Run }>(engine, 'runs/start', { file: file(), params }, { consent })).run;

  it('may ask for nothing that is not on the list, and for nothing that is malformed', async () => {
    workspace().write('train.mjs', TRAIN);
    workspace().write('tiny.tune.yaml', experiment('node train.mjs', 'params: { steps: 3, pause: 5, lr: 0.5 }\n'));
    const engine = await workspace().connect();
    expect(await engine.request('agents/permissions', {})).toEqual({ known: false, grants: [] });
    for (const request of ['runs/purge', 'runs/delete', 'engine/stop', 'agents/allow', 'agents/act', 'environment'])
      await expect(act(engine, request, { ids: [] }), request).rejects.toThrow(/request/);
    await expect(act(engine, 'runs/start', { file: file(), shell: 'rm' })).rejects.toThrow(/shell/);
    await expect(act(engine, 'runs/stop', { ids: ['../..'] })).rejects.toThrow('is not the id');
  });

  it('are named on what they start and do, after the index was lost as well', async () => {
    let engine = await workspace().connect();
    const run = await start(engine, 'asked', { steps: 2000, pause: 20 });
    expect(run.by).toBe('helper');
    await runWith(engine, run.id, 'running');
    await act(engine, 'runs/stop', { ids: [run.id] }, { agent: 'evil\n\u001b[31mname' });
    await runOver(engine, run.id);
    const acts = [
      { agent: 'helper', what: 'started it', consent: 'asked' },
      { agent: 'evil \ufffd[31mname', what: 'stopped it', consent: 'asked' },
    ];
    expect((await engine.request('runs/get', { id: run.id })).acts).toMatchObject(acts);
    // A line that is no act, as a folder from elsewhere may have it.
    fs.appendFileSync(path.join(workspace().at('.tunesmith/runs'), run.id, 'acts.ndjson'), '{"agent":7}\nnonsense\n');
    await workspace().killEngine();
    for (const end of ['', '-wal', '-shm']) fs.rmSync(workspace().local.store + end, { force: true });
    engine = await workspace().connect();
    expect(await engine.request('runs/get', { id: run.id })).toMatchObject({ by: 'helper', acts });
    expect((await engine.request('agents/permissions', {})).known).toBe(true);
  });

  it('get no farther than a budget reaches, whoever speaks for them', async () => {
    let engine = await workspace().connect();
    const own = (await engine.request('runs/start', { file: file() })).run;
    await runOver(engine, own.id);
    await expect(start(engine, 'budget')).rejects.toThrow('No budget was given for this file. Ask the person');
    await engine.request('agents/allow', { file: file(), hours: 1 });
    const run = await start(engine, 'budget');
    await runOver(engine, run.id);
    await expect(act(engine, 'runs/note', { id: own.id, note: 'x' }, { consent: 'budget' })).rejects.toThrow(
      'was not started by an agent',
    );
    await act(engine, 'runs/note', { id: run.id, note: 'x' }, { consent: 'budget' });
    const tooMuch = {
      agent: 'helper',
      consent: 'budget',
      deviceHours: 3,
      request: 'runs/start',
      params: { file: file() },
    } as const;
    await expect(engine.request('agents/act', tooMuch)).rejects.toThrow('is expected to take 3.0 h');
    // It outlives the engine; one that can't be read is no budget.
    await workspace().killEngine();
    engine = await workspace().connect();
    const [grant] = (await engine.request('agents/permissions', {})).grants;
    expect(grant).toMatchObject({ file: file(), hours: 1 });
    expect(grant!.usedHours).toBeGreaterThan(0);
    await workspace().killEngine();
    fs.writeFileSync(workspace().local.grants, '{"version":1,"grants":[{"file":1}]}');
    engine = await workspace().connect();
    expect((await engine.request('agents/permissions', {})).grants).toEqual([]);
    await expect(start(engine, 'budget')).rejects.toThrow('No budget');
  });

  it('lose a search when its budget is spent; what the person agreed to goes on', async () => {
    const engine = await workspace().connect();
    const slow = workspace().write(
      'slow.tune.yaml',
      experiment(
        'node train.mjs',
        'params: { steps: 400, pause: 20, lr: 1 }\nsearch:\n  trials: 50\n  parallel: 1\n  space: { lr: { uniform: [0, 1] } }\n',
      ),
    );
    await engine.request('agents/allow', { file: slow, hours: 0.0005 });
    const { search } = await act<{ search: { id: string } }>(
      engine,
      'searches/start',
      { file: slow },
      { consent: 'budget' },
    );
    const { run } = await act<{ run: Run }>(engine, 'runs/start', { file: slow, params: { steps: 5000 } });
    await until('the search to be stopped', async () => {
      const { status } = await engine.request('searches/get', { id: search.id });
      return status === 'stopped';
    });
    await runWith(engine, run.id, 'running');
    await engine.request('runs/stop', { ids: [run.id] });
    await runOver(engine, run.id);
    await engine.request('agents/allow', { file: slow, hours: null });
  });
});
