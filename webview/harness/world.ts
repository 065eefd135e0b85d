/**
 * A made-up engine for looking at the panel without one: training curves of a search, answered over the same messages.
 * For development only; the tests that count run against the real engine.
 */
import type { Run, RunQuery, Search, SeriesData } from '../../src/protocol/engine/index.js';
import type { Params, WireNumber } from '../../src/protocol/values/index.js';
import type { RunGroups } from '../../src/protocol/engine/groups.js';
import { matches, parseFilter, type Fields } from '../../src/query/filter/index.js';
import { spread } from '../../src/drawing/bands.js';
import { groupRuns } from '../../src/drawing/runs/groups.js';
import { valueOf } from '../../src/drawing/runs/fields.js';

const fieldsOf = (run: Run): Fields => ({
  value: ({ kind, name }) => {
    if (kind === 'fact') return name === 'tag' ? run.tags : ((valueOf(run, name) as string | null) ?? null);
    const last = run.metrics[name]?.last;
    return (run.params[name] as string | undefined) ?? (last === undefined ? null : Number(last));
  },
  hasText: (text) => [run.name, run.id, ...run.tags].join(' ').toLowerCase().includes(text),
});

export const FILE = '/home/ada/projects/digits/digits.tune.yaml';
const STEPS = 1410;
/** One of these is long, to see what is done about a hundred thousand points. */
const LONG = 100_000;
const long = new URLSearchParams(location.search).has('long');
/** Every run is a distributed job. */
const ranks = new URLSearchParams(location.search).has('ranks');

function noise(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43758.5453;
  return x - Math.floor(x);
}

export interface FakeRun extends Run {
  steps: number;
  length: number;
  seed: number;
}

function curve(run: FakeRun, metric: string, step: number): WireNumber {
  const [, rank, name] = /^rank(\d)\/(.*)$/.exec(metric) ?? [];
  if (name !== undefined)
    return Number(curve(run, name, step)) * (0.9 + 0.1 * Number(rank) + 0.04 * Math.sin(step / 90));
  const lr = Number(run.params.lr ?? 0.001);
  const speed = Math.min(1, 0.15 + lr * 120) * (200 / run.length) * (STEPS / 200);
  const t = (step / STEPS) * 10 * speed * (1410 / 1410);
  const fit = 1 - Math.exp(-t / 2);
  const jitter = (noise(run.seed * 1e4 + step) - 0.5) * 2;
  const top = 0.993 - Math.abs(Math.log10(lr) + 2.7) * 0.012 - Number(run.params.dropout ?? 0) * 0.01;
  if (run.params.optimizer === 'sgd' && lr > 0.05 && step > 600) return 'NaN';
  if (metric === 'train/loss') return 2.3 * Math.exp(-t / 1.6) + 0.05 + jitter * 0.06 * Math.exp(-t / 6) + 0.02;
  if (metric === 'train/accuracy') return Math.max(0.05, 0.1 + (top - 0.1) * fit + jitter * 0.03);
  if (metric === 'val/loss') return 2.2 * Math.exp(-t / 1.5) + 0.06 + jitter * 0.01;
  if (metric === 'val/accuracy') return 0.1 + (top - 0.1) * fit + jitter * 0.004;
  if (metric === 'learning_rate') return lr * (0.5 + 0.5 * Math.cos((Math.PI * step) / run.length));
  if (metric === 'system/gpu') return 88 + jitter * 8;
  return 1024 + step * 0.4 + jitter * 10;
}

const EVERY: Record<string, number> = {
  'val/accuracy': 47,
  'val/loss': 47,
  'train/loss': 1,
  'train/accuracy': 1,
  learning_rate: 10,
  'system/gpu': 20,
  'system/memory': 20,
  ...(ranks && Object.fromEntries([1, 2, 3].map((rank) => [`rank${rank}/val/loss`, 47]))),
};

export class World {
  readonly runs: FakeRun[] = [];
  searches: Search[] = [];
  deleted = new Set<string>();
  private start = Date.now() - 600_000;

  constructor(count: number) {
    for (let i = 0; i < count; i++) this.add(this.sample(i), i, 'se000000001', i < Math.max(5, count - 3) ? 1 : 0.35);
    const failed = this.runs[3];
    if (failed) {
      failed.status = 'failed';
      failed.error = {
        kind: 'out-of-memory',
        message: 'CUDA out of memory: tried to allocate 2.40 GiB',
        logTail: 'Traceback (most recent call last):\n  File "train.py", line 88\nRuntimeError: CUDA out of memory',
      };
    }
    if (this.runs[2]) this.runs[2].status = 'pruned';
    if (this.runs[1]) {
      this.runs[1].name = '<img src=x onerror=alert(1)> ' + 'a very long name '.repeat(8);
      this.runs[1].tags = ['baseline', 'keep'];
      this.runs[1].note = 'A note';
    }
    this.refreshSearch();
  }

