/** Tests a study with schedulers, constraints, plans, changes of the space and its own saved state. */
import { describe, expect, it } from 'vitest';
import { createStudy, PRUNERS, restoreStudy, type SavedStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import type { Dimension, History, Next, Space, StudyOptions, Trial } from '../../../../src/search/types.js';

const float = (name: string, low: number, high: number, more: Partial<Dimension> = {}): Dimension =>
  ({ kind: 'float', name, low, high, log: false, step: null, when: null, ...more }) as Dimension;
const space: Space = { dimensions: [float('x', 0, 1), float('y', 0, 1)] };
const options: StudyOptions = { space, goals: ['minimize'], sampler: 'random', pruner: null, seed: 5, trials: 4 };
const again = (study: SavedStudy) => restoreStudy(JSON.parse(JSON.stringify(study.save())));
const done = (study: SavedStudy, value: number) => {
  const { id } = study.ask()!;
  study.tell(id, { state: 'completed', values: [value] });
  return id;
};

/** A study with a scripted scheduler. */
function scripted(script: (Next | ((history: History) => Next))[], more: Partial<StudyOptions> = {}) {
  let turn = 0;
  const scheduler = {
    name: 'scripted',
    judge: (_: History, trial: Trial) => (trial.until === trial.reports.at(-1)!.step ? 'pause' : 'continue') as 'pause',
    next(history: History): Next {
      const say = script[turn++] ?? { kind: 'end' };
      return typeof say === 'function' ? say(history) : say;
    },
  };
  const { summary, settings } = PRUNERS.median!;
  PRUNERS.scripted = { summary, settings, make: () => scheduler };
  try {
    return createStudy({ ...options, pruner: 'scripted', ...more });
  } finally {
    delete PRUNERS.scripted;
  }
}

describe('with a scheduler', () => {
  it('pauses trials at a rung and resumes them, with other params or from another checkpoint', () => {
    const study = scripted([
      { kind: 'begin', until: 2, bracket: 1 },
      { kind: 'begin', params: { x: 0.5, y: 0.5 }, until: 2 },
      { kind: 'wait' },
      { kind: 'resume', trial: 0, until: 9 },
      { kind: 'resume', trial: 1, params: { x: 0.1, y: 0.2 }, from: 0 },
    ]);
    expect(study.ask()).toMatchObject({ id: 0, resume: false, until: 2 });
    expect(study.ask()).toMatchObject({ id: 1, params: { x: 0.5, y: 0.5 } });
    expect([study.ask(), study.waiting]).toEqual([null, true]);
    expect(study.report(0, 1, 3)).toBe('continue');
    expect(study.report(0, 2, 2)).toBe('pause');
    study.tell(0, { state: 'paused', seconds: 3 });
    expect(study.report(0, 3, 2)).toBe('pause');
    expect(study.trials[0]).toMatchObject({ state: 'paused', bracket: 1, seconds: 3 });
    expect(study.trials[0]!.reports.length).toBe(2);
    expect(study.ask()).toEqual({ id: 0, params: study.trials[0]!.params, resume: true, until: 9 });
    study.report(1, 2, 1);
    study.tell(1, { state: 'paused' });
    expect(study.ask()).toEqual({ id: 1, params: { x: 0.1, y: 0.2 }, resume: true, from: 0 });
    expect(study.trials[1]).toMatchObject({
      params: { x: 0.1, y: 0.2 },
      began: { x: 0.5, y: 0.5 },
      state: 'running',
      changes: [{ step: 2, params: { x: 0.1, y: 0.2 }, from: 0 }],
    });
    expect(study.trials[1]!.until).toBeUndefined();
    study.tell(1, { state: 'completed', values: [1] });
    expect(again({ ...study, save: () => withoutPruner(study) } as SavedStudy).trials).toEqual(study.trials);
  });

  it('does not resume a trial that was never paused', () => {
    const study = scripted([{ kind: 'begin' }, { kind: 'resume', trial: 0 }]);
    study.ask();
    expect(() => study.ask()).toThrow('trial 0 is running, not paused');
  });

  it('enqueued trials take its rung but keep their params, and begin while it waits', () => {
    const study = scripted([
      { kind: 'begin', params: { x: 0, y: 0 }, until: 3, bracket: 2, from: 0 },
      { kind: 'wait' },
    ]);
    study.enqueue({ x: 0.25, y: 0.75 });
    study.enqueue({ x: 1 });
    expect(study.ask()).toEqual({ id: 0, params: { x: 0.25, y: 0.75 }, resume: false, until: 3 });
    expect(study.ask()!.params.x).toBe(1);
  });

  it('begins no more trials than planned; running ones may continue', () => {
    const begin: Next = { kind: 'begin', until: 1 };
    const seen: History[] = [];
    const study = scripted([begin, begin, (h) => (seen.push(h), begin), { kind: 'resume', trial: 0 }], { trials: 2 });
    study.ask();
    study.ask();
    expect([study.ask(), study.waiting]).toEqual([null, true]);
    expect(seen[0]!.planned).toBe(2);
    study.tell(0, { state: 'paused' });
    study.tell(1, { state: 'failed' });
    expect(study.ask()).toMatchObject({ id: 0, resume: true });
    study.tell(0, { state: 'failed' });
    expect([study.ask(), study.waiting]).toEqual([null, false]);
  });

  it('ends instead of waiting when no trial runs', () => {
    const study = scripted([{ kind: 'wait' }]);
    expect([study.ask(), study.waiting]).toEqual([null, false]);
  });

  it('knows that nothing new can begin when the sampler has nothing left', () => {
    const planned: (number | null | undefined)[] = [];
    const begin = (h: History): Next => (planned.push(h.planned), { kind: 'begin' });
    const one: Space = { dimensions: [{ kind: 'constant', name: 'x', value: 1, when: null }] };
    const study = scripted([begin, begin, begin], { space: one, trials: null });
    study.ask();
    study.ask();
    study.ask();
    expect(planned).toEqual([null, null, 1]);
  });
});

/** Returns the saved state without the scripted scheduler, which is not in the registry when the study is restored. */
function withoutPruner(study: SavedStudy): unknown {
  const saved = study.save() as { options: StudyOptions };
  return { ...saved, options: { ...saved.options, pruner: null } };
}

describe('a plan', () => {
  it('does not count enqueued trials', () => {
    const study = createStudy({ ...options, trials: 2 });
    done(study, 1);
    study.enqueue({ x: 0.5 });
    expect(study.size).toBe(3);
    done(study, 1);
    done(study, 1);
    expect(study.ask()).toBeNull();
    study.enqueue({ x: 0.25 });
    expect(study.ask()!.params.x).toBe(0.25);
    expect(study.ask()).toBeNull();
    study.options.trials = 3;
    expect(study.ask()).not.toBeNull();
    expect(options.trials).toBe(4);
    expect(again(study).size).toBe(study.size);
  });

  it('is completed by several workers without trying a point twice', () => {
    const dimensions = [{ kind: 'int' as const, name: 'n', low: 1, high: 20, log: false, step: 1, when: null }];
    for (const sampler of ['tpe', 'gp', 'random', 'sobol', 'grid', 'auto']) {
      const study = createStudy({ ...options, space: { dimensions }, sampler, trials: 20, workers: 5 });
      const asked = [];
      for (let round = 0; round < 4; round++) {
        const batch = Array.from({ length: 5 }, () => study.ask()!);
        asked.push(...batch.map(({ params }) => params.n));
        for (const { id } of batch.reverse()) study.tell(id, { state: 'completed', values: [id % 7] });
      }
      expect(new Set(asked).size, sampler).toBe(20);
    }
  });
});

describe('constraints', () => {
  it('have the same number in each trial', () => {
    const study = createStudy(options);
    const [a, b, c] = [study.ask()!.id, study.ask()!.id, study.ask()!.id];
    study.tell(a, { state: 'completed', values: [1], constraints: [1, -1] });
    expect(() => study.tell(b, { state: 'completed', values: [0], constraints: [-1] })).toThrow(
      'trial 1 measured 1 constraints, but the other trials 2',
    );
    expect(study.trials[b]!.state).toBe('running');
    study.tell(b, { state: 'failed', constraints: [NaN, Infinity] });
    study.tell(c, { state: 'completed', values: [9], constraints: [0, -1] });
    expect(study.best().map(({ id }) => id)).toEqual([c]);
    const restored = again(study);
    expect(restored.trials).toEqual(study.trials);
    const { id } = restored.ask()!;
    expect(() => restored.tell(id, { state: 'failed', constraints: [] })).toThrow('other trials 2');
  });
});

describe('another number of trials', () => {
  it('continues a finished search, or ends a running one', () => {
    const study = createStudy({ ...options, sampler: 'tpe', trials: 3 });
    study.enqueue({ x: 0.5, y: 0.5 });
    for (let i = 0; i < 4; i++) done(study, i);
    expect(study.ask()).toBeNull();
    study.extend(5);
    expect(study.size).toBe(6);
    done(study, 4);
    expect(again(study).ask()).toEqual(study.ask());
    expect(study.ask()).toBeNull();
    study.extend(2);
    expect(study.ask()).toBeNull();
    study.extend(null);
    expect(study.ask()).not.toBeNull();
  });
});

describe('another space during a search', () => {
  it('keeps trials that fit, with defaults for new parameters, and begins where the others were good', () => {
    const study = createStudy({ ...options, sampler: 'tpe', trials: 30 });
    for (let i = 0; i < 12; i++) done(study, i);
    const wide: Space = { dimensions: [float('x', 0, 2), float('y', 0, 1), float('z', 0, 1, { prior: { value: 0 } })] };
    study.widen(wide);
    const asked = study.ask()!;
    expect(Object.keys(asked.params)).toEqual(['x', 'y', 'z']);
    expect(asked.id).toBe(12);
    expect(again(study).ask()).toEqual(study.ask());

    // No earlier trial fits the new space, but the best one is the place to begin.
    study.widen({ dimensions: [float('x', 0, 2), float('y', 0, 1), float('new', 0, 1)] });
    expect(study.ask()!.params).toMatchObject(study.trials[0]!.params);
  });

  it('changes nothing if the sampler cannot use it', () => {
    const study = createStudy({ ...options, sampler: { name: 'grid', points: 3 } });
    done(study, 1);
    const normal: Space = {
      dimensions: [{ kind: 'normal', name: 'x', mean: 0, sd: 1, log: false, step: null, when: null }],
    };
    const before = JSON.stringify(study.save());
    expect(() => study.widen(normal)).toThrow('normal');
    expect(() => study.widen({ dimensions: [] })).toThrow('empty');
    expect(JSON.stringify(study.save())).toBe(before);
  });

  it('drops unknown parameters from the queue', () => {
    const study = createStudy(options);
    study.enqueue({ x: 0.9, y: 0.5 });
    study.widen({ dimensions: [float('x', 0, 0.5), float('y', 0, 1)] });
    const { params } = study.ask()!;
    expect(params.y).toBe(0.5);
    expect(params.x).toBeLessThanOrEqual(0.5);
  });

  it('continues a finished search', () => {
    const list = (choices: number[]): Space => ({
      dimensions: [{ kind: 'choice', name: 'c', choices, weights: null, when: null }],
    });
    const study = createStudy({ ...options, space: list([1, 2]), sampler: 'random', trials: null });
    for (let i = 0; i < 2; i++) done(study, i);
    expect(study.ask()).toBeNull();
    study.widen(list([1, 2, 3]));
    expect(study.ask()!.params).toEqual({ c: 3 });
    expect(study.ask()).toBeNull();
  });
});

describe('the saved state', () => {
  it('is small, and its text is created once for ended trials', () => {
    const study = createStudy({ ...options, trials: null });
    const random = createRandom(1);
    for (let i = 0; i < 2000; i++) {
      const { id } = study.ask()!;
      for (let step = 1; step <= 20; step++) study.report(id, step, Math.round(random.next() * 1e6) / 1e6);
      if (id % 100) study.tell(id, { state: 'completed', values: [random.next()] });
    }
    const [first, second] = [study.save(), study.save()] as { trials: string[] }[];
    // The unit that is serialized anew is one block of sixty-four trials.
    expect(first!.trials.length).toBe(Math.ceil(2000 / 64));
    expect(second).toEqual(first);
    const text = JSON.stringify(first);
    expect(text.length / 2000).toBeLessThan(350);
    expect(text.match(/\\"/g)).toBeNull();
    expect(restoreStudy(JSON.parse(text)).trials).toEqual(study.trials);
  });

  it('can be read from the first version, in which enqueued trials counted as planned', () => {
    const trial = (params: object, state: string, values: unknown, enqueued: boolean, ...more: object[]) => [
      ...[
        params,
        state,
        values,
        [
          [1, 0.5],
          [2, 'NaN'],
        ],
        enqueued,
        ...more,
      ],
    ];
    const saved = {
      version: 1,
      options: { ...options, sampler: 'sobol', trials: 10 },
      trials: [
        trial({ x: 0.1, y: 0.2 }, 'completed', ['Infinity'], false),
        trial({ x: 0.3, y: 0.4 }, 'pruned', null, true),
        trial({ x: 0.3, y: 0.4 }, 'running', null, false, { constraints: [1, '-Infinity'] }),
      ],
      queue: [{ x: 0.5 }],
      random: [1, 2, 3, 4],
      sampler: { seed: 77, next: 2 },
      pruner: null,
    };
    const study = restoreStudy(saved);
    expect(study.trials[0]).toEqual({
      id: 0,
      params: { x: 0.1, y: 0.2 },
      state: 'completed',
      values: [Infinity],
      enqueued: false,
      reports: [
        { step: 1, value: 0.5 },
        { step: 2, value: NaN },
      ],
    });
    expect(study.trials[2]!.constraints).toEqual([1, -Infinity]);
    expect([study.options.trials, study.size]).toEqual([8, 10]);
    expect(study.ask()).toMatchObject({ id: 3, params: { x: 0.5 } });
    expect((study.save() as { sampler: { full: object } }).sampler.full).toEqual({ seed: 77, next: 2 });
    expect(again(study).ask()).toEqual(study.ask());
  });

  it('is refused if it is damaged', () => {
    const saved = createStudy(options).save() as Record<string, unknown>;
    expect(() => restoreStudy({ ...saved, trials: ['[[['] })).toThrow("can't be read (trials: ");
    expect(() => restoreStudy({ ...saved, trials: ['[[[],9,null,[],0]]'] })).toThrow("can't be read (trials: ");
    expect(() => restoreStudy({ ...saved, random: [1] })).toThrow("can't be read (random");
    expect(() => restoreStudy({ ...saved, sampler: 3 })).toThrow("can't be read");
  });

  it('can hold any value of a parameter, and parameters of earlier spaces', () => {
    const choices = [null, [1, ['a']], '{}', true, -0.5];
    const dimensions: Dimension[] = [
      { kind: 'choice', name: 'c', choices, weights: null, when: null },
      float('d', 0, 1, { when: { c: [null] } }),
    ];
    const study = createStudy({ ...options, space: { dimensions }, trials: null });
    for (const c of choices) study.enqueue({ c });
    for (let i = 0; i < 5; i++) done(study, i);
    study.widen({ dimensions: [float('other', 0, 1)] });
    done(study, 1);
    expect(study.trials.slice(0, 5).map(({ params }) => params.c)).toEqual(choices);
    expect(again(study).trials).toEqual(study.trials);
    expect(again(again(study)).ask()).toEqual(study.ask());
  });
});
