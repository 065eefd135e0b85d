import { expect, it } from 'vitest';
import { entryOf } from '../../../../src/protocol/values/records.js';
import { searchOver, useWorkspace } from '../support.js';

const workspace = useWorkspace();

/** Logs its parameters' sum through the plainest way there is, under a name that every object inherits. */
const PROGRAM = `
import { appendFileSync } from 'node:fs';
const params = JSON.parse(process.env.TUNESMITH_PARAMS);
const names = Object.keys(params);
if (names.join() !== 'constructor,__proto__,toString,hasOwnProperty') throw new Error('got ' + names.join());
const sum = names.reduce((total, name) => total + Object.getOwnPropertyDescriptor(params, name).value, 0);
const line = (values) => appendFileSync(process.env.TUNESMITH_JOURNAL, '{"step":1,"values":' + values + '}\\n');
line('{"__proto__":' + sum + ',"toString":1,"constructor":' + sum + '}');
`;
const FILE = `run: node train.mjs {constructor} {__proto__}
params: { constructor: 1, __proto__: 2, toString: 3, hasOwnProperty: 4 }
objective: { metric: __proto__, goal: minimize }
search:
  trials: 4
  parallel: 2
  sampler: SAMPLER
  seed: 5
  space:
    constructor: { uniform: [0, 1] }
    __proto__: { choice: [1, 2] }
    toString: { int: [1, 5] }
`;

it.each(['random', 'tpe'])(
  'a search by %s over parameters and metrics with the names of inherited properties',
  async (sampler) => {
    const engine = await workspace().connect();
    workspace().write('train.mjs', PROGRAM);
    const file = workspace().write(`${sampler}.tune.yaml`, FILE.replace('SAMPLER', sampler));
    const { search } = await engine.request('searches/start', { file });
    const over = await searchOver(engine, search.id);
    expect(over).toMatchObject({ status: 'completed', error: null, counts: { total: 4, completed: 4 } });
    const { runs } = await engine.request('runs/list', { search: search.id });
    for (const run of runs) {
      expect(Object.keys(run.params)).toEqual(['constructor', '__proto__', 'toString', 'hasOwnProperty']);
      expect(Object.keys(run.metrics).sort()).toEqual(['__proto__', 'constructor', 'toString']);
      const sum = Object.keys(run.params).reduce((total, name) => total + Number(entryOf(run.params, name)), 0);
      expect(run.objective?.value).toBeCloseTo(sum);
      expect(entryOf(run.metrics, '__proto__')?.last).toBeCloseTo(sum);
    }
    expect(Object.keys(over.best!.params)).toEqual(['constructor', '__proto__', 'toString', 'hasOwnProperty']);
  },
);
