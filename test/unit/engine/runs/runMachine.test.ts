/** Random orders of events against the machine of a run: it must keep its promises in all of them. */
import { describe, expect, it } from 'vitest';
import type { Ending } from '../../../../src/engine/runs/ends/outcome.js';
import type { Refusal } from '../../../../src/engine/runs/life/refusal.js';
import {
  isRefusal,
  leftState,
  statusOf,
  step,
  takeUp,
  type Request,
  type RunCommand,
  type RunEvent,
  type RunState,
  type Step,
} from '../../../../src/engine/runs/life/runMachine.js';
import { RunStatus } from '../../../../src/protocol/engine/index.js';

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ending = (
  requested: Ending['exit'] extends infer E ? (E extends { requested: infer R } ? R : never) : never,
  code: number | null,
): Ending => ({
  exit: { code, signal: code === null ? 'SIGTERM' : null, requested },
  finish: null,
  lastError: null,
  logTail: '',
  memoryKill: false,
});

/**
 * Everything around the machine, played: a queue, devices, a program with its supervisor, and a store that may take its
 * time. It does what commands say and notices when a command makes no sense.
 */
class World {
  state: RunState = { name: 'queued' };
  inQueue = true;
  holds = false;
  program: 'none' | 'preparing' | 'coming' | 'there' | 'gone' = 'none';
  asked: 'stop' | 'prune' | 'pause' | null = null;
  standsStill = false;
  keeping = false;
  launches = 0;
  starts = 0;
  toldEnded = 0;
  forgotten = 0;
  claimed = false;
  problems: string[] = [];

  constructor(private readonly next: () => number) {}

  tell(event: RunEvent): Refusal | null {
    const before = JSON.stringify(this.state);
    const result = step(this.state, event);
    expect(JSON.stringify(this.state), 'the machine changes no state in place').toBe(before);
    if (isRefusal(result)) return result;
    if (this.forgotten > 0 && result.commands.some((command) => command.do !== 'release'))
      this.problems.push(`after its end: ${JSON.stringify(result.commands)}`);
    this.state = result.state;
    for (const command of result.commands) this.carryOut(command);
    return null;
  }

  private carryOut(command: RunCommand): void {
    switch (command.do) {
      case 'enqueue':
        if (this.inQueue) this.problems.push('queued twice');
        this.inQueue = true;
        break;
      case 'withdraw':
        this.inQueue = false;
        break;
      case 'occupy':
        this.holds = true;
        break;
      case 'release':
        this.holds = false;
        break;
      case 'prepare':
        this.program = 'preparing';
        break;
      case 'launch':
        if (this.claimed) this.problems.push('launched after it was cancelled');
        if (this.program === 'coming' || this.program === 'there') this.problems.push('launched beside its program');
        this.launches++;
        this.program = 'coming';
        break;
      case 'claim':
        // Now and then a slow supervisor of an earlier engine was faster.
        if (this.next() < 0.1) {
          this.program = 'coming';
          this.tell({ type: 'taken' });
        } else {
          this.claimed = true;
          this.tell({ type: 'claimed' });
        }
        break;
      case 'ask':
        this.standsStill = command.what === 'pause' && this.program === 'there';
        break;
      case 'ask to end':
        this.asked ??= command.reason;
        break;
      case 'keep':
        if (this.keeping) this.problems.push('ended twice');
        this.keeping = true;
        break;
      case 'tell':
        if (command.what === 'ended') this.toldEnded++;
        break;
      case 'forget':
        this.forgotten++;
        break;
      case 'write':
        RunStatus.parse(command.status);
    }
  }

