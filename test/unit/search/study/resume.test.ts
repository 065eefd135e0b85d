/**
 * Tests for every sampler, pruner and scheduler of the registry that saving and restoring changes nothing, and that the
 * same seed gives the same search.
 */
import { describe, expect, it } from 'vitest';
import { checkNamed, PRUNERS, BUILT_IN_SAMPLERS, SearchError } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import type { Named, StudyOptions } from '../../../../src/search/types.js';
import { randomSpace } from '../fuzz.js';
import { play, type Game } from '../player.js';

/** Settings for those that need some. */
const SETTINGS: Record<string, object> = {
  percentile: { percentile: 40, startupTrials: 2 },
  threshold: { upper: 2 },
  median: { startupTrials: 2, grace: 0 },
  tpe: { startupTrials: 4 },
};
/** Samplers that take milliseconds for a suggestion. */
const SLOW = ['gp', 'auto', 'portfolio'];
const named = (name: string): Named => (SETTINGS[name] ? { name, ...SETTINGS[name] } : name);

/** Plays the game and returns the study's answers, or null if the sampler or the pruner can't use the space. */
function said(game: Game): unknown[] | null {
  try {
    return play(game);
  } catch (error) {
    if (error instanceof SearchError) return null;
    throw error;
  }
}

/** Returns whether there was anything to compare. */
function same(options: StudyOptions, event?: Game['event']): boolean {
  const random = createRandom(options.seed + 7);
  const game = { options, ...(event && { event }) };
  const straight = said({ ...game, interrupt: () => false });
  expect(said({ ...game, interrupt: () => random.int(6) === 0 }), JSON.stringify(options)).toEqual(straight);
  expect(said({ ...game, interrupt: (turn) => turn > 60 }), JSON.stringify(options)).toEqual(straight);
  return straight !== null;
}

const options = (seed: number, more: Partial<StudyOptions>): StudyOptions => ({
  space: randomSpace(createRandom(seed), seed % 3 ? 'any' : 'finite'),
  goals: ['minimize'],
  sampler: 'random',
  pruner: null,
  seed,
  trials: 20,
  ...more,
});

describe('resume equals no resume', () => {
  it('uses valid settings here', () => {
    for (const name of BUILT_IN_SAMPLERS) expect(checkNamed('sampler', named(name))).toBeNull();
    for (const name of Object.keys(PRUNERS)) expect(checkNamed('pruner', named(name)), name).toBeNull();
  });

  for (const sampler of BUILT_IN_SAMPLERS) {
    it(`sampler ${sampler}`, () => {
      let compared = 0;
      const trials = SLOW.includes(sampler) ? 10 : 20;
      for (let seed = 0; seed < 12 && compared < 3; seed++) {
        const pruner = ['median', null, 'asha'][seed % 3]!;
        if (same(options(seed, { sampler: named(sampler), pruner: pruner && named(pruner), trials }))) compared++;
      }
      expect(compared).toBeGreaterThan(0);
      for (let seed = 20; seed < 22; seed++) {
        same(options(seed, { sampler: named(sampler), goals: ['minimize', 'maximize'], trials }));
      }
    });
  }

  for (const sampler of BUILT_IN_SAMPLERS) {
    it(`sampler ${sampler}, to another number of trials`, () => {
      const extend: Game['event'] = (study, turn) => {
        if (turn === 20) study.extend(14);
        if (turn === 60) study.extend(null);
        if (turn === 70) study.extend(18);
      };
      let compared = 0;
      for (let seed = 0; seed < 12 && compared < 2; seed++) {
        const pruner = seed % 2 ? null : 'hyperband';
        if (same(options(seed, { sampler: named(sampler), pruner, trials: 10 }), extend)) compared++;
      }
      expect(compared).toBeGreaterThan(0);
    });
  }

  for (const pruner of Object.keys(PRUNERS)) {
    it(`pruner ${pruner}`, () => {
      let compared = 0;
      for (let seed = 40; seed < 52 && compared < 4; seed++) {
        const sampler = named(seed % 2 ? 'tpe' : 'random');
        const checkpoints = seed % 4 < 2;
        if (same(options(seed, { sampler, pruner: named(pruner), checkpoints, trials: 24 }))) compared++;
      }
      expect(compared).toBeGreaterThan(0);
    });
  }
});
