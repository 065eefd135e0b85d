import { describe, expect, it } from 'vitest';
import { splitCommand } from '../../../../src/experiment/start/command.js';
import { fillTree, placeholders } from '../../../../src/experiment/start/fill.js';

describe('splitting', () => {
  it.each<[string, string[]]>([
    ['python train.py --lr {lr}', ['python', 'train.py', '--lr', '{lr}']],
    ['  a\tb\n  c  ', ['a', 'b', 'c']],
    ['a \\\n  b \\\r\n c', ['a', 'b', 'c']],
    [`a 'b c' "d e" f'g h'i`, ['a', 'b c', 'd e', 'fg hi']],
    [`a "" ''`, ['a', '', '']],
    [`a "\\"q\\" \\\\ \\n" '\\'`, ['a', '"q" \\ \\n', '\\']],
    [
      'C:\\py\\python.exe C:\\data\\new\\ file.py \\\\srv\\share',
      ['C:\\py\\python.exe', 'C:\\data\\new file.py', '\\\\srv\\share'],
    ],
    [`a '|' "&&" ">" '$HOME' "a;b" '\`x\`'`, ['a', '|', '&&', '>', '$HOME', 'a;b', '`x`']],
    ['a \\{lr\\} {{x}}', ['a', '{{lr}}', '{{x}}']],
    ['a ${args} ${envvar:X}', ['a', '${args}', '${envvar:X}']],
    ['a --json {"k":1}', ['a', '--json', '{k:1}']],
    ['größe 数据.py', ['größe', '数据.py']],
    ['a 5$ $ x=$1', ['a', '5$', '$', 'x=$1']],
  ])('%j', (text, argv) => {
    expect(splitCommand(text)).toEqual({ argv });
  });
  it.each<[string, number, number]>([
    ['a || b', 2, 2],
    ['a 2>&1', 3, 1],
    ['a < b', 2, 1],
    ['a; b', 1, 1],
    ['a `b`', 2, 1],
    ['a & b', 2, 1],
    ['   ', 0, 0],
    ['a "b', 2, 1],
    ['A=b c', 0, 3],
  ])('refuses %j', (text, offset, length) => {
    const { fault } = splitCommand(text);
    expect(fault).toMatchObject({ offset, length });
    expect(fault!.hint.length).toBeGreaterThan(10);
  });
});

it('finds placeholders among other braces', () => {
  expect(placeholders('{a} {b.c}{d-e} {{f}} ${g} {"h": 1} {} { i } {1}')).toEqual(['a', 'b.c', 'd-e']);
});

it('fills trees with typed values', () => {
  const tree = { a: '{n}', b: ['x{n}y', { c: '{l}' }], d: 3, e: null, f: '{{n}}', g: '{ n }' };
  expect(fillTree(tree, { n: 2, l: [1] }, {})).toEqual({
    a: 2,
    b: ['x2y', { c: [1] }],
    d: 3,
    e: null,
    f: '{{n}}',
    g: '{ n }',
  });
});
