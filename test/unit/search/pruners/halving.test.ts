import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import { bracketFor, sizeOf } from '../../../../src/search/schedulers/brackets.js';
import type { Asked, History, Named, Study, StudyOptions, Trial } from '../../../../src/search/types.js';

const make = (pruner: Named, more: Partial<StudyOptions> = {}) =>
  createStudy({
    space: { dimensions: [{ kind: 'float', name: 'x', low: 0, high: 1, log: false, step: null, when: null }] },
    ...{
      goals: ['minimize'],
      sampler: 'random',
      pruner,
      seed: 1,
      trials: null,
      maxSteps: 27,
      checkpoints: true,
      ...more,
    },
  });
/** Runs the trial asked for, at a constant loss, to where it pauses or ends; returns its final state. */
function play(study: Study, { id, until = 27 }: Asked, loss: number): string {
  const from = study.trials[id]!.reports.length;
  for (let step = from + 1; step <= until; step++) {
    const verdict = study.report(id, step, loss);
    if (verdict === 'continue') continue;
    study.tell(id, { state: verdict === 'prune' ? 'pruned' : 'paused' });
    return `${id} ${verdict} ${step}`;
  }
  study.tell(id, until < 27 ? { state: 'paused' } : { state: 'completed', values: [loss] });
  return `${id} end ${until}`;
}

describe('asha with form promote', () => {
  const pruner = { name: 'asha', form: 'promote', grace: 1 / 9 };

  it('resumes the best third of the highest rung first, and begins a new trial only if there is none', () => {
    const study = make(pruner);
    const losses = [5, 3, 4, 1, 2, 6, 7, 8, 9];
    const played: string[] = [];
    for (let i = 0; i < 13; i++) {
      const asked = study.ask()!;
      played.push(`${asked.resume ? 'resume ' : ''}${play(study, asked, losses[asked.id]!)}`);
    }
    expect(played).toEqual([
      ...['0 pause 3', '1 pause 3', '2 pause 3', 'resume 1 pause 9'],
      ...['3 pause 3', 'resume 3 pause 9', '4 pause 3', '5 pause 3', 'resume 4 pause 9'],
      // Three have reached the second rung: one continues.
      // The best three of nine have continued already, so new ones begin.
      ...['resume 3 end 27', '6 pause 3', '7 pause 3', '8 pause 3'],
    ]);
  });
  it("gives a failed trial's place to the next one", () => {
    const study = make(pruner);
    for (const loss of [1, 2, 3]) play(study, study.ask()!, loss);
    const asked = study.ask()!;
    expect([asked.id, asked.resume, asked.until]).toEqual([0, true, 9]);
    study.tell(0, { state: 'failed' });
    play(study, study.ask()!, 4);
    expect(study.ask()!.id).toBe(1);
  });
  it('never promotes a trial with NaN', () => {
    const study = make(pruner, { trials: 9 });
    for (let i = 0; i < 9; i++) play(study, study.ask()!, NaN);
    expect([study.ask(), study.waiting]).toEqual([null, false]);
  });
  it('waits for running trials, then runs the best to the end; the others stay paused', () => {
    const study = make(pruner, { trials: 2 });
    const [first, second] = [study.ask()!, study.ask()!];
    play(study, first, 2);
    expect([study.ask(), study.waiting]).toEqual([null, true]);
    play(study, second, 1);
    expect([play(study, study.ask()!, 1), play(study, study.ask()!, 1)]).toEqual(['1 pause 9', '1 end 27']);
    expect([study.ask(), study.waiting]).toEqual([null, false]);
    expect(study.trials.map(({ state }) => state)).toEqual(['paused', 'completed']);
  });
});

describe('successive halving in rounds', () => {
  it("matches the paper's table: 9 trials to 3 steps, 3 to 9, 1 to the end", () => {
    const study = make({ name: 'halving', form: 'rounds', grace: 1 / 9 }, { trials: 9 });
    const counts: Record<string, number> = {};
    for (let asked = study.ask(); asked; asked = study.ask()) {
      const end = play(study, asked, asked.id).replace(/^\d+ /, '');
      counts[end] = (counts[end] ?? 0) + 1;
    }
    expect(counts).toEqual({ 'pause 3': 9, 'pause 9': 3, 'end 27': 1 });
  });
  it('begins the next round instead of waiting for a slow trial', () => {
    const study = make({ name: 'halving', form: 'rounds', grace: 1 / 9 });
    study.ask();
    for (let i = 1; i < 12; i++) expect(play(study, study.ask()!, i)).toBe(`${i} pause 3`);
    // The slow one fails, so the best of the others continue.
    study.tell(0, { state: 'failed' });
    expect([1, 2, 3].map(() => play(study, study.ask()!, 1))).toEqual(['1 pause 9', '2 pause 9', '3 pause 9']);
  });
});

describe('hyperband', () => {
  it("has the paper's brackets", () => {
    // Li et al. (2018), table 1: R = 81, η = 3.
    expect([0, 1, 2, 3, 4].map((bracket) => sizeOf(bracket, 4, 3))).toEqual([81, 34, 15, 8, 5]);
  });
  it('gives each bracket its share from the start', () => {
    const trials: Trial[] = [];
    const history: History = { space: { dimensions: [] }, goals: ['minimize'], trials };
    for (let id = 0; id < 143; id++) {
      const bracket = bracketFor(history, 4, 3);
      trials.push({ id, bracket, params: {}, state: 'running', values: null, reports: [], enqueued: false });
    }
    expect([0, 1, 2, 3, 4].map((b) => trials.filter(({ bracket }) => bracket === b).length)).toEqual([
      81, 34, 15, 8, 5,
    ]);
    expect(new Set(trials.slice(0, 20).map(({ bracket }) => bracket)).size).toBeGreaterThan(3);
  });
  it('stops trials of a bracket only at its own rungs', () => {
    const study = make({ name: 'hyperband', form: 'stop', grace: 1 / 9 }, { trials: 60 });
    const ends = new Map<number, Set<number>>();
    for (let asked = study.ask(); asked; asked = study.ask()) {
      play(study, asked, (asked.id * 37) % 61);
      const { bracket, state, reports } = study.trials[asked.id]!;
      if (state === 'pruned') ends.set(bracket!, (ends.get(bracket!) ?? new Set()).add(reports.length));
    }
    expect([...ends].sort(([a], [b]) => a - b).map(([b, steps]) => [b, [...steps].sort((x, y) => x - y)])).toEqual([
      [0, [3, 9]],
      [1, [9]],
    ]);
  });
});

describe('the same on every platform', () => {
  it('a search by differential evolution', () => {
    const study = make('dehb', { seed: 42 });
    for (let i = 0; i < 30; i++) {
      const asked = study.ask()!;
      play(study, asked, Math.abs((asked.params.x as number) - 0.3));
    }
    expect(study.trials.slice(-3).map(({ params, bracket }) => [params.x, bracket])).toEqual([
      [0.544325177368868, 0],
      [0.6667690692787969, 0],
      [0.2756673448798641, 0],
    ]);
  });
});
