/** The keys of an experiment file with the texts that hover and completion show. */
import { expect, it } from 'vitest';
import { SchemaReader, type Schema } from '../../../src/editor/language/schema.js';
import { jsonSchema } from '../../../src/experiment/index.js';

it('keys and their descriptions', async () => {
  const reader = new SchemaReader(jsonSchema() as Schema);
  const lines: string[] = [];
  const walk = (path: readonly string[]): void => {
    for (const { name, description, required } of reader.properties(path)) {
      const at = [...path, name];
      const values = reader.values(at).map(({ text }) => text);
      const facts = [required && 'required', values.length > 0 && values.join(', ')].filter(Boolean);
      lines.push(
        `${'  '.repeat(path.length)}${name}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}: ${description}`,
      );
      // Layers contain layers.
      if (at.length < 4 && name !== 'layers') walk(at);
    }
  };
  walk([]);
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/keys.txt');
});
