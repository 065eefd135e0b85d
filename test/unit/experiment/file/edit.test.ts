import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editExperiment, EditError } from '../../../../src/experiment/index.js';
import { numberText } from '../../../../src/experiment/file/flowText.js';
import type { FileChange } from '../../../../src/experiment/file/edit.js';
import { createRandom } from '../../../../src/search/maths/random.js';

/** Edits, checks that the list of edits says the same as the text, and gives the text. */
function edit(text: string, change: FileChange, file?: string): string {
  const result = editExperiment(text, change, file);
  let applied = text;
  for (const { offset, length, text: added } of [...result.edits].reverse()) {
    applied = applied.slice(0, offset) + added + applied.slice(offset + length);
  }
  expect(applied).toBe(result.text);
  for (const [i, e] of result.edits.entries()) {
    if (i) expect(e.offset).toBeGreaterThanOrEqual(result.edits[i - 1]!.offset + result.edits[i - 1]!.length);
  }
  return result.text;
}

describe('values', () => {
  it.each<[string, string, FileChange, string]>([
    [
      'a comment stays',
      'params:\n  lr: 0.1   # the rate\n  b: 2\n',
      { params: { lr: 0.01 } },
      'params:\n  lr: 0.01   # the rate\n  b: 2\n',
    ],
    ['small numbers as people write them', 'params: {lr: 1}\n', { params: { lr: 0.00001 } }, 'params: {lr: 1e-5}\n'],
    [
      'a flow map over lines',
      'params: {\n  lr: 1, # x\n  b: 2,\n}\n',
      { params: { b: 3 } },
      'params: {\n  lr: 1, # x\n  b: 3,\n}\n',
    ],
    [
      'quotes stay',
      'params:\n  "o": "adam"\n  p: \'x\'\n',
      { params: { o: 'sgd', p: "it's" } },
      'params:\n  "o": "sgd"\n  p: \'it\'\'s\'\n',
    ],
    [
      'a text that looks like a number is quoted',
      'params:\n  o: adam\n',
      { params: { o: '1e3' } },
      'params:\n  o: "1e3"\n',
    ],
    [
      'a text that looks like a switch is quoted',
      'params:\n  o: adam\n',
      { params: { o: 'true' } },
      'params:\n  o: "true"\n',
    ],
    ['types may change', 'params:\n  o: adam\n', { params: { o: false } }, 'params:\n  o: false\n'],
    ['lists', 'params:\n  l: [1, 2]\n', { params: { l: [3, 'a'] } }, 'params:\n  l: [3, a]\n'],
    [
      'block lists',
      'params:\n  l:\n    - 1 # one\n    - 2\n  b: 1\n',
      { params: { l: [3] } },
      'params:\n  l:\n    [3]\n  b: 1\n',
    ],
    [
      'an empty value',
      'params:\n  o: # later\n  p:\n',
      { params: { o: 1, p: 2 } },
      'params:\n  o: 1 # later\n  p: 2\n',
    ],
    ['an alias gives way', 'params:\n  a: &x 1\n  b: *x\n', { params: { b: 2 } }, 'params:\n  a: &x 1\n  b: 2\n'],
    ['an anchor stays', 'params:\n  a: &x 1\n  b: *x\n', { params: { a: 2 } }, 'params:\n  a: &x 2\n  b: *x\n'],
    [
      'block scalars',
      'params:\n  t: |\n    two\n    lines\n  b: 1\n',
      { params: { t: 'one' } },
      'params:\n  t: one\n  b: 1\n',
    ],
    ['nested names', 'params:\n  opt: { lr: 1 } # c\n', { params: { 'opt.lr': 2 } }, 'params:\n  opt: { lr: 2 } # c\n'],
    [
      'line ends of Windows',
      'params:\r\n  a: 1\r\nrun: x\r\n',
      { params: { a: 2, b: 3 } },
      'params:\r\n  a: 2\r\n  b: 3\r\nrun: x\r\n',
    ],
    [
      'keys with blanks and colons',
      'params:\n  "a: b": 1\n',
      { params: { 'a: b': 2, 'c d': 1, 'e: f': 1 } },
      'params:\n  "a: b": 2\n  c d: 1\n  "e: f": 1\n',
    ],
    ['what is there already changes nothing', 'params:\n  a: 1\n', { params: { a: 1 } }, 'params:\n  a: 1\n'],
  ])('%s', (_name, before, change, after) => {
    expect(edit(before, change)).toBe(after);
  });

  it('numbers read back exactly', () => {
    const random = createRandom(3);
    for (let i = 0; i < 2000; i++) {
      const value = (random.next() - 0.5) * 10 ** (random.int(40) - 20);
      expect(parse(numberText(value))).toBe(value);
    }
    for (const value of [0, 1e21, -1e-7, 5e-324, 1.5e300]) expect(parse(numberText(value))).toBe(value);
  });

  it('hostile texts read back exactly', () => {
    const texts = [
      '',
      ' ',
      'a\nb',
      "'",
      '"',
      '# no',
      'a: b',
      '- x',
      '{x}',
      '[',
      '*a',
      '&a',
      '!t',
      '@',
      '`',
      '\u0007',
      '\\',
      'größe 中',
      'null',
      '~',
      '0x10',
      '.nan',
      'a, b',
      '}',
    ];
    for (const text of texts) {
      for (const before of [
        'params:\n  a: x # c\n',
        'params: { a: x, b: 1 }\n',
        "params: { a: 'x' }\n",
        '{"params": {"a": "x"}}',
      ]) {
        const after = edit(before, { params: { a: text, new: text } });
        expect(parse(after).params, after).toMatchObject({ a: text, new: text });
      }
    }
  });
});

