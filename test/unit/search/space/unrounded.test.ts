/** Quantized distributions of W&B: round(X / q) * q, with X from the unquantized distribution. */
import { expect, it } from 'vitest';
import { parseExperiment, toSpace } from '../../../../src/experiment/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { draw, faultOf } from '../../../../src/search/space/dimension.js';
import { axesOf } from '../../../../src/search/space/unit.js';
import type { Dimension } from '../../../../src/search/types.js';

const DRAWS = 60_000;

function dimensionOf(parameter: string): Dimension {
  const text = `program: a.py\nmethod: random\nmetric: { name: m }\nparameters:\n  x: ${parameter}\n`;
  const { experiment, problems } = parseExperiment(text, '/sweep.yaml');
  expect(problems).toEqual([]);
  return toSpace(experiment!).dimensions[0]!;
}

/** Shares of the values that `make` gives, at 3 digits. */
function shares(make: () => unknown): Record<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < DRAWS; i++) {
    const key = Number(make()).toPrecision(3);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].map(([key, count]) => [key, count / DRAWS]));
}

/** The distribution itself, drawn by its definition; `least`: where a logarithmic range begins. */
function wanted(x: (u: number) => number, q: number, least = -Infinity): Record<string, number> {
  let i = 0;
  return shares(() => Math.max(least, Math.round(x((i++ + 0.5) / DRAWS) / q) * q));
}

const uniform = (min: number, max: number) => (u: number) => min + (max - min) * u;
const logUniform = (min: number, max: number) => (u: number) => min * (max / min) ** u;

it.each<[string, Record<string, number>]>([
  ['{ distribution: q_uniform, min: 1, max: 4 }', wanted(uniform(1, 4), 1)],
  ['{ distribution: q_uniform, min: 8, max: 64, q: 8 }', wanted(uniform(8, 64), 8)],
  ['{ distribution: q_uniform, min: 0, max: 1, q: 0.3 }', wanted(uniform(0, 1), 0.3)],
  ['{ distribution: q_uniform, min: 3, max: 15, q: 4 }', wanted(uniform(3, 15), 4)],
  ['{ distribution: q_uniform, min: 0, max: 200 }', wanted(uniform(0, 200), 1)],
  ['{ distribution: q_log_uniform_values, min: 1, max: 9 }', wanted(logUniform(1, 9), 1)],
  ['{ distribution: q_log_uniform_values, min: 0.1, max: 1, q: 0.25 }', wanted(logUniform(0.1, 1), 0.25, 0.25)],
  ['{ distribution: q_log_uniform, min: 0, max: 2.302585093, q: 2 }', wanted(logUniform(1, 10), 2, 2)],
])('%s', (parameter, expected) => {
  const dimension = dimensionOf(parameter);
  const random = createRandom(7);
  const axis = axesOf({ dimensions: [dimension] })[0]!;
  for (const seen of [shares(() => draw(dimension, random)), shares(() => axis.fromUnit(random.next()))]) {
    expect(Object.keys(seen).sort()).toEqual(Object.keys(expected).sort());
    for (const [value, share] of Object.entries(expected)) expect(seen[value]).toBeCloseTo(share, 2);
  }
});

it('gives exact ends half the weight of the values between them', () => {
  const seen = wanted(uniform(1, 4), 1);
  expect(seen).toEqual({ '1.00': 1 / 6, '2.00': 1 / 3, '3.00': 1 / 3, '4.00': 1 / 6 });
  expect(axesOf({ dimensions: [dimensionOf('{ distribution: q_uniform, min: 1, max: 4 }')] })[0]!.edges).toEqual(
    Float64Array.of(0, 0.5 / 3, 0.5, 2.5 / 3, 1),
  );
});

it('explains an invalid range of unrounded numbers', () => {
  const base = { kind: 'int' as const, name: 'x', when: null, low: 1, high: 4, log: false, step: 1 };
  expect(faultOf({ ...base, unrounded: [4, 1] })).toContain('the lower bound 4');
  expect(faultOf({ ...base, unrounded: [0, Infinity] })).toContain('finite');
  expect(faultOf({ ...base, unrounded: [10, 12] })).toContain('outside');
  expect(faultOf({ ...base, log: true, unrounded: [0, 4] })).toContain('above 0');
  expect(faultOf({ ...base, kind: 'float', step: null, unrounded: [1, 4] })).toContain('needs a step');
});
