import { describe, expect, it, vi } from 'vitest';
import type { Experiment } from '../../../../src/experiment/index.js';
import type { Run, RunStatus } from '../../../../src/protocol/engine/index.js';
import { Scheduler } from '../../../../src/engine/executors/scheduler.js';
import { SearchDriver, type SearchDriverOptions } from '../../../../src/engine/searches/driver/index.js';
import type { AskAnswer } from '../../../../src/engine/searches/study/messages.js';

/** A driver whose study answers when the test says so, over runs that are no more than rows. */
function drive({ cpuSlots = 2, trials = [] as { id: number; state: string }[], runs = [] as Partial<Run>[] } = {}) {
  const rows = new Map(runs.map((run) => [run.id!, row(run)]));
  const calls: { call: string; params: unknown; answer(result: unknown): void }[] = [];
  const updates: Record<string, unknown>[] = [];
  const working = new Set<string>();
  const failing = { relaunch: false };
  const scheduler = new Scheduler({ gpus: [], cores: 8, cpuSlots });
  const job = (id: string) => ({ id, search: 's', need: { gpus: 0, perGpu: 1 }, start: () => void working.add(id) });
  const active = {
    has: (id: string) => working.has(id),
    isSuspended: (id: string) => rows.get(id)?.status === 'paused',
    secondsAtWork: () => null,
    launchOf: vi.fn(() => 1),
    job: (spec: { id: string }) => job(spec.id),
    relaunch: vi.fn((id: string) => {
      if (failing.relaunch) throw new Error('ENOSPC: no space left on device');
      rows.get(id)!.status = 'running';
      return job(id);
    }),
    stop: vi.fn(),
    suspend: vi.fn(),
  };
  const maker = {
    newRun: (seed: number, trial: number | null, id = 'new') => ({ id, folder: '/', seed, trial }),
    repositories: { lastOf: () => null },
    create: vi.fn((_from: unknown, plan: { params: Run['params'] }, { trial }: { trial: number }) => {
      const id = `r${rows.size}`;
      rows.set(id, row({ id, trial, params: plan.params, status: 'running' }));
      return { id };
    }),
  };
  const experiment = {
    name: 'e',
    file: '/e.tune.yaml',
    program: { kind: 'command', argv: ['true'] },
    params: { lr: 1 },
    search: { space: { lr: {} } },
    objective: { metric: 'loss', goal: 'minimize' },
    resources: { gpus: 0, perGpu: 1 },
    cwd: '/',
    env: {},
  } as unknown as Experiment;
  /** Values of the objective that a run has logged. */
  const logged = { count: 0 };
  const options = {
    id: 's',
    plan: { version: 1, experiment, seed: 1, parallel: 'auto', python: null },
    reason: null,
    error: null,
    distFolder: '/',
    study: {
      opened: {
        trials: trials.map((trial) => ({ params: { lr: 1 }, ...trial })),
        reported: {},
        heard: false,
        reason: null,
        size: 9,
      },
      thread: {
        call: (call: string, params: unknown) =>
          new Promise((answer) => {
            if (call === 'ask' || call === 'change') calls.push({ call, params, answer });
            else {
              calls.push({ call, params, answer });
              answer(call === 'save' ? { text: '{}', ms: 0 } : call === 'report' ? 'continue' : null);
            }
          }),
        dispose: () => undefined,
      },
    },
    store: {
      runs: { get: (id: string) => rows.get(id) ?? null },
      batch: (write: () => void) => write(),
      searches: {
        get: () => ({ name: 's' }),
        trials: () => [...rows.values()],
        saveStudy: () => undefined,
        update: (_: string, patch: Record<string, unknown>) => void updates.push(patch),
      },
      series: { values: () => [], logged: () => logged.count },
    },
    active,
    maker,
    environments: { of: () => null, visibleGpus: () => undefined },
    scheduler,
    log: { info: () => undefined, error: () => undefined },
    trouble: {
      met: () => undefined,
      attempt: (write: () => void) => (write(), true),
      insist: async (write: () => void) => write(),
    },
    update: (patch: Record<string, unknown>) => void (Object.keys(patch).length > 0 && updates.push(patch)),
    ended: () => undefined,
  } as unknown as SearchDriverOptions;
  const driver = new SearchDriver(options, { name: 'running' });
  scheduler.open();
  return {
    experiment,
    driver,
    calls,
    updates,
    active,
    maker,
    scheduler,
    rows,
    failing,
    working,
    logged,
    asks: () => calls.filter(({ call }) => call === 'ask').length,
    async answer(given: Partial<AskAnswer>) {
      calls.findLast(({ call }) => call === 'ask')!.answer({ ...EMPTY, ...given });
      await settled();
    },
    async end(id: string, status: RunStatus) {
      const run = { ...rows.get(id)!, status };
      rows.set(id, run);
      working.delete(id);
      driver.runEnded(run);
      scheduler.release(id);
      await settled();
    },
  };
}

const EMPTY: AskAnswer = { asked: null, waiting: false, saved: null, reason: null, size: 9 };
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const asked = (id: number, more: object = {}) => ({ asked: { id, params: { lr: 1 }, resume: false, ...more } });
const row = (run: Partial<Run>) =>
  ({
    search: 's',
    metrics: {},
    params: {},
    objective: null,
    error: null,
    deletedAt: null,
    startedAt: 1,
    ...run,
  }) as Run;

