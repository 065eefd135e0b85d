import { describe, expect, it } from 'vitest';
import { scan } from '../../../src/editor/language/scan.js';
import { SchemaReader } from '../../../src/editor/language/schema.js';

/** The place of `▮` in the text. */
function placeOf(marked: string) {
  const at = marked.indexOf('▮');
  const text = marked.replace('▮', '');
  const { place } = scan(text, at);
  return `${place.kind} at ${place.path.join('.') || '(top)'}, typed "${text.slice(place.from, at)}"`;
}

describe('where a position is', () => {
  it.each([
    ['▮', 'key at (top), typed ""'],
    ['na▮', 'key at (top), typed "na"'],
    ['name: ▮', 'value at name, typed ""'],
    ['name: di▮\nparams:\n', 'value at name, typed "di"'],
    ['search:\n  ▮', 'key at search, typed ""'],
    ['search:\n  sam▮\n  trials: 3', 'key at search, typed "sam"'],
    ['search:\n  space:\n    lr:\n      ▮', 'key at search.space.lr, typed ""'],
    ['search:\n  space:\n    lr: { ▮ }', 'key at search.space.lr, typed ""'],
    ['search:\n  space:\n    lr: { lo▮', 'key at search.space.lr, typed "lo"'],
    ['objective: { metric: loss, goal: ▮ }', 'value at objective.goal, typed ""'],
    ['objective: { metric: loss, ▮', 'key at objective, typed ""'],
    ['objective: {metric: "a, b}", goal: m▮', 'value at objective.goal, typed "m"'],
    ['search:\n  trials: 3\n▮', 'key at (top), typed ""'],
    ['search:\n  trials: 3\n  ▮\nname: x', 'key at search, typed ""'],
    ['network:\n  layers:\n    - conv: { ▮', 'key at network.layers.-.conv, typed ""'],
    ['network:\n  layers:\n    - de▮', 'key at network.layers.-, typed "de"'],
    ['network:\n  layers:\n  - de▮', 'key at network.layers.-, typed "de"'],
    ['# name: ▮', 'key at (top), typed "# name: "'],
    ['{ "search": { "sampler": "▮', 'value at search.sampler, typed """'],
    ['{\n  "search": {\n    "tri▮', 'key at search, typed ""tri"'],
    ['{\n  "search": { "trials": 3 },\n  ▮\n}', 'key at (top), typed ""'],
    ['run: python a.py --lr {lr}\nse▮', 'key at (top), typed "se"'],
    ['"quoted key":\n  ▮', 'key at quoted key, typed ""'],
  ])('%j', (marked, expected) => {
    expect(placeOf(marked)).toBe(expected);
  });

  it('finds every key of a file', () => {
    const { entries } = scan(
      'a: 1\nb:\n  c: { d: 2, "e": [ { f: 3 } ] }\n  # no: key\n  g: x # h: 1\n  j:\n  - i: 4\n',
    );
    expect(entries.map(({ path, key }) => [...path, key].join('.'))).toEqual([
      'a',
      'b',
      'b.c',
      'b.c.d',
      'b.c.e',
      'b.c.e.-.f',
      'b.g',
      'b.j',
      'b.j.-.i',
    ]);
  });

  it('ends, whatever it is given', () => {
    const bits = ['{', '}', '[', ']', '"', "'", ':', ' ', ',', '\n', '-', 'a', '#', '  ', '\\', '▯'];
    let seed = 7;
    const next = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
    for (let round = 0; round < 3000; round++) {
      const text = Array.from({ length: next(40) }, () => bits[next(bits.length)]).join('');
      const { place } = scan(text, next(text.length + 1));
      expect(place.from).toBeLessThanOrEqual(text.length);
    }
  });
});

describe('schema', () => {
  const reader = new SchemaReader({
    type: 'object',
    properties: {
      sampler: { anyOf: [{ $ref: '#/$defs/name' }, { type: 'object', properties: { seed: { type: 'integer' } } }] },
      on: { type: 'boolean', default: true, description: 'Whether.' },
      layers: {
        type: 'array',
        items: { oneOf: [{ const: 'flatten' }, { type: 'object', properties: { dense: {} } }] },
      },
      space: { type: 'object', additionalProperties: { $ref: '#/$defs/dim' } },
    },
    required: ['sampler'],
    $defs: {
      name: { enum: ['grid', 'random'], description: 'How.' },
      dim: { type: 'object', properties: { log: { type: 'array' }, when: { $ref: '#/$defs/dim' } } },
    },
  });

  it('knows properties and values through references and alternatives', () => {
    expect(reader.properties([]).map(({ name, required }) => `${name}${required ? '!' : ''}`)).toEqual([
      'sampler!',
      'on',
      'layers',
      'space',
    ]);
    expect(reader.values(['sampler']).map(({ text }) => text)).toEqual(['grid', 'random']);
    expect(reader.values(['on']).map(({ text }) => text)).toEqual(['true', 'false']);
    expect(reader.properties(['sampler']).map(({ name }) => name)).toEqual(['seed']);
    expect(reader.values(['layers', '-']).map(({ text }) => text)).toEqual(['flatten']);
    expect(reader.properties(['space', 'anything', 'when']).map(({ name }) => name)).toEqual(['log', 'when']);
    expect(reader.description(['on'])).toBe('Whether.\n\nDefault: true');
    expect(reader.description(['sampler'])).toBe('How.');
    expect(reader.properties(['nowhere', 'at', 'all'])).toEqual([]);
  });
});
