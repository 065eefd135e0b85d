/** Invalid times in a folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

let here: Workspace;
beforeAll(async () => {
  here = await Workspace.open({});
});
afterAll(() => here.dispose());

it('are shown as something, and hide no other run', async () => {
  const spec = {
    ...{
      version: 1,
      experiment: 'e',
      file: null,
      search: null,
      trial: null,
      params: {},
      argv: ['x'],
      cwd: '.',
      env: {},
    },
    ...{ seed: 1, objective: null, stopGrace: 1 },
  };
  for (const [i, time] of [1e300, -1e300, 8.7e15, 1].entries()) {
    const folder = path.join(here.folder, '.tunesmith/runs', `odd${i}`);
    mkdirSync(path.join(folder, 'journal'), { recursive: true });
    writeFileSync(path.join(folder, 'run.json'), JSON.stringify({ ...spec, id: `odd${i}`, createdAt: time }));
    const records = [
      { type: 'spawn', time, pid: 1, started: null, supervisor: 1 },
      { type: 'metrics', time, step: 1, values: { loss: 1 } },
      { type: 'message', time, level: 'warning', text: 'odd' },
      { type: 'exit', time, code: 0, signal: null, requested: null, ran: 1e308 },
    ];
    const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    writeFileSync(path.join(folder, 'journal/supervisor.ndjson'), lines);
  }
  for (const args of [
    ['ls', '--json'],
    ['ls'],
    ['show', 'odd0'],
    ['show', 'odd1', '--json'],
    ['show', 'odd2'],
    ['export'],
    ['metrics', 'odd0', 'loss'],
  ]) {
    const { out, err, code } = await here.tunesmith(args);
    expect({ args, err, code }).toMatchObject({ code: 0 });
    if (args[0] === 'ls') for (let i = 0; i < 4; i++) expect(out).toContain(`odd${i}`);
  }
});
