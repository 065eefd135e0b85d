/** The keys of an experiment file with the texts that hover and completion show. */
import { afterAll, expect, it } from 'vitest';
import { SchemaReader, type Schema } from '../../../src/editor/language/schema.js';
import { jsonSchema } from '../../../src/experiment/index.js';
import { helpTextsFor, translationsFor } from '../../../src/files/translations.js';
import { filled, useTranslations } from '../../../src/format/l10n.js';
import { entryOf } from '../../../src/protocol/values/records.js';

interface Key {
  path: readonly string[];
  description: string;
  facts: string[];
}

function keysOf(reader: SchemaReader): Key[] {
  const found: Key[] = [];
  const walk = (path: readonly string[]): void => {
    for (const { name, description, required } of reader.properties(path)) {
      const at = [...path, name];
      const values = reader.values(at).map(({ text }) => text);
      found.push({
        path: at,
        description,
        facts: [...(required ? ['required'] : []), ...(values.length > 0 ? [values.join(', ')] : [])],
      });
      // Layers contain layers.
      if (at.length < 4 && name !== 'layers') walk(at);
    }
  };
  walk([]);
  return found;
}

afterAll(() => useTranslations((message, ...args) => filled(message, args)));

it('keys and their descriptions', async () => {
  const lines = keysOf(new SchemaReader(jsonSchema() as Schema)).map(
    ({ path, description, facts }) =>
      `${'  '.repeat(path.length - 1)}${path.at(-1)!}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}: ${description}`,
  );
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/keys.txt');
});

it('describes every key in Chinese', () => {
  useTranslations(translationsFor('zh-cn', 'dist')!);
  const texts = helpTextsFor('zh-cn', 'dist');
  const keys = keysOf(new SchemaReader(jsonSchema() as Schema, (text) => entryOf(texts, text) ?? text));
  expect(keys.length).toBeGreaterThan(300);
  const english = keys.filter(({ description }) => description !== '' && !/\p{Script=Han}/u.test(description));
  expect(english).toEqual([]);
});
