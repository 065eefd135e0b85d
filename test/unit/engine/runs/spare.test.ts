/** A spare supervisor waits while runs are likely, so that a run's program begins at once. */
import * as fs from 'node:fs';
import { expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { experiment, isAlive, runOver, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();

/** Returns the process of the last supervisor that was started without a run; null: there was none. */
function spare(): number | null {
  const all = [
    ...workspace()
      .engineLog()
      .matchAll(/supervisor (\d+) waits for a run/g),
  ];
  return all.length === 0 ? null : Number(all.at(-1)![1]);
}

async function start(engine: EngineConnection): Promise<string> {
  workspace().write(
    'plain.mjs',
    `import fs from 'node:fs';
     await new Promise((done) => setTimeout(done, 2000));
     console.log(process.env.TUNESMITH_RUN_MARK);
     fs.appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step: 0, loss: 0.5 }) + '\\n');`,
  );
  const file = workspace().write('plain.tune.yaml', experiment('node plain.mjs', ''));
  return (await engine.request('runs/start', { file })).run.id;
}

function supervisorOf(run: string): number {
  const journal = workspace().at('.tunesmith', 'runs', run, 'journal', 'supervisor.ndjson');
  return (JSON.parse(fs.readFileSync(journal, 'utf8').split('\n')[0]!) as { supervisor: number }).supervisor;
}
const output = (run: string): string =>
  fs.readFileSync(workspace().at('.tunesmith', 'runs', run, 'output.log'), 'utf8').trim();

it('is started once a run has begun, serves the next one, and leaves with its engine', async () => {
  const engine = await workspace().connect();
  const first = await start(engine);
  const waiting = await until('a spare supervisor', spare);
  const second = await start(engine);
  for (const id of [first, second])
    expect(await runOver(engine, id)).toMatchObject({ status: 'completed', objective: { value: 0.5 } });
  expect(supervisorOf(first)).not.toBe(waiting);
  expect(supervisorOf(second)).toBe(waiting);
  expect(output(second)).toMatch(/^\d+$/);
  expect(output(second)).not.toBe(output(first));
  const next = await until('another spare supervisor', () => (spare() === waiting ? null : spare()));
  await workspace().killEngine();
  await until('it to leave', () => !isAlive(next));
}, 120_000);

it('is started when an editor connects, and goes when its engine ends', async () => {
  const before = spare();
  const engine = await workspace().connect({ client: 'vscode' });
  const waiting = await until('a spare supervisor', () => (spare() === before ? null : spare()));
  expect(isAlive(waiting)).toBe(true);
  await engine.request('engine/stop', { force: true });
  await until('it to leave', () => !isAlive(waiting));
}, 120_000);