  /** Returns the events that can happen now. */
  happenings(): (() => void)[] {
    const list: (() => void)[] = [];
    if (this.inQueue)
      list.push(() => {
        this.inQueue = false;
        this.holds = true;
        this.tell({ type: 'placed', device: this.next() < 0.5 ? 'cpu' : 'gpu:0', takesCheckpoint: this.next() < 0.5 });
      });
    if (this.program === 'preparing')
      list.push(() => {
        this.program = 'none';
        this.tell({ type: 'prepared' });
      });
    if (this.program === 'coming')
      list.push(
        () => {
          this.program = 'there';
          this.starts++;
          this.tell({ type: 'running', paused: false });
        },
        () => {
          this.program = 'none';
          this.tell({ type: 'ended', ending: null });
        },
      );
    if (this.program === 'there')
      list.push(
        () => this.tell({ type: 'running', paused: this.standsStill }),
        () => this.end(this.next() < 0.5 ? 0 : 1),
        () => this.againOrEnd(),
      );
    if (this.keeping)
      list.push(() => {
        this.keeping = false;
        this.tell({ type: 'kept' });
      });
    return list;
  }

  /** A failure after which the run is launched again, which is for nobody who was asked to end. */
  private againOrEnd(): void {
    if (!['starting', 'running', 'paused'].includes(this.state.name)) return this.end(1);
    this.program = 'gone';
    this.standsStill = false;
    this.tell({ type: 'again' });
  }

  end(code: number): void {
    this.program = 'gone';
    this.standsStill = false;
    this.tell({ type: 'ended', ending: ending(this.asked, this.asked ? null : code) });
  }

  /** Lets everything come to rest; a program that was asked to end does so, others go on. */
  settle(): void {
    for (let turn = 0; turn < 100; turn++) {
      if (this.program === 'there' && this.asked) this.end(1);
      const list = this.happenings();
      const due = this.keeping || this.program === 'preparing' || this.program === 'coming' || this.inQueue;
      if (!due || list.length === 0) return;
      list[Math.floor(this.next() * list.length)]!();
    }
  }
}

const REQUESTS: ((possible: boolean) => Request)[] = [
  (possible) => ({ type: 'stop', reason: 'stop', possible }),
  (possible) => ({ type: 'stop', reason: 'prune', possible }),
  () => ({ type: 'suspend' }),
  (possible) => ({ type: 'pause', possible }),
  (possible) => ({ type: 'resume', possible }),
  (possible) => ({ type: 'hold', possible }),
  () => ({ type: 'go on' }),
  (possible) => ({ type: 'set', possible }),
];

function play(seed: number, turns = 60): { world: World; log: string[] } {
  const next = random(seed);
  const world = new World(next);
  const log: string[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const happenings = world.happenings();
    if (next() < 0.6 && happenings.length > 0) happenings[Math.floor(next() * happenings.length)]!();
    else world.tell(REQUESTS[Math.floor(next() * REQUESTS.length)]!(next() < 0.9));
    log.push(world.state.name);
  }
  return { world, log };
}

