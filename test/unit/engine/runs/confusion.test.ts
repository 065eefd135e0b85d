import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readConfusion } from '../../../../src/engine/runs/shown/confusion.js';
import { filesIn } from '../../../../src/engine/runs/shown/mediaFiles.js';
import { csv, readCsv } from '../../../../src/protocol/values/csv.js';
import { Confusion } from '../../../../src/training/metrics/confusion.js';
import { experiment, runOver, useWorkspace } from '../support.js';

describe('the file', () => {
  let folder: string;
  beforeAll(() => {
    folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'tunesmith confusion ')), 'run');
    fs.mkdirSync(path.join(folder, 'media'), { recursive: true });
  });
  const media = (file: string, mime = 'text/csv') => [
    { time: 0, name: 'confusion matrix', path: file, mime, step: 30 as number | null },
  ];
  const write = (text: string): void => fs.writeFileSync(path.join(folder, 'media/confusion.csv'), text);
  const read = () => readConfusion(filesIn(folder), media('media/confusion.csv'));

  it('is read as the trainer writes it, whatever the classes are called', async () => {
    const classes = ['cat', 'say "hi", ok', 'two\nlines', '=1+1'];
    const confusion = new Confusion(classes);
    confusion.add(0, 0);
    confusion.add(0, 2);
    confusion.add(3, 1);
    write(confusion.csv());
    expect(await read()).toEqual({ classes, rows: confusion.rows, step: 30 });
  });

  it('is refused if the table is invalid', async () => {
    for (const text of ['', 'x', ',a\na,1\nb,1\n', ',a,b\na,1,2\nb,1\n', ',a\na,-1\n', ',a\na,1.5\n', ',a\na,x\n']) {
      write(text);
      expect(await read(), text).toBeNull();
    }
    fs.writeFileSync(path.join(folder, 'media/confusion.csv'), Buffer.alloc(17 * 2 ** 20));
    expect(await read()).toBeNull();
  });

  it('lies in the folder of the run, or it is not read', async () => {
    const outside = path.join(folder, '..', 'outside.csv');
    fs.writeFileSync(outside, ',a\na,1\n');
    expect(await readConfusion(filesIn(folder), media('../outside.csv'))).toBeNull();
    expect(await readConfusion(filesIn(folder), media(outside))).toBeNull();
    if (process.platform !== 'win32') {
      fs.symlinkSync(outside, path.join(folder, 'media/link.csv'));
      expect(await readConfusion(filesIn(folder), media('media/link.csv'))).toBeNull();
      execFileSync('mkfifo', [path.join(folder, 'media/pipe.csv')]);
      expect(await readConfusion(filesIn(folder), media('media/pipe.csv'))).toBeNull();
    }
    expect(await readConfusion(filesIn(folder), media('media/none.csv'))).toBeNull();
    expect(await readConfusion(filesIn(folder), [])).toBeNull();
  });

  it('lines of CSV survive a round trip', () => {
    const rows = [
      ['a', '', 'b,"c"', 'line\r\nbreak'],
      ['', 'x'],
    ];
    expect(readCsv(rows.map((row) => `${csv(row)}\r\n`).join(''))).toEqual(rows);
    expect(readCsv('a,"b')).toEqual([['a', 'b']]);
    expect(readCsv('a,')).toEqual([['a', '']]);
    expect(readCsv('\ufeffa\n')).toEqual([['a']]);
  });
});

const workspace = useWorkspace();
it('any program may leave one; the last one counts', async () => {
  const engine = await workspace().connect();
  workspace().write(
    'judge.mjs',
    `import fs from 'node:fs';
    const folder = process.env.TUNESMITH_RUN_DIR;
    fs.mkdirSync(folder + '/media', { recursive: true });
    for (const name of ['one', 'two']) {
      fs.writeFileSync(folder + '/media/' + name + '.csv', ',' + name + '\\n' + name + ',7\\n');
      fs.appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify(
        { type: 'media', name: 'confusion matrix', path: 'media/' + name + '.csv', mime: 'text/csv' }) + '\\n');
    }`,
  );
  const file = workspace().write('judge.tune.yaml', experiment('node judge.mjs'));
  const { run } = await engine.request('runs/start', { file });
  await runOver(engine, run.id);
  const { confusion } = await engine.request('runs/confusion', { id: run.id });
  expect(confusion).toEqual({ classes: ['two'], rows: [[7]], step: null });
  await expect(engine.request('runs/confusion', { id: '../../etc' })).rejects.toThrow(/run/);
});
