/**
 * Measures the store's costs beside a plain table of rows in the same SQLite, in the same run:
 * `npx esbuild bench/store.ts --bundle --platform=node --format=cjs --outfile=out/store.cjs && node out/store.cjs`
 */
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { NewRun } from '../src/store/api.js';
import { Store } from '../src/store/store.js';
import type { Params } from '../src/protocol/values/index.js';

const folder = mkdtempSync(join(tmpdir(), 'tunesmith-bench-'));
const table: Record<string, string>[] = [];
const report = (what: string, ours: string, rows = '', ratio = ''): void => {
  table.push({ what, store: ours, 'plain rows': rows, ratio });
};

function ms(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}
const median = (work: () => unknown, times = 7): number =>
  Array.from({ length: times }, () => ms(work)).sort((a, b) => a - b)[times >> 1] as number;
const shown = (value: number, unit: string): string => `${value < 10 ? value.toFixed(2) : Math.round(value)} ${unit}`;

function open(name: string): { store: Store; file: string } {
  const file = join(folder, name);
  return { store: Store.open(file), file };
}
function plain(name: string): { db: DatabaseSync; file: string } {
  const file = join(folder, name);
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE points (run INTEGER, metric INTEGER, step REAL, time REAL, value REAL);
    CREATE INDEX by_series ON points (run, metric, step);`);
  return { db, file };
}
const bytes = (file: string): number => statSync(file).size;
const settle = (file: string): void => {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
};

function add(store: Store, id: string, i: number, params: Params, more: Partial<NewRun['spec']> = {}): void {
  store.runs.insert({
    spec: {
      version: 1,
      id,
      experiment: `e${i % 5}`,
      file: null,
      search: null,
      trial: null,
      params,
      argv: ['x'],
      cwd: '/',
      env: {},
      seed: 1,
      objective: { metric: 'm0', goal: 'minimize' },
      createdAt: i,
      stopGrace: 10,
      ...more,
    },
    name: `run ${i}`,
    status: 'completed',
    folder: `/runs/${id}`,
    host: 'h',
    git: null,
  });
}

function interleaved(): void {
  const { store, file } = open('interleaved.db');
  const [runs, metrics, rounds, lines] = [100, 10, 30, 20];
  const offsets = new Array<number>(runs).fill(0);
  for (let r = 0; r < runs; r++) add(store, `r${r}`, r, {});
  let taken = 0;
  let longest = 0;
  for (let round = 0; round < rounds; round++) {
    for (let r = 0; r < runs; r++) {
      let text = '';
      for (let i = 0; i < lines; i++) {
        const step = round * lines + i;
        const values = Array.from({ length: metrics }, (_, m) => `"m${m}":${Math.fround(Math.sin(step / 9 + m))}`);
        text += `{"type":"metrics","time":${1.7e12 + step * 40},"step":${step},"values":{${values.join(',')}}}\n`;
      }
      const frame = Buffer.from(text);
      const took = ms(() => store.ingest.frame(`r${r}`, 'a.ndjson', offsets[r] as number, frame));
      taken += took;
      longest = Math.max(longest, took);
      offsets[r] = (offsets[r] as number) + frame.length;
    }
  }
  const points = runs * metrics * rounds * lines;
  while (store.series.fold());
  store.close();
  settle(file);

  const rows = plain('interleaved-rows.db');
  const insert = rows.db.prepare('INSERT INTO points VALUES (?, ?, ?, ?, ?)');
  const rowsMs = ms(() => {
    for (let round = 0; round < rounds; round++) {
      for (let r = 0; r < runs; r++) {
        rows.db.exec('BEGIN');
        for (let i = 0; i < lines; i++) {
          const step = round * lines + i;
          for (let m = 0; m < metrics; m++)
            insert.run(r, m, step, 1.7e12 + step * 40, Math.fround(Math.sin(step / 9 + m)));
        }
        rows.db.exec('COMMIT');
      }
    }
  });
  rows.db.close();
  settle(rows.file);
  report(
    'take in 1,000 interleaved series (ours: JSON parsing, summaries and offsets included)',
    shown(points / taken, 'k points/s'),
    shown(points / rowsMs, 'k points/s'),
    (rowsMs / taken).toFixed(1),
  );
  report('  longest single call', shown(longest, 'ms'));
  report(
    '  bytes a point, all of the file',
    shown(bytes(file) / points, 'B'),
    shown(bytes(rows.file) / points, 'B'),
    (bytes(rows.file) / bytes(file)).toFixed(1),
  );
}

function million(): void {
  const { store, file } = open('million.db');
  add(store, 'r', 0, {});
  const n = 1_000_000;
  let offset = 0;
  let taken = 0;
  for (let from = 0; from < n; from += 10_000) {
    let text = '';
    for (let i = from; i < from + 10_000; i++) {
      text += `{"type":"metrics","time":${1.7e12 + i * 7},"step":${i},"values":{"loss":${Math.fround(Math.sin(i / 5000))}}}\n`;
    }
    const frame = Buffer.from(text);
    taken += ms(() => store.ingest.frame('r', 'a.ndjson', offset, frame));
    offset += frame.length;
  }
  while (store.series.fold());
  const rows = plain('million-rows.db');
  const insert = rows.db.prepare('INSERT INTO points VALUES (0, 0, ?, ?, ?)');
  rows.db.exec('BEGIN');
  for (let i = 0; i < n; i++) insert.run(i, 1.7e12 + i * 7, Math.fround(Math.sin(i / 5000)));
  rows.db.exec('COMMIT');
  report('take in a series of 1M points', shown(n / taken, 'k points/s'));
  const compare = (what: string, ours: () => unknown, sql: string): void => {
    const statement = rows.db.prepare(sql);
    const [a, b] = [median(ours), median(() => statement.all(), 3)];
    report(what, shown(a, 'ms'), shown(b, 'ms'), (b / a).toFixed(1));
  };
  const query = { run: 'r', metric: 'loss' };
  const bucketed = (from: number, to: number, width: number): string =>
    `SELECT min(value), max(value), max(step) FROM points WHERE run = 0 AND metric = 0 AND step BETWEEN ${from} AND ${to}
     GROUP BY CAST(step / ${width} AS INTEGER)`;
  compare('  2,000 points for a chart of all', () => store.series.read(query), bucketed(0, n, n / 666));
  const zoom = { ...query, from: 300_000, to: 500_000 };
  compare('  … of a fifth', () => store.series.read(zoom), bucketed(300_000, 500_000, 300));
  compare(
    '  … of 2,000 (exact)',
    () => store.series.read({ ...query, from: 400_000, to: 401_999 }),
    'SELECT step, value FROM points WHERE run = 0 AND metric = 0 AND step BETWEEN 400000 AND 401999',
  );
  compare(
    '  all 1M points',
    () => store.series.read({ ...query, points: 2_000_000 }),
    'SELECT step, value FROM points WHERE run = 0 AND metric = 0 ORDER BY step',
  );
  rows.db.close();
  store.close();
  settle(file);
  settle(rows.file);
  report(
    '  bytes a point, all of the file',
    shown(bytes(file) / n, 'B'),
    shown(bytes(rows.file) / n, 'B'),
    (bytes(rows.file) / bytes(file)).toFixed(1),
  );
}

/** One metric of ten thousand runs, as a chart asks for it, beside plain rows of the same points. */
function bulk(): void {
  const rows: Record<string, string>[] = [];
  for (const points of [20, 200, 1000]) {
    const { store, file } = open(`bulk-${points}.db`);
    const plainRows = plain(`bulk-rows-${points}.db`);
    const insert = plainRows.db.prepare('INSERT INTO points VALUES (?, 0, ?, ?, ?)');
    for (let from = 0; from < 10_000; from += 100) {
      plainRows.db.exec('BEGIN');
      store.batch(() => {
        for (let i = from; i < from + 100; i++) {
          add(store, `run${i}`, i, {});
          store.runs.update(`run${i}`, { endedAt: i });
          let text = '';
          for (let step = 0; step < points; step++) {
            const value = Math.exp(-step / 50) + Math.random() / 100;
            text += `{"type":"metrics","time":${1.7e12 + step * 40},"step":${step},"values":{"m0":${value}}}\n`;
            insert.run(i, step, 1.7e12 + step * 40, value);
          }
          store.ingest.frame(`run${i}`, 'a.ndjson', 0, Buffer.from(text));
        }
      });
      plainRows.db.exec('COMMIT');
    }
    while (store.series.fold());
    store.close();
    const copy = join(folder, `bulk-${points}-prepared.db`);
    copyFileSync(file, copy);
    const again = Store.open(file);
    const queries = Array.from({ length: 10_000 }, (_, i) => ({
      ...{ run: `run${i}`, metric: 'm0', x: 'step' as const, points: 60 },
    }));
    let longest = 0;
    const read = (from: Store = again): void => {
      for (let at = 0; at < queries.length;) {
        const began = performance.now();
        at += from.series.readSome(queries.slice(at, at + 100), 8).length;
        longest = Math.max(longest, performance.now() - began);
      }
    };
    const first = ms(read);
    const slowest = longest;
    const later = median(read, 5);
    // The engine does this while it has nothing else to do.
    const idle = Store.open(copy);
    const preparing = ms(() => {
      while (idle.series.prepare());
    });
    const prepared = ms(() => read(idle));
    idle.close();
    const bucketed = plainRows.db.prepare(
      `SELECT min(value), max(value), max(step) FROM points WHERE metric = 0 GROUP BY run, CAST(step / ${Math.max(1, points / 20)} AS INTEGER)`,
    );
    const theirs = median(() => bucketed.all(), 3);
    rows.push({
      'one metric of 10,000 runs, 60 points of each': `${points.toLocaleString('en')} points a run`,
      'first time, ms': first.toFixed(0),
      'longest turn': slowest.toFixed(1),
      'first time once prepared': prepared.toFixed(0),
      'preparing, ms': preparing.toFixed(0),
      'later, ms': later.toFixed(0),
      'longest turn ': longest.toFixed(1),
      'plain rows, ms': theirs.toFixed(0),
    });
    again.close();
    plainRows.db.close();
    for (const name of [file, plainRows.file]) rmSync(name);
  }
  console.table(rows);
}

function many(): void {
  const { store, file } = open('many.db');
  const runs = 10_000;
  store.batch(() => {
    for (let i = 0; i < runs; i++) {
      const params = Object.fromEntries(Array.from({ length: 20 }, (_, p) => [`p${p}`, Math.sin(i * 20 + p)]));
      add(store, `run${i}`, i, params);
      const values = Array.from({ length: 10 }, (_, m) => `"m${m}":${Math.cos(i * 10 + m)}`).join(',');
      store.ingest.frame(`run${i}`, 'a.ndjson', 0, Buffer.from(`{"time":1,"step":1,"values":{${values}}}\n`));
    }
  });
  while (store.series.fold());
  store.close();
  let again = Store.open(file);
  again.close();
  const first = ms(() => {
    again = Store.open(file);
    again.runs.list({});
  });
  report('10,000 runs × 20 params × 10 metrics: open and first 100', shown(first, 'ms'));
  const lists = {
    'newest 100': {},
    'by a metric': { sort: 'metric:m3' },
    'by a param': { sort: 'param:p7' },
    'by the objective, one experiment': { sort: 'objective', experiment: 'e1' },
    'by name, page 50': { sort: 'name', offset: 5000 },
    'text of two words': { text: 'run p3=0.9' },
    'text that nothing has': { text: 'nowhere' },
  };
  for (const [what, query] of Object.entries(lists))
    report(
      `  ${what}`,
      shown(
        median(() => again.runs.list(query)),
        'ms',
      ),
    );
  report(
    '  columns of all',
    shown(
      median(() => again.runs.columns({})),
      'ms',
    ),
  );
  report(
    '  columns of one experiment',
    shown(
      median(() => again.runs.columns({ experiment: 'e1' })),
      'ms',
    ),
  );
  report(
    '  columns of three runs',
    shown(
      median(() => again.runs.columns({ ids: ['run1', 'run2', 'run9'] })),
      'ms',
    ),
  );
  report(
    '  experiments',
    shown(
      median(() => again.runs.experiments()),
      'ms',
    ),
  );
  report(
    '  one run',
    shown(
      median(() => again.runs.get('run5000')),
      'ms',
    ),
  );
  again.close();
}

/** Measures one more trial, and a look at each list, when so many trials were done before, in ten searches. */
function history(): void {
  const costs = [1000, 10_000, 100_000].map((trials) => {
    const { store } = open(`history-${trials}.db`);
    const searches = 10;
    for (let s = 0; s < searches; s++)
      store.searches.insert({
        ...{ id: `s${s}`, experiment: 'tuned', file: '/a.tune.yaml', name: `search ${s}`, status: 'completed' },
        ...{ sampler: 'random', pruner: null, reason: null, trials, parallel: 4, space: {}, createdAt: s },
        objective: { metric: 'm0', goal: 'minimize' },
      });
    const trial = (i: number): void => {
      add(store, `run${i}`, i, { x: Math.sin(i) }, { experiment: 'tuned', search: `s${i % searches}`, trial: i });
      store.ingest.frame(`run${i}`, 'a.ndjson', 0, Buffer.from(`{"time":1,"step":1,"values":{"m0":${Math.cos(i)}}}\n`));
      store.runs.update(`run${i}`, { status: 'completed', endedAt: i });
    };
    for (let from = 0; from < trials; from += 1000)
      store.batch(() => {
        for (let i = from; i < from + 1000; i++) trial(i);
      });
    while (store.series.fold());
    let next = trials;
    const each: Record<string, number> = {
      'one more trial, with its value and its end': median(() => trial(next++), 51),
      'one search': median(() => store.searches.get('s3'), 51),
      'all ten searches': median(() => store.searches.list(), 51),
      experiments: median(() => store.runs.experiments(), 51),
      'runs of the experiment outside searches': median(() => store.runs.countAlone('tuned'), 51),
      'the first 100 rows': median(() => store.runs.list({ limit: 100 }), 51),
      'the best run of the experiment': median(() => store.runs.best({ experiment: 'tuned' }), 51),
      'live runs': median(() => store.runs.live(), 51),
    };
    store.close();
    return each;
  });
  console.table(
    Object.keys(costs[0]!).map((what) => ({
      'with so many past trials, ms': what,
      ...Object.fromEntries(costs.map((each, i) => [['1,000', '10,000', '100,000'][i], each[what]!.toFixed(3)])),
    })),
  );
}

const only = process.argv[2];
try {
  if (only === 'history') history();
  if (only === 'bulk') bulk();
  if (only !== undefined) process.exit(0);
  interleaved();
  million();
  many();
  console.table(table);
  bulk();
  history();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
