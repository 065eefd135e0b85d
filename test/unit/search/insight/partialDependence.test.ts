import { describe, expect, it } from 'vitest';
import {
  dependence,
  type Dependence,
  type DependenceOptions,
} from '../../../../src/search/insight/partialDependence.js';
import type { Params, ParamValue } from '../../../../src/protocol/values/index.js';
import type { History, Space } from '../../../../src/search/types.js';
import { box, choice, float, randomHistory, withTrials, x } from './insightSupport.js';

const space: Space = {
  dimensions: [
    float('a'),
    float('lr', 1e-4, 1, { log: true }),
    choice('opt', ['sgd', 'adam', 'lion']),
    float('momentum', 0, 1, { when: { opt: ['sgd'] } }),
    { kind: 'int', name: 'layers', low: 1, high: 40, log: false, step: 1, when: null },
    { kind: 'constant', name: 'epochs', value: 3, when: null },
  ],
};
const OPT: Record<string, number> = { sgd: 0, adam: 0.5, lion: 1 };
const effects: Record<string, (value: ParamValue) => number> = {
  a: (v) => 4 * (Number(v) - 0.3) ** 2,
  lr: (v) => (Math.log10(Number(v)) + 2) ** 2 / 2,
  momentum: (v) => 3 * (Number(v) - 0.5) ** 2,
  layers: (v) => Number(v) / 40,
};
const f = (params: Params) =>
  OPT[params.opt as string]! +
  Object.entries(effects).reduce((sum, [name, of]) => sum + (params[name] === undefined ? 0 : of(params[name]!)), 0);
const found = (history: History, options?: DependenceOptions): Dependence => {
  const result = dependence(history, options);
  if ('unknown' in result) throw new Error(result.unknown);
  return result;
};
const centred = (values: readonly number[]) => {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return values.map((v) => v - mean);
};

describe('partial dependence', () => {
  it.each([
    ['gp', 0.06],
    ['forest', 0.45],
  ] as const)('recovers each effect of a sum, by a %s', (model, tolerance) => {
    const by = found(randomHistory(space, 90, f), { model });
    expect(by.names).toEqual(['a', 'lr', 'opt', 'momentum', 'layers']);
    for (const [name, of] of Object.entries(effects)) {
      const { values, mean } = by.curve(name)!;
      const [said, truth] = [centred(mean), centred(values.map(of))];
      const off = Math.sqrt(said.reduce((sum, v, i) => sum + (v - truth[i]!) ** 2, 0) / said.length);
      expect(off, name).toBeLessThan(tolerance);
    }
    const optimizers = by.curve('opt')!;
    expect(optimizers.values).toEqual(['sgd', 'adam', 'lion']);
    expect(optimizers.mean[2]! - optimizers.mean[1]!).toBeGreaterThan(0.2);
  });

  it('has the scale and the ends of the range', () => {
    const { values } = found(randomHistory(space, 20, f)).curve('lr')!;
    expect([values[0], values.at(-1)]).toEqual([1e-4, 1]);
    expect(Math.log10(values[16] as number)).toBeCloseTo(-2, 6);
    expect(
      found(randomHistory(space, 20, f))
        .curve('layers')!
        .values.slice(0, 3),
    ).toEqual([1, 2, 3]);
    expect(found(randomHistory(space, 20, f)).curve('epochs')).toBeNull();
  });

  it('is in the units of the objective as the user logs it', () => {
    const down = found(randomHistory(space, 40, f)).curve('a')!;
    const turned = withTrials(randomHistory(space, 40, f), (t) => ({ ...t, values: [-t.values![0]!] }), ['maximize']);
    const up = found(turned).curve('a')!;
    expect(up.mean.map((v) => -v)).toEqual(down.mean);
    expect(up.sd).toEqual(down.sd);
  });

  it('is uncertain where data is missing, and its band covers the truth most of the time', () => {
    const one: Space = { dimensions: [float('a'), float('b')] };
    const g = (p: Params) => Math.sin(6 * Number(p.a)) + Number(p.b);
    const half = randomHistory(one, 60, g);
    const gap = { ...half, trials: half.trials.filter(({ params }) => Number(params.a) < 0.6) };
    const { sd } = found(gap).curve('a')!;
    expect(sd.at(-1)!).toBeGreaterThan(3 * sd[8]!);
    let [inside, all] = [0, 0];
    for (let seed = 0; seed < 12; seed++) {
      const { values, mean, sd: width } = found(randomHistory(one, 12, g, seed)).curve('a')!;
      for (const [i, value] of values.entries()) {
        const truth = Math.sin(6 * Number(value)) + 0.5;
        inside += Math.abs(mean[i]! - truth) <= 2 * width[i]! ? 1 : 0;
        all++;
      }
    }
    expect(inside / all).toBeGreaterThan(0.8);
  });

  it('leaves out values that constraints forbid', () => {
    const history = randomHistory(box(2), 40, (p) => x(p, 0));
    const bound: History = {
      ...history,
      space: { ...history.space, constraints: [{ terms: { x0: 1 }, atMost: 0.5 }] },
    };
    const { values, mean } = found(bound).curve('x0')!;
    expect(values.at(-1)).toBe(0.5);
    expect(mean.length).toBe(17);
  });

  it('shows two parameters at once, and nothing if they are never active together', () => {
    const by = found(randomHistory(box(3), 100, (p) => (x(p, 0) - 0.5) * (x(p, 1) - 0.5) * 4));
    const { mean, values } = by.surface('x0', 'x1')!;
    expect(mean.length).toBe(values[0].length * values[1].length);
    for (const [i, a] of values[0].entries()) {
      for (const [k, b] of values[1].entries()) {
        const truth = ((a as number) - 0.5) * ((b as number) - 0.5) * 4;
        expect(Math.abs(mean[i * values[1].length + k]! - truth)).toBeLessThan(0.15);
      }
    }
    const { mean: partly } = found(randomHistory(space, 60, f)).surface('opt', 'momentum')!;
    expect(partly.filter((v) => v === null).length).toBe((2 / 3) * partly.length);
    const apart: Space = {
      dimensions: [choice('m', [1, 2]), float('u', 0, 1, { when: { m: [1] } }), float('v', 0, 1, { when: { m: [2] } })],
    };
    expect(found(randomHistory(apart, 30, (p) => Number(p.u ?? p.v))).surface('u', 'v')).toBeNull();
    expect(by.surface('x0', 'x0')).toBeNull();
  });

  it('says so when there is too little data', () => {
    expect(dependence(randomHistory(box(2), 7, () => 1))).toMatchObject({ trials: 7, needed: 8 });
    expect(
      found(randomHistory(box(2), 8, () => 1))
        .curve('x0')!
        .mean.every((v) => Math.abs(v - 1) < 1e-6),
    ).toBe(true);
  });
});