describe('missing keys', () => {
  it.each<[string, string, FileChange, string]>([
    [
      'an entry goes last, behind comments',
      'params:\n  a: 1\n  # about b\n  b: 2 # x\n\n# the search\nsearch: {}\n',
      { params: { c: 3 } },
      'params:\n  a: 1\n  # about b\n  b: 2 # x\n  c: 3\n\n# the search\nsearch: {}\n',
    ],
    ['in a flow map', 'params: { a: 1 }\n', { params: { b: 2 } }, 'params: { a: 1, b: 2 }\n'],
    ['in an empty one', 'params: {}\n', { params: { b: 2 } }, 'params: { b: 2 }\n'],
    ['behind a trailing comma', 'params: {\n  a: 1,\n}\n', { params: { b: 2 } }, 'params: {\n  a: 1,\n  b: 2,\n}\n'],
    [
      'under a bare key',
      'run: x\nparams: # none yet\nname: y\n',
      { params: { b: 2 } },
      'run: x\nparams: # none yet\n  b: 2\nname: y\n',
    ],
    [
      'the whole section, above the search',
      'run: x\n\n# tuning\nsearch:\n  space: {}\n',
      { params: { b: 2 } },
      'run: x\n\nparams:\n  b: 2\n\n# tuning\nsearch:\n  space: {}\n',
    ],
    ['the whole section, at the end', 'run: x', { params: { b: 2, c: 3 } }, 'run: x\n\nparams:\n  b: 2\n  c: 3'],
    [
      'trials',
      'search:\n  sampler: grid # all\n  space:\n    a: { int: [1, 2] }\n',
      { trials: 5 },
      'search:\n  sampler: grid # all\n  space:\n    a: { int: [1, 2] }\n  trials: 5\n',
    ],
    ['no newline at the end', 'params:\n  a: 1', { params: { b: 2 } }, 'params:\n  a: 1\n  b: 2'],
  ])('%s', (_name, before, change, after) => {
    expect(edit(before, change)).toBe(after);
  });

  it('in an empty file', () => {
    expect(parse(edit('', { params: { a: 1 } }, 'x.tune.yaml'))).toEqual({ params: { a: 1 } });
  });

  it('a whole search', () => {
    const after = edit('run: x\n', { space: { a: '{ int: [1, 2] }', b: '{ choice: [x, y] }' }, trials: 3 });
    expect(parse(after)).toEqual({
      run: 'x',
      search: { space: { a: { int: [1, 2] }, b: { choice: ['x', 'y'] } }, trials: 3 },
    });
  });
});

describe('ranges', () => {
  const before =
    'search:\n  space:\n    # rate\n    lr: { log: [1e-4, 1] } # wide\n    b:\n      choice:\n        - 1\n        - 2\n    c: { int: [1, 2] }\n  trials: 4\n';
  it('are replaced with their comments left', () => {
    expect(edit(before, { space: { lr: '{ log: [1e-3, 1e-1] }', b: '{ choice: [3] }' } })).toBe(
      'search:\n  space:\n    # rate\n    lr: { log: [1e-3, 1e-1] } # wide\n    b:\n      { choice: [3] }\n    c: { int: [1, 2] }\n  trials: 4\n',
    );
  });
  it('are taken out', () => {
    expect(edit(before, { space: { b: '', c: '' } })).toBe(
      'search:\n  space:\n    # rate\n    lr: { log: [1e-4, 1] } # wide\n  trials: 4\n',
    );
    expect(parse(edit(before, { space: { lr: '', b: '', c: '' } }))).toEqual({ search: { space: {}, trials: 4 } });
    expect(edit('search: { space: { a: { int: [1, 2] }, b: 1 }, trials: 2 }\n', { space: { a: '' } })).toBe(
      'search: { space: { b: 1 }, trials: 2 }\n',
    );
    expect(edit('search: { space: { a: { int: [1, 2] }, b: 1 }, trials: 2 }\n', { space: { b: '' } })).toBe(
      'search: { space: { a: { int: [1, 2] } }, trials: 2 }\n',
    );
    expect(edit('search: { space: { b: 1 } }\n', { space: { b: '' } })).toBe('search: { space: {  } }\n');
  });
});

