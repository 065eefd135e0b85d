import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { otherCell, polynomial, sbx } from '../../../../src/search/samplers/evolution/genes.js';
import { axesOf } from '../../../../src/search/space/unit.js';
import { ratioToRandom, usualTests } from './evolutionChecks.js';
import { choice, finish, start, whole } from './make.js';
import { TASKS } from '../tasks.js';

describe('regularised evolution', () => {
  usualTests('evolution', {
    robust: { name: 'evolution', population: 6, sample: 2 },
    complete: { name: 'evolution', population: 4 },
    rounds: [60, 25],
    careful: 120,
  });

  it.each(Object.keys(TASKS))('beats random search: %s', (name) => {
    const task = TASKS[name]!;
    expect(ratioToRandom('evolution', task, task.trials * 2, 10)).toBeLessThan(0.6);
  });

  it('gives exactly these suggestions for this seed on every platform', () => {
    const { space, f } = TASKS['a classifier with conditions, scales, steps and choices']!;
    const study = finish(createStudy(start(space, 'evolution', { seed: 42 })), 40, f);
    expect(study.trials.slice(38).map((trial) => trial.params)).toMatchInlineSnapshot(`
      [
        {
          "act": "gelu",
          "layers": 6,
          "lr": 0.0034842935252100524,
          "model": "net",
        },
        {
          "act": "gelu",
          "layers": 6,
          "lr": 0.0006567071942754695,
          "model": "net",
        },
      ]
    `);
  });
});

describe('genes', () => {
  const random = createRandom(8);
  it('cross within bounds and keep their parents’ mean', () => {
    let sum = 0;
    for (let i = 0; i < 4000; i++) {
      const [a, b] = [0.3, 0.6];
      const [one, other] = [sbx(a, b, 15, random), sbx(b, a, 15, random)];
      for (const gene of [one, other]) expect(gene >= 0 && gene <= 1).toBe(true);
      sum += (one + other) / 2;
    }
    expect(Math.abs(sum / 4000 - 0.45)).toBeLessThan(0.005);
  });

  it('mutate within bounds, mostly a little', () => {
    for (const gene of [0, 0.02, 0.5, 1]) {
      const moves = Array.from({ length: 2000 }, () => polynomial(gene, 20, random));
      expect(moves.every((move) => move >= 0 && move <= 1)).toBe(true);
      const mean = moves.reduce((total, move) => total + Math.abs(move - gene), 0) / moves.length;
      expect(mean).toBeGreaterThan(0.005);
      expect(mean).toBeLessThan(0.1);
    }
  });

  it('change a choice to any other, an integer to a near one', () => {
    const [few, many] = axesOf({ dimensions: [choice('c', ['a', 'b', 'c']), whole('k', 0, 100)] });
    const seen = new Set(Array.from({ length: 60 }, () => few!.fromUnit(otherCell(few!, 1 / 6, 0.1, random))));
    expect([...seen].sort()).toEqual(['b', 'c']);
    for (let i = 0; i < 200; i++) {
      const k = many!.fromUnit(otherCell(many!, 0.5, 0.05, random)) as number;
      expect(k).not.toBe(50);
      expect(Math.abs(k - 50)).toBeLessThan(30);
    }
  });
});