describe('a search’s driver', () => {
  it('makes the first trial of another space by the experiment that has it', async () => {
    const it = drive();
    it.driver.go();
    const experiment = { ...it.experiment, search: { space: { lr: {}, units: {} } } } as unknown as Experiment;
    const change = it.driver.change({ experiment });
    // Both answers of the study, one right after the other.
    it.calls.find(({ call }) => call === 'change')!.answer({ reason: null, size: 9 });
    await it.answer(asked(0, { params: { lr: 1, units: 8 } }));
    await change;
    expect(it.maker.create.mock.calls[0]![0]).toBe(experiment);
  });

  it('tells the study which launch has logged what', async () => {
    const it = drive({ trials: [{ id: 0, state: 'running' }], runs: [{ id: 'a', trial: 0, status: 'running' }] });
    it.driver.go();
    const run = it.rows.get('a')!;
    it.logged.count = 1;
    it.driver.objective(run, [{ step: 1, value: 5 }]);
    it.active.launchOf.mockReturnValue(2);
    it.logged.count = 2;
    it.driver.objective(run, [{ step: 1, value: 7 }]);
    const reports = it.calls.filter(({ call }) => call === 'report').map(({ params }) => params);
    expect(reports).toEqual([
      { id: 0, points: [{ step: 1, value: 5 }], told: 1 },
      { id: 0, points: [{ step: 1, value: 7, launch: 2 }], told: 2 },
    ]);
    await it.driver.dispose();
  });

  it('resumes a paused trial with its values even if the space no longer has them', async () => {
    const params = { lr: 1, activation: 'relu' };
    const it = drive({
      trials: [{ id: 0, state: 'paused' }],
      runs: [{ id: 'r0', trial: 0, status: 'paused', params }],
    });
    it.driver.go();
    await it.answer(asked(0, { resume: true, params }));
    expect(it.active.relaunch).toHaveBeenCalledWith('r0', null, {});
    expect(it.maker.create).not.toHaveBeenCalled();
    expect(it.working).toEqual(new Set(['r0']));
  });

  it('asks again when the last trial ended while the study was answering that it waits', async () => {
    const it = drive();
    it.driver.go();
    await it.answer(asked(0));
    expect(it.working).toEqual(new Set(['r0']));
    expect(it.asks()).toBe(2);
    // The second question is with the study when the only trial pauses.
    await it.end('r0', 'paused');
    await it.answer({ waiting: true });
    expect(it.updates).not.toContainEqual(expect.objectContaining({ status: 'completed' }));
    expect(it.asks()).toBe(3);
    await it.answer({ ...asked(0, { resume: true }), saved: { text: '{}', ms: 0 } });
    expect(it.active.relaunch).toHaveBeenCalledWith('r0', null, expect.anything());
    await it.end('r0', 'completed');
    await it.answer({});
    expect(it.updates.at(-1)).toMatchObject({ status: 'failed' });
  });

  it('ends when the study waits for trials that nobody runs', async () => {
    const it = drive();
    it.driver.go();
    await it.answer({ waiting: true });
    expect(it.updates.at(-1)).toMatchObject({ status: 'completed' });
  });

  it('makes one run of a trial whose checkpoint could not be copied at first', async () => {
    const it = drive({ cpuSlots: 1 });
    it.driver.go();
    await it.answer(asked(0));
    it.failing.relaunch = true;
    await it.end('r0', 'completed');
    await it.answer(asked(1, { from: 0 }));
    expect(it.working.size).toBe(0);
    it.failing.relaunch = false;
    it.scheduler.pump();
    expect([...it.working]).toEqual(['r1']);
    expect(it.maker.create).toHaveBeenCalledTimes(2);
    await it.driver.dispose();
  });

  it('ends suspended trials, even one that was about to resume', async () => {
    const it = drive({
      cpuSlots: 1,
      trials: [{ id: 0, state: 'paused' }],
      runs: [{ id: 'a', trial: 0, status: 'paused' }],
    });
    it.driver.go();
    it.driver.pause();
    await it.answer({ ...asked(0, { resume: true }), saved: { text: '{}', ms: 0 } });
    it.driver.stop();
    await settled();
    expect(it.active.stop).toHaveBeenCalledWith('a', 'stop');
    expect(it.updates.at(-1)).toMatchObject({ status: 'stopped' });
  });

  it('tells the study of a suspended trial that ended unnoticed, and adopts trials that it does not know', async () => {
    const it = drive({
      trials: [{ id: 0, state: 'paused' }],
      runs: [
        { id: 'a', trial: 0, status: 'stopped' },
        { id: 'c', trial: 2, status: 'running', params: { lr: 3 } },
      ],
    });
    await settled();
    const told = it.calls.filter(({ call }) => call === 'tell' || call === 'adopt');
    expect(told.map(({ call, params }) => [call, params])).toEqual([
      ['adopt', { params: {} }],
      ['tell', { id: 1, outcome: { state: 'failed' } }],
      ['adopt', { params: { lr: 3 } }],
      ['tell', { id: 0, outcome: expect.objectContaining({ state: 'failed' }) }],
    ]);
    expect(it.driver.liveCount).toBe(1);
    await it.driver.dispose();
  });

  it('starts no second program for a running trial that the study believes paused', async () => {
    const it = drive({ trials: [{ id: 0, state: 'paused' }], runs: [{ id: 'a', trial: 0, status: 'running' }] });
    it.working.add('a');
    it.driver.go();
    await it.answer({ ...asked(0, { resume: true }), saved: { text: '{}', ms: 0 } });
    expect(it.active.relaunch).not.toHaveBeenCalled();
    expect(it.driver.liveCount).toBe(1);
    await it.driver.dispose();
  });
});
