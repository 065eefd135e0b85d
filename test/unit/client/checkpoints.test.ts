import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { saveCheckpoint, usableCheckpoint, wholeCheckpoints } from '../../../src/client/checkpoints/index.js';
import { damageOf, readManifest } from '../../../src/client/checkpoints/manifest.js';
import { root } from '../supervisor/support.js';

const base = mkdtempSync(join(tmpdir(), 'tunesmith checkpoints ñ-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let checkpoints: string;
let count = 0;
beforeEach(() => {
  checkpoints = join(base, String(++count));
});

const save = (step: number, keep = 2): Promise<string> =>
  saveCheckpoint(
    checkpoints,
    step,
    (folder) => {
      mkdirSync(join(folder, 'parts'));
      writeFileSync(join(folder, 'state.json'), JSON.stringify({ step }));
      writeFileSync(join(folder, 'parts', 'weights.bin'), Buffer.alloc(3_000_000, step));
    },
    { keep, steps: () => step + 1, sync: true },
  );
const names = (): string[] => readdirSync(checkpoints).sort();

it('each says what belongs to it, and any change of that is found', async () => {
  const changes: [string, (file: string) => void][] = [
    ['has changed', (file) => writeFileSync(file, readFileSync(file).fill(9, 1_000_000, 1_000_001))],
    ['instead of', (file) => truncateSync(file, 2_999_999)],
    ['instead of', (file) => truncateSync(file, 0)],
    ['instead of', (file) => appendFileSync(file, 'x')],
    ['is missing', (file) => unlinkSync(file)],
  ];
  for (const [step, [what, change]] of changes.entries()) {
    const folder = await save(step);
    expect(await damageOf(folder)).toBeNull();
    expect(readManifest(folder)).toMatchObject({ steps: step + 1, number: step + 1 });
    change(join(folder, 'parts', 'weights.bin'));
    expect(await damageOf(folder)).toContain(what);
  }
});

it('a damaged one gives way to the one before, is kept aside, and does not count as kept', async () => {
  for (const step of [1, 2, 3]) await save(step, 3);
  const [newest, second, first] = wholeCheckpoints(checkpoints);
  for (const folder of [newest!, second!]) appendFileSync(join(folder, 'state.json'), ' ');
  const damaged: string[] = [];
  expect(await usableCheckpoint(newest!, (name, why) => damaged.push(`${name}: ${why}`))).toBe(first);
  expect(damaged).toEqual([
    'step-000000003: state.json has 11 bytes instead of 10',
    'step-000000002: state.json has 11 bytes instead of 10',
  ]);
  await save(2);
  expect(names()).toEqual(['.damaged-step-000000002', '.damaged-step-000000003', 'step-000000001', 'step-000000002']);
  expect(await usableCheckpoint(join(checkpoints, 'step-000000009'), () => undefined)).toBeNull();
});

it('one that another program wrote without a manifest is taken as it is', async () => {
  mkdirSync(join(checkpoints, 'mine'), { recursive: true });
  writeFileSync(join(checkpoints, 'mine', 'state'), '1');
  expect(await usableCheckpoint(join(checkpoints, 'mine'), () => undefined)).toBe(join(checkpoints, 'mine'));
});

it('the newest is the one saved last, whatever clock and step say', async () => {
  await save(5);
  await save(6);
  const last = await save(2);
  for (const folder of wholeCheckpoints(checkpoints)) utimesSync(folder, 1, folder === last ? 1 : 2_000_000_000);
  expect(wholeCheckpoints(checkpoints)[0]).toBe(last);
});

it('saving the same step again leaves a whole one at every moment', async () => {
  const first = await save(4, 1);
  const second = await save(4, 1);
  expect(second).not.toBe(first);
  expect(wholeCheckpoints(checkpoints)).toEqual([second]);
  await expect(
    saveCheckpoint(checkpoints, 5, () => Promise.reject(new Error('no room')), { keep: 1, steps: () => 0, sync: true }),
  ).rejects.toThrow('no room');
  expect(names()).toEqual(['step-000000004-2']);
});

it('a program that is killed while it saves, 40 times, always leaves a whole checkpoint', async () => {
  const bundle = join(base, 'checkpoints.cjs');
  await build({
    entryPoints: [join(root, 'src/client/checkpoints/index.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: bundle,
    logLevel: 'error',
  });
  const script = `
    const { saveCheckpoint } = require(${JSON.stringify(bundle)});
    const fs = require('node:fs');
    (async () => {
      for (let i = 0; ; i++) {
        await saveCheckpoint(process.argv[1], i % 3, (folder) => fs.writeFileSync(folder + '/weights', Buffer.alloc(200_000, i)), { keep: 1, steps: () => i, sync: false });
        if (i === 0) fs.writeSync(1, 'ready');
      }
    })();`;
  for (let turn = 0; turn < 40; turn++) {
    const child = spawn(process.execPath, ['-e', script, checkpoints], { stdio: ['ignore', 'pipe', 'inherit'] });
    const gone = new Promise((done) => child.on('exit', done));
    await new Promise((done) => child.stdout.once('data', done));
    await new Promise((done) => setTimeout(done, turn % 20));
    child.kill('SIGKILL');
    await gone;
    const newest = wholeCheckpoints(checkpoints)[0];
    expect(newest && existsSync(newest), `turn ${turn}`).toBe(true);
    expect(await damageOf(newest!), `turn ${turn}`).toBeNull();
  }
}, 60_000);
