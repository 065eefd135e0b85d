import { describe, expect, it } from 'vitest';
import { createStudy, restoreStudy, type SavedStudy } from '../../../../src/search/index.js';
import type { Stop, StudyOptions } from '../../../../src/search/types.js';

const options = (stop: Stop | null, more: Partial<StudyOptions> = {}): StudyOptions => ({
  space: {
    dimensions: ['x', 'y'].map((name) => ({
      kind: 'float',
      name,
      low: 0,
      high: 1,
      log: false,
      step: null,
      when: null,
    })),
  },
  goals: ['minimize'],
  sampler: 'gp',
  pruner: null,
  seed: 1,
  trials: 120,
  stop,
  ...more,
});
const bowl = ({ x, y }: Record<string, unknown>) => ((x as number) - 0.3) ** 2 + ((y as number) - 0.6) ** 2;

/** Runs the study to its end, and returns the number of trials. */
function play(study: SavedStudy, loss: (params: Record<string, unknown>) => number, most = Infinity): number {
  let n = 0;
  for (let asked; n < most && (asked = study.ask()); n++) {
    study.tell(asked.id, { state: 'completed', values: [loss(asked.params)] });
  }
  return n;
}

describe('a search that ends by itself', () => {
  it('ends once a model sees little left to gain, and says so', () => {
    const study = createStudy(options({}));
    const n = play(study, bowl);
    expect(n).toBeGreaterThanOrEqual(20);
    expect(n).toBeLessThan(120);
    expect(study.waiting).toBe(false);
    expect(study.reason).toContain(`stopped after ${n - (n % 5)} trials: at most`);
    expect(study.size).toBe(n);
    expect(Math.min(...study.trials.map(({ values }) => values![0]!))).toBeLessThan(1e-3);
  });

  it('ends at the same trial after a restore', () => {
    const whole = play(createStudy(options({})), bowl);
    const study = createStudy(options({}));
    play(study, bowl, 17);
    const restored = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    expect(17 + play(restored, bowl)).toBe(whole);
  });

  it('uses all trials where much may be left, or nothing was asked for', () => {
    const rough = ({ x, y }: Record<string, unknown>) => Math.sin(97 * (x as number)) * Math.cos(89 * (y as number));
    expect(play(createStudy(options({}, { sampler: 'random', trials: 40 })), rough)).toBe(40);
    expect(play(createStudy(options(null, { sampler: 'random', trials: 40 })), bowl)).toBe(40);
  });

  it('ends when the last trials were no better, in either direction', () => {
    for (const goal of ['minimize', 'maximize'] as const) {
      const values = [5, 4, 3, 3, 3.5, 2.9, 3, 3, 3, 3];
      const study = createStudy(options({ stale: 4, gain: 0 }, { sampler: 'random', goals: [goal] }));
      let i = 0;
      expect(play(study, () => (goal === 'minimize' ? 1 : -1) * values[i++]!, 10)).toBe(10);
      expect(study.ask()).toBeNull();
      expect(study.reason).toContain('stopped after 10 trials: the last 4 were no better');
    }
    const coarse = createStudy(options({ stale: 4, gain: 0.5 }, { sampler: 'random' }));
    let i = 0;
    expect(play(coarse, () => [5, 4, 3, 3, 3.5, 2.9, 3][i++]!)).toBe(7);
  });

  it('continues when more trials are asked for, for as long as its patience at least', () => {
    const study = createStudy(options({ stale: 5, patience: 6 }, { sampler: 'random' }));
    let loss = 0;
    expect(play(study, () => loss++)).toBe(6);
    study.extend(200);
    expect(play(study, () => loss++)).toBe(5);
    expect(study.ask()).toBeNull();
  });

  it('repeats its best trials at the end', () => {
    const study = createStudy(options({ stale: 5 }, { sampler: 'random', repeat: { top: 1, times: 2 } }));
    let loss = 0;
    expect(play(study, () => (loss < 6 ? loss++ : 0))).toBe(8);
    expect(study.trials.slice(6).map(({ repeatOf }) => repeatOf)).toEqual([0, 0]);
  });

  it('has one objective', () => {
    expect(() => createStudy(options({}, { goals: ['minimize', 'maximize'] }))).toThrow('needs one objective');
  });
});
