import { describe, expect, it } from 'vitest';
import { normalizeSchedule, type WrittenSchedule } from '../../../../src/experiment/network/index.js';
import { buildSchedule } from '../../../../src/training/schedules/index.js';

const share = (written: WrittenSchedule, times: number[], epochs = 10): number[] => {
  const schedule = buildSchedule(normalizeSchedule(written), epochs);
  return times.map((time) => schedule.at(time));
};
const close = (actual: number[], expected: number[]): void =>
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 10));

describe('schedules follow their formulas', () => {
  it.each<[string, WrittenSchedule, number[], number[]]>([
    ['constant', 'constant', [0, 5, 9.9], [1, 1, 1]],
    ['step', { name: 'step', every: 3, factor: 0.5 }, [0, 2.99, 3, 6, 9], [1, 1, 0.5, 0.25, 0.125]],
    ['exponential', { name: 'exponential', factor: 0.9 }, [0, 1, 2.5], [1, 0.9, 0.9 ** 2.5]],
    ['exponential, by epochs', { name: 'exponential', factor: 0.9, per: 'epoch' }, [0.99, 2.5], [1, 0.81]],
    ['inverseTime', { name: 'inverseTime', decay: 0.5 }, [0, 2, 8], [1, 1 / 2, 1 / 5]],
    ['polynomial', { name: 'polynomial', power: 2, end: 0.1 }, [0, 5, 10], [1, 0.1 + 0.9 / 4, 0.1]],
    ['cosine', { name: 'cosine', end: 0.2 }, [0, 5, 10, 11], [1, 0.6, 0.2, 0.2]],
    ['cosine with restarts', { name: 'cosine', restart: 2, stretch: 2 }, [0, 1, 2, 4, 6, 10], [1, 0.5, 1, 0.5, 1, 0.5]],
    ['oneCycle', { name: 'oneCycle', start: 0.2, rise: 0.4, end: 0 }, [0, 2, 4, 7, 10], [0.2, 0.6, 1, 0.5, 0]],
    ['warm-up before another', { name: 'polynomial', warmup: 2 }, [0.5, 1, 2, 6, 10], [0.25, 0.5, 1, 0.5, 0]],
    ['warm-up by epochs', { name: 'constant', warmup: 2, per: 'epoch' }, [0, 1.5, 2], [0.5, 1, 1]],
  ])('%s', (_, written, times, expected) => close(share(written, times), expected));

  it('the first step of a warm-up counts, and the last one has the whole rate', () => {
    const schedule = buildSchedule(normalizeSchedule({ name: 'polynomial', warmup: 0.5 }), 2);
    const steps = Array.from({ length: 20 }, (_, i) => schedule.at(i / 10, 1 / 10));
    close(steps.slice(0, 6), [0.2, 0.4, 0.6, 0.8, 1, 1]);
    expect(Math.max(...steps)).toBe(1);
    close([buildSchedule(normalizeSchedule({ name: 'constant', warmup: 0.01 }), 2).at(0, 1 / 10)], [1]);
  });

  it('stay within [0, 1] and jump up only at a restart', () => {
    for (const name of ['step', 'exponential', 'inverseTime', 'polynomial', 'cosine'] as const) {
      const values = share(
        name,
        Array.from({ length: 200 }, (_, i) => i / 20),
      );
      for (const [i, value] of values.entries()) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(i === 0 ? 1 : values[i - 1]! + 1e-12);
      }
    }
  });
});

describe('plateau', () => {
  const fed = (written: WrittenSchedule, metric: string, values: number[]): number[] => {
    const schedule = buildSchedule(normalizeSchedule(written), 20);
    return values.map((value) => {
      schedule.judged({ [metric]: value });
      return schedule.at(1);
    });
  };

  it('drops the rate when its patience is over, but not below the end', () => {
    const written = { name: 'plateau', factor: 0.1, patience: 1, end: 0.05 } as const;
    close(fed(written, 'val/loss', [5, 4, 4, 4, 4, 4, 3, 3, 3]), [1, 1, 1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05]);
  });

  it('treats NaN as no progress, never as the best value', () => {
    const written = { name: 'plateau', factor: 0.5, patience: 1, end: 0 } as const;
    close(fed(written, 'val/loss', [NaN, 3, 2, 1, NaN, NaN]), [1, 1, 1, 1, 1, 0.5]);
  });

  it('maximizes accuracy', () => {
    const written = { name: 'plateau', factor: 0.5, patience: 0, metric: 'val/accuracy' } as const;
    close(fed(written, 'val/accuracy', [0.1, 0.2, 0.2, 0.3]), [1, 1, 0.5, 0.5]);
  });

  it('resumes from its saved state', () => {
    const settings = normalizeSchedule({ name: 'plateau', patience: 1, factor: 0.5 });
    const [first, second] = [buildSchedule(settings, 9), buildSchedule(settings, 9)];
    for (const loss of [3, 3]) first.judged({ 'val/loss': loss });
    second.load(first.state());
    for (const each of [first, second]) each.judged({ 'val/loss': 3 });
    expect([first.at(1), second.at(1)]).toEqual([0.5, 0.5]);
  });

  it('names the available metrics when its metric is missing', () => {
    const schedule = buildSchedule(normalizeSchedule({ name: 'plateau', metric: 'val/f2' }), 9);
    expect(() => schedule.judged({ 'val/loss': 1, 'val/accuracy': 1 })).toThrow('it measures val/loss, val/accuracy');
  });
});
