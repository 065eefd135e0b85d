import { describe, expect, it } from 'vitest';
import { parseConstraint } from '../../../../src/experiment/search/constraints/index.js';
import { constraintText } from '../../../../src/search/index.js';
import { truth } from '../../../../src/search/constraints/rules.js';
import { createRandom } from '../../../../src/search/index.js';

const NAMES = ['a', 'b', 'layers', 'net/layers-2', 'opt.lr', 'weight-decay', 'größe'];
const read = (text: string) => parseConstraint(text, NAMES);

describe('a constraint', () => {
  it.each<[string, string[]]>([
    ['a + 2*b <= 5', ['a + 2 * b <= 5']],
    ['a >= 3', ['-a <= -3']],
    ['2 (a) <= 1', []],
    ['a <= b', ['a - b <= 0']],
    ['-(a - b) / 4 + 1 <= 2 * (3 - b)', ['-0.25 * a + 2.25 * b <= 5']],
    ['0 <= a - b <= 1', ['-a + b <= 0', 'a - b <= 1']],
    ['a + b == 1', ['a + b <= 1', '-a - b <= -1']],
    ['net/layers-2 - opt.lr <= .5e1', ['net/layers-2 - opt.lr <= 5']],
    ['a-b ≤ 1', ['a - b <= 1']],
    ['weight-decay + größe ≥ +1', ['-weight-decay - größe <= -1']],
    ['a + a - b + b <= 4', ['2 * a <= 4']],
    ['3 * 2 * a <= 12 / 2', ['6 * a <= 6']],
  ])('%s', (text, expected) => {
    const { constraints, fault } = read(text);
    if (expected.length === 0) expect(fault).toBeDefined();
    else expect(constraints!.map(constraintText)).toEqual(expected);
  });

  it.each<[string, string, number, number]>([
    ['a + loss <= 1', 'no parameter is named "loss" (for a logged metric, write { metric: loss, atMost: … })', 4, 4],
    ['layer <= 1', 'no parameter is named "layer" (did you mean "layers"?)', 0, 5],
    ['a / 0 <= 1', 'this divides by 0', 0, 5],
    ['a + b', 'nothing is compared (end it with <= or >= and a number, such as: layers * 4 + width <= 512)', 5, 0],
    ['a = 1', '"=" is not a comparison (write ==)', 2, 1],
    ['not a', 'nothing is compared (end it with <= or >= and a number, such as: layers * 4 + width <= 512)', 5, 0],
    ['a in 3', 'a list is expected here (such as: optimizer in [sgd, adam])', 5, 1],
    ['a in [1, b]', 'a list has values only (such as: optimizer in [sgd, adam])', 9, 1],
    ['if a > 1 b > 2', '"then" is missing (such as: if optimizer == sgd then lr <= 0.1)', 9, 1],
    ['loss == 1', 'no parameter is named "loss" (for a logged metric, write { metric: loss, atMost: … })', 0, 4],
    ["a == 'x", 'the closing quotation mark is missing', 5, 1],
    ['a + true <= 2', 'true is not a number', 4, 4],
    ['2 a <= 1', '"a" is not expected here (for a product write 2 * a)', 2, 1],
    ['(a + b <= 1', 'a closing parenthesis is missing', 7, 2],
    ['a + <= 1', 'a number or a parameter is expected before "<=" (such as: layers * 4 + width <= 512)', 4, 2],
    ['a <=', 'a number or a parameter is expected before the end (such as: layers * 4 + width <= 512)', 4, 0],
    ['a ^ 2 <= 1', '"^" has no meaning here (such as: layers * 4 + width <= 512)', 2, 1],
    ['1 <= 2', 'no parameter is left in this comparison (such as: layers * 4 + width <= 512)', 0, 6],
    ['', 'a number or a parameter is expected before the end (such as: layers * 4 + width <= 512)', 0, 0],
  ])('%s is refused with its place', (text, message, offset, length) => {
    const { fault } = read(text);
    expect(`${fault?.message}${fault?.hint ? ` (${fault.hint})` : ''}`).toBe(message);
    expect([fault!.offset, fault!.length]).toEqual([offset, length]);
  });

  it.each<[string, Record<string, number | string>, boolean][]>([
    [
      ['a * b <= 6', { a: 2, b: 3 }, true],
      ['a * b <= 6', { a: 2, b: 3.1 }, false],
      ['a * b <= 6', { a: 100 }, true],
      ['1 / a <= 1', { a: 0.5 }, false],
      ['a < b', { a: 1, b: 1 }, false],
      ['a != 1', { a: 1 }, false],
      ['0.1 + 0.2 == a * a / a', { a: 0.3 }, true],
    ],
    [
      ['not (opt.lr == sgd and a > 3)', { 'opt.lr': 'sgd', a: 4 }, false],
      ['not (opt.lr == sgd and a > 3)', { 'opt.lr': 'adam', a: 4 }, true],
      ['not (opt.lr == sgd and a > 3)', { 'opt.lr': 'sgd' }, true],
      ['if opt.lr == sgd then a <= 3 and b in [1, 2]', { 'opt.lr': 'sgd', a: 1, b: 3 }, false],
      ['if opt.lr == sgd then a <= 3 and b in [1, 2]', { 'opt.lr': 'sgd', a: 1, b: 2 }, true],
      ["a not in [1, 2] or opt.lr == 'x y'", { a: 1, 'opt.lr': 'x y' }, true],
      ["a not in [1, 2] or opt.lr == 'x y'", { a: 1, 'opt.lr': 'z' }, false],
      ['((a + b) * 2 > 4 and (a < 1)) or not not (b == 7)', { a: 0, b: 7 }, true],
    ],
  ])('that is a rule means what it says', (...cases) => {
    for (const [text, params, expected] of cases) {
      const { rule, fault } = read(text);
      expect(fault, text).toBeUndefined();
      expect(truth(rule!.rule, params) !== false, `${text} with ${JSON.stringify(params)}`).toBe(expected);
    }
  });

  it('narrows the draws by the linear part of a rule', () => {
    expect(read('a < b and a * b <= 4').constraints!.map(constraintText)).toEqual(['a - b <= 0']);
  });

  it('never throws, whatever is typed', () => {
    const random = createRandom(8);
    const parts = [
      'a',
      'b',
      'layers',
      ' ',
      '+',
      '-',
      '*',
      '/',
      '(',
      ')',
      '<=',
      '>=',
      '==',
      '<',
      '!=',
      ' and ',
      ' or ',
      ' not ',
      ' in ',
      ' if ',
      ' then ',
      '[',
      ']',
      ',',
      "'",
      'sgd',
      '1',
      '2.5',
      'e3',
      '.',
      '😀',
      '{',
    ];
    for (let round = 0; round < 5000; round++) {
      const text = Array.from({ length: random.int(10) }, () => parts[random.int(parts.length)]!).join('');
      const { constraints, rule, fault } = read(text);
      if (fault) expect(fault.offset + fault.length).toBeLessThanOrEqual(text.length);
      else expect(constraints!.length + (rule ? 1 : 0)).toBeGreaterThan(0);
    }
  });

  it('means what arithmetic says', () => {
    const random = createRandom(9);
    const side = (depth: number): string => {
      if (depth === 0) return random.int(2) ? ['a', 'b'][random.int(2)]! : String(1 + random.int(9));
      const [x, y] = [side(depth - 1), side(depth - 1)];
      return [`(${x} + ${y})`, `(${x} - ${y})`, `(${x}) * ${1 + random.int(4)}`, `-(${x}) / 2`][random.int(4)]!;
    };
    for (let round = 0; round < 300; round++) {
      const [left, right] = [side(3), side(2)];
      const { constraints } = read(`${left} <= ${right}`);
      if (!constraints) continue;
      const [a, b] = [random.int(20) - 10, random.int(20) - 10];
      const difference = new Function('a', 'b', `return (${left}) - (${right})`)(a, b) as number;
      const { terms, atMost } = constraints[0]!;
      expect((terms.a ?? 0) * a + (terms.b ?? 0) * b - atMost).toBeCloseTo(difference, 8);
    }
  });
});
