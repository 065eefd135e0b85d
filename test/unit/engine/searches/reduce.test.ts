/** Random orders of everything that can happen to a search, against what must always hold. */
import { describe, expect, it } from 'vitest';
import { reduce } from '../../../../src/engine/searches/driver/reduce.js';
import {
  isLive,
  type Phase,
  type SearchCommand,
  type SearchEvent,
  type SearchState,
} from '../../../../src/engine/searches/driver/state.js';
import { takeUp, type RunFacts } from '../../../../src/engine/searches/driver/takeUp.js';
import type { RunStatus } from '../../../../src/protocol/engine/index.js';
import type { Outcome, TrialState } from '../../../../src/search/types.js';
import { createRandom } from '../../../../src/search/index.js';

interface Program {
  asked: 'stop' | 'prune' | 'pause' | null;
  held: boolean;
}
interface Row {
  id: string;
  status: RunStatus;
  launches: number;
  pauses: number;
  /** The search's own end stopped it, so it is not to count as over. */
  interrupted: boolean;
}
type Call = { call: 'ask' } | { call: 'tell'; trial: number; state: TrialState } | { call: 'reopen'; trial: number };

/** A search with a study, programs and an engine that may be killed, all of them models. */
class World {
  state: SearchState;
  readonly rows = new Map<number, Row>();
  readonly programs = new Map<number, Program>();
  readonly problems: string[] = [];
  made = 0;
  private study: TrialState[] = [];
  private saved: TrialState[] = [];
  private calls: Call[] = [];
  private readonly random = createRandom(this.seed);
  /** Trials that end in failure, or never report. */
  private readonly broken: number;
  private readonly pausing: boolean;
  private readonly planned: number;
  private worked = false;
  /** Its time was over: it is complete with the trials that it has. */
  private timeUp = false;

  constructor(private readonly seed: number) {
    this.planned = 1 + this.random.int(9);
    this.pausing = this.random.int(2) === 0;
    this.broken = this.random.next() < 0.3 ? 0.9 : 0.1;
    this.state = this.load({ name: 'running' }, false);
    this.dispatch({ type: 'go' });
  }

  get over(): boolean {
    return this.state.phase.name === 'ended';
  }

  /** Something that can happen now does. */
  happen(steering: boolean): void {
    const dice = this.random.int(100);
    if (steering && dice < 3) return this.dispatch({ type: 'pause' });
    if (steering && dice < 6) return this.dispatch({ type: 'resume' });
    if (steering && dice < 7) return this.dispatch({ type: 'stop' });
    if (steering && dice < 9) return this.kill();
    if (steering && dice < 10) return this.dispatch({ type: 'changed' });
    if (steering && dice < 11) return this.dispatch({ type: 'broken' });
    if (steering && dice < 12) {
      this.timeUp ||= this.state.phase.name === 'running';
      return this.dispatch({ type: 'timeUp' });
    }
    if (steering && dice < 14) return this.stopSuspended();
    // Others may take every place for good once all its trials are begun.
    const begun = this.study.length >= this.planned && !this.state.trials.some(({ stage }) => stage.name === 'wanted');
    if (dice < 35) return begun ? undefined : this.dispatch({ type: 'room' });
    if (dice < 65) return this.answer();
    return this.work();
  }

  /** Whoever looks after it lets it come to its end, resuming it as often as needed. */
  finish(): void {
    for (let turn = 0; turn < 2000; turn++) {
      if (this.state.phase.name === 'paused') this.dispatch({ type: 'resume' });
      if (this.state.phase.name === 'ended') {
        if (this.state.phase.ending === 'completed' || this.allFailed()) return;
        this.resume();
      }
      this.happen(false);
    }
    this.problems.push(`never came to its end: ${JSON.stringify(this.state)} ${JSON.stringify(this.study)}`);
  }

  /** Every trial that was begun has its end, or rests paused; no program is left; all that was planned was tried. */
  checkCompleted(): void {
    if (this.timeUp) return;
    if (this.programs.size > 0) this.problems.push(`programs are left: ${[...this.programs.keys()].join()}`);
    while (this.calls.length > 0) this.answer();
    for (const [trial, state] of this.study.entries()) {
      if (state === 'running' || state === 'paused') this.problems.push(`trial ${trial} was forgotten (${state})`);
    }
    if (!this.allFailed() && this.study.length < this.planned) {
      this.problems.push(`${this.study.length} of ${this.planned} trials were tried`);
    }
    if (this.study.length > this.planned) this.problems.push(`${this.study.length} trials instead of ${this.planned}`);
    for (const [trial, row] of this.rows) if (row.id !== `r${trial}`) this.problems.push(`trial ${trial} has two runs`);
  }

  /** A person does the failed trials again. */
  retry(): number[] {
    const failed = [...this.study.keys()].filter((trial) => this.study[trial] === 'failed');
    this.state = this.load({ name: 'running' }, true);
    for (const trial of failed) this.calls.push({ call: 'reopen', trial });
    this.dispatch({ type: 'go' });
    this.dispatch({ type: 'reopened', trials: failed });
    return failed;
  }

