import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Asked } from '../../../../src/engine/disk/asked.js';
import { readLastWords, secondsAtWork } from '../../../../src/engine/runs/ends/endingRecords.js';
import { outcomeOf } from '../../../../src/engine/runs/ends/outcome.js';
import { saveCheckpoint } from '../../../../src/client/checkpoints/index.js';
import { RunFolders } from '../../../../src/engine/runs/making/folders.js';

let base: string;
let folders: RunFolders;
let asked: Asked;
beforeEach(() => {
  base = fs.mkdtempSync(path.join(os.tmpdir(), 'folders ü '));
  asked = Asked.open(':memory:', { warn: () => undefined });
  folders = new RunFolders(base, asked);
});
afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

function put(file: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(base, file)), { recursive: true });
  fs.writeFileSync(path.join(base, file), text);
}

describe('whether a launch was started', () => {
  const launch = { number: 2, at: 1000, checkpoint: null };
  const exit = (more: object): string =>
    JSON.stringify({ type: 'exit', time: 900, code: 0, signal: null, requested: 'pause', ...more }) + '\n';

  it('is not derived from the records of earlier launches', () => {
    put('a/output.log', 'epoch 1\n');
    put('a/journal/supervisor.ndjson', exit({}));
    put('a/journal/rank0-1.ndjson', '{"type":"finish","time":890,"status":"paused"}\n');
    put('a/supervisor.json', JSON.stringify({ pid: 1, socket: 's', token: 't' }));
    expect(folders.wasStarted('a')).toBe(true);
    expect(folders.wasStarted('a', { launch })).toBe(false);
    put('a/supervisor.json', JSON.stringify({ pid: 1, socket: 's', token: 't', launch: 2 }));
    expect(folders.wasStarted('a', { launch })).toBe(true);
  });

  it('is derived from its own end, and from a stop in the queue', () => {
    put('a/journal/supervisor.ndjson', exit({}) + exit({ time: 2000, launch: 2 }));
    expect(folders.wasStarted('a', { launch })).toBe(true);
    put('b/journal/supervisor.ndjson', exit({}));
    folders.writeEnd('b', 'stopped');
    expect(folders.wasStarted('b', { launch })).toBe(true);
    expect(readLastWords(path.join(base, 'b'), launch)).toMatchObject({ closed: 'stopped' });
    // The records are of a later launch.
    const later = { ...launch, number: 3, at: Date.now() + 1000 };
    expect(folders.wasStarted('b', { launch: later })).toBe(false);
    expect(readLastWords(path.join(base, 'b'), later).closed).toBeUndefined();
  });
});

describe('an end that an engine assumed', () => {
  const ending = () => ({ exit: null, ...readLastWords(path.join(base, 'a')), logTail: '', memoryKill: false });

  it('keeps its kind, and counts as a start', () => {
    put('a/journal/rank0-1.ndjson', '');
    folders.writeEnd('a', 'failed', { kind: 'lost', message: 'Nobody watched it.' });
    expect(outcomeOf(ending())).toMatchObject({
      status: 'failed',
      error: { kind: 'lost', message: 'Nobody watched it.' },
    });
    expect(folders.wasStarted('a', { launch: { number: 2, at: 0, checkpoint: null } })).toBe(true);
    folders.writeEnd('a', 'failed', { kind: 'not-started', message: 'No such file.' });
    expect(outcomeOf(ending()).error).toMatchObject({ kind: 'not-started', message: 'No such file.' });
  });

  it.each(['completed', 'stopped'] as const)('gives way to the program’s own word: %s', (status) => {
    put('a/journal/rank0-1.ndjson', '');
    folders.writeEnd('a', 'failed', { kind: 'lost', message: 'Nobody watched it.' });
    put('a/journal/rank0-1.ndjson', `{"type":"finish","time":890,"status":"${status}"}\n`);
    expect(outcomeOf(ending())).toEqual({ status, error: null });
  });
});

it('no launch takes a checkpoint from outside of the runs', () => {
  const spec = {
    version: 1 as const,
    id: 'a',
    experiment: 'e',
    file: null,
    search: null,
    trial: null,
    params: {},
    argv: ['node'],
    cwd: base,
    env: {},
    seed: 1,
    objective: null,
    createdAt: 1,
    stopGrace: 1,
  };
  const launch = { number: 2, at: 1, checkpoint: null };
  put('a/run.json', JSON.stringify({ ...spec, launch: { ...launch, from: 'b1-2' } }));
  expect(folders.spec('a')?.launch?.from).toBe('b1-2');
  put('a/run.json', JSON.stringify({ ...spec, launch: { ...launch, from: '../../elsewhere' } }));
  expect(folders.spec('a')).toBeNull();
});

