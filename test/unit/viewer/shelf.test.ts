import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { importRun } from '../../../src/foreign/import/importRun.js';
import { findRuns } from '../../../src/foreign/formats.js';
import { answer } from '../../../src/viewer/requests.js';
import { Shelf, SHELF_LIMITS, type ShelfNews } from '../../../src/viewer/shelf.js';
import type { Experiment, Run, RunDetail, SeriesData } from '../../../src/protocol/engine/index.js';
import type { MediaFile, MediaList } from '../../../src/protocol/engine/media.js';
import { fixture } from '../foreign/support.js';

function folder(): string {
  return realpathSync(mkdtempSync(path.join(tmpdir(), 'tunesmith-viewer-')));
}

function shelfOf(workspace: string, limits = SHELF_LIMITS) {
  const told = {
    rows: new Set<string>(),
    removed: [] as string[],
    grown: new Map<string, ReadonlyMap<string, number>>(),
  };
  const news: ShelfNews = {
    rows: (ids) => ids.forEach((id) => told.rows.add(id)),
    removed: (ids) => told.removed.push(...ids),
    grown: (id, metrics) => void told.grown.set(id, metrics),
    reading: () => undefined,
  };
  const shelf = new Shelf(workspace, news, limits);
  const readAll = (): void => {
    while (shelf.isBusy) shelf.step();
  };
  return { shelf, told, readAll };
}
const rowsOf = (shelf: Shelf, params: object = {}): Run[] =>
  (answer(shelf, 'runs/list', params) as { runs: Run[] }).runs;

describe('a shelf of logs of other tools', () => {
  it('shows all formats as read-only rows with their curves, and writes nothing', () => {
    const workspace = folder();
    for (const name of ['lightning', 'mlflow', 'wandb', 'optuna', 'trackio', 'transformers', 'dvclive', 'tensorboard2'])
      cpSync(fixture(name), path.join(workspace, name), { recursive: true });
    const { shelf, readAll } = shelfOf(workspace);
    const { logs, cut } = shelf.look();
    readAll();
    expect(cut).toBe(false);
    const rows = rowsOf(shelf, { limit: 1000 });
    expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(logs.map(({ id }) => id)));
    expect(new Set(logs.map(({ format }) => format)).size).toBeGreaterThanOrEqual(7);
    for (const row of rows) expect(row.foreign?.path.startsWith(workspace), row.name).toBe(true);
    for (const row of rows) {
      const [metric] = Object.keys(row.metrics);
      if (metric === undefined) continue;
      const { series } = answer(shelf, 'series/read', { queries: [{ run: row.id, metric }] }) as {
        series: SeriesData[];
      };
      expect(series[0]!.y.length, `${row.name} ${metric}`).toBeGreaterThan(0);
    }
    const { experiments } = answer(shelf, 'experiments/list', {}) as { experiments: Experiment[] };
    for (const { name, foreign } of experiments) expect(name.endsWith(` (${foreign})`), name).toBe(true);
    expect(existsSync(path.join(workspace, '.tunesmith'))).toBe(false);
  });

  it('follows logs as they grow, and drops those that are deleted or imported', () => {
    const workspace = folder();
    const log = path.join(workspace, 'lightning_logs', 'version_0');
    mkdirSync(log, { recursive: true });
    const file = path.join(log, 'metrics.csv');
    writeFileSync(file, 'epoch,step,loss\n0,1,0.5\n');
    const { shelf, told, readAll } = shelfOf(workspace);
    shelf.look();
    readAll();
    const [run] = rowsOf(shelf);
    expect(run).toMatchObject({ status: 'running', metrics: { loss: { last: 0.5 } } });
    appendFileSync(file, '1,2,0.25\n');
    shelf.poll();
    readAll();
    expect(told.grown.get(run!.id)?.get('loss')).toBe(2);
    expect(rowsOf(shelf)[0]!.metrics.loss).toMatchObject({ last: 0.25, count: 2 });
    // Nothing came for a long time, and nobody says how it ended.
    utimesSync(file, new Date(2020, 1), new Date(2020, 1));
    shelf.poll();
    readAll();
    expect(rowsOf(shelf)[0]!.status).toBe('completed');
    const runs = path.join(workspace, '.tunesmith', 'runs');
    mkdirSync(runs, { recursive: true });
    importRun(findRuns(workspace).runs[0]!, { workspace, runs });
    expect(shelf.look().logs[0]!.state).toBe('imported');
    expect(told.removed).toEqual([run!.id]);
    expect(rowsOf(shelf)).toEqual([]);
    rmSync(log, { recursive: true });
    expect(shelf.look().logs).toEqual([]);
  });

  it('has pictures, sounds and histograms of event files, read one by one', () => {
    const workspace = folder();
    cpSync(fixture('tensorboardx'), path.join(workspace, 'logs'), { recursive: true });
    const { shelf, readAll } = shelfOf(workspace);
    shelf.look();
    readAll();
    const all = rowsOf(shelf).flatMap(({ id }) =>
      (answer(shelf, 'runs/media', { id }) as MediaList).series.map((series) => ({ id, ...series })),
    );
    const picture = all.find(({ mime }) => mime === 'image/png')!;
    const { file } = answer(shelf, 'media/read', { id: picture.id, at: picture.at[0] }) as { file: MediaFile };
    expect(Buffer.from(file.data!, 'base64').subarray(1, 4).toString()).toBe('PNG');
    expect(answer(shelf, 'media/read', { id: picture.id, at: 10_000 })).toEqual({ file: null });
    expect(() => answer(shelf, 'media/read', { id: 'nobody', at: 0 })).toThrow('There is no run nobody');
  });

  it('enforces its bounds with a message: runs, pieces of one run', () => {
    const workspace = folder();
    for (let i = 0; i < 5; i++) {
      mkdirSync(path.join(workspace, `version_${i}`));
      const lines = Array.from({ length: i === 0 ? 200_000 : 1 }, (_, k) => `0,${k},0.5`).join('\n');
      writeFileSync(path.join(workspace, `version_${i}`, 'metrics.csv'), `epoch,step,loss\n${lines}\n`);
    }
    for (const i of [1, 2, 3, 4]) {
      const old = new Date(2020, i);
      utimesSync(path.join(workspace, `version_${i}`, 'metrics.csv'), old, old);
    }
    const { shelf, readAll } = shelfOf(workspace, { ...SHELF_LIMITS, runs: 3, pieces: 1 });
    const { logs, cut } = shelf.look();
    expect([logs.length, cut]).toEqual([3, true]);
    readAll();
    const run = rowsOf(shelf).find(({ name }) => name === 'version_0');
    const detail = answer(shelf, 'runs/get', { id: run!.id }) as RunDetail;
    expect(run!.metrics.loss!.count).toBeLessThan(200_000);
    expect(detail.messages.map(({ text }) => text).join()).toContain('too large to be shown');
    expect(detail.foreign?.title).toContain('Lightning');
  });

  it('gives a run that cannot be read a row with the reason', () => {
    const workspace = folder();
    cpSync(fixture('wandb'), path.join(workspace, 'wandb'), { recursive: true });
    const { shelf, readAll } = shelfOf(workspace);
    const { logs } = shelf.look();
    for (const { path: file } of logs) rmSync(file, { recursive: true });
    readAll();
    const rows = rowsOf(shelf, { limit: 1000 });
    expect(rows.length).toBe(logs.length);
    for (const { warnings } of rows) expect(warnings?.text).toContain("They can't be read");
  });
});
