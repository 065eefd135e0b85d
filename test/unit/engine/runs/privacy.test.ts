/** Files of the engine and its runs under a umask that hides nothing; what the program itself makes keeps that umask. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { experiment, runOver, runWith, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;
let umask: number;
// Vitest's workers are processes, so the umask is this file's alone.
beforeAll(async () => {
  umask = process.umask(0o000);
  engine = await workspace().connect();
});
afterAll(() => process.umask(umask));

/** Every file and folder below, with what others than its owner may do. */
function* openTo(folder: string): Generator<string> {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    const mode = fs.lstatSync(file).mode & 0o077;
    if (mode !== 0) yield `${file} ${mode.toString(8)}`;
    if (entry.isDirectory()) yield* openTo(file);
  }
}

const PROGRAM = `
import fs from 'node:fs';
fs.writeFileSync('made.txt', 'by the program');
console.log('printed');
await new Promise((resolve) => setTimeout(resolve, 700));
`;

it.runIf(process.platform !== 'win32')('are closed to everybody else under umask 000', async () => {
  workspace().write('train.mjs', PROGRAM);
  const file = workspace().write('a.tune.yaml', experiment('node train.mjs'));
  const { run } = await engine.request('runs/start', { file });
  await runWith(engine, run.id, 'running');
  expect(fs.existsSync(workspace().at('.tunesmith/runs', run.id, 'supervisor.json'))).toBe(true);
  const folders = [workspace().at('.tunesmith'), workspace().local.local];
  expect(folders.map((folder) => fs.statSync(folder).mode & 0o777)).toEqual([0o700, 0o700]);
  expect(folders.flatMap((folder) => [...openTo(folder)])).toEqual([]);
  await runOver(engine, run.id);
  expect(folders.flatMap((folder) => [...openTo(folder)])).toEqual([]);
  expect(fs.statSync(workspace().at('made.txt')).mode & 0o777).toBe(0o666);
});
