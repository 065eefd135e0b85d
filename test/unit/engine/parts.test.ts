import { inEnglish, said } from '../../../src/format/said.js';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/engine/runs/making/ids.js';
import { EngineLock } from '../../../src/engine/disk/lock.js';
import { Log } from '../../../src/engine/disk/log.js';
import { readLog } from '../../../src/engine/disk/logText.js';
import { readLastWords, readSupervisorRecords } from '../../../src/engine/runs/ends/endingRecords.js';
import {
  lastWords,
  outcomeOf,
  outOfMemory,
  plainText,
  type Ending,
  type EndStatus,
} from '../../../src/engine/runs/ends/outcome.js';
import { trialSeed } from '../../../src/engine/searches/plan.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tunesmith-parts-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('ids', () => {
  it('are ten characters, different, and sort by time', () => {
    const now = Date.now();
    const ids = Array.from({ length: 500 }, (_, i) => newId(now + i * 1000));
    expect(new Set(ids).size).toBe(500);
    expect(ids).toEqual([...ids].sort());
    for (const id of ids) expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{10}$/);
    const burst = Array.from({ length: 20_000 }, () => newId(now));
    expect(new Set(burst).size).toBe(20_000);
    expect(burst).toEqual([...burst].sort());
  });
});

describe('the lock', () => {
  it('is held once, released at the end, and knows when its file is gone', () => {
    const file = path.join(folder, 'lock');
    const lock = EngineLock.acquire(file)!;
    expect(EngineLock.acquire(file)).toBeNull();
    expect(lock.stillOurs()).toBe(true);
    fs.rmSync(file);
    expect(lock.stillOurs()).toBe(false);
    const other = EngineLock.acquire(file)!;
    expect(lock.stillOurs()).toBe(false);
    other.release();
    lock.release();
    const again = EngineLock.acquire(file)!;
    expect(again).not.toBeNull();
    again.release();
  });

  it('is not kept from anyone by rubbish in its file', () => {
    const file = path.join(folder, 'rubbish');
    fs.writeFileSync(file, 'this is no database, and long enough to be looked at as one '.repeat(20));
    const lock = EngineLock.acquire(file);
    expect(lock).not.toBeNull();
    lock!.release();
  });
});

it('the log stays below its cap, keeps one older file, and takes no control characters', () => {
  const file = path.join(folder, 'engine.log');
  const log = new Log(file, 2000);
  for (let i = 0; i < 100; i++) log.info(`line ${i} \u001b[31mred\u0007`);
  expect(fs.statSync(file).size).toBeLessThanOrEqual(2000);
  expect(fs.statSync(`${file}.1`).size).toBeLessThanOrEqual(2000);
  const text = fs.readFileSync(file, 'utf8');
  expect(text).toContain('line 99 ?[31mred?');
  expect(text).not.toContain('\u001b');
});

describe('reading output', () => {
  const text = 'aü€😀\n'.repeat(50);
  const run = path.join(folder, 'run');
  fs.mkdirSync(run);
  fs.writeFileSync(path.join(run, 'output.log'), text);

  it('in pieces of any size gives the text whole', async () => {
    for (const limit of [1, 2, 3, 4, 5, 7, 64, 1000]) {
      let read = '';
      for (let offset = 0; ;) {
        const part = await readLog(run, { offset, limit, ended: true });
        expect(part.offset).toBe(offset);
        read += part.text;
        if (part.next === offset) break;
        offset = part.next;
      }
      expect(read).toBe(text);
    }
  });

  it('from the end starts at a character', async () => {
    for (let back = 1; back < 30; back++) {
      const part = await readLog(run, { offset: -back, limit: 1000, ended: true });
      expect(text.endsWith(part.text)).toBe(true);
      expect(part.next).toBe(part.size);
    }
  });

  it('waits for the rest of a character during the run', async () => {
    const half = path.join(folder, 'half');
    fs.mkdirSync(half);
    fs.writeFileSync(path.join(half, 'output.log'), Buffer.from('ok€').subarray(0, 4));
    expect(await readLog(half, { offset: 0, limit: 100, ended: false })).toMatchObject({
      text: 'ok',
      next: 2,
      size: 4,
    });
    expect((await readLog(half, { offset: 0, limit: 100, ended: true })).next).toBe(4);
    fs.writeFileSync(path.join(half, 'output.log'), Buffer.from([0xff, 0xff, 0x80, 0x80, 0x80, 0x80, 0x0a]));
    expect((await readLog(half, { offset: 0, limit: 100, ended: false })).next).toBe(7);
    expect(await readLog(path.join(folder, 'none'), { offset: 0, limit: 10, ended: false })).toEqual({
      text: '',
      offset: 0,
      next: 0,
      size: 0,
    });
  });
});

