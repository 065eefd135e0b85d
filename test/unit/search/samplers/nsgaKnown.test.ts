import { expect, it, vi } from 'vitest';
import { createRandom } from '../../../../src/search/maths/random.js';
import { createStudy } from '../../../../src/search/index.js';
import type { Space } from '../../../../src/search/types.js';
import { float, start } from './make.js';

const seen = vi.hoisted((): { tried: readonly { genes: Float64Array }[] } => ({ tried: [] }));

vi.mock(import('../../../../src/search/samplers/evolution/forecast.js'), async (original) => {
  const real = await original();
  class Forecast extends real.Forecast {
    constructor(...given: ConstructorParameters<typeof real.Forecast>) {
      super(...given);
      seen.tried = given[1];
    }
  }
  return { ...real, Forecast };
});

it('the forecast knows few trials of a large population, over all of it', () => {
  const space: Space = { dimensions: [float('x'), float('y')] };
  const sampler = { name: 'nsga2', population: 1000 };
  const study = createStudy(start(space, sampler, { goals: ['minimize', 'minimize'] }));
  const random = createRandom(4);
  for (let i = 0; i < 999; i++) {
    const params = { x: i / 1000, y: random.next() };
    study.enqueue(params);
    study.tell(study.ask()!.id, { state: 'completed', values: [params.x, params.y] });
  }
  study.ask();
  study.ask();
  const { tried } = seen;
  expect(tried.length).toBeGreaterThan(200);
  expect(tried.length).toBeLessThanOrEqual(300);
  const xs = tried.map(({ genes }) => genes[0]!);
  expect(new Set(xs.map((x) => Math.floor(10 * x))).size).toBe(10);
});
