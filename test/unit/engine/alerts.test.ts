/** Alerts of a real engine on real runs: each once, to clients, a command and a webhook. */
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert, AlertCondition } from '../../../src/protocol/engine/alerts.js';
import type { EngineConnection } from '../../../src/engine/clients/index.js';
import { experiment, runOver, TRAIN, until, useWorkspace } from './support.js';

describe.sequential('alerts', () => {
  const workspace = useWorkspace();
  const alerts: Alert[] = [];
  const posted: Alert[] = [];
  let server: http.Server;
  let engine: EngineConnection;

  beforeAll(async () => {
    workspace().write('train.mjs', TRAIN);
    workspace().write('broken.mjs', TRAIN.replace('loss: lr', 'loss: step > 3 ? "NaN" : lr'));
    server = http.createServer((request, response) => {
      let text = '';
      request.on('data', (part) => (text += part));
      request.on('end', () => {
        posted.push(JSON.parse(text) as Alert);
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    engine = await connected();
  });
  afterAll(() => server?.close());

  const connected = () =>
    workspace().connect({ onNotification: (name, params) => name === 'alert' && alerts.push(params as Alert) });
  const file = (name: string, params: string, program = 'train.mjs') =>
    workspace().write(`${name}.tune.yaml`, experiment(`node ${program}`, `params: ${params}\n`));
  const add = async (when: AlertCondition, more: object = {}): Promise<string> => {
    const { rules } = await engine.request('alerts/add', { file: null, when, command: null, webhook: null, ...more });
    return rules.at(-1)!.id;
  };
  const told = (rule: string) => until('the alert', () => alerts.find((alert) => alert.rule === rule));

  it('come once per run, in the client, by a command and by a webhook', async () => {
    const quick = file('quick', '{ steps: 60, pause: 50, lr: 1 }');
    const { port } = server.address() as AddressInfo;
    const seen = workspace().at('seen');
    const script = `require('fs').appendFileSync(process.argv[1], process.env.TUNESMITH_ALERT + '|' + process.env.TUNESMITH_ALERT_RUN + '\\n')`;
    const above = await add(
      { kind: 'above', metric: 'loss', value: 1.5 },
      { file: quick, command: [process.execPath, '-e', script, seen], webhook: `http://127.0.0.1:${port}/` },
    );
    const never = await add({ kind: 'below', metric: 'loss', value: 0.5 });
    const ended = await add({ kind: 'ended' });
    const { run } = await engine.request('runs/start', { file: quick });
    expect(await told(above)).toMatchObject({
      run: run.id,
      experiment: 'tiny',
      text: expect.stringMatching(/loss was 2, above 1\.5\.$/),
    });
    await runOver(engine, run.id);
    expect((await told(ended)).text).toMatch(/It is completed\.$/);
    await until('the command', () => fs.existsSync(seen));
    expect(fs.readFileSync(seen, 'utf8')).toBe(`${(await told(above)).text}|${run.id}\n`);
    // The reason's parts are for clients, which show it in the person's language.
    const { reason, ...sent } = (await told(above))!;
    expect(reason).toBeDefined();
    await until('the webhook', () => posted.length > 0);
    expect(posted).toEqual([sent]);
    expect(alerts.map(({ rule }) => rule).sort()).toEqual([above, ended].sort());
    // Runs of other files are none of its business, and what was told is not told again by the next engine.
    await workspace().killEngine();
    engine = await connected();
    const other = await engine.request('runs/start', { file: file('other', '{ steps: 5, pause: 5, lr: 9 }') });
    await runOver(engine, other.run.id);
    await until('the end to be told', () => alerts.some((alert) => alert.run === other.run.id));
    expect(alerts).toHaveLength(3);
    expect((await engine.request('alerts/list', {})).rules.map(({ id }) => id)).toEqual([above, never, ended]);
    await engine.request('alerts/remove', { id: null });
  });

  it('tell of NaN, of a stall and of a failure', async () => {
    const [nan, stall, failed] = [
      await add({ kind: 'nan' }),
      await add({ kind: 'stall', seconds: 2 }),
      await add({ kind: 'failed' }),
    ];
    const broken = await engine.request('runs/start', {
      file: file('broken', '{ steps: 200, pause: 50 }', 'broken.mjs'),
    });
    expect((await told(nan)).text).toMatch(/loss is NaN\.$/);
    await engine.request('runs/stop', { ids: [broken.run.id] });
    const stuck = await engine.request('runs/start', { file: file('stuck', '{ steps: 2, pause: 30000 }') });
    expect(await told(stall)).toMatchObject({
      run: stuck.run.id,
      text: expect.stringMatching(/Nothing was logged for 2 s\.$/),
    });
    await engine.request('runs/stop', { ids: [stuck.run.id] });
    await runOver(engine, stuck.run.id);
    expect(alerts.some(({ rule }) => rule === failed)).toBe(false);
    const gone = await engine.request('runs/start', { file: file('gone', '{ steps: 1 }', 'missing.mjs') });
    expect(await told(failed)).toMatchObject({ run: gone.run.id });
  });

  it('never come from a folder, and refuse invalid rules', async () => {
    const rule = { file: null, when: { kind: 'nan' }, command: null, webhook: null } as const;
    await expect(engine.request('alerts/add', { ...rule, webhook: 'file:///etc/passwd' })).rejects.toThrow(/webhook/);
    await expect(engine.request('alerts/add', { ...rule, command: [] })).rejects.toThrow(/command/);
    await expect(engine.request('alerts/remove', { id: 'none' })).rejects.toThrow('There is no alert rule none');
    await engine.request('alerts/remove', { id: null });
    const planted = JSON.stringify({
      version: 1,
      rules: [{ id: 'x', ...rule, when: { kind: 'ended' }, command: ['touch', workspace().at('bad')] }],
      told: [],
    });
    fs.writeFileSync(workspace().at('.tunesmith/alerts.json'), planted);
    await workspace().killEngine();
    engine = await connected();
    const { run } = await engine.request('runs/start', { file: file('other', '{ steps: 5, pause: 5, lr: 9 }') });
    await runOver(engine, run.id);
    expect((await engine.request('alerts/list', {})).rules).toEqual([]);
    expect(fs.existsSync(workspace().at('bad'))).toBe(false);
  });

  it('come from the experiment file as well, for its own runs only, and not again after a restart', async () => {
    await engine.request('alerts/remove', { id: null });
    const set = workspace().write(
      'set.tune.yaml',
      experiment(
        'node broken.mjs',
        'params: { steps: 8, pause: 10, lr: 1 }\nalerts: [nan, ended, { metric: loss, above: 1.5 }]\n',
      ),
    );
    alerts.length = 0;
    const { run } = await engine.request('runs/start', { file: set });
    await runOver(engine, run.id);
    await until('the alerts', () => alerts.length >= 3);
    expect(alerts.map(({ text }) => text.replace(/^.*: /, '')).sort()).toEqual([
      'It is completed.',
      'loss is NaN.',
      'loss was 2, above 1.5.',
    ]);
    const { run: other } = await engine.request('runs/start', {
      file: file('unset', '{ steps: 8, pause: 10, lr: 1 }'),
    });
    await runOver(engine, other.id);
    await workspace().killEngine();
    engine = await connected();
    await engine.request('runs/tag', { ids: [run.id, other.id], add: ['looked-at'] });
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(alerts).toHaveLength(3);
  });
});
