import { expect, test } from 'vitest';
import {
  floatsOf,
  forJson,
  jsonText,
  mergeFloats,
  numberText,
  parseJson,
  valueText,
} from '../../../../src/protocol/values/floats.js';

test('JSON keeps which whole numbers are floats, at any depth', () => {
  const text = '{"a":1.0,"b":1,"c":[0,0.0,0.5],"d":{"e":1e3,"f":"1.0"},"__proto__":2.0}';
  const { value, mark } = parseJson(text);
  expect(JSON.stringify(value)).toBe('{"a":1,"b":1,"c":[0,0,0.5],"d":{"e":1000,"f":"1.0"},"__proto__":2}');
  expect(jsonText(value, mark)).toBe(text.replace('1e3', '1000.0'));
  expect(JSON.stringify({ inside: forJson(value, mark) })).toBe(`{"inside":${text.replace('1e3', '1000.0')}}`);
});

test('a text without whole floats has no mark', () => {
  expect(parseJson('{"a":0.5,"b":[1,2],"c":"x 1.5","d":10.25}').mark).toBeNull();
  expect(parseJson('{"a":"1.0"}').mark).toBeNull();
});

test('numbers as text', () => {
  expect([numberText(1, true), numberText(1, null), numberText(0.5, true)]).toEqual(['1.0', '1', '0.5']);
  expect([numberText(-0, true), numberText(1e21, true)]).toEqual(['-0.0', '1e+21']);
  expect(valueText([0, 1], [true, null])).toBe('[0.0,1]');
  expect(valueText('1', null)).toBe('1');
  expect(valueText(null, null)).toBe('null');
});

test('an override replaces the type as well', () => {
  const under = { params: { a: 1, b: 2, toString: 3 }, floats: { a: true as const, toString: true as const } };
  expect(mergeFloats(under, { params: { a: 1 } })).toEqual({ toString: true });
  expect(mergeFloats(under, { params: { b: 2 }, floats: { b: true } })).toEqual({ a: true, b: true, toString: true });
  expect(floatsOf([['a', null]])).toBeUndefined();
});
