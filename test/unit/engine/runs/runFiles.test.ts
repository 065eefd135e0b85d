import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listRunFiles } from '../../../../src/engine/runs/shown/runFiles.js';

it("lists a run's files by kind, and no links", () => {
  const top = mkdtempSync(join(tmpdir(), 'tunesmith-files-'));
  const folder = join(top, '.tunesmith', 'runs', 'r1');
  try {
    mkdirSync(join(folder, 'checkpoints', 'step-3'), { recursive: true });
    mkdirSync(join(folder, 'media'));
    writeFileSync(join(folder, 'checkpoints', 'step-3', 'model.bin'), 'abc');
    writeFileSync(join(folder, 'media', 'a.png'), 'x');
    writeFileSync(join(folder, 'output.log'), 'hello');
    writeFileSync(join(folder, 'run.json'), '{}');
    writeFileSync(join(top, 'secret'), 'secret');
    symlinkSync(join(top, 'secret'), join(folder, 'media', 'b.png'));
    symlinkSync(top, join(folder, 'checkpoints', 'all'));
    const { files, cut } = listRunFiles(folder);
    expect(cut).toBe(false);
    expect(files.map(({ path, kind, size }) => [path, kind, size])).toEqual([
      ['output.log', 'log', 5],
      ['run.json', 'record', 2],
      ['media/a.png', 'media', 1],
      ['checkpoints/step-3/model.bin', 'checkpoint', 3],
    ]);
    expect(listRunFiles(join(folder, 'gone')).files).toEqual([]);
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
});
