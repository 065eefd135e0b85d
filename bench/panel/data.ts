/** The store that the panel is measured over: many runs, many metrics, one long run, one long log. */
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import * as path from 'node:path';
import { Store } from '../../src/store/store.js';

export interface Sizes {
  runs: number;
  /** Points of each of the many runs. */
  points: number;
  /** Runs and points that TensorBoard gets, too. */
  peerRuns: number;
  peerPoints: number;
  /** Metrics of one run, and points of each. */
  metrics: number;
  /** Points of one long run. */
  long: number;
  /** Runs of an experiment whose table is scrolled; they have no series. */
  rows: number;
  /** Size of one run's log, in MB. */
  log: number;
}

export const METRIC_POINTS = 20;
/** Records of one journal piece. */
const PIECE = 20_000;

/** The loss that a run logs at a step; peer.py computes the same. */
const loss = (run: number, step: number): number =>
  (1 + (run % 97) / 97) / (1 + step / 20) + ((run * 7 + step * 13) % 11) / 500;

/** Opens the store in `folder`, filled if it is new. */
export function openData(folder: string, sizes: Sizes): Store {
  const mark = path.join(folder, 'sizes.json');
  const isNew = !existsSync(mark);
  mkdirSync(folder, { recursive: true });
  const store = Store.open(path.join(folder, 'store.db'));
  if (isNew) {
    fill(store, sizes);
    writeLog(folder, sizes.log);
    writeFileSync(mark, JSON.stringify(sizes));
  }
  return store;
}

function fill(store: Store, sizes: Sizes): void {
  const add = (id: string, experiment: string, params: Record<string, number | string>, createdAt: number): void => {
    const spec = {
      ...{ version: 1, id, experiment, file: null, search: null, trial: null, params, argv: ['x'], cwd: '/', env: {} },
      ...{ objective: { metric: 'loss', goal: 'minimize' }, seed: 0, createdAt },
    };
    store.runs.insert({
      ...{ spec, name: id, status: 'completed', host: 'bench', git: null, folder: `/nowhere/${id}` },
    } as never);
  };
  const write = (id: string, count: number, record: (step: number) => string): void => {
    let offset = 0;
    for (let from = 0; from < count; from += PIECE) {
      let text = '';
      for (let step = from; step < Math.min(from + PIECE, count); step++) text += `${record(step)}\n`;
      const bytes = Buffer.from(text);
      store.ingest.frame(id, 'a.ndjson', offset, bytes);
      offset += bytes.length;
    }
    while (store.series.fold(200));
    store.runs.update(id, { startedAt: 1, endedAt: 2 });
  };
  const point = (step: number, value: number): string => `{"step":${step},"values":{"loss":${value}}}`;
  const many = (experiment: string, prefix: string, runs: number, points: number): void => {
    for (let n = 0; n < runs; n++) {
      const id = `${prefix}${String(n).padStart(6, '0')}`;
      add(id, experiment, { lr: 10 ** -(n % 5), opt: n % 2 ? 'adam' : 'sgd', seed: n }, n);
      write(id, points, (step) => point(step, loss(n, step)));
    }
  };
  many('many', 'run', sizes.runs, sizes.points);
  many('peer', 'tbr', sizes.peerRuns, sizes.peerPoints);
  many('rows', 'row', sizes.rows, 0);
  add('wide', 'wide', { lr: 1 }, 1);
  write('wide', METRIC_POINTS, (step) =>
    JSON.stringify({
      step,
      values: Object.fromEntries(
        Array.from({ length: sizes.metrics }, (_, i) => [`layer${i % 50}/m${i}`, loss(i, step)]),
      ),
    }),
  );
  add('long', 'long', { lr: 1 }, 1);
  write('long', sizes.long, (step) => point(step, loss(step % 13, step % 1000)));
}

/** Writes the output of the run `long`; one line in a thousand has the searched word. */
function writeLog(folder: string, megabytes: number): void {
  const file = openSync(path.join(folder, 'output.log'), 'w');
  let [written, line] = [0, 0];
  while (written < megabytes * 1e6) {
    let text = '';
    for (let i = 0; i < 10_000; i++, line++)
      text += `\u001b[32mstep ${line}\u001b[0m loss ${loss(line % 97, line).toFixed(6)} batch ${line % 470}/470${line % 100_000 === 99_999 ? ' needle' : ''}\n`;
    written += writeSync(file, text);
  }
  closeSync(file);
}
