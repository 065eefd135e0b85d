import { describe, expect, it } from 'vitest';
import type { Params } from '../../../../src/protocol/values/index.js';
import { createStudy, restoreStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { isAffordable } from '../../../../src/search/samplers/portfolio/costs.js';
import { Credits } from '../../../../src/search/samplers/portfolio/credit.js';
import { PortfolioSampler } from '../../../../src/search/samplers/portfolio/index.js';
import type { Dimension, History, Sampler, Space, StudyOptions, Trial } from '../../../../src/search/types.js';

const float = (name: string): Dimension => {
  return { kind: 'float', name, low: 0, high: 1, log: false, step: null, when: null };
};
const space: Space = { dimensions: [float('x'), float('y')] };
const start = (more: Partial<StudyOptions> = {}): StudyOptions => ({
  space,
  goals: ['minimize'],
  pruner: null,
  seed: 1,
  trials: null,
  sampler: { name: 'portfolio', members: ['tpe', 'random'] },
  ...more,
});
const f = ({ x, y }: Params) => ((x as number) - 0.3) ** 2 + ((y as number) - 0.6) ** 2;
const trial = (id: number, more: Partial<Trial>): Trial => ({
  id,
  params: { x: 0.5, y: 0.5 },
  state: 'completed',
  values: [1],
  reports: [],
  enqueued: false,
  ...more,
});
const historyOf = (trials: Trial[], goals: History['goals'] = ['minimize']): History => ({ space, goals, trials });

describe('credit', () => {
  it('goes to records and to the best of the latest trials', () => {
    const trials = [5, 4, 6, 7, 3, 8].map((value, id) => trial(id, { values: [value] }));
    const [one, other] = new Credits().of(historyOf(trials), [0, 0, 1, 1, 0, 1], 2);
    expect(one!.mean).toBeGreaterThan(0.6);
    expect(other!.mean).toBeLessThan(0.2);
  });

  it('is zero for failures, and independent of the scale and the goal', () => {
    const values = [3, 1, 2, 0.5, 9];
    const trials = values.map((value, id) => trial(id, { values: [value] }));
    trials.push(trial(5, { state: 'failed', values: null }));
    const given = [0, 1, 0, 1, 0, 2];
    const plain = new Credits().of(historyOf(trials), given, 3);
    const bent = trials.map((one) => ({ ...one, values: one.values && [-(one.values[0]! ** 3) * 1e6] }));
    expect(new Credits().of(historyOf(bent, ['maximize']), given, 3)).toEqual(plain);
    expect(plain[2]!.mean).toBe(0);
    expect(plain[2]!.weight).toBeGreaterThan(0);
  });

  it('handles several objectives and constraints', () => {
    const points = [
      [3, 3],
      [1, 4],
      [5, 5],
      [2, 2],
      [6, 1],
    ];
    const trials = points.map((values, id) => trial(id, { values, constraints: [id === 3 ? 1 : -1] }));
    const [good, bad, broken] = new Credits().of(historyOf(trials, ['minimize', 'minimize']), [0, 0, 1, 2, 0], 3);
    expect(good!.mean).toBeGreaterThan(0.5);
    expect(bad!.mean).toBeLessThan(good!.mean);
    expect(broken!.mean).toBe(0);
  });
});

describe('the portfolio', () => {
  const fixed = (name: string, suggest: Sampler['suggest']): Sampler => ({ name, suggest });
  const near = (at: number): Sampler['suggest'] => {
    return (_, random) => ({ x: at + 0.1 * random.next(), y: at + 0.1 * random.next() });
  };

  it('gives most trials to the successful sampler, and says so', () => {
    const makers: Record<string, Sampler> = { tpe: fixed('tpe', near(0.4)), random: fixed('random', near(0.9)) };
    const sampler = new PortfolioSampler({ members: ['random', 'tpe'] }, space, 1, (name) => makers[name] ?? null);
    const trials: Trial[] = [];
    const random = createRandom(4);
    expect(sampler.reason()).toContain('fill the space evenly');
    for (let id = 0; id < 120; id++) {
      const params = sampler.suggest(historyOf(trials), random)!;
      trials.push(trial(id, { params, values: [f(params)] }));
    }
    const late = trials.slice(20).filter(({ params }) => (params.x as number) < 0.6);
    expect(late.length).toBeGreaterThan(80);
    expect(sampler.reason()).toMatch(/^portfolio: shares of the last 50 trials, by success: tpe \d+ %, random \d+ %$/);
  });

  it('switches when another sampler becomes better', () => {
    let count = 0;
    const makers: Record<string, Sampler> = {
      tpe: fixed('tpe', (_, random) => near(++count < 30 ? 0.4 : 0.9)(_ as never, random)),
      random: fixed('random', near(0.7)),
    };
    const sampler = new PortfolioSampler({ members: ['random', 'tpe'] }, space, 1, (name) => makers[name] ?? null);
    const trials: Trial[] = [];
    const random = createRandom(4);
    for (let id = 0; id < 250; id++) {
      const params = sampler.suggest(historyOf(trials), random)!;
      trials.push(trial(id, { params, values: [f(params)] }));
    }
    const last = trials.slice(-60).filter(({ params }) => (params.x as number) < 0.85);
    expect(last.length).toBeGreaterThan(40);
  });

  it("computes no longer than the trials' duration justifies", () => {
    const slow = (seconds: number, workers: number) => {
      return isAffordable('gp', {
        ...historyOf([trial(0, { seconds: 1e9 }), ...Array.from({ length: 10 }, (_, i) => trial(i + 1, { seconds }))]),
        workers,
      });
    };
    expect([slow(60, 1), slow(60, 8), slow(0.5, 1), slow(0.5, 8), slow(0.001, 1)]).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(isAffordable('tpe', historyOf([trial(0, { seconds: 0 })]))).toBe(true);
    expect(isAffordable('gp', historyOf([trial(0, {})]))).toBe(true);
  });

  it('asks the next sampler when one has nothing left, and ends when none has', () => {
    const space2: Space = {
      dimensions: [{ kind: 'choice', name: 'c', choices: [1, 2, 3], weights: null, when: null }],
    };
    const study = createStudy(start({ space: space2 }));
    for (let i = 0; i < 3; i++) study.tell(study.ask()!.id, { state: 'completed', values: [i] });
    expect(study.ask()).toBeNull();
  });

  it('continues after a restore as if nothing had happened, with running trials', () => {
    const run = (restore: boolean) => {
      let study = createStudy(start({ seed: 5, workers: 3 }));
      const running: { id: number; params: Params }[] = [];
      const asked: Params[] = [];
      for (let i = 0; i < 45; i++) {
        if (restore && i % 7 === 3) study = restoreStudy(JSON.parse(JSON.stringify(study.save())));
        const next = study.ask()!;
        asked.push(next.params);
        running.push(next);
        if (running.length < 3) continue;
        const [done] = running.splice(i % 3, 1);
        if (i % 11 === 5) study.tell(done!.id, { state: 'failed' });
        else study.tell(done!.id, { state: 'completed', values: [f(done!.params)] });
      }
      return asked;
    };
    expect(run(true)).toEqual(run(false));
  });

  it('refuses a foreign state', () => {
    const sampler = new PortfolioSampler({ members: ['tpe'] }, space, 1, () => fixed('tpe', near(0)));
    expect(() => sampler.load({ producers: [], startup: null, members: [] })).toThrow(/can't be read/);
    expect(() => new PortfolioSampler({}, space, 1, () => null)).toThrow(/gp, cmaes, tpe/);
  });
});
