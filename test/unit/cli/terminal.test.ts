import { describe, expect, test } from 'vitest';
import {
  bar,
  colored,
  fit,
  furtherOutput,
  indented,
  plain,
  safe,
  table,
  width,
} from '../../../src/cli/text/terminal.js';

describe('what reaches the terminal', () => {
  test('escape sequences and direction marks of a hostile script are taken out', () => {
    expect(safe('a\u001b]52;c;ZXZpbA==\u0007b')).toBe('a�]52;c;ZXZpbA==�b');
    expect(safe('abc\u202Etxt.exe')).toBe('abc�txt.exe');
    expect(safe('two\nlines\tand tab')).toBe('two\nlines\tand tab');
    expect(safe('\u009b31m')).toBe('�31m');
  });

  test('no name within a message can pass for a line of its own', () => {
    expect(indented('There is no run "x\ntunesmith: all runs were deleted".')).toBe(
      'There is no run "x\n  tunesmith: all runs were deleted".',
    );
    expect(indented('These failed:\n  one\n\nSee the log.')).toBe('These failed:\n  one\n\n  See the log.');
  });

  test('the end of the output is not shown again if the message is the same traceback', () => {
    const trace = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: boom\n';
    expect(furtherOutput(trace, trace)).toBe('');
    expect(furtherOutput('', 'It was killed.')).toBe('');
    expect(furtherOutput('epoch 1\nKilled\n', 'It was killed.')).toBe('  epoch 1\n  Killed');
  });

  test('wide characters take two columns, colors none', () => {
    expect(width('日本')).toBe(4);
    expect(width(colored('red', 'abc'))).toBe(3);
    expect(fit('日本語の名前', 7)).toBe('日本語…');
    // An emoji of several characters, and a letter with a combining accent.
    expect(width('👩‍👩‍👧')).toBe(2);
    expect(width('e\u0301')).toBe(1);
    expect(fit('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5)).toBe('👩‍👩‍👧👩‍👩‍👧…');
  });

  test('a table never gets wider than the terminal', () => {
    const lines = table(
      [{ title: 'name' }, { title: 'value', align: 'right' }],
      [
        ['x'.repeat(200), '1'],
        ['short', '123456'],
      ],
      plain,
      40,
    );
    expect(Math.max(...lines.map(width))).toBeLessThanOrEqual(40);
    expect(lines[2]).toMatch(/^short +123456$/);
  });

  test('a cell with a line break stays one line', () => {
    expect(table([{ title: 'a' }], [['x\ny']], plain)).toHaveLength(2);
  });

  test('bars are as long as asked at any fraction', () => {
    for (const fraction of [-1, 0, 0.01, 0.5, 0.999, 1, 7]) expect(width(bar(fraction, 20))).toBe(20);
  });
});
