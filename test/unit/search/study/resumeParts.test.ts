/** Tests stages, earlier trials, repeats and changes of the space: saving and restoring changes nothing. */
import { describe, expect, it } from 'vitest';
import type { SavedStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import type { StudyOptions } from '../../../../src/search/types.js';
import { randomSpace } from '../fuzz.js';
import { play, type Game } from '../player.js';

function same(options: StudyOptions, event?: Game['event']): void {
  const random = createRandom(options.seed + 7);
  const game = { options, ...(event && { event }) };
  const straight = play({ ...game, interrupt: () => false });
  expect(play({ ...game, interrupt: () => random.int(5) === 0 }), JSON.stringify(options)).toEqual(straight);
}

const options = (seed: number, more: Partial<StudyOptions>): StudyOptions => ({
  space: randomSpace(createRandom(seed), seed % 3 ? 'any' : 'finite'),
  goals: ['minimize'],
  sampler: 'random',
  pruner: null,
  seed,
  trials: 20,
  repeat: { top: 2, times: 2 },
  ...more,
});

/** Imports trials of a space with other parameters and bounds, and some of this space. */
function importPast(study: SavedStudy): void {
  const random = createRandom(5);
  const { dimensions } = study.options.space;
  study.import(
    Array.from({ length: 12 }, () => {
      const params = Object.fromEntries(dimensions.map(({ name }) => [name, random.int(4)]));
      return { params: { ...study.trials[0]?.params, ...params, unknown: 1 }, values: [random.next()] };
    }),
  );
  study.import(study.trials.slice(0, 4).map(({ params }) => ({ params, values: [random.next()] })));
}

function widen(study: SavedStudy): void {
  const { dimensions } = study.options.space;
  const range = { low: 0, high: 5, log: false, step: 1, when: null };
  study.widen({ dimensions: [...dimensions, { kind: 'int', name: 'new', ...range }] });
}

describe('resume equals no resume', () => {
  for (const name of ['tpe', 'random', 'sobol', 'auto']) {
    const sampler = name === 'tpe' ? { name, startupTrials: 4 } : name;
    const seeds = name === 'auto' ? [60] : [60, 61, 62];

    it(`in stages, by ${name}`, () => {
      const order = [
        { name: 'first', params: ['p0'] },
        { name: 'second', share: 0.2 },
      ];
      for (const seed of seeds) same(options(seed, { sampler, stages: { order, joint: 2 } }));
    });

    it(`with earlier trials, by ${name}`, () => {
      for (const seed of seeds) {
        same(options(seed, { sampler, warmStart: { first: 2 } }), (study, turn) => {
          if (turn === 20 || turn === 70) importPast(study);
        });
      }
    });

    it(`with earlier trials and changes of the space, by ${name}`, () => {
      for (const seed of seeds) {
        same(options(seed, { sampler, stages: seed % 2 ? {} : null }), (study, turn) => {
          if (turn === 10) importPast(study);
          if (turn === 50) widen(study);
          if (turn === 5 || turn === 55) study.enqueue({});
        });
      }
    });
  }
});
