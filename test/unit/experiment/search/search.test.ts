import { describe, expect, it } from 'vitest';
import { checkForm, formOf, jsonSchema, parseExperiment, toSpace } from '../../../../src/experiment/index.js';
import { checkSpace } from '../../../../src/search/index.js';

const FILE = '/w/x.tune.yaml';
const BASE = `run: python t.py --lr {lr} --layers {layers} --width {width} --fixed {fixed} --opt {opt} --drop {drop}
params: { lr: 0.1, layers: 2, width: 64, fixed: 3, opt: sgd, drop: 0.1 }
objective: { metric: loss, goal: minimize }
search:
  trials: 9
  space:
    lr: { log: [1e-4, 1], prior: 0.01 }
    layers: { int: [1, 8], prior: { value: 2, sd: 0.1 } }
    width: { logInt: [16, 512], step: 16 }
    opt: { choice: [sgd, adam], prior: adam }
    drop: { beta: [2, 5], range: [0, 0.5], step: 0.05, when: { opt: sgd }, prior: 0.2 }
`;
const STAGED = BASE.replace('prior: 0.01', 'prior: 0.01, stage: optimizer').replace(
  'sd: 0.1 }',
  'sd: 0.1 }, stage: architecture',
);
const withSearch = (lines: string, base = BASE) => base.replace('  trials: 9\n', `  trials: 9\n${lines}`);
const parse = (text: string) => parseExperiment(text, FILE);
const said = (text: string) =>
  parse(text).problems.map((p) => {
    const hint = p.hint ? ` (${p.hint})` : '';
    return `${p.line}:${p.column}-${p.endColumn} ${p.severity === 'error' ? '' : 'warning '}${p.message}${hint}`;
  });
const read = (lines: string, base = BASE) => {
  const { experiment, problems } = parse(withSearch(lines, base));
  expect(problems).toEqual([]);
  return experiment!;
};

describe('ranges', () => {
  it('know priors, stages and the beta distribution', () => {
    const experiment = read('  stages: true\n', STAGED);
    const space = toSpace(experiment);
    checkSpace(space);
    expect(space.dimensions).toEqual([
      {
        kind: 'float',
        name: 'lr',
        when: null,
        low: 1e-4,
        high: 1,
        log: true,
        step: null,
        prior: { value: 0.01 },
        stage: 'optimizer',
      },
      {
        kind: 'int',
        name: 'layers',
        when: null,
        low: 1,
        high: 8,
        log: false,
        step: 1,
        prior: { value: 2, sd: 0.1 },
        stage: 'architecture',
      },
      { kind: 'int', name: 'width', when: null, low: 16, high: 512, log: true, step: 16 },
      {
        kind: 'choice',
        name: 'opt',
        when: null,
        choices: ['sgd', 'adam'],
        weights: null,
        prior: { value: 'adam' },
      },
      {
        kind: 'beta',
        name: 'drop',
        when: { opt: ['sgd'] },
        a: 2,
        b: 5,
        low: 0,
        high: 0.5,
        step: 0.05,
        prior: { value: 0.2 },
      },
    ]);
  });

  it.each<[string, string, string]>([
    ['prior: 0.01', 'prior: 2', '7:34-35 the prior of "lr" must be from 0.0001 to 1, not 2'],
    ['value: 2, sd: 0.1', 'value: 9, sd: 0.1', '8:44-45 the prior of "layers" must be from 1 to 8, not 9'],
    ['value: 2, sd: 0.1', 'value: 2.5', '8:44-47 the prior of "layers" must be a whole number, not 2.5'],
    ['value: 2, sd: 0.1', 'value: 2, sd: 2', '8:51-52 sd must be at most 1'],
    ['value: 2, sd: 0.1', 'value: 2, dev: 2', '8:47-50 unknown key "dev" (known: sd)'],
    ['prior: adam', 'prior: adan', '10:40-44 the prior of "opt" must be one of "sgd", "adam", not "adan"'],
    ['beta: [2, 5]', 'beta: [2]', '11:19-22 "beta" needs two numbers [a, b] (such as { beta: [2, 5] })'],
    ['beta: [2, 5]', 'beta: [0, 5]', '11:19-25 "drop": both shapes must be above 0, and their sum at most 1000000'],
    ['range: [0, 0.5]', 'range: [0.5, 0]', '11:19-25 "drop": the lower bound 0.5 is above the upper bound 0'],
    ['prior: 0.01', "stage: ''", '7:34-36 stage must not be empty'],
  ])('%s → %s', (from, to, expected) => {
    expect(BASE).toContain(from);
    expect(said(withSearch('', BASE.replace(from, to)))).toContain(expected);
  });
});

