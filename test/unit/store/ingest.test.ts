import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { IngestResult, NewRun } from '../../../src/store/api.js';
import type { Store, StoreOptions } from '../../../src/store/store.js';
import { journal, lines, newRun, openStore, temporary } from './helpers.js';

const FILE = 'rank0-1.ndjson';
const metric = (step: number, loss: unknown): object => ({
  type: 'metrics',
  time: 1e12 + step,
  step,
  values: { loss },
});

function setUp(options: StoreOptions = {}): {
  folder: string;
  store: Store;
  run: NewRun;
  poll: (final?: boolean) => IngestResult;
} {
  const folder = temporary();
  const store = openStore(folder, options);
  const run = newRun(folder, 'r1');
  store.runs.insert(run);
  return { folder, store, run, poll: (final = false) => store.ingest.poll('r1', FILE, { final }) };
}

const values = (store: Store, name = 'loss'): unknown[] =>
  store.series.points('r1', name).points.map((point) => point.value);

describe('frames', () => {
  it('are taken only when they are next; the file fills gaps', () => {
    const { store, run, poll } = setUp();
    const parts = [lines(metric(0, 1)), lines(metric(1, 2), metric(2, 3)), lines(metric(3, 4))] as const;
    writeFileSync(journal(run), Buffer.concat([...parts]));
    const [a, b, c] = parts;
    expect(store.ingest.frame('r1', FILE, 0, a)).toMatchObject({ next: a.length, points: 1 });
    expect(store.ingest.frame('r1', FILE, a.length + b.length, c)).toBeNull();
    expect(store.ingest.expectedOffset('r1', FILE)).toBe(a.length);
    expect(poll()).toMatchObject({ points: 3, next: a.length + b.length + c.length, more: false });
    expect(store.ingest.frame('r1', FILE, a.length, b)).toMatchObject({
      points: 0,
      next: a.length + b.length + c.length,
    });
    expect(values(store)).toEqual([1, 2, 3, 4]);
  });

  it('that overlap are used from their first new byte', () => {
    const { store } = setUp();
    const both = lines(metric(0, 1), metric(1, 2));
    store.ingest.frame('r1', FILE, 0, lines(metric(0, 1)));
    expect(store.ingest.frame('r1', FILE, 0, both)).toMatchObject({ points: 1, next: both.length });
    expect(values(store)).toEqual([1, 2]);
  });

  it('of unknown runs and odd file names are refused', () => {
    const { store } = setUp();
    expect(store.ingest.frame('nobody', FILE, 0, lines(metric(0, 1)))).toBeNull();
    for (const name of ['../a.ndjson', 'a/b.ndjson', '..ndjson', '.ndjson', 'a.txt', '']) {
      expect(store.ingest.frame('r1', name, 0, lines(metric(0, 1)))).toBeNull();
      expect(() => store.ingest.poll('r1', name)).toThrow('not the name of a journal');
    }
  });
});

