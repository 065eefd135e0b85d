/** Reads, imports and takes in one folder of event files, and prints the seconds of each as JSON: `main.cjs FOLDER`. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRuns } from '../../src/foreign/formats.js';
import { countRun, importRun } from '../../src/foreign/import/importRun.js';
import { readReal } from '../../src/files/real.js';
import { RunSpec } from '../../src/protocol/run/runFolder.js';
import { Store } from '../../src/store/store.js';

const workspace = mkdtempSync(join(tmpdir(), 'tunesmith-bench-'));
const runs = join(workspace, '.tunesmith', 'runs');
mkdirSync(runs, { recursive: true });
const seconds = (work: () => void): number => {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
};
const [found] = findRuns(process.argv[2]!).runs;
const read = seconds(() => void countRun(found!));
let points = 0;
const store = Store.open(join(workspace, 'store.db'));
const whole = seconds(() => {
  const { id, counts } = importRun(found!, { workspace, runs });
  points = counts.points;
  const folder = join(runs, id);
  const spec = RunSpec.parse(JSON.parse(readReal(join(folder, 'run.json'))));
  const facts = { name: id, status: 'completed', folder, host: '', git: null, tags: [], note: '' } as const;
  store.runs.import({ spec, ...facts, tags: [] });
  while (store.ingest.pollAll(id, { final: true, budgetMs: 1000 }).at(-1)?.more);
  const total = Object.values(store.runs.get(id)!.metrics).reduce((sum, { count }) => sum + count, 0);
  if (total !== points) throw new Error(`${total} of ${points} points are in the store`);
});
store.close();
rmSync(workspace, { recursive: true });
console.log(JSON.stringify({ points, read, import: whole }));