describe('how a run ended', () => {
  const ending = (change: Partial<Ending>): Ending => ({
    exit: { code: 0, signal: null, requested: null },
    finish: null,
    lastError: null,
    logTail: '',
    memoryKill: false,
    ...change,
  });
  const finish = (status: EndStatus, error?: string) => ({
    status,
    error,
    time: 1,
  });

  it.each([
    ['ended by itself', {}, 'completed', null],
    ['asked to stop', { exit: { code: 143, signal: null, requested: 'stop' } }, 'stopped', null],
    ['pruned', { exit: { code: null, signal: 'SIGTERM', requested: 'prune' } }, 'pruned', null],
    [
      'finished while being asked to stop',
      { exit: { code: 0, signal: null, requested: 'stop' }, finish: finish('completed') },
      'completed',
      null,
    ],
    ['stopped by its own word', { finish: finish('stopped') }, 'stopped', null],
    ['failed by its own word', { finish: finish('failed', 'bad data') }, 'failed', 'script'],
    [
      'crashed after its end',
      { exit: { code: null, signal: 'SIGSEGV', requested: null }, finish: finish('completed') },
      'completed',
      null,
    ],
    [
      'exit code after its end',
      { exit: { code: 3, signal: null, requested: null }, finish: finish('completed') },
      'failed',
      'exit',
    ],
    [
      'a message of its own',
      { exit: { code: 1, signal: null, requested: null }, lastError: 'no data' },
      'failed',
      'script',
    ],
    [
      'killed for memory',
      { exit: { code: null, signal: 'SIGKILL', requested: null }, memoryKill: true },
      'failed',
      'out-of-memory',
    ],
    ['killed', { exit: { code: null, signal: 'SIGKILL', requested: null } }, 'failed', 'signal'],
    [
      'never started',
      { exit: { code: null, signal: null, requested: null, error: 'There is no program' } },
      'failed',
      'not-started',
    ],
    [
      'asked to pause',
      { exit: { code: 0, signal: null, requested: 'pause' }, finish: finish('paused') },
      'paused',
      null,
    ],
    [
      'ended while it was suspended',
      { exit: { code: 0, signal: null, requested: 'pause' }, finish: finish('paused'), closed: 'pruned' },
      'pruned',
      null,
    ],
    ['vanished', { exit: null }, 'failed', 'lost'],
    ['vanished after its end', { exit: null, finish: finish('completed') }, 'completed', null],
  ] as [string, Partial<Ending>, string, string | null][])('%s', (_, change, status, kind) => {
    const outcome = outcomeOf(ending(change));
    expect([outcome.status, outcome.error?.kind ?? null]).toEqual([status, kind]);
  });

  it('obeys the engine’s last request', () => {
    const paused = ending({ exit: { code: 0, signal: null, requested: 'pause' }, finish: finish('paused') });
    expect(outcomeOf(paused, 'pause').status).toBe('paused');
    expect(outcomeOf(paused, 'stop').status).toBe('stopped');
    // Its supervisor was killed, so it knew of the signal only.
    expect(outcomeOf(ending({ exit: null, finish: finish('stopped') }), 'pause').status).toBe('paused');
    expect(outcomeOf(ending({ exit: null }), 'stop')).toEqual({ status: 'stopped', error: null });
    expect(outcomeOf(ending({ exit: null, finish: finish('completed') }), 'pause').status).toBe('completed');
    expect(outcomeOf(ending({ exit: { code: 1, signal: null, requested: null } }), null).status).toBe('failed');
  });

  it('keeps the values of a text of the trainer apart, so that its reader sees it in their language', () => {
    const text = said('{0} is empty', 'data.csv');
    const failed = ending({
      exit: { code: 1, signal: null, requested: null },
      finish: { ...finish('failed'), error: text },
    });
    expect(outcomeOf(failed).error).toMatchObject({ kind: 'script', message: 'data.csv is empty', said: text });
  });

  it('a job that vanished is lost, unless its supervisor was told to end and nothing says that no person did that', () => {
    const job = { title: 'Slurm', id: '7', how: 'vanished', began: true } as const;
    const told = { code: 0, signal: null, requested: 'pause', interrupted: 'end' } as const;
    expect(outcomeOf(ending({ exit: null, job }))).toMatchObject({ status: 'failed', error: { kind: 'lost' } });
    expect(outcomeOf(ending({ exit: told, job }))).toEqual({ status: 'stopped', error: null });
    const restarted = outcomeOf(ending({ exit: told, job: { ...job, how: 'restarted' } }));
    expect(restarted).toMatchObject({ status: 'failed', error: { kind: 'lost' } });
    expect(outcomeOf(ending({ exit: told, job: { ...job, how: 'cancelled' } })).status).toBe('stopped');
    expect(outcomeOf(ending({ exit: null, job: { ...job, how: 'cancelled' } })).status).toBe('stopped');
    expect(outcomeOf(ending({ exit: null, job }), 'stop').status).toBe('stopped');
  });

  it.each([
    'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 15 GiB',
    'tensorflow.python.framework.errors_impl.ResourceExhaustedError: OOM when allocating tensor with shape[1,2]',
    'MemoryError',
    'numpy._core._exceptions._ArrayMemoryError: Unable to allocate 8.00 EiB',
    "terminate called after throwing an instance of 'std::bad_alloc'",
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    "RuntimeError: [enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried",
    'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory allocating 100 bytes.',
  ])('recognises memory that ran out: %s', (line) => {
    expect(inEnglish(outOfMemory(`epoch 1\n${line}\nmore`)!)).toMatch(/^Out of (GPU )?memory: /);
  });

  it('takes no other text for it', () => {
    expect(outOfMemory('memory: 3 GB used\nMemoryErrorRate 0.1\nmy MemoryErrors')).toBeNull();
  });

  it('finds the last words and strips colours', () => {
    const python = 'epoch 1\nTraceback (most recent call last):\n  File "a.py", line 1\nValueError: bad shape\n';
    expect(lastWords(python)).toBe('ValueError: bad shape');
    const node =
      'file:///a.mjs:1\nthrow new TypeError("x")\n^\n\nTypeError: x\n    at file:///a.mjs:1:7\n\nNode.js v24.1.0\n';
    expect(lastWords(node)).toBe('TypeError: x');
    expect(lastWords('just this\n\n')).toBe('just this');
    expect(plainText('\u001b[31mred\u001b[0m \u001b]0;title\u0007x\u0000')).toBe('red x');
  });

  it('is read from journals with unwritten and half-written ends', () => {
    const run = path.join(folder, 'ended');
    const journal = path.join(run, 'journal');
    fs.mkdirSync(journal, { recursive: true });
    expect(readSupervisorRecords(run)).toEqual({ spawn: null, exit: null });
    const metrics = '{"type":"metrics","step":1,"values":{"text":1}}\n'.repeat(20_000);
    const end =
      '{"type":"message","time":1,"level":"error","text":"bad"}\n{"type":"finish","time":5,"status":"failed","error":"worse"}\n';
    fs.writeFileSync(path.join(journal, 'rank0-1.ndjson'), metrics + end + '\0'.repeat(1_000_000));
    fs.writeFileSync(
      path.join(journal, 'rank1-2.ndjson'),
      '{"type":"finish","time":9,"status":"completed"}\n{"type":"fin',
    );
    // A program that pretends to be its own supervisor is not believed.
    fs.writeFileSync(
      path.join(journal, 'external.ndjson'),
      '{"type":"exit","time":1,"code":0,"signal":null,"requested":null}\n',
    );
    expect(readLastWords(run)).toEqual({ finish: { status: 'failed', error: 'worse', time: 5 }, lastError: 'bad' });
    expect(readSupervisorRecords(run).exit).toBeNull();
  });
});

it('trials’ seeds are the same each time, in range and unlike each other', () => {
  const seeds = Array.from({ length: 2000 }, (_, i) => trialSeed(42, i));
  expect(new Set(seeds).size).toBe(2000);
  expect(seeds).toEqual(Array.from({ length: 2000 }, (_, i) => trialSeed(42, i)));
  for (const seed of seeds) expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31).toBe(true);
});
