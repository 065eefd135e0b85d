import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NetworkTemplate, checkNetworkTemplate, validateNetwork } from '../../../../src/experiment/network/index.js';

const good = () => ({
  data: 'mnist' as unknown,
  layers: ['flatten', { dense: { units: 10 } }] as unknown,
  loss: 'crossEntropy' as unknown,
  optimizer: { name: 'adam', learningRate: 0.01 } as unknown,
});
type Section = Record<string, unknown> & ReturnType<typeof good>;

const problems = (change: (section: Section) => void) => {
  const section: Section = good();
  change(section);
  return (validateNetwork(section).problems ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('network section', () => {
  it.each([
    [
      { distil: { teacher: { run: 'a' }, distance: 'cosine' } },
      /^unknown distance "cosine"; it must be one of: logits, /,
    ],
    [{ prune: { remove: 2.5 } }, 'remove must be a share below 1 or a whole number of parts'],
    [{ prune: { by: 'hessian' } }, /^unknown importance "hessian"; it must be one of: taylor, /],
    [
      { hypergradient: { tune: ['momentum'] } },
      /^unknown hyperparameter "momentum"; it must be one of: learningRate, /,
    ],
    [{ from: { run: 'a', upTo: 2.5 }, layers: undefined }, /^upTo must be a whole number/],
  ])('says which words are known where a placeholder may stand, too: %j', (given, message) => {
    const found = checkNetworkTemplate({ ...good(), ...given });
    expect(found.map((problem) => problem.message)).toEqual([expect.stringMatching(message)]);
  });

  it('fills in every default and writes every shorthand out', () => {
    const { network } = validateNetwork({
      data: { csv: { file: 'a.csv', target: 'y' } },
      layers: [
        { conv: { filters: 4, kernel: [3, 5], stride: 2 } },
        'pool',
        { pool: 3 },
        { dropout: 0.5 },
        { dense: 2 },
      ],
      loss: 'mse',
      optimizer: 'sgd',
    });
    expect(network).toMatchObject({
      data: { kind: 'csv', targets: ['y'], delimiter: null, missing: 'impute', standardize: true, validation: null },
      layers: [
        { type: 'conv', kernel: [3, 5], stride: [2, 2], padding: 'valid', activation: 'linear', bias: true },
        { type: 'pool', kind: 'max', size: [2, 2], stride: [2, 2] },
        { type: 'pool', size: [3, 3] },
        { type: 'dropout', rate: 0.5 },
        { type: 'dense', units: 2 },
      ],
      optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0, nesterov: false },
      batchSize: 32,
      epochs: 10,
      shuffle: true,
      seed: null,
      backend: 'auto',
    });
  });

  it('knows archives, folders of images, sizes of memory and folds', () => {
    const data = (written: unknown) => validateNetwork({ ...good(), data: written }).network!.data;
    expect(
      data({ npz: { file: 'a.npz', inputs: 'x', targets: 'y', validation: { inputs: 'v', targets: 'w' } } }),
    ).toEqual({
      kind: 'npz',
      file: 'a.npz',
      inputs: 'x',
      targets: 'y',
      scale: 'auto',
      task: null,
      limit: null,
      memory: null,
      validation: { file: 'a.npz', inputs: 'v', targets: 'w' },
    });
    expect(data({ images: { folder: 'pictures', size: 32, memory: '1.5 GB' } })).toEqual({
      kind: 'images',
      folder: 'pictures',
      validation: null,
      size: [32, 32],
      channels: null,
      fit: 'stretch',
      background: 'black',
      scale: 'auto',
      limit: null,
      memory: 1.5e9,
    });
    expect(validateNetwork({ ...good(), folds: 5, fold: 2 }).network).toMatchObject({ folds: 5, fold: 2 });
  });

  it('takes a setting that the chosen optimizer does not use, so that a search can choose the optimizer', () => {
    const { network } = validateNetwork({ ...good(), optimizer: { name: 'adam', momentum: 0.9, learningRate: null } });
    expect(network!.optimizer).toEqual({
      name: 'adam',
      learningRate: 0.001,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
    });
  });

  it.each([
    [(s: Section) => (s.layers = [{ con: {} }]), 'layers.0: unknown layer "con"; did you mean "conv"?'],
    [(s: Section) => (s.layers = ['flaten']), 'layers.0: unknown layer "flaten"; did you mean "flatten"?'],
    [
      (s: Section) => (s.layers = [{ conv: { filters: 1, kernel: 3 }, padding: 'same' }]),
      'layers.0: "padding" belongs inside "conv: { … }"',
    ],
    [
      (s: Section) => (s.layers = [{ conv: { filters: 1, kernel: 3, activation: 'rellu' } }]),
      'layers.0.conv.activation: unknown activation "rellu"; did you mean "relu"?',
    ],
    [(s: Section) => (s.layers = [{ dropout: 1.5 }]), 'layers.0.dropout: dropout rate must be below 1'],
    [(s: Section) => (s.layers = [{ dense: 'many' }]), 'layers.0.dense: units must be a number'],
    [(s: Section) => (s.layers = [{ dense: 2.5 }]), 'layers.0.dense: units must be a whole number'],
    [(s: Section) => (s.layers = [{ pool: { siz: 2 } }]), 'layers.0.pool.siz: unknown key "siz"; did you mean "size"?'],
    [(s: Section) => (s.layers = []), 'layers: layers must name at least one layer'],
    [(s: Section) => delete s.layers, 'layers: layers is missing'],
    [
      (s: Section) => ((s as Record<string, unknown>).optimiser = 1),
      'optimiser: unknown key "optimiser"; did you mean "optimizer"?',
    ],
    [(s: Section) => (s.optimizer = 'adm'), 'optimizer: unknown optimizer "adm"; did you mean "adam"?'],
    [
      (s: Section) => (s.optimizer = { name: 'sgd', learningRate: 0 }),
      'optimizer.learningRate: learningRate must be above 0',
    ],
    [(s: Section) => (s.data = 'mnst'), 'data: unknown data "mnst"; did you mean "mnist"?'],
    [
      (s: Section) => (s.data = { csv: { file: 'x', target: 'y', delimitr: ';' } }),
      'data.csv.delimitr: unknown key "delimitr"; did you mean "delimiter"?',
    ],
    [(s: Section) => ((s as Record<string, unknown>).epochs = '3'), 'epochs: epochs must be a number'],
    [
      (s: Section) => ((s as Record<string, unknown>).validation = 2),
      'validation: validation must be below 1: it is a fraction of the training examples',
    ],
  ])('tells the mistake of %s', (change, message) => {
    expect(problems(change as (section: Section) => void)).toEqual([message]);
  });

  it('names the target of a CSV file that is given by its name alone', () => {
    expect(problems((s) => (s.data = 'iris.csv'))[0]).toContain('csv: { file: iris.csv, target: COLUMN }');
  });

  it.each([null, undefined, 3, 'x', []])('refuses %j', (value) => {
    expect(validateNetwork(value).problems![0]!.path).toEqual([]);
  });

  it('takes placeholders for any scalar before the parameters are put in, and not after', () => {
    const template = {
      ...good(),
      layers: [{ conv: { filters: '{f}', kernel: '{k}', activation: '{a}' } }, { dropout: '{d}' }, { dense: '{u}' }],
      loss: '{loss}',
      optimizer: { name: '{o}', learningRate: '{lr}' },
      batchSize: '{b}',
    };
    expect(checkNetworkTemplate(template)).toEqual([]);
    expect(validateNetwork(template).problems!.length).toBeGreaterThan(5);
    expect(checkNetworkTemplate({ ...template, batchSize: '{b' })).toHaveLength(1);
  });

  it('has a JSON Schema', () => {
    const schema = z.toJSONSchema(NetworkTemplate, { io: 'input' }) as { properties: Record<string, unknown> };
    expect(Object.keys(schema.properties)).toContain('layers');
  });
});