describe('running time', () => {
  it('is that of all launches, without what lies between them or was spent standing still', () => {
    expect(secondsAtWork(path.join(base, 'a'))).toBeNull();
    const spawn = (time: number, launch?: number) =>
      JSON.stringify({ type: 'spawn', time, pid: 1, started: null, supervisor: 2, launch }) + '\n';
    const exit = (time: number, more: object) =>
      JSON.stringify({ type: 'exit', time, code: 0, signal: null, requested: null, ...more }) + '\n';
    put('a/journal/supervisor.ndjson', spawn(1000));
    expect(secondsAtWork(path.join(base, 'a'))).toBeNull();
    put('a/journal/supervisor.ndjson', spawn(1000) + exit(4000, { stood: 500 }));
    expect(secondsAtWork(path.join(base, 'a'))).toBe(2.5);
    put(
      'a/journal/supervisor.ndjson',
      spawn(1000) + exit(4000, { stood: 500 }) + spawn(900_000, 2) + exit(901_000, { launch: 2 }),
    );
    expect(secondsAtWork(path.join(base, 'a'))).toBe(3.5);
  });
});

describe('a checkpoint taken over', () => {
  const names = (run: string): string[] => fs.readdirSync(path.join(base, run, 'checkpoints')).sort();

  it('replaces the run’s own ones, and the leftovers of a killed engine', async () => {
    put('from/checkpoints/step-000000007/state', 'theirs');
    put('own/checkpoints/step-000000003/state', 'mine');
    put('own/checkpoints/step-000000007/state', 'mine');
    put('own/checkpoints/.taken-step-000000005/state', 'half');
    const taken = (await folders.takeCheckpoint('own', 'from'))!;
    expect(names('own')).toEqual(['step-000000007']);
    expect(fs.readFileSync(path.join(taken, 'state'), 'utf8')).toBe('theirs');
    expect(names('from')).toEqual(['step-000000007']);
    expect(await folders.takeCheckpoint('own', 'nobody')).toBeNull();
    expect(names('own')).toEqual(['step-000000007']);
  });

  it('is the one before the newest if that is damaged, with a message', async () => {
    put('own/run.json', '{}');
    const from = path.join(base, 'from', 'checkpoints');
    const save = (step: number): Promise<string> =>
      saveCheckpoint(from, step, (folder) => fs.writeFileSync(path.join(folder, 'state'), `of ${step}`), {
        keep: 3,
        steps: () => 0,
        sync: false,
      });
    await save(1);
    const newest = await save(2);
    fs.writeFileSync(path.join(newest, 'state'), 'or 2');
    const said: string[] = [];
    const taken = (await folders.takeCheckpoint('own', 'from', {
      onDamage: (name, why) => said.push(`${name}: ${why}`),
    }))!;
    expect(fs.readFileSync(path.join(taken, 'state'), 'utf8')).toBe('of 1');
    expect(said).toEqual(['step-000000002: the content of state has changed']);
    // The other's own are left as they are.
    expect(names('from')).toEqual(['step-000000001', 'step-000000002']);
  });

  it('is copied without blocking anything else, and abandoned when no longer wanted', async () => {
    for (let i = 0; i < 20; i++) put(`from/checkpoints/step-000000007/part-${i}`, 'x'.repeat(100_000));
    put('own/checkpoints/step-000000003/state', 'mine');
    let turns = 0;
    const turn = (): void => void (turns++, (timer = setImmediate(turn)));
    let timer = setImmediate(turn);
    // Given up, and launched again at once: the two copies don't disturb each other.
    let wanted = true;
    const first = folders.takeCheckpoint('own', 'from', { wanted: () => wanted });
    wanted = false;
    const second = folders.takeCheckpoint('own', 'from');
    expect(names('own')).toEqual(['step-000000003']);
    expect(await first).toBeNull();
    expect(await second).toBe(path.join(base, 'own/checkpoints/step-000000007'));
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(0);
    expect(names('own')).toEqual(['step-000000007']);
    expect(fs.readdirSync(path.join(base, 'own/checkpoints/step-000000007')).length).toBe(20);
  });

  it.runIf(process.platform !== 'win32')('is not waited for when a script has put a pipe into it', async () => {
    put('from/checkpoints/step-000000007/state', 'theirs');
    execFileSync('mkfifo', [path.join(base, 'from/checkpoints/step-000000007/pipe')]);
    put('own/checkpoints/step-000000003/state', 'mine');
    const taken = await folders.takeCheckpoint('own', 'from');
    // Some versions of Node leave it out, others refuse the whole.
    expect(names('own')).toEqual([taken ? 'step-000000007' : 'step-000000003']);
  });
});
