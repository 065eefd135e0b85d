import { describe, expect, it } from 'vitest';
import { parseExperiment, planRun } from '../../../../src/experiment/index.js';
import { checkNetworkTemplate, validateNetwork } from '../../../../src/experiment/network/index.js';
import { fillNetwork } from '../../../../src/experiment/start/fillNetwork.js';
import type { Params } from '../../../../src/protocol/values/index.js';

const section = (more: object) => ({ data: 'mnist', loss: 'crossEntropy', ...more });
const faults = (more: object) =>
  (validateNetwork(section(more)).problems ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
const layersOf = (more: object, params: Params = {}) => {
  const result = validateNetwork(fillNetwork(section(more), params, {}));
  if (!result.network) throw new Error(result.problems[0]!.message);
  return result.network.layers.map((layer) => ('units' in layer ? `${layer.type} ${layer.units}` : layer.type));
};

const blocks = {
  wide: ['flatten', { dense: 64 }],
  deep: ['flatten', { repeat: { times: '{depth}', layers: [{ dense: 8 }] } }],
  small: 'wide',
  none: [],
};

describe('blocks of layers', () => {
  it('stand for a list of layers, for one layer, inside residual and repeat, and for each other', () => {
    expect(layersOf({ blocks, layers: '{a}' }, { a: 'wide' })).toEqual(['flatten', 'dense 64']);
    expect(layersOf({ blocks, layers: ['{a}', { dense: 10 }] }, { a: 'small' })).toEqual([
      ...['flatten', 'dense 64', 'dense 10'],
    ]);
    expect(layersOf({ blocks, layers: ['{a}', { dense: 10 }] }, { a: ['none', 'wide', 'none'] })).toEqual([
      ...['flatten', 'dense 64', 'dense 10'],
    ]);
    const inside = { repeat: { times: 2, layers: '{a}' } };
    expect(layersOf({ blocks, layers: [inside, { dense: 10 }] }, { a: 'wide' })).toHaveLength(5);
    expect(layersOf({ blocks, layers: [{ residual: '{a}' }] }, { a: 'wide' })).toEqual(['residual']);
  });

  it('take a hyperparameter as the kind of a layer', () => {
    const layers = [{ '{kind}': { filters: 4, kernel: 3 } }, '{pooling}', 'flatten'];
    expect(checkNetworkTemplate(section({ layers }))).toEqual([]);
    expect(layersOf({ layers }, { kind: 'conv', pooling: 'pool' })).toEqual(['conv', 'pool', 'flatten']);
    expect(layersOf({ layers }, { kind: 'separableConv', pooling: 'batchNorm' })).toEqual([
      ...['depthwiseConv', 'conv', 'batchNorm', 'flatten'],
    ]);
  });

  it('need values only for the blocks that are used', () => {
    expect(layersOf({ blocks, layers: '{a}' }, { a: 'wide' })).toHaveLength(2);
    expect(layersOf({ blocks, layers: '{a}' }, { a: 'deep', depth: 3 })).toHaveLength(4);
    expect(() => layersOf({ blocks, layers: '{a}' }, { a: 'deep' })).toThrow('depth has no value');
  });

  it.each([
    [{ layers: 'wid', blocks: { wide: ['flatten'] } }, 'layers: there is no block "wid"; did you mean "wide"?'],
    [{ layers: ['wid'], blocks: { wide: ['flatten'] } }, 'layers.0: there is no block "wid"; did you mean "wide"?'],
    [{ layers: 'wide' }, 'layers: there is no block "wide"; write it under blocks'],
    [{ layers: 'a', blocks: { a: ['b'], b: ['a'] } }, 'blocks.b.0: the block "a" contains itself'],
    [
      { layers: 'dense', blocks: { dense: ['flatten'] } },
      'blocks.dense: a block can\'t have the name of a layer, "dense"',
    ],
    [{ layers: ['none'], blocks: { none: [] } }, 'layers: layers must name at least one layer'],
    [
      { layers: [{ residual: 'none' }], blocks: { none: [] } },
      'layers.0.residual: layers must name at least one layer: these blocks are empty',
    ],
    [
      { layers: 'a', blocks: { a: [{ conv: { filters: 1, kernl: 3 } }] } },
      'blocks.a.0.conv.kernl: unknown key "kernl"; did you mean "kernel"?',
    ],
    [{ layers: 'a', blocks: { a: [{ con: {} }] } }, 'blocks.a.0: unknown layer "con"; did you mean "conv"?'],
  ])('refuses %j', (more, message) => {
    expect(faults(more)).toContain(message);
  });

  it('refuses a network that a few lines make enormous', () => {
    const nested = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`b${i}`, [`b${i + 1}`, `b${i + 1}`]]));
    const bomb = { layers: 'b0', blocks: { ...nested, b40: ['flatten'] } };
    expect(faults(bomb)).toEqual(['layers: there are more than 10000 layers']);
    expect(faults({ layers: [{ repeat: { times: 1e9, layers: ['flatten'] } }] })).toEqual([
      'layers: there are more than 10000 layers',
    ]);
  });
});

describe('an experiment file whose search chooses the architecture', () => {
  const file = (space: string, more = '') => `network:
  data: mnist
  blocks:
    wide: [flatten, { dense: 64 }]
    deep: [flatten, { dense: 16 }, { dense: '{units}' }]
  layers: ['{architecture}', { dense: 10 }]
  loss: crossEntropy
params: { architecture: wide${more} }
objective: { metric: val/loss, goal: minimize }
search:
  trials: 4
  space:
    architecture: ${space}
    units: { int: [8, 64], when: { architecture: deep } }
`;
  const read = (text: string) => parseExperiment(text, '/w/a.tune.yaml');
  const told = (text: string) => read(text).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);

  it('is valid, and each trial is the network of its architecture', () => {
    const { experiment, problems } = read(file('{ choice: [wide, deep] }'));
    expect(problems).toEqual([]);
    const plan = (params: Params) => planRun(experiment!, params, { dist: '/d', env: {} });
    expect(plan({ architecture: 'wide' }).network).toMatchObject({ layers: [{}, { units: 64 }, { units: 10 }] });
    const deep = plan({ architecture: 'deep', units: 9 });
    expect(deep.network).toMatchObject({ layers: [{}, { units: 16 }, { units: 9 }, { units: 10 }] });
  });

  it('is refused for a choice that names no block, where the choice stands', () => {
    expect(told(file('{ choice: [wide, deep, wid] }'))).toEqual(['13:42 "architecture": there is no block "wid"']);
    expect(told(file('{ int: [1, 3] }').replace(', when: { architecture: deep }', ''))).toContain(
      '13:19 "architecture" names layers: a range of numbers can\'t',
    );
  });
});
