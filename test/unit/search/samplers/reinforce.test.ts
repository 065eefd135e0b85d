import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import type { Space } from '../../../../src/search/types.js';
import { usualTests } from './evolutionChecks.js';
import { bestOf, choice, finish, start, whole } from './make.js';

const layers: Space = {
  dimensions: Array.from({ length: 6 }, (_, i) => choice(`op${i}`, ['conv3', 'conv5', 'pool', 'skip', 'none'])),
};
const wanted = ['conv3', 'pool', 'conv5', 'skip', 'conv3', 'none'];
const wrong = (params: Params) => Object.values(params).filter((op, i) => op !== wanted[i]).length;

describe('REINFORCE', () => {
  usualTests('reinforce', { robust: 'reinforce', rounds: [60, 25], careful: 200 });

  it('learns which values are good', () => {
    let [ours, random] = [0, 0];
    for (let seed = 0; seed < 6; seed++) {
      ours += bestOf(finish(createStudy(start(layers, 'reinforce', { seed })), 300, wrong));
      random += bestOf(finish(createStudy(start(layers, 'random', { seed })), 300, wrong));
    }
    expect(ours).toBeLessThan(random / 2);
  });

  it('never draws values of weight 0, and obeys conditions', () => {
    const space: Space = {
      dimensions: [
        choice('c', ['a', 'b', 'never'], { weights: [1, 1, 0] }),
        whole('k', 1, 1000, { when: { c: ['a'] }, log: true }),
      ],
    };
    const study = finish(createStudy(start(space, 'reinforce')), 200, (p) =>
      p.c === 'a' ? Math.abs((p.k as number) - 30) : 500,
    );
    expect(study.trials.some(({ params }) => params.c === 'never')).toBe(false);
    const late = study.trials.slice(120).filter(({ params }) => params.c === 'a');
    expect(late.length).toBeGreaterThan(60);
    expect(bestOf(study)).toBeLessThan(5);
  });

  it('gives exactly these suggestions for this seed on every platform', () => {
    const study = finish(createStudy(start(layers, 'reinforce', { seed: 42 })), 40, wrong);
    expect(study.trials.slice(38).map((trial) => trial.params)).toMatchInlineSnapshot(`
      [
        {
          "op0": "conv3",
          "op1": "conv3",
          "op2": "conv5",
          "op3": "skip",
          "op4": "conv3",
          "op5": "none",
        },
        {
          "op0": "conv3",
          "op1": "skip",
          "op2": "conv5",
          "op3": "conv5",
          "op4": "none",
          "op5": "none",
        },
      ]
    `);
  });
});
