import { describe, expect, it } from 'vitest';
import { checkForm, editExperiment, formOf, lenses, parseExperiment } from '../../../../src/experiment/index.js';

const FILE = '/work/a.tune.yaml';
const problems = (text: string, file = FILE) =>
  parseExperiment(text, file).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
const many = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

describe('aliases', () => {
  it.each([
    ['params: &p { a: { b: *p } }', '2:22 *p is inside the value that it repeats, which would never end'],
    ['params: &p\n  a: &q { b: *p }\n  c: *q', '3:14 *p is inside the value that it repeats, which would never end'],
    ['params: &p\n  <<: *p', '3:7 *p is inside the value that it repeats, which would never end'],
    ['params: { a: *nothing }', '2:14 no anchor &nothing comes before this alias'],
  ])('%s', (params, expected) => {
    const text = `run: a\n${params}\n`;
    expect(problems(text)).toEqual([expected]);
    expect(lenses(text).paramsLine).toBe(1);
    expect(formOf(text, FILE).problems).toHaveLength(1);
    expect(() => editExperiment(text, { params: { x: 1 } })).toThrow(/^Fix line \d first/);
    expect(checkForm(text, FILE, { x: 1 })).toEqual({ params: {}, space: {} });
  });

  it('may not multiply, neither in width nor in depth nor in number', () => {
    const wide = ['x: &a0 [1, 1, 1, 1, 1, 1, 1, 1]'];
    for (let i = 1; i < 9; i++)
      wide.push(
        `x${i}: &a${i} [${Array(8)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    const deep = many(300, (i) => `x${i}: &a${i} { a: ${i ? `*a${i - 1}` : 1} }`);
    const often = `x: &x 1\n${many(3000, (i) => `y${i}: *x`)}`;
    expect(problems(wide.join('\n'))[0]).toContain('expand to too much');
    expect(problems(deep)[0]).toContain('expand to too much');
    expect(problems(often)[0]).toContain('more than 1000 aliases');
    for (const text of [wide.join('\n'), deep, often]) lenses(text);
  });
});

describe('syntax: the cause comes first, and not what follows from it', () => {
  it.each([
    ['  lr: [0.1, 0.2', '3:7 this [ is never closed'],
    ['  lr: { choice: [0.1, 0.2 }', '3:17 this [ is closed by }'],
    ['  lr: { log: [1, 2]', '3:7 this { is never closed'],
  ])('%s', (line, expected) => {
    const rest = many(50, (i) => `  p${i}: ${i}`);
    expect(problems(`run: a\nparams:\n${line}\n${rest}\nsearch: { space: { lr: { log: [1, 2] } } }\n`)).toEqual([
      expected,
    ]);
  });

  it('at most three syntax errors are reported', () => {
    expect(problems(`run: a\nparams:\n${many(50, (i) => `  p${i}: "a" b`)}\n`)).toHaveLength(3);
  });

  it('brackets in texts and comments do not count', () => {
    expect(problems(`run: a {b} # ${'['.repeat(400)}\nparams: { b: "${'{'.repeat(400)}" }\n`)).toEqual([]);
  });

  it('many keys on one line do not count as nesting', () => {
    const params = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`p${i}`, i]));
    const text = JSON.stringify({ run: 'a', params }).replaceAll(':', ': ');
    expect(problems(text, '/work/a.tune.json')).toEqual([]);
  });
});

describe('size', () => {
  it.each([
    ['900 kB of commas', `[${','.repeat(900_000)}`],
    ['900 kB of keys', many(90_000, (i) => `k${i}: 1`)],
    ['a million letters and more', 'x'.repeat(1_000_001)],
    ['deep brackets', '['.repeat(500_000)],
    ['deep dashes over several lines', many(70, (i) => ' '.repeat(200 * i) + '- '.repeat(100))],
    ['many documents', '---\n'.repeat(200_000)],
  ])('%s are refused in one sentence', (_, text) => {
    const found = problems(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^[12]:\d+ .*(larger than|words and signs|levels of nesting|never closed|one experiment)/);
    lenses(text);
  });

  it('thousands of keys are read, shown, checked and changed', () => {
    const names = Array.from({ length: 4000 }, (_, i) => `p${i}`);
    const text = `run: a {p1}\nparams:\n${names.map((name) => `  ${name}: 1`).join('\n')}\n`;
    const told = problems(text);
    expect(told).toHaveLength(10);
    expect(told.at(-1)).toMatch(/^\d+:3 nothing in "run" or "env" passes "p\d+" and 3989 more on$/);
    expect(formOf(text, FILE).fields).toHaveLength(4000);
    const params = Object.fromEntries(names.map((name) => [name, 2]));
    expect(checkForm(text, FILE, params)).toEqual({ params: {}, space: {} });
    const edited = editExperiment(text, { params });
    expect(edited.text).toBe(text.replaceAll(': 1', ': 2'));
    expect(edited.edits).toHaveLength(4000);
    expect(lenses(edited.text).parameters).toHaveLength(4000);
  });

  it('a sweep with thousands of parameters is refused as a search, in one sentence', () => {
    const text = `program: t.py\nmethod: random\nmetric: { name: l }\nparameters:\n${many(3000, (i) => `  p${i}: { min: 0, max: 9 }`)}\n`;
    expect(problems(text)).toEqual(['4:1 3,000 parameters are searched; at most 1,000 can be']);
  });

  it('a hundred problems are enough', () => {
    const found = problems(`run: a\n${many(3000, (i) => `parms${i}: 1`)}\n`);
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toContain('more than 100 errors');
  });

  it('a sentence stays one, however long the value in it', () => {
    const text = `run: a\nobjective: { metric: l, goal: minimize }\nsearch: { trials: 1, space: { x: [${'1, '.repeat(9000)}1] } }\n`;
    for (const problem of parseExperiment(text, FILE).problems) {
      expect(problem.message.length + (problem.hint?.length ?? 0)).toBeLessThan(1300);
    }
  });

  it.each([
    ['deep parentheses', `${'('.repeat(5000)}x`],
    ['many signs', `${'-'.repeat(9000)}x <= 1`],
    ['a giant number', 'x * 1e999 <= 1'],
    ['a long text', 'x + '.repeat(100_000)],
  ])('a constraint of %s is refused', (_, constraint) => {
    const text = `run: a {x}\nparams: { x: 1 }\nobjective: { metric: l, goal: minimize }\nsearch:\n  trials: 1\n  constraints: ["${constraint}"]\n  space: { x: { uniform: [0, 9] } }\n`;
    const found = problems(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/nested parentheses|too large|at most 10000 characters/);
  });
});

describe('a change of several values', () => {
  it('replaces, adds and takes away in the order given', () => {
    const text = 'run: a\nparams:\n  a: 1 # one\n  b: &b 2\n  c: *b\nsearch: { space: { a: { log: [1, 2] } } }\n';
    const change = { params: { a: 3, d: 4, c: 5, b: 6 }, space: { a: '' }, trials: 7 };
    expect(editExperiment(text, change).text).toBe(
      'run: a\nparams:\n  a: 3.0 # one\n  b: &b 6\n  c: 5\n  d: 4\nsearch: { space: {  }, trials: 7 }\n',
    );
  });
});