describe('several objectives', () => {
  const TWO = BASE.replace(
    'objective: { metric: loss, goal: minimize }',
    'objective:\n  - { metric: loss, goal: minimize }\n  - { metric: acc, goal: maximize }',
  );
  it('are read; the first one represents all if only one is shown', () => {
    const { experiment } = parse(TWO);
    expect(experiment!.objectives).toEqual([
      { metric: 'loss', goal: 'minimize' },
      { metric: 'acc', goal: 'maximize' },
    ]);
    expect(experiment!.objective).toEqual({ metric: 'loss', goal: 'minimize' });
    expect(formOf(TWO, FILE).objective).toEqual({ metric: 'loss', goal: 'minimize' });
    expect(parse(BASE).experiment!.objectives).toEqual([{ metric: 'loss', goal: 'minimize' }]);
    expect(parse('run: a').experiment).toMatchObject({ objective: null, objectives: [] });
  });

  it.each<[string, string, string]>([
    ['metric: acc', 'metric: loss', '5:15-19 "loss" is already an objective (name each metric once)'],
    ['goal: maximize', 'goal: up', '5:26-28 goal must be minimize or maximize'],
    ['goal: maximize', 'gaol: maximize', '5:20-24 unknown key "gaol" (did you mean "goal"?)'],
    ['metric: acc', 'metric: ""', '5:15-17 metric must not be empty'],
  ])('%s → %s', (from, to, expected) => {
    expect(said(TWO.replace(from, to))).toContain(expected);
  });

  it('need at least one', () => {
    expect(said(BASE.replace(/objective: .*/, 'objective: []'))).toContain('3:12-14 name at least one objective');
    expect(said(BASE.replace(/objective: .*/, 'objective: loss'))).toContain(
      '3:12-16 objective must be { metric: …, goal: … }, or a list of them',
    );
  });
});

