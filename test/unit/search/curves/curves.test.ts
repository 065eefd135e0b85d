import { describe, expect, it } from 'vitest';
import { Curve } from '../../../../src/search/curves/curve.js';
import { CurveModel } from '../../../../src/search/curves/model.js';
import { SHAPES } from '../../../../src/search/curves/shapes.js';
import { SortedNumbers } from '../../../../src/search/curves/sorted.js';
import { FidelityLosses } from '../../../../src/search/curves/fidelityRank.js';
import { createStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { drawParams } from '../../../../src/search/space/index.js';
import type { History, Random, Trial } from '../../../../src/search/types.js';
import { drive } from './curveDriver.js';
import { curveTask, KINDS, type CurveTask } from './curveTasks.js';

const trialOf = (id: number, values: number[], more: Partial<Trial> = {}): Trial => ({
  id,
  params: {},
  state: 'completed',
  values: [values.at(-1)!],
  enqueued: false,
  reports: values.map((value, i) => ({ step: i + 1, value })),
  ...more,
});
function fullTrial(task: CurveTask, random: Random, id: number): Trial {
  const params = drawParams(task.space, random);
  const values = Array.from({ length: task.maxSteps }, (_, i) => task.loss(params, i + 1));
  const trial = trialOf(id, values, { params });
  return Number.isNaN(values.at(-1)) ? { ...trial, state: 'failed', values: null } : trial;
}
const historyOf = (trials: Trial[], maxSteps: number | null): History => ({
  space: { dimensions: [] },
  goals: ['minimize'],
  trials,
  maxSteps,
});
const cut = (trial: Trial, steps: number, state: Trial['state']): Trial => ({
  ...trial,
  state,
  values: null,
  reports: trial.reports.slice(0, steps),
});

describe('a curve', () => {
  it('gives the same result report by report as all at once, also out of order and with NaN', () => {
    const random = createRandom(1);
    const trial = trialOf(0, []);
    const grown = new Curve('maximize');
    for (let i = 0; i < 60; i++) {
      trial.reports.push({ step: random.int(30), value: random.int(8) ? random.normal() : NaN });
      grown.update(trial);
      const whole = new Curve('maximize');
      whole.update(trial);
      expect([grown.steps, grown.losses, grown.best]).toEqual([whole.steps, whole.losses, whole.best]);
      for (const step of [-1, 0, 7, 15.5, 29, 30]) {
        const before = trial.reports.filter((r) => r.step <= step && !Number.isNaN(r.value)).map((r) => -r.value);
        expect(grown.bestAt(step)).toBe(Math.min(Infinity, ...before));
      }
    }
  });
  it('keeps sorted numbers', () => {
    const random = createRandom(2);
    const sorted = new SortedNumbers();
    const plain: number[] = [];
    for (let i = 0; i < 300; i++) {
      const value = random.int(20);
      if (random.int(3) === 0 && plain.includes(value)) {
        plain.splice(plain.indexOf(value), 1);
        sorted.remove(value);
      } else {
        plain.push(value);
        sorted.add(value);
      }
      plain.sort((a, b) => a - b);
      expect(Array.from({ length: sorted.length }, (_, k) => sorted.at(k))).toEqual(plain);
    }
  });
  it('has shapes that begin at 1 and end at 0', () => {
    for (const shape of SHAPES) {
      expect(shape(0)).toBeCloseTo(1, 12);
      expect(shape(1)).toBeCloseTo(0, 12);
    }
  });
});

describe('the curve model', () => {
  it('is calibrated: about a share p of the trials with probability p of beating a value beat it', () => {
    const bins = Array.from({ length: 5 }, () => ({ n: 0, said: 0, won: 0 }));
    let [hopeless, miracles, square] = [0, 0, 0];
    for (const kind of KINDS) {
      const task = curveTask(kind, kind === 'crossing' ? 2 : kind === 'noisy' ? 1 : 3);
      const random = createRandom(11);
      const past = Array.from({ length: 8 }, (_, id) => fullTrial(task, random, id));
      const history = historyOf(past, task.maxSteps);
      const model = new CurveModel();
      model.update(history);
      const finals = past.flatMap(({ values }) => values ?? []).sort((a, b) => a - b);
      for (let k = 0; k < 20; k++) {
        const whole = fullTrial(task, random, 100 + k);
        for (const share of [0.12, 0.3, 0.6]) {
          const part = cut(whole, Math.ceil(share * task.maxSteps), 'running');
          if (Number.isNaN(part.reports.at(-1)!.value)) continue;
          const outlook = model.outlook(history, part)!;
          for (const bar of [finals[0]!, finals[finals.length >> 1]!]) {
            const chance = outlook.below(bar);
            const won = whole.values && whole.values[0]! < bar ? 1 : 0;
            const bin = bins[Math.min(4, Math.floor(chance * 5))]!;
            bin.n++;
            bin.said += chance;
            bin.won += won;
            square += (chance - won) ** 2;
            if (chance < 0.1) [hopeless, miracles] = [hopeless + 1, miracles + won];
          }
        }
      }
    }
    // Expected calibration error: the distance of each bin, weighted by its share of the forecasts.
    const all = bins.reduce((sum, { n }) => sum + n, 0);
    expect(bins.reduce((sum, { said, won }) => sum + Math.abs(said - won), 0) / all).toBeLessThan(0.06);
    expect(hopeless).toBeGreaterThan(200);
    expect(miracles / hopeless).toBeLessThan(0.05);
    // Always forecasting the overall win rate gives about 0.18.
    expect(square / all).toBeLessThan(0.1);
  });
  it('extrapolates a shape that it knows', () => {
    const curve = (final: number) => Array.from({ length: 50 }, (_, i) => final + Math.exp(-(i + 1) / 10));
    const history = historyOf(
      [0.3, 0.5, 0.2].map((final, id) => trialOf(id, curve(final))),
      50,
    );
    const model = new CurveModel();
    model.update(history);
    const { mean, sd, below } = model.outlook(history, cut(trialOf(3, curve(0.4)), 20, 'running'))!;
    expect(Math.abs(mean - 0.4)).toBeLessThan(2 * sd);
    expect(sd).toBeLessThan(0.1);
    expect(below(0.2)).toBeLessThan(0.05);
    expect(below(0.6)).toBeGreaterThan(0.95);
  });
  it('does not depend on the unit or the order in which trials end', () => {
    const task = curveTask('power', 3);
    const random = createRandom(4);
    const past = Array.from({ length: 9 }, (_, id) => fullTrial(task, random, id));
    const part = cut(fullTrial(task, random, 9), 8, 'running');
    const scaled = (t: Trial): Trial => ({
      ...t,
      values: t.values && [t.values[0]! * 1e6 - 5e6],
      reports: t.reports.map(({ step, value }) => ({ step, value: value * 1e6 - 5e6 })),
    });
    const [plain, other, late] = [new CurveModel(), new CurveModel(), new CurveModel()];
    const history = historyOf(past, 27);
    plain.update(history);
    const large = historyOf(past.map(scaled), 27);
    other.update(large);
    const states = past.map((t) => ({ ...t }));
    for (const t of states) Object.assign(t, { state: 'running' });
    late.update(historyOf(states, 27));
    for (const i of [4, 0, 8, 1, 7, 2, 6, 3, 5]) {
      Object.assign(states[i]!, { state: past[i]!.state });
      late.update(historyOf(states, 27));
    }
    const a = plain.outlook(history, part)!;
    expect(other.outlook(large, scaled(part))!.mean).toBeCloseTo(a.mean * 1e6 - 5e6, 0);
    expect(late.outlook(historyOf(states, 27), part)!.mean).toBe(a.mean);
  });
});

describe('losses across budgets', () => {
  it('rank trials almost like their full trainings', () => {
    for (const pruner of ['median', 'curve', { name: 'asha', form: 'promote' }]) {
      let total = 0;
      for (const kind of KINDS) {
        const task = curveTask(kind, kind === 'noisy' ? 1 : 3);
        const options = {
          space: task.space,
          goals: ['minimize' as const],
          sampler: 'random',
          pruner,
          seed: 5,
          trials: null,
        };
        const study = createStudy({ ...options, maxSteps: task.maxSteps });
        drive(study, task, { budget: 10 * task.maxSteps });
        const ranks = new FidelityLosses();
        ranks.update(historyOf(study.trials as Trial[], task.maxSteps));
        const known = study.trials.filter(({ id, state }) => state !== 'running' && ranks.losses[id]! < Infinity);
        total += agreement(
          known.map(({ id }) => ranks.losses[id]!),
          known.map(({ params }) => task.final(params)),
        );
      }
      expect(total / KINDS.length).toBeGreaterThan(0.65);
    }
  });
  it('are the values of completed trials, Infinity for failed and diverged ones, NaN if nothing is known', () => {
    const trials = [
      trialOf(0, [3, 2, 1]),
      trialOf(1, [4, NaN], { state: 'pruned', values: null }),
      trialOf(2, [3], { state: 'failed', values: null }),
      trialOf(3, [], { state: 'running', values: null }),
      trialOf(4, [5, 4], { state: 'paused', values: null }),
      trialOf(5, [2.5, 1.5], { state: 'pruned', values: null }),
    ];
    const ranks = new FidelityLosses();
    ranks.update(historyOf(trials, 3));
    expect([...ranks.losses.slice(0, 4)]).toEqual([1, Infinity, Infinity, NaN]);
    expect(ranks.losses[5]!).toBeLessThan(ranks.losses[4]!);
    expect(ranks.losses[4]!).toBeLessThan(4);
    expect([...ranks.share.slice(0, 2)]).toEqual([1, 2 / 3]);
  });
  it('do not depend on when they are queried', () => {
    const task = curveTask('conditional', 0);
    const options = { space: task.space, goals: ['minimize' as const], sampler: 'random', pruner: 'curve', seed: 5 };
    const study = createStudy({ ...options, trials: 40, maxSteps: task.maxSteps });
    const often = new FidelityLosses();
    const look = (ranks: FidelityLosses) => ranks.update(historyOf(study.trials as Trial[], task.maxSteps));
    drive(study, task, { budget: 1e6, workers: 3, watch: () => look(often) });
    const once = new FidelityLosses();
    look(once);
    expect([...often.losses.slice(0, 40)]).toEqual([...once.losses.slice(0, 40)]);
  });
});

/** Returns Kendall's tau: the rank correlation of the pairs, from -1 to 1. */
function agreement(a: number[], b: number[]): number {
  let [same, pairs] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++, pairs++) same += Math.sign(a[i]! - a[j]!) * Math.sign(b[i]! - b[j]!);
  }
  return same / pairs;
}
