import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { findRuns } from '../../../src/foreign/formats.js';
import { importRun } from '../../../src/foreign/import/importRun.js';
import { artifactFolder } from '../../../src/foreign/mlflow/artifacts.js';
import { copyOf, readWhole } from './support.js';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

it("takes W&B's console output into the run, and what is added to it later", () => {
  const workspace = copyOf('wandb');
  const [run] = findRuns(workspace).runs;
  const files = path.join(path.dirname(run!.path), 'files');
  writeFileSync(path.join(files, 'output.log'), 'epoch 1\n');
  const runs = path.join(workspace, '.tunesmith', 'runs');
  mkdirSync(runs, { recursive: true });
  const import_ = () => importRun(findRuns(workspace).runs[0]!, { workspace, runs });
  const { id } = import_();
  const output = () => readFileSync(path.join(runs, id, 'output.log'), 'utf8');
  expect(output()).toBe('epoch 1\n');
  appendFileSync(path.join(files, 'output.log'), 'epoch 2\n');
  import_();
  expect(output()).toBe('epoch 1\nepoch 2\n');
});

it("takes MLflow's artifacts that can be shown as media, each once, and says how many others there are", () => {
  const store = copyOf('mlflow');
  const run = findRuns(store).runs.find(({ path: at }) => at.includes('mlruns'))!;
  const folder = path.join(run.path, 'artifacts', 'plots');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'roc.png'), PNG);
  writeFileSync(path.join(folder, '..', 'model.pkl'), 'x');
  symlinkSync('/etc/hostname', path.join(folder, 'link.txt'));
  // A folder that is a link leads elsewhere: none of its files are tags.
  rmSync(path.join(run.path, 'tags'), { recursive: true });
  symlinkSync('/etc/ssl', path.join(run.path, 'tags'));
  const { found, place } = readWhole(run);
  expect(found.allMedia.map(({ name, mime, step }) => [name, mime, step])).toEqual([
    ['plots/roc.png', 'image/png', null],
  ]);
  expect(found.allInfo['other artifacts']).toContain('1 in ');
  expect(found.known.tags ?? []).toEqual([]);
  writeFileSync(path.join(folder, 'notes.md'), '# Notes');
  expect(readWhole(run, place).found.allMedia.map(({ name }) => name)).toEqual(['plots/notes.md']);
});

it('reads artifacts below the folder of the store only', () => {
  const store = realpathSync(mkdtempSync(path.join(tmpdir(), 'tunesmith-mlflow-')));
  const inside = path.join(store, 'mlruns', '1', 'artifacts');
  mkdirSync(inside, { recursive: true });
  symlinkSync('/etc', path.join(store, 'etc'));
  expect(artifactFolder(store, './mlruns/1/artifacts')).toBe(inside);
  expect(artifactFolder(store, pathToFileURL(inside).href)).toBe(inside);
  for (const odd of ['/etc', '../..', 'file:///etc', 'etc/ssh', 's3://bucket/x', 'mlflow-artifacts:/1', null, 3, ''])
    expect(artifactFolder(store, odd) ?? store, String(odd)).toBe(store);
});