describe('in any order of events', () => {
  const seeds = Array.from({ length: 1000 }, (_, index) => index + 1);

  it('a run is never launched beside its program, after its cancelling or its end, and ends once', () => {
    const seen = new Set<string>();
    for (const seed of seeds) {
      const { world, log } = play(seed);
      expect(world.problems, `seed ${seed}: ${log.join(' ')}`).toEqual([]);
      expect(world.forgotten).toBeLessThanOrEqual(1);
      for (const name of log) seen.add(name);
    }
    // The play is worth something: it came everywhere that a run of this host can come.
    expect([...seen].sort()).toEqual(
      [
        'ending',
        'held',
        'over',
        'paused',
        'preparing',
        'queued',
        'running',
        'starting',
        'stopping',
        'suspended',
      ].sort(),
    );
  });

  it('a stop ends it, and its device is free then', () => {
    for (const seed of seeds) {
      const { world, log } = play(seed, 1 + (seed % 40));
      world.tell({ type: 'stop', reason: 'stop', possible: true });
      world.settle();
      expect(world.state.name, `seed ${seed}: ${log.join(' ')}`).toBe('over');
      expect(world).toMatchObject({ holds: false, inQueue: false, forgotten: 1 });
    }
  });

  it('nothing is forgotten: a run that has not ended is queued, held by its search, suspended, or running', () => {
    for (const seed of seeds) {
      const { world, log } = play(seed, 1 + (seed % 60));
      const { name } = world.state;
      const why = `seed ${seed}: ${log.join(' ')}`;
      if (name === 'queued') expect(world.inQueue, why).toBe(true);
      if (name === 'preparing') expect(world.program, why).toBe('preparing');
      if (name === 'ending') expect(world.keeping, why).toBe(true);
      if (['starting', 'running', 'paused', 'stopping'].includes(name))
        expect(['coming', 'there'], why).toContain(world.program);
      if (name === 'held' || name === 'suspended') expect(world, why).toMatchObject({ inQueue: false, holds: false });
    }
  });

  it('a pause starts nothing: queued runs are held, running ones are suspended', () => {
    for (const seed of seeds) {
      const { world, log } = play(seed, 1 + (seed % 40));
      const launches = world.launches;
      world.tell({ type: 'hold', possible: true });
      world.settle();
      const why = `seed ${seed}: ${log.join(' ')}`;
      expect(world.launches, why).toBe(launches);
      expect(['held', 'paused', 'suspended', 'over'], why).toContain(world.state.name);
      if (world.program === 'there') expect(world.standsStill, why).toBe(true);
    }
  });

  it('every state is shown as a status', () => {
    for (const seed of seeds.slice(0, 300)) RunStatus.parse(statusOf(play(seed).world.state));
  });
});

describe('a run of another host', () => {
  const elsewhere = leftState('elsewhere', 'cpu', 'node7');

  it('is watched, and takes no device here', () => {
    expect(takeUp(elsewhere)).toEqual([{ do: 'watch' }]);
    expect(step({ name: 'running', device: 'cpu' }, { type: 'elsewhere', host: 'node7' })).toEqual({
      state: { name: 'elsewhere', host: 'node7' },
      commands: [{ do: 'write', status: 'elsewhere', device: '@node7', begun: true }, { do: 'release' }],
    });
  });

  it.each(['suspend', 'set'])('refuses to %s and says where it runs', (type) => {
    const refused = step(elsewhere, { type, possible: true } as RunEvent);
    expect(refused).toEqual({ code: 'elsewhere', why: 'is running on node7: use Tunesmith there' });
  });

  it('is stopped and paused through its folder, if that can be written', () => {
    const stopped = step(elsewhere, { type: 'stop', reason: 'stop', possible: true }) as Step;
    expect(stopped.commands).toEqual([
      { do: 'write', status: 'stopping' },
      { do: 'ask to end', reason: 'stop' },
    ]);
    expect(statusOf(stopped.state)).toBe('stopping');
    expect(step(elsewhere, { type: 'pause', possible: true })).toMatchObject({
      commands: [{ do: 'ask', what: 'pause' }],
    });
    for (const type of ['stop', 'pause', 'resume'])
      expect(step(elsewhere, { type, reason: 'stop', possible: false } as RunEvent)).toMatchObject({
        code: 'elsewhere',
      });
  });

  it('ends by its records like any other', () => {
    const { state } = step(elsewhere, { type: 'ended', ending: ending(null, 0) }) as { state: RunState };
    expect(state).toMatchObject({ name: 'ending', outcome: { status: 'completed' } });
  });
});

describe('a run that an earlier engine left', () => {
  it.each([
    ['running', ['occupy', 'watch']],
    ['starting', ['occupy', 'watch']],
    ['paused', ['watch']],
    ['stopping', ['occupy', 'watch', 'ask to end']],
  ] as const)('%s is taken up: %j', (status, commands) => {
    expect(takeUp(leftState(status, 'cpu', 'here')).map((command) => command.do)).toEqual(commands);
  });

  it('ends as its supervisor reports if only that knows the request', () => {
    const { state } = step(leftState('stopping', 'cpu', 'here'), { type: 'ended', ending: ending('pause', null) }) as {
      state: RunState;
    };
    expect(state).toMatchObject({ outcome: { status: 'paused' } });
  });
});
