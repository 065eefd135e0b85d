import { describe, expect, it } from 'vitest';
import type { Params } from '../../../../src/protocol/values/index.js';
import { createStudy, restoreStudy, type SavedStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import type { Space } from '../../../../src/search/types.js';
import { choice, float, start, whole } from './make.js';

const box = (n: number): Space => ({ dimensions: Array.from({ length: n }, (_, i) => float(`x${i}`, -5, 5)) });
const bowl = (params: Params) => (Object.values(params) as number[]).reduce((sum, x, i) => sum + (x - 2 + i) ** 2, 0);
const rugged = (params: Params) =>
  (Object.values(params) as number[]).reduce((sum, x) => sum + x * x - 10 * Math.cos(2 * Math.PI * x), 0);

/** Adds normal noise with this standard deviation. */
function go(study: SavedStudy, trials: number, f: (params: Params) => number, sd: number, seed = 5): SavedStudy {
  const random = createRandom(seed);
  for (let i = 0; i < trials; i++) {
    const { id, params } = study.ask()!;
    study.tell(id, { state: 'completed', values: [f(params) + sd * random.normal()] });
  }
  return study;
}

describe('CMA-ES with noisy values', () => {
  it('tells noise from ruggedness', () => {
    for (let seed = 0; seed < 5; seed++) {
      const study = () => createStudy(start(box(4), 'cmaes', { seed }));
      expect(go(study(), 80, bowl, 3, seed).reason).toContain('noise');
      expect(go(study(), 80, rugged, 0, seed).reason).not.toContain('noise');
      expect(go(study(), 80, bowl, 0, seed).reason).not.toContain('noise');
    }
  });

  it('cannot probe if no number can be moved slightly', () => {
    const space: Space = { dimensions: [whole('k', 0, 60), whole('m', 0, 60), choice('c', [0, 3, 9])] };
    expect(go(createStudy(start(space, 'cmaes')), 100, bowl, 300).reason).not.toContain('noise');
  });

  it('gets close to the optimum despite noise', () => {
    let sum = 0;
    for (let seed = 0; seed < 5; seed++) {
      const study = go(createStudy(start(box(5), 'cmaes', { seed })), 120, bowl, 3, seed);
      sum += Math.log(bowl(study.recommend()!.trial.params));
    }
    // The noise is 3; a random point is off by about 55.
    expect(Math.exp(sum / 5)).toBeLessThan(2);
  });

  it('continues after a restart as if there had been none', () => {
    const options = start({ dimensions: [float('x'), float('y'), float('z')] }, 'cmaes', { seed: 3 });
    const whole = createStudy(options);
    let parted = createStudy(options);
    const random = createRandom(8);
    for (let i = 0; i < 150; i++) {
      if (i % 4 === 1) parted = restoreStudy(JSON.parse(JSON.stringify(parted.save())));
      const { id, params } = whole.ask()!;
      if (i % 3 === 1) parted = restoreStudy(JSON.parse(JSON.stringify(parted.save())));
      expect(parted.ask()!.params).toEqual(params);
      const values = [bowl(params) + 0.2 * random.normal()];
      for (const study of [whole, parted]) study.tell(id, { state: 'completed', values });
    }
    expect(whole.reason).toContain('noise');
  });

  it('does not use more memory in longer searches', () => {
    const size = (study: SavedStudy) => JSON.stringify((study.save() as { sampler: unknown }).sampler).length;
    const study = go(createStudy(start(box(3), 'cmaes')), 300, bowl, 1);
    const early = size(study);
    expect(size(go(study, 1500, bowl, 1))).toBeLessThan(1.5 * early + 2000);
  });
});