  /** A person ends a run whose program is gone. */
  private stopSuspended(): void {
    const found = [...this.rows].find(([trial, { status }]) => status === 'paused' && !this.programs.has(trial));
    if (!found) return;
    found[1].status = 'stopped';
    this.dispatch({ type: 'ended', trial: found[0], outcome: outcomeOf('stopped'), stopped: true, excused: false });
  }

  private allFailed(): boolean {
    return (
      this.state.phase.name === 'ended' &&
      this.state.phase.ending === 'failed' &&
      this.study.every((s) => s === 'failed') &&
      this.study.length >= this.planned
    );
  }

  private resume(): void {
    while (this.calls.length > 0) this.answer();
    this.state = this.load({ name: 'running' }, true);
    this.dispatch({ type: 'go' });
  }

  /** The engine: what it knew is gone, what was saved and the runs are there. */
  private kill(): void {
    const { phase } = this.state;
    this.calls = [];
    this.study = [...this.saved];
    if (phase.name === 'ended') return;
    this.state = this.load(phase, false);
    this.dispatch({ type: 'go' });
  }

  private load(phase: Phase, resumed: boolean): SearchState {
    const runs = new Map([...this.rows].map(([trial, row]) => [trial, this.facts(trial, row)]));
    const trials = this.study.map((state, id) => ({ id, params: {}, state }));
    const { state, tellings } = takeUp({
      phase,
      resumed,
      trials,
      runs,
      worked: this.worked,
      giveUpAfter: 3,
      forgiven: 0,
    });
    for (const telling of tellings) {
      if (telling.type === 'adopt') {
        this.study.push('running');
        if (telling.lost) this.problems.push(`trial ${telling.trial} was lost`);
      } else if (telling.type === 'tell') {
        this.checkTold(telling.trial);
        this.tell(telling.trial, telling.outcome.state);
      } else if (telling.type === 'reopen') this.study[telling.trial] = 'running';
    }
    this.saved = [...this.study];
    return state;
  }

  private facts(trial: number, { id, status }: Row): RunFacts {
    const outcome = (): Outcome => outcomeOf(status);
    return { id, status, live: this.programs.has(trial), params: {}, outcome, excused: false };
  }

  private dispatch(event: SearchEvent): void {
    const { state, commands } = reduce(this.state, event);
    const before = this.state;
    this.state = state;
    for (const command of commands) this.carry(command, before);
  }

  private carry(command: SearchCommand, before: SearchState): void {
    switch (command.type) {
      case 'ask':
        if (this.calls.some(({ call }) => call === 'ask')) this.problems.push('asked twice at once');
        this.calls.push({ call: 'ask' });
        return;
      case 'make':
        return this.make(command.trial, before);
      case 'tell':
        this.checkTold(command.trial);
        this.calls.push({ call: 'tell', trial: command.trial, state: command.outcome.state });
        return;
      case 'cut':
        return this.ask(command.run, command.verdict);
      case 'stop':
        return this.ask(command.run, 'stop');
      case 'hold':
      case 'goOn':
        this.programs.get(trialOf(command.run))!.held = command.type === 'hold';
        return;
      case 'finish':
        if (this.programs.size > 0) this.problems.push('over while programs are at work');
        return;
    }
  }

  private make(trial: number, before: SearchState): void {
    // The disk may be full.
    if (this.random.int(10) === 0) return;
    if (before.phase.name !== 'running') this.problems.push(`trial ${trial} was made while ${before.phase.name}`);
    if (this.programs.has(trial)) this.problems.push(`trial ${trial} has two programs`);
    const row = this.rows.get(trial);
    const stage = this.state.trials[trial]!.stage;
    if (row && stage.name === 'wanted' && !stage.again) this.problems.push(`trial ${trial} was made twice`);
    if (this.random.int(2) === 0 || row) this.saved = [...this.study];
    this.rows.set(trial, {
      id: `r${trial}`,
      status: 'running',
      interrupted: false,
      launches: (row?.launches ?? 0) + 1,
      pauses: row?.pauses ?? 0,
    });
    this.programs.set(trial, { asked: null, held: false });
    this.made++;
    this.dispatch({ type: 'made', trial, run: `r${trial}` });
  }

  private checkTold(trial: number): void {
    if (this.rows.get(trial)!.interrupted)
      this.problems.push(`trial ${trial} was told although only the search stopped it`);
  }

  private ask(run: string, asked: 'stop' | 'prune' | 'pause'): void {
    const program = this.programs.get(trialOf(run));
    if (!program) return void this.problems.push(`${run} was asked to ${asked} and has no program`);
    program.asked = program.asked === null || asked === 'stop' ? asked : program.asked;
    if (asked === 'stop') program.held = false;
  }

  /** The study deals with the next call. */
  private answer(): void {
    const call = this.calls.shift();
    if (!call) return;
    if (call.call === 'tell') return this.tell(call.trial, call.state);
    if (call.call === 'reopen') {
      this.study[call.trial] = 'running';
      return;
    }
    const rests = this.study.indexOf('paused');
    if (rests >= 0 && (this.random.int(2) === 0 || this.study.length >= this.planned)) {
      this.study[rests] = 'running';
      return this.dispatch({ type: 'answered', trial: { id: rests, params: {}, again: true }, waiting: false });
    }
    if (this.study.length < this.planned) {
      const id = this.study.push('running') - 1;
      return this.dispatch({ type: 'answered', trial: { id, params: {}, again: false }, waiting: false });
    }
    this.dispatch({ type: 'answered', trial: null, waiting: this.pausing && this.study.includes('running') });
  }