describe('journal files', () => {
  it('end at the first unwritten byte', () => {
    const { store, run, poll } = setUp();
    const whole = lines(metric(0, 1), metric(1, 2));
    writeFileSync(journal(run), Buffer.concat([whole, Buffer.alloc(5000)]));
    expect(poll()).toMatchObject({ next: whole.length, points: 2, more: false });
    writeFileSync(journal(run), Buffer.concat([whole, Buffer.from('{"step":2,"lo'), Buffer.alloc(99)]));
    expect(poll()).toMatchObject({ next: whole.length, points: 0, warnings: [] });
    expect(poll(true)).toMatchObject({ next: whole.length, points: 0 });
    writeFileSync(journal(run), Buffer.concat([whole, Buffer.from('{"step":2,"loss":3}')]));
    expect(poll()).toMatchObject({ points: 0 });
    expect(poll(true)).toMatchObject({ next: whole.length + 19, points: 1 });
    expect(values(store)).toEqual([1, 2, 3]);
  });

  it('with a line torn in the middle wait for it until nobody writes any more', () => {
    const { run, poll } = setUp();
    const torn = Buffer.concat([lines(metric(0, 1)), Buffer.from('{"st\0\0\0'), lines('', metric(1, 2))]);
    writeFileSync(journal(run), torn);
    expect(poll()).toMatchObject({ points: 1, warnings: [] });
    expect(poll(true)).toMatchObject({
      points: 1,
      next: torn.length,
      warnings: [expect.stringContaining('never written')],
    });
  });

  it('with a line cut off and another writer right behind it lose nothing that is whole', () => {
    const record = { type: 'metrics', time: 1, step: 1, epoch: 2, values: { loss: 0.5, 'val/loss': 1 } };
    const text = JSON.stringify(record);
    const plain = JSON.stringify({ step: 2, loss: 3, config: { a: 1 } });
    for (let cut = 1; cut < text.length; cut++) {
      const { store, run, poll } = setUp();
      writeFileSync(
        journal(run),
        text.slice(0, cut) + `${JSON.stringify(metric(7, 8))}\n${text.slice(0, cut)}${plain}\n`,
      );
      poll(true);
      // Where the cut leaves "values": open, a plain line behind it might be their content; ours names its type.
      const open = text.slice(0, cut).endsWith(':');
      expect(values(store), `cut at ${cut}`).toEqual(open ? [8] : [8, 3]);
      expect(store.runs.messages('r1')).toHaveLength(1);
      store.close();
    }
  });

  it('with two whole records on one line have both', () => {
    const { store, run, poll } = setUp();
    const [a, b] = [metric(0, 1), metric(1, 2)].map((record) => JSON.stringify(record));
    writeFileSync(journal(run), `${a}${b}\n${b} ${a}${a}\n`);
    expect(poll()).toMatchObject({ points: 5, warnings: [] });
    expect(values(store)).toEqual([1, 2, 2, 1, 1]);
  });

  it('with a hole of NUL bytes are read on behind it, at the end or once it has stood', () => {
    const before = lines(metric(0, 1));
    const after = lines('torn":1}', metric(2, 3), metric(3, 4));
    for (const size of [1, 4096, 3 * 2 ** 20]) {
      const { store, run, poll } = setUp();
      writeFileSync(journal(run), Buffer.concat([before, Buffer.alloc(size), after, Buffer.alloc(5000)]));
      expect(poll()).toMatchObject({ points: 1, next: before.length, warnings: [] });
      let result = poll(true);
      expect(result.warnings[0]).toContain(`journal/${FILE}: what stands at byte ${before.length} can't be read`);
      while (result.more) result = poll(true);
      expect(values(store)).toEqual([1, 3, 4]);
      expect(result.next).toBe(before.length + size + after.length);
    }
    const { store, run, poll } = setUp({ holeMs: 50 });
    writeFileSync(journal(run), Buffer.concat([before, Buffer.alloc(4096), after, Buffer.alloc(5000)]));
    expect(poll()).toMatchObject({ points: 1 });
    const until = performance.now() + 60;
    while (performance.now() < until);
    expect(poll()).toMatchObject({ points: 2, next: before.length + 4096 + after.length });
    expect(values(store)).toEqual([1, 3, 4]);
  });

  it('wait for a record that is being copied into a map, however long its writer stands still', () => {
    const { store, run, poll } = setUp({ holeMs: 0 });
    const [first, second] = [lines(metric(0, 1)), lines(metric(1, 2))] as const;
    const copied = Buffer.concat([first, Buffer.alloc(1), second.subarray(1), Buffer.alloc(5000)]);
    writeFileSync(journal(run), copied);
    expect(poll()).toMatchObject({ points: 1, next: first.length });
    expect(poll()).toMatchObject({ points: 0, warnings: [] });
    second.copy(copied, first.length);
    writeFileSync(journal(run), copied);
    expect(poll()).toMatchObject({ points: 1, warnings: [] });
    expect(values(store)).toEqual([1, 2]);
  });

  it('that became shorter are read on; rewritten ones are read from their start', () => {
    const { store, run, poll } = setUp();
    const long = lines(...Array.from({ length: 10 }, (_, i) => metric(i, i)));
    writeFileSync(journal(run), long);
    poll();
    const cut = lines(...Array.from({ length: 8 }, (_, i) => metric(i, i))).length;
    truncateSync(journal(run), cut);
    expect(poll()).toMatchObject({ points: 0, next: cut, warnings: [expect.stringContaining('become shorter')] });
    appendFileSync(journal(run), lines(metric(10, 10)));
    expect(poll()).toMatchObject({ points: 1, warnings: [] });
    expect(values(store)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    writeFileSync(journal(run), lines({ step: 100, loss: 100 }));
    expect(poll()).toMatchObject({ points: 1, warnings: [expect.stringContaining('was restarted')] });
    expect(values(store)).toHaveLength(12);
  });

  it('longer than one read are read in pieces', () => {
    const { store, run } = setUp();
    const n = 50_000;
    writeFileSync(journal(run), lines(...Array.from({ length: n }, (_, i) => metric(i, i))));
    let rounds = 0;
    for (let more = true; more; rounds++) more = store.ingest.pollAll('r1', { budgetMs: 0 }).at(-1)?.more ?? false;
    expect(rounds).toBeGreaterThan(2);
    expect(store.runs.get('r1')?.metrics.loss).toEqual({ last: n - 1, lastStep: n - 1, min: 0, max: n - 1, count: n });
  });

  it('with a line beyond 16 MiB continue after it', () => {
    const { store, run } = setUp();
    const huge = `{"type":"message","text":"${'x'.repeat(17 * 2 ** 20)}"}`;
    const big = `{"step":1,"loss":2,"more":"${'x'.repeat(3 * 2 ** 20)}"}`;
    writeFileSync(journal(run), lines(metric(0, 1), big, huge, metric(2, 3)));
    const warnings: string[] = [];
    for (let more = true; more;) {
      const result = store.ingest.poll('r1', FILE);
      warnings.push(...result.warnings);
      more = result.more;
    }
    expect(values(store)).toEqual([1, 2, 3]);
    expect(warnings).toEqual([expect.stringContaining('longer than 16 MiB')]);
  });

  it.skipIf(process.platform === 'win32')('that are links or pipes are not followed', () => {
    const { folder, store, run } = setUp();
    writeFileSync(join(folder, 'secret'), lines(metric(0, 1)));
    symlinkSync(join(folder, 'secret'), journal(run, 'link.ndjson'));
    symlinkSync('/dev/zero', journal(run, 'zero.ndjson'));
    execFileSync('mkfifo', [journal(run, 'pipe.ndjson')]);
    mkdirSync(journal(run, 'folder.ndjson'));
    expect(store.ingest.pollAll('r1', { budgetMs: 5000 }).map((result) => result.points)).toEqual([0, 0, 0, 0]);
    expect(store.ingest.poll('r1', 'missing.ndjson')).toMatchObject({ next: 0, points: 0, more: false });
  });
});

describe('lines', () => {
  const take = (store: Store, ...records: unknown[]): IngestResult => {
    const result = store.ingest.frame('r1', FILE, store.ingest.expectedOffset('r1', FILE), lines(...records));
    if (!result) throw new Error('refused');
    return result;
  };

  it('may hold numbers as Python and JavaScript write them', () => {
    const { store } = setUp();
    take(
      store,
      '{"type":"metrics","step":0,"values":{"loss":NaN}}',
      '{"type": "metrics", "step": 1, "values": {"loss": -Infinity, "NaN \\" Infinity": 1}}',
      '{"step":2,"values":{"loss":"Infinity"}}',
      '{"step":3,"values":{"loss":null}}',
      '{"step":4,"loss":NaN,"note":"a NaN"}\r',
      '\ufeff{"step":5,"loss":0.5}',
      '',
      '   ',
      '{"step":6,"loss":true}',
    );
    expect(values(store)).toEqual(['NaN', '-Infinity', 'Infinity', 'NaN', 'NaN', 0.5, 1]);
    expect(values(store, 'NaN " Infinity')).toEqual([1]);
    const run = store.runs.get('r1');
    expect(run?.metrics.loss).toEqual({ last: 1, lastStep: 6, min: '-Infinity', max: 'Infinity', count: 7 });
    // Infinity is a diverged run, not a best value.
    expect(run?.objective).toEqual({ metric: 'loss', goal: 'minimize', value: 0.5, step: 5 });
  });

  it('of NaN alone are counted and have neither min nor max', () => {
    const { store } = setUp();
    take(store, metric(0, 'NaN'), metric(1, 'NaN'));
    expect(store.runs.get('r1')).toMatchObject({
      metrics: { loss: { last: 'NaN', min: 'NaN', max: 'NaN', count: 2 } },
      objective: { value: null, step: null },
    });
  });

  it('without a step are counted by file, across restarts', () => {
    const { store, folder } = setUp();
    take(store, { loss: 1 }, { loss: 2, step: 10 }, { loss: 3 });
    store.close();
    const again = openStore(folder);
    take(again, { loss: 4 });
    again.ingest.frame('r1', 'other.ndjson', 0, lines({ loss: 5 }));
    expect(again.series.points('r1', 'loss').points.map((point) => point.step)).toEqual([0, 10, 1, 2, 0]);
  });

  it('that are not records are skipped, counted, and reported once', () => {
    const { store } = setUp();
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const result = take(
      store,
      'no json',
      '[1]',
      'null',
      '{}',
      '{"type":"unknown","time":1}',
      '{"type":"metrics","step":"one","values":{"loss":1}}',
      '{"type":"metrics","values":{"loss":"high"}}',
      '{"type":"exit","time":1,"code":"x"}',
      deep,
      `{"type":"params","time":1,"params":{"p":${deep}}}`,
      '{"type":"metrics","step":1,"values":{"__proto__":1,"":2,"loss":3}}',
      '{"__proto__":{"type":"exit"},"step":1,"loss":4}',
      metric(2, 5),
    );
    expect(result.records).toBe(3);
    expect(result.events).toEqual([]);
    expect(result.warnings).toEqual([
      `journal/${FILE}: what stands at byte 0 can't be read and is left out (it is not JSON).`,
      expect.stringMatching(
        /^Values that are not numbers are left out, such as that of "loss" \(journal.*byte \d+\)\.$/,
      ),
      expect.stringMatching(/^Metrics are left out whose name does not have 1 to 512 characters, such as ""/),
    ]);
    expect(values(store)).toEqual([3, 4, 5]);
    expect(Object.keys(store.runs.get('r1')?.metrics ?? {}).sort()).toEqual(['__proto__', 'loss']);
    expect(take(store, 'again bad').warnings).toEqual([]);
    const messages = store.runs.messages('r1');
    expect(messages.map((message) => message.text)).toEqual(result.warnings);
    expect(messages.map((message) => message.count)).toEqual([10, 1, 1]);
  });

  it('that say the same again are kept once and counted', () => {
    const { store } = setUp();
    const say = (time: number, text: string): object => ({ type: 'message', time, level: 'warning', text });
    take(store, say(1, 'slow'), say(2, 'slow'), say(3, 'other'));
    take(store, say(4, 'slow'));
    expect(store.runs.detail('r1')?.messages).toEqual([
      { time: 1, last: 4, level: 'warning', text: 'slow', count: 3 },
      { time: 3, last: 3, level: 'warning', text: 'other', count: 1 },
    ]);
    expect(store.runs.get('r1')?.warnings).toEqual({ count: 2, text: 'other' });
    expect(store.runs.list({}).runs[0]?.warnings).toEqual({ count: 2, text: 'other' });
    store.runs.insert(newRun(temporary(), 'r2'));
    expect(store.runs.get('r2')).not.toHaveProperty('warnings');
  });

  it('whose text is never closed cost no more than others', () => {
    const { store } = setUp();
    const open = `{"step":1,"values":{"loss":NaN,"${'\\"'.repeat(250_000)}`;
    expect(take(store, open, `${open}\\`, metric(1, 5)).points).toBe(1);
  });

  it('with ever new names are capped, with a message of the run', () => {
    const { store } = setUp();
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`m${i}`, i]));
    const result = take(store, { type: 'metrics', step: 0, values: many }, metric(1, 1));
    expect(result.points).toBe(5000);
    expect(result.warnings).toEqual([expect.stringContaining('more than 5000 different metrics')]);
    expect(take(store, { step: 2, m1: 7, another: 1 }).points).toBe(1);
    expect(store.runs.messages('r1')).toEqual([expect.objectContaining({ level: 'warning', count: 95_002 })]);
  });

  it('of every other type reach the run and the engine', () => {
    const { store } = setUp();
    const long = 'x'.repeat(100_000);
    const result = take(
      store,
      { type: 'spawn', time: 500, pid: 7, started: null, supervisor: 6 },
      { type: 'start', time: 501, pid: 7, client: 'python/0.1' },
      { type: 'params', time: 502, params: { lr: 0.5, layers: [1, 2], own: 'ä' } },
      { type: 'info', time: 503, values: { backend: 'cpu', weights: 12 } },
      { type: 'progress', time: 504, fraction: 0.25 },
      { type: 'progress', time: 505, fraction: 0.5, text: 'epoch 1/2' },
      { type: 'media', time: 506, name: 'confusion', path: 'media/c.png', mime: 'image/png', step: 3 },
      { type: 'media', time: 506, name: 'evil', path: 'media/../../../etc/passwd', mime: 'image/png' },
      { type: 'message', time: 507, level: 'error', text: long },
      { type: 'finish', time: 508, status: 'failed', error: 'oops' },
      { type: 'exit', time: 509, code: 3, signal: null, requested: null },
    );
    expect(result.events.map((event) => event.record.type)).toEqual(['spawn', 'start', 'message', 'finish', 'exit']);
    expect(result.runChanged).toBe(true);
    expect(store.runs.detail('r1')).toMatchObject({
      params: { lr: 0.5, layers: [1, 2], own: 'ä' },
      info: { backend: 'cpu', weights: 12 },
      progress: { fraction: 0.5, text: 'epoch 1/2' },
      startedAt: 500,
      exitCode: 3,
    });
    expect(store.runs.media('r1')).toEqual([
      { time: 506, name: 'confusion', path: 'media/c.png', mime: 'image/png', step: 3 },
    ]);
    const messages = store.runs.messages('r1');
    expect(messages.find((message) => message.level === 'error')?.text.length).toBe(16_385);
    expect(messages.find((message) => message.level === 'warning')?.text).toContain('not in the run');
    expect(store.runs.list({ text: 'own=ä' }).total).toBe(1);
  });

  it('in a flood of messages are bounded', () => {
    const { store } = setUp();
    const flood = Array.from({ length: 30_000 }, (_, i) => ({
      type: 'message',
      time: i,
      level: 'info',
      text: `m${i}`,
    }));
    const exit = { type: 'exit', time: 1, code: 0, signal: null, requested: null };
    const result = take(store, exit, ...flood);
    expect(result.events.length).toBeLessThan(3000);
    expect(result.events.some((event) => event.record.type === 'exit')).toBe(true);
    expect(store.runs.messages('r1')).toHaveLength(1000);
    expect(store.runs.messages('r1').at(-1)?.text).toBe('m29999');
  });

  it('tell the objective to the pruner in the order logged', () => {
    const { store } = setUp();
    const result = take(store, metric(5, 3), metric(4, 2), { step: 9, other: 1 }, metric(6, 'NaN'));
    expect(result.objective).toEqual([
      { step: 5, value: 3 },
      { step: 4, value: 2 },
      { step: 6, value: NaN },
    ]);
    expect([...result.metrics]).toEqual([
      ['loss', 3],
      ['other', 1],
    ]);
    expect(store.series.values('r1', 'loss')).toEqual(result.objective);
  });

  it('tell it by epoch where one was logged, since steps an epoch differ between trials', () => {
    const { store } = setUp();
    const result = take(store, { step: 470, epoch: 1, loss: 3 }, { step: 940, epoch: 2, loss: 2 });
    expect(result.objective.map(({ step }) => step)).toEqual([1, 2]);
    expect(store.series.values('r1', 'loss')).toEqual(result.objective);
    expect(store.runs.get('r1')?.objective?.step).toBe(940);
  });
});

describe('ranks of a distributed job', () => {
  it('are kept apart, and rank 0 decides the objective and tells the progress', () => {
    const { store, run } = setUp();
    const progress = (fraction: number): object => ({ type: 'progress', time: 1e12, fraction });
    const put = (rank: number, ...records: object[]): void =>
      writeFileSync(
        journal(run, `rank${rank}-77.ndjson`),
        lines({ type: 'start', time: 1e12, pid: 77, rank, client: 'x/1' }, ...records),
      );
    put(0, metric(0, 3), metric(1, 2), progress(0.25));
    put(1, metric(0, -50), metric(1, 40), progress(0.75));
    put(12, metric(0, 7));
    store.ingest.pollAll('r1', { final: true, budgetMs: Infinity });
    expect(values(store)).toEqual([3, 2]);
    expect(values(store, 'rank1/loss')).toEqual([-50, 40]);
    expect(values(store, 'rank12/loss')).toEqual([7]);
    expect(store.runs.get('r1')).toMatchObject({
      objective: { metric: 'loss', value: 2 },
      progress: { fraction: 0.25 },
    });
  });
});
