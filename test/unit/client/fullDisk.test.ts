/** The Node client and the supervisor on a disk that is really full. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SmallDisk } from '../support/smallDisk.js';
import {
  bundle,
  cleanUp,
  journal,
  newFolder,
  output,
  recordOf,
  supervise,
  until,
  type TestRun,
} from '../supervisor/support.js';

const disk = SmallDisk.mount(512);
let bundles: string;
let runs = 0;
beforeAll(async () => {
  bundles = newFolder();
  await bundle(bundles, { supervisor: 'src/engine/supervisor/main.ts', module: 'src/client/module/host.ts' });
});
afterAll(() => {
  cleanUp();
  disk?.unmount();
});

/** A module run whose folder is on the small disk; it acknowledges in a file elsewhere. */
function start(source: string): TestRun & { acknowledged: () => number; go: () => void } {
  const elsewhere = newFolder();
  const folder = join(disk!.folder, `run${++runs}`);
  mkdirSync(folder);
  const file = join(elsewhere, 'train.mjs');
  const acknowledged = join(elsewhere, 'acknowledged');
  const go = join(elsewhere, 'go');
  writeFileSync(acknowledged, '');
  writeFileSync(
    file,
    `import fs from 'node:fs';
     const pause = (ms) => new Promise((done) => setTimeout(done, ms));
     const acknowledge = (i) => fs.appendFileSync(${JSON.stringify(acknowledged)}, i + '\\n');
     const signal = async () => { while (!fs.existsSync(${JSON.stringify(go)})) await pause(10); fs.rmSync(${JSON.stringify(go)}); };
     ${source}`,
  );
  const argv = ['node', join(bundles, 'module.cjs'), file];
  const spec = { version: 1, id: 'r1', cwd: elsewhere, env: {}, params: {}, seed: 7, stopGrace: 5, argv };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(spec));
  return {
    ...supervise(bundles, folder),
    acknowledged: () => readFileSync(acknowledged, 'utf8').split('\n').length - 1,
    go: () => writeFileSync(go, ''),
  };
}

const steps = (folder: string): number[] =>
  journal(folder).flatMap((record) => (record.type === 'metrics' ? [record.step!] : []));
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

it.skipIf(!disk)(
  'the training goes on while the disk is full, says so once, and everything is there later',
  async () => {
    const run = start(`
    export default async (run) => {
      for (let i = 0; i < 20; i++) { run.log({ loss: i }, { step: i }); acknowledge(i); }
      await signal();
      for (let i = 20; i < 80; i++) {
        run.log({ loss: i }, { step: i }); acknowledge(i);
        if (i % 10 === 0) { console.log('step', i); process.stdout.write('printed\\n'); process.stderr.write('printed\\n'); }
        if (i === 40) run.log({ loss: 'text' });
        await pause(2);
      }
      await signal();
      run.log({ loss: 80 }, { step: 80 }); acknowledge(80);
    }`);
    await until('20 records', () => run.acknowledged() === 20);
    disk!.fill();
    run.go();
    await until('80 records while the disk is full', () => run.acknowledged() === 80);
    expect(steps(run.folder).length).toBeLessThan(80);
    disk!.free();
    // It logs no more for now, and its records are written nevertheless.
    await until('what waited', () => steps(run.folder).length === 80);
    run.go();
    expect(await run.gone).toBe(0);
    expect(steps(run.folder)).toEqual(upTo(81));
    expect(recordOf(run.folder, 'exit')).toMatchObject({ code: 0 });
    const messages = journal(run.folder).flatMap((record) => (record.type === 'message' ? [record.text] : []));
    expect(messages.filter((text) => text.includes('could not be written'))).toEqual([
      expect.stringMatching(/ENOSPC.*records waited in memory.*Nothing is missing/),
    ]);
    expect(output(run.folder)).toMatch(/the journal can be written again; \d+ records had waited/);
  },
);

it.skipIf(!disk)('a program that ends on a full disk waits for room and then leaves whole records', async () => {
  const run = start(`
    export default async (run) => {
      run.log({ loss: 0 }, { step: 0 }); acknowledge(0);
      await signal();
      for (let i = 1; i < 50; i++) { run.log({ loss: i, text: 0.123456789 }, { step: i }); acknowledge(i); }
    }`);
  await until('a record', () => run.acknowledged() === 1);
  const { pid } = recordOf(run.folder, 'spawn')!;
  disk!.fill();
  run.go();
  await until('50 records', () => run.acknowledged() === 50);
  await new Promise((done) => setTimeout(done, 700));
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  disk!.free();
  expect(await run.gone).toBe(0);
  expect(steps(run.folder)).toEqual(upTo(50));
  expect(recordOf(run.folder, 'finish')).toMatchObject({ status: 'completed' });
});

it.skipIf(!disk)('a supervisor that starts, and one whose program ends, on a full disk wait for room', async () => {
  disk!.fill();
  const folder = join(disk!.folder, `run${++runs}`);
  mkdirSync(folder);
  disk!.free();
  const spec = { version: 1, id: 'r1', cwd: '/', env: {}, params: {}, seed: 7, stopGrace: 5, argv: ['sleep', '0.4'] };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(spec));
  disk!.fill();
  const run = supervise(bundles, folder);
  await new Promise((done) => setTimeout(done, 1000));
  expect(existsSync(join(folder, 'output.log'))).toBe(false);
  disk!.free();
  await until('the program', () => existsSync(join(folder, 'output.log')));
  disk!.fill();
  await new Promise((done) => setTimeout(done, 1000));
  disk!.free();
  expect(await run.gone).toBe(0);
  expect(journal(folder).map((record) => record.type)).toEqual(['spawn', 'exit']);
  expect(recordOf(folder, 'exit')).toMatchObject({ code: 0 });
});