  private sample(i: number): Params {
    return {
      lr: Number((10 ** (-4 + 3 * noise(i + 1))).toPrecision(3)),
      batch_size: [64, 128, 256][i % 3]!,
      filters: 16,
      dropout: Number((noise(i + 50) * 0.6).toFixed(2)),
      optimizer: i % 4 === 3 ? 'sgd' : 'adam',
      epochs: 3,
    };
  }

  add(params: Params, trial: number | null, search: string | null, done: number): FakeRun {
    const n = this.runs.length;
    const length = n === 4 && long ? LONG : STEPS;
    const run: FakeRun = {
      id: `r${String(n).padStart(9, '0')}`,
      experiment: 'digits',
      file: FILE,
      search,
      trial,
      name: trial === null ? `digits-${n}` : `trial-${trial}`,
      status: done >= 1 ? 'completed' : 'running',
      params,
      metrics: {},
      objective: { metric: 'val/accuracy', goal: 'maximize', value: null, step: null },
      progress: null,
      info: { backend: 'tfjs-node' },
      device: 'gpu:0',
      error: null,
      tags: [],
      note: '',
      createdAt: this.start + n * 1000,
      startedAt: this.start + n * 1000 + 200,
      endedAt: done >= 1 ? this.start + n * 1000 + 95_000 + noise(n) * 30_000 : null,
      deletedAt: null,
      steps: Math.floor(length * done),
      length,
      seed: n + 1,
    };
    if (done < 0.05) run.createdAt = run.startedAt = Date.now();
    this.runs.push(run);
    this.summarize(run);
    return run;
  }

  summarize(run: FakeRun): void {
    for (const metric of Object.keys(EVERY)) {
      const count = Math.floor(run.steps / EVERY[metric]!);
      if (count === 0) continue;
      const lastStep = (count - 1) * EVERY[metric]!;
      const last = curve(run, metric, lastStep);
      run.metrics[metric] = { last, lastStep, min: last, max: last, count };
    }
    const value = run.metrics['val/accuracy']?.last;
    if (value !== undefined && value !== 'NaN') run.objective = { ...run.objective!, value, step: run.steps };
    const fraction = run.steps / run.length;
    run.progress = {
      fraction,
      text: `epoch ${Math.min(3, Math.floor(fraction * 3) + 1)}/3 · batch ${run.steps % 470}/470`,
    };
  }

  refreshSearch(): Search {
    const trials = this.runs.filter((run) => run.search !== null);
    const count = (status: Run['status']) => trials.filter((run) => run.status === status).length;
    const best = trials
      .filter((run) => run.objective?.value !== null)
      .sort((a, b) => Number(b.objective!.value) - Number(a.objective!.value))[0];
    const search: Search = {
      id: 'se000000001',
      experiment: 'digits',
      file: FILE,
      name: 'digits search',
      status: this.searches[0]?.status ?? 'running',
      sampler: 'random',
      pruner: 'median',
      reason: null,
      trials: Math.max(30, trials.length),
      counts: {
        total: trials.length,
        queued: count('queued'),
        running: count('running'),
        completed: count('completed'),
        pruned: count('pruned'),
        failed: count('failed'),
        stopped: count('stopped'),
      },
      parallel: 3,
      objective: { metric: 'val/accuracy', goal: 'maximize' },
      best: best ? { run: best.id, trial: best.trial!, params: best.params, objective: best.objective!.value! } : null,
      space: {
        lr: { log: [1e-4, 1e-1] },
        batch_size: { choice: [64, 128, 256] },
        dropout: { uniform: [0, 0.6] },
        optimizer: { choice: ['adam', 'sgd'] },
      },
      error: null,
      createdAt: this.start,
      endedAt: null,
    };
    this.searches = [search];
    return search;
  }