describe('constraints', () => {
  it('on parameters and on metrics are distinguished', () => {
    const experiment = read(`  constraints:
    - layers * 16 + width <= 256
    - "0 <= lr - drop"
    - { metric: memory, atMost: 8000 }
    - { metric: acc, atLeast: 0.9, atMost: 1 }
`);
    expect(experiment.search!.constraints).toEqual({
      linear: [
        { terms: { layers: 16, width: 1 }, atMost: 256 },
        { terms: { lr: -1, drop: 1 }, atMost: 0 },
      ],
      measured: [
        { metric: 'memory', atMost: 8000 },
        { metric: 'acc', atLeast: 0.9, atMost: 1 },
      ],
    });
    expect(toSpace(experiment).constraints).toEqual(experiment.search!.constraints.linear);
  });

  it('may name params that are not searched: their values count', () => {
    const experiment = read('  constraints: [layers + 2 * fixed <= 10]\n');
    expect(toSpace(experiment).constraints).toEqual([{ terms: { layers: 1 }, atMost: 4 }]);
    // A search over fewer parameters, as from the form.
    const { lr } = experiment.search!.space;
    expect(toSpace({ ...experiment, search: { ...experiment.search!, space: { lr } } }).constraints).toBeUndefined();
    const older = { ...experiment, search: { ...experiment.search!, constraints: undefined as never } };
    expect(toSpace(older).constraints).toBeUndefined();
  });

  it.each<[string, string[]]>([
    ['- layers * width <= 9', ['7:7-26 found no point of the space that meets "layers * width <= 9": is there one?']],
    ['- opt == sdg', ['7:7-17 "opt" is never "sdg": it must be one of "sgd", "adam" (did you mean "sgd"?)']],
    ['- opt * 2 <= 9', ['7:7-19 "opt" is not always a number (only numbers can be added and compared)']],
    ['- not (opt == sgd and widht > 9)', ['7:27-32 no parameter is named "widht" (did you mean "width"?)']],
    ["- 'layers + widht <= 9'", ['7:17-22 no parameter is named "widht" (did you mean "width"?)']],
    ['- "loss <= 9"', ['7:8-12 no parameter is named "loss" (for a logged metric, write { metric: loss, atMost: … })']],
    ['- opt <= 9', ['7:7-15 "opt" is not always a number (only numbers can be added and compared)']],
    ['- layers >= 9', ['7:7-18 constraint "-layers <= -9" can\'t be met: its sum is at least -8 in this space']],
    ['- fixed <= 9', ['7:7-17 warning none of these parameters is searched']],
    ['- { metric: m }', ['7:7-20 this metric has no bound (add atMost or atLeast)']],
    ['- { metric: m, atMost: 1, atLeast: 2 }', ['7:40-41 no value is at least 2 and at most 1']],
    [
      '- { metric: m, atmost: 1 }',
      [
        '7:7-31 this metric has no bound (add atMost or atLeast)',
        '7:20-26 unknown key "atmost" (did you mean "atMost"?)',
      ],
    ],
    ['- 5', ['7:7-8 a constraint must be a text such as "a + 2 * b <= 5", or { metric: …, atMost: … }']],
    [
      '- layers + width <= 30\n    - layers >= 4\n    - width >= 32',
      ['6:3-14 found no point of the space that meets all its constraints: do they contradict each other?'],
    ],
  ])('%s', (lines, expected) => {
    expect(said(withSearch(`  constraints:\n    ${lines}\n`)).slice(0, expected.length)).toEqual(expected);
  });

  it('are a list', () => {
    expect(said(withSearch('  constraints: layers <= 3\n'))).toContain('6:16-27 constraints must be a list');
  });
});

