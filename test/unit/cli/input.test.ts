import { describe, expect, test } from 'vitest';
import { readInput, type Command } from '../../../src/cli/command.js';
import { helpOf } from '../../../src/cli/text/help.js';
import { csv } from '../../../src/protocol/values/csv.js';
import { readQuery, ls } from '../../../src/cli/commands/ls.js';
import { log } from '../../../src/cli/commands/log.js';
import { run } from '../../../src/cli/commands/run.js';
import { readSettings } from '../../../src/cli/settings.js';

describe('the command line’s arguments', () => {
  test('an unknown option is refused with the nearest one', () => {
    expect(() => readInput(run, ['f.yaml', '--detatch'])).toThrow('did you mean --detach?');
  });

  test('too few or too many arguments name the usage', () => {
    expect(() => readInput(run, [])).toThrow('Usage: tunesmith run FILE');
    expect(() => readInput(log, ['a', 'b'])).toThrow('Unexpected argument "b". Usage: tunesmith log RUN');
  });

  test('numbers are checked', () => {
    expect(() => readInput(run, ['f', '--seed', 'x']).whole('seed', 0)).toThrow('whole number');
    expect(readInput(run, ['f', '--seed', '0']).whole('seed', 0)).toBe(0);
  });

  test('settings are read as YAML reads scalars', () => {
    expect(readSettings(['lr=1e-3', 'name=a=b', 'flag=true', 'sizes=[1, 2]', 'text=adam', 'empty=']).params).toEqual({
      lr: 0.001,
      name: 'a=b',
      flag: true,
      sizes: [1, 2],
      text: 'adam',
      empty: null,
    });
    expect(readSettings(['a=1.0', 'b=1', 'c=[1, 2.]'])).toEqual({
      params: { a: 1, b: 1, c: [1, 2] },
      floats: { a: true, c: [null, true] },
    });
    expect(() => readSettings(['lr'])).toThrow('NAME=VALUE');
    expect(() => readSettings(['lr={a: 1}'])).toThrow('a list');
  });

  test('a query is checked before anything is asked', () => {
    expect(() => readQuery(readInput(ls, ['--status', 'runing']))).toThrow('did you mean "running"?');
    expect(() => readQuery(readInput(ls, ['--sort', 'age']))).toThrow('--sort takes');
    expect(readQuery(readInput(ls, ['--search', 'none', '--sort', 'param:lr']))).toMatchObject({
      search: null,
      sort: 'param:lr',
      descending: true,
    });
  });

  test('help shows every option and example', () => {
    const help = helpOf(run as Command);
    for (const name of Object.keys(run.options)) expect(help).toContain(`--${name}`);
    for (const [line] of run.examples) expect(help).toContain(line);
  });
});

describe('printed values', () => {
  test('CSV quotes what needs it and disarms formulas', () => {
    expect(csv(['a,b', 'say "x"', '=1+1', -3, 'NaN', null])).toBe('"a,b","say ""x""",\'=1+1,-3,NaN,');
    // Numbers stay as they are, though they be words here: a class called -1, say.
    expect(csv(['-1', '+2.5e-3', '-Infinity', '-1+cmd()', '\n=1', '-'])).toBe(
      `-1,+2.5e-3,-Infinity,'-1+cmd(),"'\n=1",'-`,
    );
  });
});
