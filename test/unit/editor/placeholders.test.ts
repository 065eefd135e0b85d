import { expect, it } from 'vitest';
import { placeholderAt, runPlaceholders, typedPlaceholder } from '../../../src/editor/language/placeholders.js';
import { RUN_FACTS } from '../../../src/experiment/start/fill.js';

const TEXT = `name: x
run: >-
  python train.py --lr {lr}
  {amp?--amp} {run.d
env: { A: '{see', B: { c
params:
  lr: { lo
files:
  c.yaml: { lr: '{l' }
`;
const lines = TEXT.split('\n');
const typed = (line: number) =>
  typedPlaceholder(lines, line, lines[line]!.replace(/[' }]+$/, '').length)?.typed ?? null;

it('knows where a name is typed, and where a brace is something else', () => {
  expect(typed(3)).toBe('run.d');
  expect(typedPlaceholder(lines, 4, lines[4]!.indexOf('see') + 2)).toMatchObject({ typed: 'se', section: 'env' });
  expect(typed(6)).toBe(null);
  expect(typed(8)).toBe('l');
  expect(typedPlaceholder(['run: a ${e'], 0, 10)).toBe(null);
  expect(typedPlaceholder(['run: a {'], 0, 8)).toMatchObject({ typed: '', from: 8 });
});

it('finds the one under the cursor', () => {
  expect(placeholderAt(lines, 2, lines[2]!.indexOf('lr}'))).toMatchObject({ name: 'lr' });
  expect(placeholderAt(lines, 3, 5)).toMatchObject({ name: 'amp', from: 2, to: 13 });
  expect(placeholderAt(lines, 2, 3)).toBe(null);
  expect(placeholderAt(lines, 6, 8)).toBe(null);
});

it('explains every fact of a run, and the copies of files', () => {
  const all = runPlaceholders(['conf/base.yaml']);
  expect(all.map(({ name }) => name)).toEqual([...RUN_FACTS, 'base']);
  for (const { detail } of all) expect(detail.length).toBeGreaterThan(8);
});
