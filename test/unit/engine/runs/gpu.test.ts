/** GPUs that runs get. The driver's program is a script here: the engine sees nothing of it but its answers. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { experiment, pause, runOver, searchOver, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();

it.skipIf(process.platform === 'win32')('gives each run its GPU, shows them, and shares as the file says', async () => {
  const bin = workspace().at('bin');
  fs.mkdirSync(bin);
  fs.writeFileSync(
    path.join(bin, 'nvidia-smi'),
    '#!/bin/sh\necho "0, GPU-aaaa1111, Test GPU, 1000, 900, 5"\necho "1, GPU-bbbb2222, Test GPU, 1000, 10, 0"\n',
    { mode: 0o755 },
  );
  const engine = await workspace().connect({
    env: { PATH: `${bin}${path.delimiter}${process.env.PATH}` },
  });
  workspace().write(
    'show.mjs',
    `import fs from 'node:fs';
     console.log('gpu', process.env.CUDA_VISIBLE_DEVICES, process.env.CUDA_DEVICE_ORDER);
     fs.appendFileSync(process.env.TUNESMITH_JOURNAL, '{"step":0,"values":{"loss":1}}\\n');
     await new Promise((resolve) => setTimeout(resolve, 900));`,
  );
  const shown = async (run: string) => /gpu (.*)/.exec((await engine.request('log/read', { run })).text)?.[1];
  const devices = async () => (await engine.request('devices/list', {})).devices;
  expect((await devices()).filter(({ kind }) => kind === 'gpu')).toMatchObject([
    { id: 'gpu:0', name: 'Test GPU', memoryTotalMiB: 1000, memoryUsedMiB: 900, utilization: 5, slots: 1, busy: 0 },
    { id: 'gpu:1', busy: 0 },
  ]);

  const one = workspace().write('one.tune.yaml', experiment('node show.mjs'));
  const [a, b] = [
    (await engine.request('runs/start', { file: one })).run,
    (await engine.request('runs/start', { file: one })).run,
  ];
  await until('both to run', async () => (await devices()).filter(({ busy }) => busy === 1).length === 2);
  expect((await runOver(engine, a.id)).device).toBe('gpu:1');
  expect((await runOver(engine, b.id)).device).toBe('gpu:0');
  expect(await shown(a.id)).toBe('1 PCI_BUS_ID');
  expect(await shown(b.id)).toBe('0 PCI_BUS_ID');

  // Another client may use one of them only, whatever the engine was started with.
  const limited = await workspace().connect({ env: { CUDA_VISIBLE_DEVICES: '0' } });
  const e = (await limited.request('runs/start', { file: one })).run;
  const f = (await limited.request('runs/start', { file: one })).run;
  for (const { id } of [e, f]) expect((await runOver(engine, id)).device).toBe('gpu:0');
  const hidden = await workspace().connect({ env: { CUDA_VISIBLE_DEVICES: '' } });
  expect((await runOver(engine, (await hidden.request('runs/start', { file: one })).run.id)).device).toBe('cpu');

  const pinned = workspace().write(
    'pinned.tune.yaml',
    experiment('node show.mjs', 'env: { CUDA_VISIBLE_DEVICES: "7" }\n'),
  );
  const { run: c } = await engine.request('runs/start', { file: pinned });
  await runOver(engine, c.id);
  expect(await shown(c.id)).toMatch(/^7 /);

  const cpu = workspace().write('cpu.tune.yaml', experiment('node show.mjs', 'resources: { gpus: 0 }\n'));
  const { run: d } = await engine.request('runs/start', { file: cpu });
  expect((await runOver(engine, d.id)).device).toBe('cpu');
  expect(await shown(d.id)).toMatch(/^-1 /);

  const shared = workspace().write(
    'shared.tune.yaml',
    experiment(
      'node show.mjs',
      'resources: { perGpu: 2 }\nsearch:\n  sampler: grid\n  space: { x: { choice: [1, 2, 3, 4, 5] } }\n',
    ),
  );
  const { search } = await engine.request('searches/start', { file: shared });
  expect(search.parallel).toBe(4);
  await until(
    'four at once',
    async () => (await engine.request('searches/get', { id: search.id })).counts.running === 4,
  );
  expect((await devices()).map(({ id, slots, busy }) => [id, slots, busy]).slice(0, 2)).toEqual([
    ['gpu:0', 2, 2],
    ['gpu:1', 2, 2],
  ]);
  // The GPU a trial was given is still its own after a kill of the engine.
  await workspace().killEngine();
  const again = await workspace().connect({ env: { PATH: `${bin}${path.delimiter}${process.env.PATH}` } });
  await pause(100);
  expect(await searchOver(again, search.id)).toMatchObject({ status: 'completed', counts: { total: 5, completed: 5 } });
});
