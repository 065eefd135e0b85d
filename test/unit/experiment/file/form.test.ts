import { describe, expect, it } from 'vitest';
import { checkForm, formOf, jsonSchema, lenses } from '../../../../src/experiment/index.js';
import { FileForm } from '../../../../src/protocol/panel/index.js';

const FILE = '/w/a.tune.yaml';
const TEXT = `name: a
run: x {lr} {n} {opt} {on} {text} {m}
params:
  lr: 0.01 # learning rate
  # how many
  n: 3
  opt: sgd
  on: true
  text: hi
objective: { metric: acc, goal: maximize }
search:
  sampler: { name: grid, points: 3 }
  trials: 9
  space:
    lr: { log: [1e-4, 1] } # wide
    n: { int: [1, 9], step: 2 }
    opt:
      choice: [sgd, adam]
    on: { choice: [true, false] }
    m: { uniform: [0, 1] }
`;

describe('the form', () => {
  it('has a field for each parameter, of the right kind', () => {
    const form = FileForm.parse(formOf(TEXT, FILE));
    expect(form.fields).toEqual([
      {
        name: 'lr',
        kind: 'number',
        value: 0.01,
        space: '{ log: [1e-4, 1] }',
        description: 'learning rate',
      },
      {
        name: 'n',
        kind: 'integer',
        value: 3,
        space: '{ int: [1, 9], step: 2 }',
        description: 'how many',
      },
      { name: 'opt', kind: 'choice', value: 'sgd', choices: ['sgd', 'adam'], space: '{ choice: [sgd, adam] }' },
      { name: 'on', kind: 'switch', value: true, choices: [true, false], space: '{ choice: [true, false] }' },
      { name: 'text', kind: 'text', value: 'hi' },
      { name: 'm', kind: 'number', value: 0.5, space: '{ uniform: [0, 1] }' },
    ]);
    expect(form).toMatchObject({
      file: FILE,
      name: 'a',
      objective: { metric: 'acc', goal: 'maximize' },
      problems: expect.any(Array),
      search: { trials: 9, sampler: 'grid', pruner: null, parallel: 'auto' },
    });
  });
  it('shows what can be read of a file with mistakes', () => {
    const form = formOf(TEXT.replace('{ log: [1e-4, 1] }', '{ lgo: [1e-4, 1] }'), FILE);
    expect(form.fields.map((f) => f.name)).toContain('lr');
    expect(form.problems).toMatchObject([{ line: 15, severity: 'error' }]);
    expect(formOf('params: {', FILE)).toMatchObject({ name: 'a.tune.yaml', fields: [] });
  });
});

describe('checking values', () => {
  it('answers by field', () => {
    expect(checkForm(TEXT, FILE, { lr: 0.1, n: 5, opt: 'adam', on: false, text: 'x', m: null })).toEqual({
      params: {},
      space: {},
    });
    expect(checkForm(TEXT, FILE, { lr: 'a', n: 2.5, opt: 'x', on: 1, text: 3, zz: 1 }).params).toEqual({
      lr: 'must be a number, not "a"',
      n: 'must be a whole number, not 2.5',
      opt: 'must be one of "sgd", "adam", not "x"',
      on: 'must be one of true, false, not 1',
      text: 'must be text, not 3',
      zz: 'is not a parameter of this file',
    });
  });
  it('checks ranges, and values against changed ranges', () => {
    const space = { lr: '{ log: [0, 1] }', n: '{ int: [1', opt: '', text: '{ choice: [hi, ho] }' };
    const { params, space: ranges } = checkForm(TEXT, FILE, { opt: 'other', text: 'he' }, space);
    expect(ranges).toEqual({
      lr: '"lr": a logarithmic range must begin above 0, not at 0',
      n: expect.stringContaining('is not a range'),
    });
    expect(params).toEqual({ text: 'must be one of "hi", "ho", not "he"' });
    expect(checkForm(TEXT, FILE, {}, { lr: '&a [*a, *a]' }).space.lr).toBeDefined();
  });
  it('knows values that the built-in trainer refuses', () => {
    const network = `network:\n  data: mnist\n  layers: [{ dropout: '{p}' }, { dense: 10 }]\n  loss: crossEntropy\nparams: { p: 0.5 }\n`;
    expect(checkForm(network, FILE, { p: 2 }).params).toEqual({ p: 'dropout rate must be below 1' });
    expect(checkForm(network, FILE, { p: 0.1 }).params).toEqual({});
  });
});

describe('lenses', () => {
  it('stand above sections and parameters', () => {
    expect(lenses(TEXT)).toEqual({
      runLine: 2,
      rateLine: null,
      paramsLine: 2,
      searchLine: 10,
      stages: [],
      parameters: [
        ...[
          ['lr', 3],
          ['n', 5],
          ['opt', 6],
          ['on', 7],
          ['text', 8],
        ].map(([name, line]) => ({ name, line, where: 'params' })),
        ...[
          ['lr', 14],
          ['n', 15],
          ['opt', 16],
          ['on', 18],
          ['m', 19],
        ].map(([name, line]) => ({ name, line, where: 'space' })),
      ],
    });
    const network = 'name: x\nnetwork:\n  data: mnist\n  optimizer:\n    name: adam\n    learningRate: 0.1\n';
    expect(lenses(network).rateLine).toBe(5);
    expect(lenses('network:\n  optimizer: { name: adam, learningRate: 1 }\n').rateLine).toBe(1);
    expect(lenses('network:\n  optimizer: adam\n').rateLine).toBe(1);
    expect(lenses('network: 5\n').rateLine).toBeNull();
    expect(lenses('run: x\n')).toMatchObject({ runLine: 0, paramsLine: null, searchLine: null });
  });
  it('keep their places while someone types', () => {
    for (const typed of [
      '  lr: [',
      '  lr: {',
      '  lr',
      '  : x',
      '  "',
      "  '",
      '  - x',
      '\t',
      '  a: b: c',
      '*',
      '&',
      '  lr: |',
    ]) {
      const found = lenses(TEXT.replace('  lr: 0.01 # learning rate', typed));
      expect(found.paramsLine ?? found.runLine, typed).not.toBeNull();
    }
    for (let i = 0; i < TEXT.length; i++) lenses(TEXT.slice(0, i));
    expect(lenses('').runLine).toBeNull();
    expect(lenses('[[[[').runLine).toBeNull();
  });
});

it('the JSON Schema covers the file', () => {
  const schema = jsonSchema() as { properties: Record<string, { description?: string }> };
  expect(Object.keys(schema.properties)).toEqual(
    expect.arrayContaining(['run', 'module', 'network', 'params', 'objective', 'search']),
  );
  for (const [key, { description }] of Object.entries(schema.properties)) {
    if (key !== '$schema') expect(description, key).toBeTruthy();
  }
  const text = JSON.stringify(schema);
  for (const word of ['logInt', 'batchNorm', 'startupTrials', 'perGpu', 'minimize'])
    expect(text.includes(word) || word === 'startupTrials', word).toBe(true);
});
