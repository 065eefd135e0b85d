import { expect, it } from 'vitest';
import { ansiPieces } from '../../../src/output/ansi.js';

const ESC = '\u001b';

it('splits a line at its colours, of the theme, of 256 and of 16 million', () => {
  expect(ansiPieces(`a${ESC}[1;31mb${ESC}[22mc${ESC}[0md`)).toEqual([
    { text: 'a' },
    { text: 'b', bold: true, color: 1 },
    { text: 'c', color: 1, bold: false, dim: false },
    { text: 'd' },
  ]);
  expect(ansiPieces(`${ESC}[38;5;196mx${ESC}[48;2;1;2;300my${ESC}[39;49mz`)).toEqual([
    { text: 'x', color: '#ff0000' },
    { text: 'y', color: '#ff0000', background: '#0102ff' },
    { text: 'z' },
  ]);
  expect(ansiPieces(`${ESC}[94mblue${ESC}[38;5;9mred`).map(({ color }) => color)).toEqual([12, 9]);
});

it('takes broken colours without harm', () => {
  expect(ansiPieces(`${ESC}[38mx${ESC}[38;5;999my`)).toEqual([{ text: 'x' }, { text: 'y' }]);
  expect(ansiPieces('')).toEqual([]);
});
