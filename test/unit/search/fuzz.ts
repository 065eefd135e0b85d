/** Random search spaces with conditions, steps and scales, for property tests. */
import { draw, drawParams, gridOf, rangeOf } from '../../../src/search/space/index.js';
import type { Dimension, Random, Space } from '../../../src/search/types.js';

export function randomSpace(random: Random, kind: 'any' | 'finite' = 'any'): Space {
  const dimensions: Dimension[] = [];
  const count = 1 + random.int(5);
  for (let i = 0; i < count; i++) {
    const when = randomCondition(dimensions, random);
    const d = { ...randomDimension(random, kind), name: `p${i}`, when } as Dimension;
    if (random.int(4) === 0) d.prior = { value: draw(d, random), ...(random.int(2) && { sd: 0.1 }) };
    dimensions.push(d);
  }
  return { dimensions };
}

/** Builds a condition on one or two parents with a list of values: choices or integers. */
function randomCondition(before: Dimension[], random: Random): Dimension['when'] {
  const parents = before.filter((d) => d.kind === 'choice' || (d.kind === 'int' && gridOf(d, null)!.count < 10));
  if (parents.length === 0 || random.int(2) === 0) return null;
  const when: NonNullable<Dimension['when']> = {};
  for (let n = random.int(4) === 0 ? 2 : 1; n > 0; n--) {
    const parent = parents[random.int(parents.length)]!;
    const values = gridOf(parent, null)!;
    when[parent.name] = Array.from({ length: 1 + random.int(values.count) }, (_, k) => values.at(k));
  }
  return when;
}

function randomDimension(random: Random, kind: 'any' | 'finite') {
  const log = random.int(2) === 0;
  switch (random.int(kind === 'finite' ? 3 : 7)) {
    case 0: {
      const choices = random.int(3) ? ['a', 1, true, null, [1, 2]] : [8, 16, 32, 64];
      const some = choices.slice(0, 1 + random.int(choices.length));
      const weights = random.int(4) ? null : some.map((_, i) => (i === 0 ? 2 : random.int(3)));
      return { kind: 'choice', choices: some, weights };
    }
    case 1: {
      const low = log ? 1 + random.int(5) : random.int(20) - 10;
      const step = 1 + (random.int(3) === 0 ? random.int(3) : 0);
      return { kind: 'int', low, high: low + Math.max(step, random.int(8)), log, step };
    }
    case 2:
      return { kind: 'constant', value: random.int(3) };
    case 3: {
      const low = log ? 10 ** -(1 + random.int(6)) : random.next() * 20 - 10;
      return { kind: 'float', low, high: low * (log ? 1000 : 1) + (log ? 0 : random.next() * 5), log, step: null };
    }
    case 4: {
      const low = log ? 0.5 : random.int(10) - 5;
      return { kind: 'float', low, high: low + 1 + random.int(4), log, step: [0.1, 0.25, 0.3][random.int(3)]! };
    }
    case 5: {
      const low = random.int(10) - 5;
      const step = [null, 0.1, 0.3][random.int(3)]!;
      return {
        kind: 'beta',
        a: 0.3 + 3 * random.next(),
        b: 0.3 + 3 * random.next(),
        low,
        high: low + 1 + random.int(4),
        step,
      };
    }
    default:
      return { kind: 'normal', mean: random.next(), sd: 0.1 + random.next(), log, step: random.int(2) ? null : 0.5 };
  }
}

/** Adds up to three constraints on the space's numbers that at least one draw meets. */
export function randomConstraints(space: Space, random: Random): Space {
  const numeric = space.dimensions.filter((d) => rangeOf(d) !== null);
  const params = drawParams(space, random);
  const constraints = Array.from({ length: numeric.length ? 1 + random.int(3) : 0 }, () => {
    const terms: Record<string, number> = {};
    let sum = 0;
    for (const { name } of numeric) {
      if (random.int(3) === 0) continue;
      terms[name] = random.int(9) - 4;
      sum += terms[name] * ((params[name] as number | undefined) ?? 0);
    }
    return { terms, atMost: sum + (random.int(2) ? random.next() : 0) };
  });
  return { ...space, constraints };
}
