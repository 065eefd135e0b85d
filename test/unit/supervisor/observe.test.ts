/** The supervisor observes real programs: metrics that they print, and their use of the machine. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAPTURE_AUTO, CAPTURE_OFF } from '../../../src/protocol/run/captureSettings.js';
import type { MetricsRecord } from '../../../src/protocol/run/journal.js';
import { bundle, cleanUp, journal, newFolder, recordOf, startRun, supervise, until } from './support.js';

let bundles: string;
const node = (code: string): string[] => ['node', '-e', code];
const only = (part: object): { capture: typeof CAPTURE_OFF } => ({ capture: { ...CAPTURE_OFF, ...part } });
const printed = (folder: string, file = 'output.ndjson'): [step: number | undefined, values: object][] =>
  existsSync(join(folder, 'journal', file))
    ? journal(folder, file).flatMap((record) => (record.type === 'metrics' ? [[record.step, record.values]] : []))
    : [];
const warning = (folder: string): string | undefined => recordOf(folder, 'message')?.text;

beforeAll(async () => {
  bundles = newFolder();
  await bundle(bundles, { supervisor: 'src/engine/supervisor/main.ts' });
});
afterAll(cleanUp);

describe('printed metrics', () => {
  it('are recorded while the program works, up to its last line', async () => {
    const run = startRun(bundles, {
      argv: node('console.log("epoch 1 loss 0.5"); setTimeout(() => process.stdout.write("epoch 2 loss 0.25"), 2500)'),
      ...only({ output: 'auto' }),
    });
    await until('the first metric', () => printed(run.folder).length > 0);
    expect(recordOf(run.folder, 'exit')).toBeUndefined();
    await run.gone;
    expect(printed(run.folder)).toEqual([
      [1, { loss: 0.5 }],
      [2, { loss: 0.25 }],
    ]);
  });

  it('are not recorded when the file says off', async () => {
    const run = startRun(bundles, { argv: node('console.log("epoch 1 loss 0.5")'), ...only({ output: 'off' }) });
    await run.gone;
    expect(printed(run.folder)).toEqual([]);
  });

  it('of a later launch count from its own output on, under its number', async () => {
    const run = startRun(bundles, { argv: node('console.log("epoch 1 loss 0.5")'), ...only({ output: 'auto' }) });
    await run.gone;
    const spec = JSON.parse(readFileSync(join(run.folder, 'run.json'), 'utf8')) as object;
    const launch = { number: 2, at: Date.now(), checkpoint: null };
    const argv = node('console.log("epoch 1 loss 0.4")');
    writeFileSync(join(run.folder, 'run.json'), JSON.stringify({ ...spec, argv, launch }));
    await supervise(bundles, run.folder).gone;
    const types = journal(run.folder, 'output.ndjson').map((record) => [
      record.type,
      (record as { launch?: 2 }).launch,
    ]);
    expect(types).toEqual([
      ['metrics', undefined],
      ['start', 2],
      ['metrics', undefined],
    ]);
    expect(printed(run.folder).map(([, values]) => values)).toEqual([{ loss: 0.5 }, { loss: 0.4 }]);
  });

  it('are read beside the records of the program’s client', async () => {
    const code =
      'import tunesmith, time\nrun = tunesmith.init()\nrun.log({"loss": 0.5}, step=1)\ntime.sleep(1.5)\n' +
      'print("epoch 1 acc 0.5 f1: 0.3", flush=True)\ntime.sleep(1)\n';
    const run = startRun(bundles, { argv: ['python3', '-c', code], ...only({ output: 'auto' }) });
    await run.gone;
    expect(printed(run.folder)).toEqual([[1, { acc: 0.5, f1: 0.3 }]]);
  });

  it('are found by the patterns of the file', async () => {
    const output = ['it (?<step>\\d+) L=(?<loss>[\\d.]+) V=(?P<val__loss>\\S+)', '^(?<name>\\w+) is (?<value>\\S+)$'];
    const run = startRun(bundles, {
      argv: node('console.log("it 3 L=0.5 V=nan\\nspeed is 1,200.5\\nepoch 1 loss 0.5")'),
      ...only({ output }),
    });
    await run.gone;
    expect(printed(run.folder, 'patterns.ndjson')).toEqual([
      [3, { loss: 0.5, 'val/loss': 'NaN' }],
      [undefined, { speed: 1200.5 }],
    ]);
    expect(printed(run.folder)).toEqual([]);
  });

  it('a pattern that would take for ever is given up, with a warning; the others continue', async () => {
    const run = startRun(bundles, {
      argv: node('console.log("a".repeat(60) + "!\\nloss=0.5"); setTimeout(() => console.log("loss=0.4"), 1500)'),
      ...only({ output: ['^(?<bad>(a+)+)$', 'loss=(?<loss>\\S+)'] }),
    });
    expect(await run.gone).toBe(0);
    expect(printed(run.folder, 'patterns.ndjson')).toEqual([
      [undefined, { loss: 0.5 }],
      [undefined, { loss: 0.4 }],
    ]);
    expect(warning(run.folder)).toContain('takes too long');
  });

  it('of a flood of output are read up to the end, which costs a bounded time', async () => {
    const code =
      'const line = "x".repeat(1000); let n = 0; for (; n < 60; n++) require("fs").writeSync(1, (line + "\\n").repeat(1000));' +
      'require("fs").writeSync(1, "y".repeat(30e6)); console.log("\\nepoch 9 loss 0.125")';
    const run = startRun(bundles, { argv: node(code), ...only({ output: 'auto' }) });
    expect(await run.gone).toBe(0);
    expect(printed(run.folder)).toEqual([[9, { loss: 0.125 }]]);
  });

  it('an output that somebody has emptied is read on', async () => {
    const run = startRun(bundles, {
      argv: node('console.log("epoch 1 loss 0.5"); setTimeout(() => console.log("epoch 2 loss 0.25"), 2500)'),
      ...only({ output: 'auto' }),
    });
    await until('the first metric', () => printed(run.folder).length > 0);
    writeFileSync(join(run.folder, 'output.log'), '');
    appendFileSync(join(run.folder, 'output.log'), '');
    await run.gone;
    expect(printed(run.folder)).toHaveLength(2);
  });
});

describe.skipIf(process.platform === 'win32')('the use of the machine', () => {
  const samples = (folder: string): MetricsRecord['values'][] =>
    printed(folder, 'system.ndjson').map(([, values]) => values as MetricsRecord['values']);

  it('is sampled for the whole tree of processes', async () => {
    const busy = 'const end = Date.now() + 9000; while (Date.now() < end);';
    const child = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(busy)}]);`;
    const hold = 'const hold = Buffer.alloc(200e6, 1); setTimeout(() => hold, 9000);';
    const run = startRun(bundles, { argv: node(child + hold), ...only({ system: true }) });
    // On a busy machine, the processes may not have begun at the first sample.
    const isWhole = (values: Record<string, unknown>): boolean =>
      Number(values['system/cpu_percent']) > 10 && Number(values['system/memory_mib']) > 200;
    const values = await until('a sample of both processes', () => samples(run.folder).find(isWhole));
    if (process.platform === 'linux') expect(values).toHaveProperty(['system/net_received_mib_per_s']);
    for (const name of Object.keys(values)) expect(name).toMatch(/^system\//);
    await run.gone;
  });

  it('is not sampled when the file says false', async () => {
    const run = startRun(bundles, { argv: node('setTimeout(() => 0, 3000)'), ...only({ system: false }) });
    await run.gone;
    expect(samples(run.folder)).toEqual([]);
  });

  it('asks nvidia-smi about the GPUs that the program may use, which counts as no part of the run', async () => {
    const tools = newFolder();
    const csv = '0, GPU-aaaa, 11, 100, 50.5, 40\\n1, GPU-bbbb, 99, 70000, 650.25, [N/A]\\n';
    writeFileSync(join(tools, 'nvidia-smi'), `#!/bin/sh\nprintf '${csv}'\n`, { mode: 0o755 });
    const env = { PATH: `${tools}:${process.env.PATH}`, CUDA_VISIBLE_DEVICES: '1' };
    const run = startRun(bundles, { argv: node('setTimeout(() => 0, 4500)'), env, ...only({ system: true }) });
    const values = await until('a sample', () => samples(run.folder)[0]);
    expect(values).toMatchObject({
      'system/gpu1_use_percent': 99,
      'system/gpu1_memory_mib': 70_000,
      'system/gpu1_power_watts': 650.25,
    });
    expect(Object.keys(values).filter((name) => /gpu0|temperature/.test(name))).toEqual([]);
    await run.gone;
    expect(recordOf(run.folder, 'message')).toBeUndefined();
  });

  it('everything of the default is recorded without being asked for', async () => {
    const run = startRun(bundles, { argv: node('console.log("loss: 0.5"); setTimeout(() => 0, 3000)') });
    await run.gone;
    expect(printed(run.folder)).toEqual([[undefined, { loss: 0.5 }]]);
    expect(samples(run.folder)).not.toEqual([]);
    expect(CAPTURE_AUTO).toMatchObject({ output: 'auto', system: true });
  });
});
