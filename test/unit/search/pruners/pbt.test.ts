import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/search/maths/random.js';
import { createStudy, faultOf } from '../../../../src/search/index.js';
import { refuse } from '../../../../src/search/space/index.js';
import type { Dimension, Named, Study, StudyOptions } from '../../../../src/search/types.js';

const dimensions: Dimension[] = [
  { kind: 'float', name: 'lr', low: 1e-4, high: 1, log: true, step: null, when: null },
  { kind: 'int', name: 'width', low: 1, high: 64, log: false, step: 1, when: null },
  { kind: 'choice', name: 'kind', choices: ['a', 'b'], weights: null, when: null },
  { kind: 'float', name: 'beta', low: -1, high: 1, log: false, step: 0.25, when: { kind: ['b'] } },
];
const options = (pruner: Named, more: Partial<StudyOptions> = {}): StudyOptions => ({
  space: { dimensions },
  goals: ['maximize'],
  sampler: 'random',
  pruner,
  seed: 2,
  trials: 8,
  workers: 3,
  maxSteps: 40,
  checkpoints: true,
  ...more,
});

/** A program with one weight, which a step moves towards 1 by its own lr: about 0.1 is best at first, then 0.01. */
function train(study: Study, workers: number): Map<number, number> {
  const weights = new Map<number, { weight: number; step: number }>();
  const busy: number[] = [];
  const random = createRandom(7);
  for (let k = 0; k < 100_000; k++) {
    for (
      let asked = busy.length < workers ? study.ask() : null;
      asked;
      asked = busy.length < workers ? study.ask() : null
    ) {
      const { id, from } = asked;
      weights.set(id, { ...(weights.get(from ?? id) ?? { weight: 0, step: 0 }) });
      busy.push(id);
    }
    if (busy.length === 0) break;
    const at = random.int(busy.length);
    const id = busy[at]!;
    const own = weights.get(id)!;
    const { lr } = study.trials[id]!.params as { lr: number };
    const best = own.step < 20 ? 0.1 : 0.01;
    own.weight += 0.1 * (1 - own.weight) * Math.exp(-((Math.log(lr / best) / 2) ** 2));
    own.step++;
    if (study.report(id, own.step, own.weight) === 'pause') study.tell(id, { state: 'paused' });
    else if (own.step >= 40) study.tell(id, { state: 'completed', values: [own.weight] });
    else continue;
    busy.splice(at, 1);
  }
  return new Map([...weights].map(([id, { weight }]) => [id, weight]));
}
const mean = (values: Map<number, number>) => [...values.values()].reduce((sum, x) => sum + x, 0) / values.size;

describe.each(['pbt', 'pb2'])('%s', (name) => {
  it('copies weights and params from the best to the worst, so the population improves', () => {
    const alone = createStudy({ ...options('asha'), pruner: null });
    const together = createStudy(options(name));
    const [plain, population] = [mean(train(alone, 3)), mean(train(together, 3))];
    expect(population).toBeGreaterThan(plain + 0.1);
    expect(together.trials.filter(({ changes }) => changes?.length).length).toBeGreaterThan(2);
  });
  it('suggests only allowed params', () => {
    const study = createStudy(options(name));
    train(study, 2);
    for (const { params, changes = [] } of study.trials) {
      for (const at of [params, ...changes.map((change) => change.params)]) {
        expect('beta' in at).toBe(at.kind === 'b');
        for (const d of dimensions) {
          if (!(d.name in at)) continue;
          expect(refuse(d, at[d.name]!)).toBeNull();
          if (d.name === 'beta') expect(Number.isInteger((at.beta as number) / 0.25)).toBe(true);
        }
      }
    }
    expect(dimensions.map(faultOf)).toEqual([null, null, null, null]);
  });
  it('keeps parameters that the checkpoint determines', () => {
    const study = createStudy(options({ name, keep: ['width', 'kind'] }));
    train(study, 4);
    const changed = study.trials.flatMap(({ changes = [] }) => changes.filter(({ from }) => from !== undefined));
    expect(changed.length).toBeGreaterThan(0);
    const widths = new Set(study.trials.map(({ began, params }) => (began ?? params).width));
    for (const { params } of changed) expect(widths.has(params.width!)).toBe(true);
  });
  it('never copies weights of a failed trial, and continues without it', () => {
    const study = createStudy(options({ name, population: 4 }));
    const failing: Study = Object.create(study, {
      tell: {
        value: (...[id, outcome]: Parameters<Study['tell']>) => study.tell(id, id % 3 ? outcome : { state: 'failed' }),
      },
    }) as Study;
    train(failing, 3);
    expect(study.trials.filter(({ state }) => state === 'completed').length).toBeGreaterThan(2);
    for (const { changes = [] } of study.trials) for (const { from } of changes) expect(from! % 3).not.toBe(0);
  });
});