describe('JSON files', () => {
  const before = '{\n  "run": "x {a}",\n  "params": {\n    "a": 1,\n    "b": "t"\n  }\n}\n';
  it('stay JSON', () => {
    const after = edit(
      before,
      { params: { a: 1e-5, b: 'u', c: [1, 'x'] }, space: { a: '{ log: [1e-6, 1] }' }, trials: 3 },
      '/x/a.tune.json',
    );
    expect(JSON.parse(after)).toEqual({
      run: 'x {a}',
      params: { a: 1e-5, b: 'u', c: [1, 'x'] },
      search: { space: { a: { log: [1e-6, 1] } }, trials: 3 },
    });
    expect(after).toContain(
      '{\n  "run": "x {a}",\n  "params": {\n    "a": 0.00001,\n    "b": "u",\n    "c": [1,"x"]\n  },\n',
    );
  });
});

it('random changes to a long file change only their values', () => {
  const text = `# top
name: x # name
run: a {lr} {b} {c}
params: # all
  lr: 0.1 # one
  # two
  b: 'q'

  c: {x: 1, y: [1, 2]} # three
  d: >
    folded
    text
objective: {metric: m, goal: minimize}
# end
`;
  const random = createRandom(5);
  const values = [1, 1e-6, 'a', 'x: y', true, null, [1, 2], 'multi\nline'];
  const names = ['lr', 'b', 'c.x', 'c.y', 'd', 'new', 'other'];
  for (let round = 0; round < 300; round++) {
    let now = text;
    const expected: Record<string, unknown> = {};
    for (let i = 0; i < 4; i++) {
      const [name, value] = [names[random.int(names.length)]!, values[random.int(values.length)]!];
      now = edit(now, { params: { [name]: value } });
      expected[name] = value;
    }
    const params = parse(now).params;
    for (const [name, value] of Object.entries(expected)) {
      const found = name.startsWith('c.') ? params.c[name.slice(2)] : params[name];
      expect(found, `${name} in\n${now}`).toEqual(value);
    }
    for (const comment of ['# top', '# name', '# all', '# one', '# two', '# three', '# end'])
      expect(now).toContain(comment);
  }
});

it('leaves constraints, stages and several objectives as they are', () => {
  const text = `run: a # it
objective:
  - { metric: a, goal: minimize } # first
  - { metric: b, goal: maximize }
params: { x: 1, y: 2 }
search:
  constraints: # what must hold
    - x + y <= 3 # not more
    - { metric: memory, atMost: 8 }
  stages: [one, { name: two, params: [y] }] # in turn
  space:
    x: { beta: [2, 5], prior: { value: 0.2, sd: 0.1 }, stage: one } # guess
    y: { int: [1, 3] }
`;
  const now = edit(text, { params: { x: 0.5 }, space: { x: '{ beta: [2, 3], prior: 0.3 }' }, trials: 9 });
  const expected = text
    .replace('x: 1,', 'x: 0.5,')
    .replace('{ beta: [2, 5], prior: { value: 0.2, sd: 0.1 }, stage: one }', '{ beta: [2, 3], prior: 0.3 }');
  expect(now.replace('  trials: 9\n', '')).toBe(expected);
  expect(parse(now).search.trials).toBe(9);
});

it('refuses unsafe changes', () => {
  expect(() => edit('params: { a: 1\n', { params: { a: 2 } })).toThrow(EditError);
  expect(() => edit('params: { a: 1\n', { params: { a: 2 } })).toThrow(/Fix line \d+ first/);
  expect(() => edit('method: grid\nparameters: { a: { values: [1] } }\n', { params: { a: 2 } })).toThrow('sweep file');
});

describe('the learning rate', () => {
  it.each([
    [
      "a parameter's, where one stands there",
      "network:\n  optimizer: { name: adam, learningRate: '{lr}' } # it\nparams:\n  lr: 0.1 # rate\n",
      "network:\n  optimizer: { name: adam, learningRate: '{lr}' } # it\nparams:\n  lr: 2e-4 # rate\n",
    ],
    [
      'its own',
      'network:\n  optimizer:\n    name: sgd\n    learningRate: 0.1 # rate\n',
      'network:\n  optimizer:\n    name: sgd\n    learningRate: 2e-4 # rate\n',
    ],
    [
      'where there is none yet',
      'network:\n  optimizer: { name: sgd }\n',
      'network:\n  optimizer: { name: sgd, learningRate: 2e-4 }\n',
    ],
    [
      'behind a bare name',
      'network:\n  optimizer: sgd # it\n  epochs: 3\n',
      'network:\n  optimizer: { name: sgd, learningRate: 2e-4 } # it\n  epochs: 3\n',
    ],
    [
      'without an optimizer',
      'network:\n  epochs: 3\n',
      'network:\n  epochs: 3\n  optimizer: { name: adam, learningRate: 2e-4 }\n',
    ],
  ])('%s', (_, text, expected) => {
    expect(edit(text, { learningRate: 0.0002 })).toBe(expected);
  });

  it('in JSON', () => {
    const text = '{ "network": { "optimizer": "adam", "epochs": 3 } }';
    expect(JSON.parse(edit(text, { learningRate: 0.5 }, 'x.tune.json'))).toEqual({
      network: { optimizer: { name: 'adam', learningRate: 0.5 }, epochs: 3 },
    });
  });

  it('of no network is refused', () => {
    expect(() => edit('run: python train.py\n', { learningRate: 1 })).toThrow(/no "network:" section/);
  });
});
