/** Tests that parameters and metrics may have any name, including those that every object inherits. */
import { expect, it } from 'vitest';
import { AskTellSession } from '../../../src/cli/askTell/session.js';
import { readSettings } from '../../../src/cli/settings.js';
import { checkForm, editExperiment, formOf, parseExperiment, planRun } from '../../../src/experiment/index.js';
import { JournalRecord } from '../../../src/protocol/run/journal.js';
import { entryOf, hasEntry, setEntry } from '../../../src/protocol/values/records.js';
import { Params } from '../../../src/protocol/values/index.js';
import { createStudy, restoreStudy, BUILT_IN_SAMPLERS, type Dimension, type Space } from '../../../src/search/index.js';

const NAMES = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'length', 'valueOf', '__defineGetter__'];
const FILE = '/work/a.tune.yaml';

const dimensions = NAMES.map((name, i): Dimension => {
  if (i === 0) return { kind: 'choice', name, when: null, choices: ['toString', 'x'], weights: null };
  if (i === 6) return { kind: 'int', name, when: { constructor: ['toString'] }, low: 1, high: 9, log: false, step: 1 };
  return { kind: 'float', name, when: null, low: 0.5, high: 1, log: i === 1, step: i === 2 ? 0.125 : null };
});

it.each(BUILT_IN_SAMPLERS)('%s suggests a value for every such name and learns from it', (sampler) => {
  const finite = dimensions.map((d): Dimension => (d.kind === 'float' ? { ...d, step: 0.25, log: false } : d));
  const space: Space = { dimensions: sampler === 'grid' ? finite : dimensions };
  const options = { goals: ['minimize' as const], pruner: null, seed: 3, trials: 40, workers: 2 };
  let study = createStudy({ ...options, space, sampler });
  for (let i = 0; i < 40; i++) {
    const asked = study.ask();
    if (!asked) break;
    const { id, params } = asked;
    const expected = NAMES.filter(
      (name) => name !== '__defineGetter__' || params.constructor === ('toString' as never),
    );
    expect(Object.keys(params).sort()).toEqual(expected.sort());
    expect(Object.getPrototypeOf(params)).not.toBeTypeOf('number');
    const sum = NAMES.reduce((total, name) => total + Number(entryOf(params, name) ?? 0) || 0, 0);
    study.tell(id, { state: 'completed', values: [sum] });
    if (i === 20) study = restoreStudy(JSON.parse(JSON.stringify(study.save())) as never);
  }
});

const TEXT = `run: a {constructor} {toString} {__proto__}
params:
  constructor: x
  toString: 0.6
  "__proto__": 0.5
  hasOwnProperty: 1
  group: { length: 2, __proto__: { valueOf: 3 } }
objective: { metric: constructor, goal: minimize }
search:
  trials: 3
  sampler: random
  space:
    constructor: { choice: [x, y] }
    toString: { uniform: [0.5, 1] }
    __proto__: { uniform: [0.25, 1] }
    hasOwnProperty: { int: [1, 8], when: { constructor: y } }
`;

it('an experiment file may use such names', () => {
  const { experiment, problems } = parseExperiment(TEXT, FILE);
  // Three of them are not passed on, which is a warning.
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(problems).toHaveLength(3);
  const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'group.length', 'group.__proto__.valueOf'];
  expect(Object.keys(experiment!.params)).toEqual(names);
  expect(Object.keys(experiment!.search!.space)).toEqual(names.slice(0, 4));
  const given = readSettings(['__proto__=0.75', 'toString=0.9', 'hasOwnProperty=2']).params;
  const plan = planRun(experiment!, given, { dist: '/dist' });
  expect(plan.argv).toEqual(['a', 'x', '0.9', '0.75']);
  expect(Object.keys(plan.params)).toEqual(names);
  expect(planRun(experiment!, readSettings(['valueOf=1']).params, { dist: '/dist' }).problems[0]!.message).toContain(
    'no parameter is named "valueOf"',
  );
  const form = formOf(TEXT, FILE);
  expect(form.fields.map(({ name }) => name)).toEqual(names);
  expect(form.fields.map(({ value }) => value)).toEqual(['x', 0.6, 0.5, 1, 2, 3]);
  const params: Params = {};
  for (const name of ['__proto__', 'toString', 'isPrototypeOf']) setEntry(params, name, 'text');
  expect(Object.keys(checkForm(TEXT, FILE, params).params).sort()).toEqual(['__proto__', 'isPrototypeOf', 'toString']);
  const edited = editExperiment(TEXT, { params: given });
  expect(edited.text).toContain('toString: 0.9\n  "__proto__": 0.75\n  hasOwnProperty: 2\n');
});

it('such names cross every process boundary', () => {
  const text = '{"__proto__":1,"constructor":[2],"toString":null}';
  expect(JSON.stringify(Params.parse(JSON.parse(text)))).toBe(text);
  const record = JournalRecord.parse(JSON.parse(`{"type":"params","time":1,"params":${text}}`));
  expect(JSON.stringify(record)).toContain(text);
  expect(Params.safeParse({ a: { b: 1 } }).error!.issues[0]!.path).toEqual(['a']);
  expect(Params.safeParse([1]).error!.issues[0]!.code).toBe('invalid_type');
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

it('ask-tell may use such names', () => {
  const session = new AskTellSession();
  const send = (text: string): string => JSON.stringify(session.answer(text));
  expect(
    send(
      '{"init":{"space":{"__proto__":{"uniform":[0,1]},"constructor":{"choice":[1,2]}},"sampler":"random","seed":1}}',
    ),
  ).toBe('{"ok":true}');
  expect(send('{"ask":{}}')).toMatch(/"params":\{"__proto__":0\.\d+,"constructor":[12]\}/);
  expect(send('{"tell":{"id":0,"values":[1]}}')).toBe('{"ok":true}');
  expect(send('{"best":{}}')).toContain('"__proto__":0.');
});

it('reading and writing any key', () => {
  const record: Record<string, number> = {};
  for (const name of NAMES) {
    expect(entryOf(record, name)).toBeUndefined();
    expect(hasEntry(record, name)).toBe(false);
    expect(setEntry(record, name, 1)).toBe(1);
    expect(entryOf(record, name)).toBe(1);
  }
  expect(Object.keys(record)).toEqual(NAMES);
  expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
  expect(entryOf(null, 'a')).toBeUndefined();
});