  private tell(trial: number, state: TrialState): void {
    if (this.study[trial] !== 'running' && this.study[trial] !== 'paused') return;
    this.study[trial] = state;
  }

  /** Some program reports, is judged, or ends. */
  private work(): void {
    const at = [...this.programs].filter(([, { held, asked }]) => !held || asked !== null);
    if (at.length === 0) return;
    const [trial, program] = at[this.random.int(at.length)]!;
    const fails = this.random.next() < this.broken;
    if (program.asked === null && !fails && this.random.int(3) > 0) {
      this.worked = true;
      this.dispatch({ type: 'reported' });
      if (!this.pausing || this.random.int(2) > 0 || this.rows.get(trial)!.pauses > 2) return;
      return this.dispatch({ type: 'judged', trial, verdict: this.random.int(3) > 0 ? 'pause' : 'prune', step: 1 });
    }
    const by = { stop: 'stopped', prune: 'pruned', pause: 'paused' } as const;
    const byPerson = this.random.int(20) === 0 ? ('stopped' as const) : null;
    const status: RunStatus = program.asked ? by[program.asked] : (byPerson ?? (fails ? 'failed' : 'completed'));
    this.programs.delete(trial);
    const row = this.rows.get(trial)!;
    row.status = status;
    if (status === 'paused') row.pauses++;
    row.interrupted = status === 'stopped' && program.asked === 'stop';
    if (this.state.phase.name === 'ended') return;
    const stopped = status === 'stopped';
    this.dispatch({ type: 'ended', trial, outcome: outcomeOf(status), stopped, excused: false });
  }
}

const trialOf = (run: string): number => Number(run.slice(1));

function outcomeOf(status: RunStatus): Outcome {
  if (status === 'completed') return { state: 'completed', values: [1] };
  return { state: status === 'paused' || status === 'failed' ? status : 'pruned' };
}

const SEEDS = 3000;

describe('a search, whatever happens in whatever order', () => {
  it('makes no trial twice, forgets none, and ends', () => {
    const problems: string[] = [];
    let made = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = new World(seed);
      for (let turn = 0; turn < 150 && !world.over; turn++) world.happen(true);
      world.finish();
      world.checkCompleted();
      made += world.made;
      if (world.problems.length > 0) problems.push(`seed ${seed}: ${world.problems.join('; ')}`);
    }
    expect(problems.slice(0, 5)).toEqual([]);
    expect(made).toBeGreaterThan(SEEDS);
  });

  it('ends everything when it is stopped', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = new World(seed);
      for (let turn = 0; turn < 60 && !world.over; turn++) world.happen(false);
      if (world.over) continue;
      const { state } = reduce(world.state, { type: 'stop' });
      const live = state.trials.filter(isLive);
      let ending = state;
      for (const { id } of live) {
        ending = reduce(ending, {
          type: 'ended',
          trial: id,
          outcome: { state: 'pruned' },
          stopped: true,
          excused: false,
        }).state;
      }
      expect(ending.phase).toEqual({ name: 'ended', ending: 'stopped' });
      expect(ending.trials.filter(isLive)).toEqual([]);
    }
  });

  it('repeats failed trials once it has ended, and no others', () => {
    const problems: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = new World(seed);
      world.finish();
      world.checkCompleted();
      const before = new Map([...world.rows].map(([trial, { launches, status }]) => [trial, { launches, status }]));
      const failed = world.retry();
      world.finish();
      world.checkCompleted();
      for (const [trial, { launches, status }] of before) {
        const again = world.rows.get(trial)!.launches > launches;
        if (status !== 'paused' && again !== failed.includes(trial)) problems.push(`seed ${seed}: trial ${trial}`);
      }
      if (world.problems.length > 0) problems.push(`seed ${seed}: ${world.problems.join('; ')}`);
    }
    expect(problems.slice(0, 5)).toEqual([]);
  });
});

it('trials that are made or resumed after a restart still know at which step they pause', () => {
  const trial = (id: number) => ({ id, params: {}, state: 'running' as const, until: 3 });
  const stopped: RunFacts = {
    ...{ id: 'r1', status: 'stopped', live: false, params: {}, excused: false },
    outcome: () => outcomeOf('stopped'),
  };
  const { state } = takeUp({
    ...{ phase: { name: 'running' }, resumed: true, worked: true, giveUpAfter: 3, forgiven: 0 },
    trials: [trial(0), trial(1)],
    runs: new Map([[1, stopped]]),
  });
  expect(state.trials.map(({ stage }) => stage)).toEqual([
    expect.objectContaining({ name: 'wanted', again: false, until: 3 }),
    expect.objectContaining({ name: 'wanted', again: true, until: 3 }),
  ]);
});
