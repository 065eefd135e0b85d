import { existsSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands/index.js';
import { helpOf, overview } from '../../../src/cli/text/help.js';

const GOLDEN = `${import.meta.dirname}/golden/help`;

it('the overview', async () => {
  await expect(`${overview('1.2.3')}\n`).toMatchFileSnapshot(`${GOLDEN}/tunesmith.txt`);
});

it.each(COMMANDS.map((command) => [command.name, command] as const))('tunesmith %s --help', async (name, command) => {
  await expect(`${helpOf(command)}\n`).toMatchFileSnapshot(`${GOLDEN}/${name}.txt`);
});

it('has no texts of commands that are gone', () => {
  const names = ['tunesmith', ...COMMANDS.map(({ name }) => name)].map((name) => `${name}.txt`);
  expect(existsSync(GOLDEN) ? readdirSync(GOLDEN).filter((file) => !names.includes(file)) : []).toEqual([]);
});
