import { cpSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { LogViewer } from '../../../src/editor/logs/logViewer.js';
import { fixture } from '../foreign/support.js';
import { buildDist } from '../support/build.js';

const log = { debug: () => undefined, warn: () => undefined };
const temporary = (): string => realpathSync(mkdtempSync(path.join(tmpdir(), 'tunesmith-viewer-')));
const viewers: LogViewer[] = [];
const viewerOf = (workspace: string, distFolder: string, patienceMs = 60_000): LogViewer => {
  const viewer = new LogViewer({ workspace, distFolder, log, patienceMs });
  viewers.push(viewer);
  return viewer;
};

afterEach(() => {
  for (const viewer of viewers.splice(0)) viewer.dispose();
});

it("reads a folder's logs in a separate process, and answers requests for them", async () => {
  const workspace = temporary();
  cpSync(fixture('lightning'), path.join(workspace, 'lightning_logs'), { recursive: true });
  const viewer = viewerOf(workspace, await buildDist());
  expect(viewer.isEmpty).toBe(true);
  const rows = new Promise((resolve) => viewer.onChanged(({ runs }) => runs.length > 0 && resolve(runs)));
  await viewer.look();
  expect(viewer.logs.length).toBeGreaterThan(0);
  await rows;
  const { runs } = await viewer.request('runs/list', {});
  expect(runs[0]!.foreign?.title).toContain('Lightning');
  expect([viewer.has(runs[0]!.id), viewer.hasExperiment(runs[0]!.experiment)]).toEqual([true, true]);
  await expect(viewer.request('runs/get', { id: 'nobody' })).rejects.toThrow('There is no run nobody');
  viewer.dispose();
  await expect(viewer.request('runs/list', {})).rejects.toThrow('are not read');
});

/** A program that behaves as a reader would that crashes or hangs in one file, until it is told to avoid that. */
function broken(ending: string): string {
  const dist = temporary();
  writeFileSync(
    path.join(dist, 'viewer.cjs'),
    `const { avoid } = JSON.parse(process.argv[3]);
     process.on('message', ({ type }) => {
       if (type !== 'look') return;
       if (avoid.length === 0) {
         process.send({ type: 'reading', path: '/bad' }, () => { ${ending} });
       } else process.send({ type: 'found', logs: [], cut: avoid[0] === '/bad' });
     });`,
  );
  return dist;
}

it.each([
  ['crashes', 'process.abort()', 60_000],
  ['hangs', 'for (;;);', 300],
])('starts a viewer that %s in a file anew without that file', async (_, ending, patienceMs) => {
  const viewer = viewerOf(temporary(), broken(ending), patienceMs);
  const found = new Promise<void>((resolve) => viewer.onFound(resolve));
  await viewer.look();
  await found;
  // It says so of the folder: something is left out.
  expect(viewer.cut).toBe(true);
});
