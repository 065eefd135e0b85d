import * as fs from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import type { Run } from '../../../../src/protocol/engine/index.js';
import { experiment, searchOver, TRAIN, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;
beforeEach(async () => {
  workspace().write('train.mjs', TRAIN);
  engine = await workspace().connect();
});

const search = (settings: string, trials = 5) =>
  experiment(
    'node train.mjs',
    `params: { lr: 0.1, steps: 2, pause: 1 }
search:
  sampler: { name: module, path: mine.mjs${settings} }
  trials: ${trials}
  parallel: 1
  seed: 3
  space: { lr: { uniform: [0, 1] }, kind: { choice: [a, b] } }
`,
  );

/** Halves the best rate so far; the state counts its suggestions. */
const MINE = `
export default function ({ space, settings, goals, trials }) {
  let count = 0;
  return {
    suggest({ trials: known }, random) {
      known.forEach((trial) => (trial.params.lr = 99));
      if (count === settings.most) return null;
      count++;
      return { lr: known.length === 0 ? settings.first : settings.first / 2 ** known.length };
    },
    save: () => count,
    load: (state) => (count = state),
  };
}
`;

describe('a sampler of one’s own', () => {
  const ratesOf = async (id: string): Promise<Run[]> =>
    (await engine.request('runs/list', { search: id, sort: 'createdAt', descending: false, limit: 100 })).runs;

  it('suggests the trials of a search, with its settings; missing values are drawn', async () => {
    workspace().write('mine.mjs', MINE);
    const file = workspace().write('own.tune.yaml', search(', first: 0.8, most: 4'));
    const { search: started } = await engine.request('searches/start', { file });
    const over = await searchOver(engine, started.id);
    expect(over).toMatchObject({ status: 'completed', counts: { total: 4, completed: 4 } });
    const runs = await ratesOf(started.id);
    expect(runs.map(({ params }) => params.lr)).toEqual([0.8, 0.4, 0.2, 0.1]);
    expect(runs.every(({ params }) => params.kind === 'a' || params.kind === 'b')).toBe(true);
  });

  it('continues with its state when more trials are asked for', async () => {
    workspace().write('mine.mjs', MINE);
    const file = workspace().write('own.tune.yaml', search(', first: 0.8, most: 3', 2));
    const { search: started } = await engine.request('searches/start', { file });
    await searchOver(engine, started.id);
    await engine.request('searches/change', { id: started.id, trials: 9 });
    const over = await searchOver(engine, started.id);
    expect(over.counts).toMatchObject({ total: 3, completed: 3 });
    expect((await ratesOf(started.id)).map(({ params }) => params.lr)).toEqual([0.8, 0.4, 0.2]);
  });

  it.each<[string, string, string]>([
    ['that is not there', '', "the sampler's module mine.mjs can't be loaded"],
    ['that exports no function', 'export const x = 1;', 'exports no function'],
    ['that makes no sampler', 'export default () => ({})', 'has no function "suggest"'],
    ['that throws', "export default () => { throw new Error('no way'); }", 'failed in createSampler: no way'],
  ])('%s is refused before anything starts', async (_, code, message) => {
    const before = (await engine.request('runs/list', { limit: 100 })).runs.length;
    fs.rmSync(workspace().at('mine.mjs'), { force: true });
    if (code) workspace().write('mine.mjs', code);
    const file = workspace().write('own.tune.yaml', search(''));
    await expect(engine.request('searches/start', { file })).rejects.toThrow(message);
    expect((await engine.request('runs/list', { limit: 100 })).runs).toHaveLength(before);
  });

  it.each<[string, string]>([
    ['{ lr: 7 }', 'suggests a value of "lr" that must be from 0 to 1, not 7'],
    ['{ lt: 0.1 }', 'suggests "lt", which is not in the search space'],
    ['[1]', 'does not suggest an object of values'],
    ["(() => { throw new Error('oops'); })()", 'failed in suggest: oops'],
  ])('that suggests %s ends its search with the reason', async (suggestion, message) => {
    workspace().write('mine.mjs', `export const createSampler = () => ({ suggest: () => (${suggestion}) });`);
    const file = workspace().write('own.tune.yaml', search(''));
    const { search: started } = await engine.request('searches/start', { file });
    const over = await searchOver(engine, started.id);
    expect(over.status).toBe('failed');
    expect(over.error).toContain(message);
  });
});