describe('how a search continues', () => {
  it('is read, with defaults for true', () => {
    expect(read('  maxSteps: 27\n  checkpoints: true\n').search).toMatchObject({ maxSteps: 27, checkpoints: true });
    expect(read('  stages: true\n').search!.stages).toEqual({});
    expect(
      read('  stages: [{ name: architecture, params: [layers, width], share: 0.5 }, optimizer]\n').search!.stages,
    ).toEqual({ order: [{ name: 'architecture', params: ['layers', 'width'], share: 0.5 }, { name: 'optimizer' }] });
    expect(read('  stages: { order: [architecture, optimizer], joint: 0 }\n').search!.stages).toEqual({
      order: [{ name: 'architecture' }, { name: 'optimizer' }],
      joint: 0,
    });
    expect(read('  warmStart: true\n').search!.warmStart).toEqual({ from: ['experiment'] });
    expect(read('  warmStart: { from: [s1], free: 0.2, first: 1 }\n').search!.warmStart).toEqual({
      from: ['s1'],
      free: 0.2,
      first: 1,
    });
    expect(read('  warmStart: { free: 0.2 }\n').search!.warmStart).toEqual({
      from: ['experiment'],
      free: 0.2,
    });
    expect(read('  repeat: true\n').search!.repeat).toEqual({ top: 3, times: 2 });
    expect(read('  repeat: { times: 5 }\n').search!.repeat).toEqual({ top: 3, times: 5 });
    expect(read('  warmStart: false\n  repeat: false\n').search).toMatchObject({
      warmStart: null,
      repeat: null,
      maxSteps: null,
      checkpoints: false,
    });
  });

  it.each<[string, string]>([
    ['maxSteps: 2.5', '6:13-16 maxSteps must be a whole number'],
    ['checkpoints: 1', '6:16-17 checkpoints must be true or false'],
    ['stages: 3', '6:11-12 stages must be true, a list of stages, or { order: […], joint: 4 }'],
    ['stages: [optimizer, optimizer, architecture]', '6:23-32 the stage "optimizer" appears twice'],
    ['stages: [optimiser, architecture]', '8:47-56 there is no stage "optimizer" (did you mean "optimiser"?)'],
    ['stages: [{ name: optimizer, params: [rl] }, architecture]', '6:40-42 "rl" is not searched (did you mean "lr"?)'],
    [
      'stages: [{ name: optimizer, params: [lr] }, { name: architecture, params: [lr] }]',
      '6:78-80 "lr" is already in the stage "optimizer"',
    ],
    [
      'stages: { order: [{ name: optimizer, share: 0.8 }, { name: architecture, share: 0.8 }] }',
      '6:20-89 the stages have more than 100 % of the trials (shares add up to at most 1)',
    ],
    ['stages: [{ nam: optimizer }]', '6:12-30 a stage must be a name, or { name: …, params: […], share: … }'],
    ['warmStart: { from: s1 }', '6:22-24 from must be a list of search ids, or the word experiment'],
    ['warmStart: { free: 3 }', '6:22-23 free must be from 0 to 1'],
    ['repeat: { top: 0 }', '6:18-19 top must be at least 1'],
    ['repeat: { to: 1 }', '6:13-15 unknown key "to" (did you mean "top"?)'],
    ['parallel: 2', '8:47-56 warning this search has no stages (add: stages: true)'],
  ])('%s', (line, expected) => {
    expect(said(withSearch(`  ${line}\n`, STAGED))).toContain(expected);
  });

  it('refuses a stage before that of a parameter it depends on', () => {
    const text = withSearch(
      '  stages: [{ name: a, params: [drop] }, { name: b, params: [opt] }, architecture, optimizer]\n',
    );
    expect(said(text)[0]).toMatch(/^6:3-9 "drop" is tuned in stage "a", but depends on "opt" of the later stage "b"/);
  });
});

describe('the form and the schema', () => {
  it('give ranges back as they were written', () => {
    const { fields } = formOf(BASE, FILE);
    const drop = fields.find(({ name }) => name === 'drop')!;
    expect(drop).toMatchObject({ kind: 'number', value: 0.1 });
    expect(drop.space).toBe('{ beta: [2, 5], range: [0, 0.5], step: 0.05, when: { opt: sgd }, prior: 0.2 }');
    const problems = checkForm(
      BASE,
      FILE,
      {},
      { drop: '{ beta: [2, 5], prior: 2 }', lr: '{ log: [1e-3, 1], prior: 0.1 }' },
    );
    expect(problems.space).toEqual({ drop: 'the prior of "drop" must be from 0 to 1, not 2' });
  });

  it('begin with the prior if no value is given', () => {
    const text = BASE.replace(', drop: 0.1', '');
    expect(formOf(text, FILE).fields.find(({ name }) => name === 'drop')!.value).toBe(0.2);
  });

  it('explain every key', () => {
    const schema = jsonSchema() as { properties: { search: { properties: Record<string, { description?: string }> } } };
    for (const key of ['constraints', 'maxSteps', 'checkpoints', 'stages', 'warmStart', 'repeat']) {
      expect(schema.properties.search.properties[key]?.description, key).toBeTruthy();
    }
    const text = JSON.stringify(schema);
    for (const words of ['two shapes of a beta', 'What you believe to be best', 'Stage in which it is tuned']) {
      expect(text).toContain(words);
    }
  });
});