  list(query: RunQuery): { total: number; runs: Run[] } {
    const words = (query.text ?? '').toLowerCase().split(/\s+/).filter(Boolean);
    const filter = parseFilter(query.filter ?? '');
    const found = this.runs.filter((run) => {
      if (filter && !matches(filter, fieldsOf(run))) return false;
      if (this.deleted.has(run.id)) return false;
      if (query.ids && !query.ids.includes(run.id)) return false;
      if (query.search !== undefined && run.search !== query.search) return false;
      if (query.status && !query.status.includes(run.status)) return false;
      const text = [run.name, run.id, ...run.tags, ...Object.entries(run.params).map(([k, v]) => `${k}=${String(v)}`)];
      return words.every((word) => text.join(' ').toLowerCase().includes(word));
    });
    const key = (run: FakeRun): number | string => {
      const [kind, name] = (query.sort ?? 'createdAt').split(':');
      if (kind === 'param') return run.params[name!] as number;
      if (kind === 'metric') return Number(run.metrics[name!]?.last ?? -Infinity);
      if (kind === 'objective') return Number(run.objective?.value ?? -Infinity);
      if (kind === 'name') return run.name;
      if (kind === 'status') return run.status;
      return run.createdAt;
    };
    found.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
    if (query.descending !== false) found.reverse();
    const offset = query.offset ?? 0;
    return { total: found.length, runs: found.slice(offset, offset + (query.limit ?? 100)).map((run) => ({ ...run })) };
  }

  best(): { run: string; objective: WireNumber } | null {
    const measured = this.runs.filter((run) => run.status !== 'failed' && typeof run.objective?.value === 'number');
    const [best] = measured.sort((a, b) => Number(b.objective!.value) - Number(a.objective!.value));
    return best ? { run: best.id, objective: best.objective!.value! } : null;
  }

  groups({ query, by, columns }: { query: RunQuery; by: string[]; columns: string[] }): RunGroups {
    const groups = groupRuns(this.list({ ...query, limit: 10_000 }).runs, by);
    return {
      total: groups.length,
      groups: groups.map(({ id, runs }) => ({
        values: JSON.parse(id) as RunGroups['groups'][number]['values'],
        runs: runs.length,
        columns: columns.map((key) => {
          const values = runs.map((run) => valueOf(run, key)).filter((value) => typeof value === 'number');
          if (values.length === 0) return null;
          const [mean, low, high] = spread(values, 'sd');
          return { n: values.length, mean, sd: (high - low) / 2, min: Math.min(...values), max: Math.max(...values) };
        }),
      })),
    };
  }

  series(query: {
    run: string;
    metric: string;
    x?: string;
    from?: number;
    to?: number;
    points?: number;
    after?: number;
  }): SeriesData {
    const run = this.runs.find((one) => one.id === query.run)!;
    const every = EVERY[query.metric] ?? 1;
    const total = Math.floor(run.steps / every);
    const place = (i: number) =>
      query.x === 'time' ? run.startedAt! + i * every * 65 : query.x === 'epoch' ? (i * every) / 470 : i * every;
    const points = query.points ?? 2000;
    let from = 0;
    let to = total;
    if (query.after !== undefined && total <= points) from = query.after;
    const mode = query.after !== undefined && total <= points ? 'append' : 'replace';
    while (query.from !== undefined && from < to && place(from) < query.from) from++;
    while (query.to !== undefined && to > from && place(to - 1) > query.to) to--;
    const inRange = to - from;
    const x: number[] = [];
    const y: WireNumber[] = [];
    const bucket = mode === 'append' ? 1 : Math.max(1, Math.ceil((inRange / points) * 2));
    for (let at = from; at < to; at += bucket) {
      if (bucket === 1) {
        x.push(place(at));
        y.push(curve(run, query.metric, at * every));
        continue;
      }
      const values = Array.from({ length: Math.min(bucket, to - at) }, (_, i) =>
        curve(run, query.metric, (at + i) * every),
      );
      const numbers = values.map(Number);
      const low = numbers.indexOf(Math.min(...numbers));
      const high = numbers.indexOf(Math.max(...numbers));
      for (const i of [...new Set([Math.min(low, high), Math.max(low, high)])].filter((i) => i >= 0)) {
        x.push(place(at + i));
        y.push(values[i]!);
      }
    }
    return { run: run.id, metric: query.metric, mode, total, inRange, x, y };
  }

  /** A moment passes. */
  tick(): FakeRun[] {
    const moved = this.runs.filter((run) => run.status === 'running' || run.status === 'stopping');
    for (const run of moved) {
      run.steps = Math.min(run.length, run.steps + 6);
      this.summarize(run);
      if (run.status === 'stopping' || run.steps >= run.length) {
        run.status = run.status === 'stopping' ? 'stopped' : 'completed';
        run.endedAt = Date.now();
      }
    }
    return moved;
  }

  totals(runs: readonly FakeRun[]): Record<string, Record<string, number>> {
    return Object.fromEntries(
      runs.map((run) => [
        run.id,
        Object.fromEntries(Object.entries(run.metrics).map(([name, one]) => [name, one.count])),
      ]),
    );
  }
}
