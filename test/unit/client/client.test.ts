import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSystemMetric } from '../../../src/protocol/run/systemMetrics.js';
import {
  attach,
  bundle,
  cleanUp,
  journal,
  newFolder,
  output,
  recordOf,
  startRun,
  until,
  type TestRun,
} from '../supervisor/support.js';

let bundles: string;
beforeAll(async () => {
  bundles = newFolder();
  await bundle(bundles, {
    supervisor: 'src/engine/supervisor/main.ts',
    module: 'src/client/module/host.ts',
    client: 'src/client/index.ts',
  });
});
afterAll(cleanUp);

/** Runs a module's source text as the engine would. */
function runModule(source: string, name = 'обучение.mjs'): TestRun & { file: string } {
  const file = join(newFolder(), name);
  writeFileSync(file, source);
  return { file, ...startRun(bundles, { argv: ['node', join(bundles, 'module.cjs'), file] }) };
}

const metrics = (folder: string): Record<string, unknown>[] =>
  journal(folder).flatMap((record) =>
    record.type === 'metrics' && !Object.keys(record.values).every(isSystemMetric) ? [record] : [],
  );

describe('a training module', () => {
  it('has its parameters and seed, and everything it says is in the journal in order', async () => {
    const run = runModule(`
      export default async function train(run) {
        run.setParams({ extra: [1, 'two'] });
        for (let i = 0; i < 3; i++) run.log({ 'потери': run.params.number('lr') / (i + 1) });
        run.log({ 'val/acc': NaN, up: Infinity }, { step: 10, epoch: 1 });
        run.progress(1.5, 'половина'); run.progress(NaN);
        run.info({ weights: 10, seed: run.seed });
        run.message('warning', 'a\\nb');
        run.media('plot', run.folder + '/media/p.png', { step: 1 });
        console.log(run.id, run.stopRequested);
        setInterval(() => 0, 1000);
      }`);
    expect(await run.gone).toBe(0);
    expect(output(run.folder)).toBe('r1 null\n');
    const { pid } = recordOf(run.folder, 'spawn')!;
    const records = journal(run.folder, `rank0-${pid}.ndjson`).map(({ time: _, ...record }) => record);
    expect(records).toEqual([
      { type: 'start', pid, rank: 0, client: expect.stringMatching(/^node\//) },
      { type: 'params', params: { extra: [1, 'two'] } },
      { type: 'metrics', step: 0, values: { потери: 0.5 } },
      { type: 'metrics', step: 1, values: { потери: 0.25 } },
      { type: 'metrics', step: 2, values: { потери: 0.5 / 3 } },
      { type: 'metrics', step: 10, epoch: 1, values: { 'val/acc': 'NaN', up: 'Infinity' } },
      { type: 'progress', fraction: 1, text: 'половина' },
      { type: 'progress', fraction: null },
      { type: 'info', values: { weights: 10, seed: 7 } },
      { type: 'message', level: 'warning', text: 'a\nb' },
      { type: 'media', name: 'plot', path: 'media/p.png', mime: 'image/png', step: 1 },
      { type: 'finish', status: 'completed' },
    ]);
    expect(recordOf(run.folder, 'exit')).toMatchObject({ code: 0 });
  });

  it.each([
    ['throws', 'export default async (run) => {\n  run.log({ a: 1 });\n  null.x;\n}', ':3:8: TypeError', '.mjs'],
    [
      'rejects unseen',
      'export const train = () => {\n  Promise.reject(new RangeError("so"));\n  return new Promise((r) => setTimeout(r, 500));\n}',
      ':2:18: RangeError: so',
      '.mjs',
    ],
    ['is not valid JavaScript', 'export default () => {\n  const const = 1;\n}', ':2: SyntaxError', '.mjs'],
    ['is not valid TypeScript', 'export default (): void => {\n  const const = 1;\n}', ':2: SyntaxError', '.ts'],
    [
      'needs more than types removed',
      'enum A { b }\nexport default () => A.b;',
      ':1: TypeScript enum is not supported',
      '.ts',
    ],
    ['imports a file without its ending', "import './data';\nexport default () => 0;", 'with its extension', '.ts'],
    ['exports no function', 'export const a = 1;', 'exports no training function', '.mjs'],
  ])('that %s fails with the place and the reason', async (_name, source, expected, ending) => {
    const run = runModule(source, `модуль 1${ending}`);
    await run.gone;
    expect(output(run.folder)).toContain(`${run.file}${expected.startsWith(':') ? expected : ''}`);
    expect(output(run.folder)).toContain(expected);
    expect(recordOf(run.folder, 'exit')!.code).toBe(1);
    expect(recordOf(run.folder, 'finish')).toMatchObject({
      status: 'failed',
      error: expect.stringContaining(expected),
    });
  });

  it('may be TypeScript or CommonJS, without a note about either', async () => {
    const typed = runModule(
      'import type { RunClient } from "tunesmith";\nexport async function train(run: RunClient): Promise<void> { run.log({ a: 1 as number }); }',
      'train.ts',
    );
    const common = runModule('exports.train = (run) => run.log({ a: 1 });', 'train.cjs');
    for (const run of [typed, common]) {
      await run.gone;
      expect(output(run.folder)).toBe('');
      expect(metrics(run.folder)).toHaveLength(1);
    }
  });

  it('streams the same bytes that it writes to the file', async () => {
    const run = runModule(`
      export default async (run) => {
        await new Promise((r) => setTimeout(r, 300));
        for (let i = 0; i < 3000; i++) { run.log({ 'é': i }); if (i % 50 === 0) await new Promise((r) => setTimeout(r, 5)); }
      }`);
    const engine = await attach(run.folder);
    await run.gone;
    const name = `rank0-${recordOf(run.folder, 'spawn')!.pid}.ndjson`;
    const file = readFileSync(join(run.folder, 'journal', name));
    const frames = engine.received.filter((message) => message.file === name && message.data !== undefined);
    let end = frames[0]!.offset as number;
    for (const { offset, data } of frames as { offset: number; data: string }[]) {
      expect(offset).toBe(end);
      const bytes = Buffer.from(data);
      expect(file.subarray(offset, offset + bytes.length).equals(bytes)).toBe(true);
      end = offset + bytes.length;
    }
    expect(end).toBe(file.length);
    expect(frames.length).toBeLessThan(500);
  });
});

describe('a stop', () => {
  it('is heard by a module that looks, which then ends in its own way', async () => {
    const run = runModule(`
      export default async (run) => {
        run.onStop((reason) => console.log('heard', reason));
        console.log('up');
        while (!run.stopRequested) await new Promise((r) => setTimeout(r, 10));
        await new Promise((r) => setTimeout(r, 700));
        run.log({ last: 1 });
      }`);
    const engine = await attach(run.folder);
    await until('up', () => output(run.folder).includes('up'));
    engine.send({ type: 'stop', reason: 'prune' });
    await run.gone;
    expect(output(run.folder)).toBe('up\nheard prune\n');
    expect(metrics(run.folder)).toHaveLength(1);
    expect(recordOf(run.folder, 'finish')).toMatchObject({ status: 'pruned' });
    expect(recordOf(run.folder, 'exit')).toMatchObject({ code: 0, requested: 'prune' });
  });

  it('ends a module that does not look, with its last record written', async () => {
    const run = runModule(
      `export default (run) => { run.log({ a: 1 }); console.log('up'); return new Promise(() => setInterval(() => 0, 99)); }`,
    );
    const engine = await attach(run.folder);
    await until('up', () => output(run.folder).includes('up'));
    engine.send({ type: 'stop', reason: 'stop' });
    await run.gone;
    expect(recordOf(run.folder, 'finish')).toMatchObject({ status: 'stopped' });
    expect(recordOf(run.folder, 'exit')).toMatchObject({ code: 143, requested: 'stop' });
  });

  it('aborts the signal that was handed to others, which is not a failure', async () => {
    const run = runModule(`
      import { setTimeout as wait } from 'node:timers/promises';
      export default (run) => { const { stopSignal } = run; console.log('up'); return wait(60000, 0, { signal: stopSignal }); }`);
    const engine = await attach(run.folder);
    await until('up', () => output(run.folder).includes('up'));
    engine.send({ type: 'stop', reason: 'stop' });
    await run.gone;
    expect(recordOf(run.folder, 'finish')).toMatchObject({ status: 'stopped' });
    expect(recordOf(run.folder, 'exit')).toMatchObject({ code: 0 });
  });
});

it('new values of hyperparameters reach the live run', async () => {
  const run = runModule(`
    export default (run) => new Promise((done) => {
      run.onSet((values) => { console.log(JSON.stringify(values), run.params.number('lr')); done(); });
      console.log('up');
      setInterval(() => 0, 99);
    });`);
  const engine = await attach(run.folder);
  await until('up', () => output(run.folder).includes('up'));
  engine.send({ type: 'set', params: { lr: 0.25 } });
  await run.gone;
  expect(output(run.folder)).toBe('up\n{"lr":0.25} 0.25\n');
});

it('a value that was set as a float stays one when the program states it', async () => {
  const run = runModule(`
    export default (run) => new Promise((done) => {
      run.onSet((values) => { run.setParams(values); run.setParams({ other: 1 }); done(); });
      console.log('up');
      setInterval(() => 0, 99);
    });`);
  const engine = await attach(run.folder);
  await until('up', () => output(run.folder).includes('up'));
  engine.send({ type: 'set', params: { lr: 1, wide: 2 }, floats: { lr: true } });
  await run.gone;
  const stated = journal(run.folder).filter(({ type }) => type === 'params');
  expect(stated).toMatchObject([{ params: { lr: 1, wide: 2 }, floats: { lr: true } }, { params: { other: 1 } }]);
  expect(stated[1]).not.toHaveProperty('floats');
});

describe('the journal', () => {
  it('holds every record that was logged before a kill -9', async () => {
    // The program itself tells, on its output, how many calls have returned.
    const run = runModule(`
      import { writeSync } from 'node:fs';
      export default async (run) => {
        let next = performance.now();
        for (let i = 0; ; i++) {
          run.log({ loss: 1 / (i + 1), acc: i });
          writeSync(1, i + '\\n');
          next += 1;
          while (performance.now() < next) await new Promise(setImmediate);
        }
      }`);
    await until('10,000 records', () => output(run.folder).split('\n').length > 10_000, 40_000);
    process.kill(recordOf(run.folder, 'spawn')!.pid, 'SIGKILL');
    await run.gone;
    const said = Number(output(run.folder).split('\n').at(-2));
    const steps = metrics(run.folder).map((record) => record.step);
    expect(said).toBeGreaterThanOrEqual(10_000 - 2);
    // The last call may have been killed between recording and saying so.
    expect(steps.length - 1 - said).toBeOneOf([0, 1]);
    expect(steps).toEqual(steps.map((_, i) => i));
    expect(recordOf(run.folder, 'exit')).toMatchObject({ signal: 'SIGKILL', requested: null });
  });

  it.runIf(process.platform === 'linux')('outlives a full disk: records wait and are written in order', () => {
    const folder = newFolder();
    // The limit on a file's size is what a full disk is to a writer: writes fail, or end half-way.
    const script = `
      process.on('SIGXFSZ', () => undefined);
      const { connectRun } = require(${JSON.stringify(join(bundles, 'client.cjs'))});
      const run = connectRun();
      for (let i = 0; i < 100; i++) run.log({ value: i, text: 0.123456789 });
      require('child_process').execSync('prlimit --fsize=unlimited --pid ' + process.pid);
      for (let i = 100; i < 120; i++) run.log({ value: i });
      setTimeout(() => { run.log({ value: 120 }); }, 300);`;
    const done = spawnSync('prlimit', ['--fsize=1500:unlimited', process.execPath, '-e', script], {
      env: { ...process.env, TUNESMITH_RUN_DIR: folder },
      encoding: 'utf8',
    });
    expect(done.stderr).toContain('records wait in memory');
    expect(done.status).toBe(0);
    const values = metrics(folder).map((record) => (record.values as Record<string, number>).value);
    expect(values).toEqual(Array.from({ length: 121 }, (_, i) => i));
    expect(recordOf(folder, 'finish')).toMatchObject({ status: 'completed' });
  });

  it('is of each process alone, and named after its rank', () => {
    const folder = newFolder();
    const script = `
      const { connectRun } = require(${JSON.stringify(join(bundles, 'client.cjs'))});
      connectRun().log({ a: 1 }); connectRun().log({ a: 2 });
      if (!process.argv[1]) require('child_process').spawnSync(process.execPath, ['-e', process.env.CODE, 'child'], { env: { ...process.env, RANK: '3' } });`;
    spawnSync(process.execPath, ['-e', script], { env: { ...process.env, TUNESMITH_RUN_DIR: folder, CODE: script } });
    const starts = journal(folder).flatMap((record) => (record.type === 'start' ? [record] : []));
    expect(starts.map((record) => record.rank).sort()).toEqual([0, 3]);
    for (const { rank, pid } of starts) {
      const own = journal(folder, `rank${rank}-${pid}.ndjson`);
      expect(own.map((record) => record.type)).toEqual(['start', 'metrics', 'metrics', 'finish']);
    }
  });
});

it('without Tunesmith a program runs the same and writes nothing', () => {
  const script = `
    const { connectRun } = require(${JSON.stringify(join(bundles, 'client.cjs'))});
    const run = connectRun();
    run.log({ a: 1 }); run.progress(0.5); run.info({}); run.message('info', ''); run.media('a', 'b'); run.onStop(() => 0).dispose();
    run.flush().then(() => { run.finish(); console.log(run.enabled, run.params.number('lr', 3), run.stopRequested, run.stopSignal.aborted); });`;
  const cwd = newFolder();
  const { TUNESMITH_RUN_DIR: _, ...env } = process.env;
  const done = spawnSync(process.execPath, ['-e', script], { env, cwd, encoding: 'utf8' });
  expect(done.stdout).toBe('false 3 null false\n');
  expect(done.stderr).toBe('');
});
