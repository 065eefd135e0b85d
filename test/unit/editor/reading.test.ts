import { describe, expect, it } from 'vitest';
import { ask, ownOf, type ForeignRuns, type OwnRuns } from '../../../src/editor/link/reading.js';

type Call = [who: string, name: string, params: unknown];

function world(isAsked = true) {
  const calls: Call[] = [];
  const list = (who: string, total: number, { offset = 0, limit = 100 }: { offset?: number; limit?: number }) => ({
    total,
    runs: Array.from({ length: total }, (_, i) => ({ id: `${who}${i}` })).slice(offset, offset + limit),
  });
  const answer = (who: string, name: string, params: never) => {
    calls.push([who, name, params]);
    if (name === 'experiments/list') return { experiments: [{ name: who }] };
    if (name === 'runs/list') return list(who, 3, params);
    if (name === 'runs/columns') return { params: ['lr', who], metrics: [] };
    if (name === 'series/read')
      return { series: (params as { queries: object[] }).queries.map((q) => ({ ...q, who })) };
    return { who };
  };
  const own = {
    request: async (name: string, params: never) => answer('own', name, params),
    isAsked: async () => isAsked,
  };
  const foreign = {
    request: async (name: string, params: never) => answer('log', name, params),
    has: (run: string) => run.startsWith('log'),
    hasExperiment: (name: string) => name === 'log',
    isEmpty: false,
  };
  const asked = (name: never, params: never) =>
    ask(own as unknown as OwnRuns, foreign as unknown as ForeignRuns, name, params);
  return { calls, asked: asked as unknown as (name: string, params: unknown) => Promise<unknown>, foreign };
}
const ids = (result: unknown): string[] => (result as { runs: { id: string }[] }).runs.map(({ id }) => id);

describe('runs of ours and of other tools', () => {
  it('are listed together, page by page, each once', async () => {
    const { asked } = world();
    expect(await asked('experiments/list', {})).toEqual({ experiments: [{ name: 'own' }, { name: 'log' }] });
    expect(ids(await asked('runs/list', { limit: 4 }))).toEqual(['own0', 'own1', 'own2', 'log0']);
    expect(ids(await asked('runs/list', { offset: 4, limit: 4 }))).toEqual(['log1', 'log2']);
    expect(await asked('runs/list', { offset: 0, limit: 2 })).toMatchObject({
      total: 6,
      runs: [{ id: 'own0' }, { id: 'own1' }],
    });
    expect(await asked('runs/columns', {})).toEqual({ params: ['log', 'lr', 'own'], metrics: [] });
  });

  it('are asked where they are', async () => {
    const { asked, calls } = world();
    const queries = [
      { run: 'log1', metric: 'a' },
      { run: 'own1', metric: 'a' },
      { run: 'log2', metric: 'b' },
    ];
    expect(await asked('series/read', { queries })).toEqual({
      series: [
        { ...queries[0], who: 'log' },
        { ...queries[1], who: 'own' },
        { ...queries[2], who: 'log' },
      ],
    });
    calls.length = 0;
    await asked('runs/get', { id: 'log1' });
    await asked('runs/list', { experiment: 'log' });
    await asked('runs/list', { experiment: 'own' });
    await asked('runs/stop', { ids: ['log1'] });
    expect(calls.map(([who]) => who)).toEqual(['log', 'log', 'own', 'own']);
  });

  it('start no engine where only logs are looked at', async () => {
    const { asked, calls } = world(false);
    expect(await asked('experiments/list', {})).toEqual({ experiments: [{ name: 'log' }] });
    expect(ids(await asked('runs/list', {}))).toEqual(['log0', 'log1', 'log2']);
    expect(await asked('searches/list', { experiment: 'log' })).toEqual({ searches: [] });
    expect(await asked('devices/list', {})).toEqual({ devices: [] });
    expect(calls.every(([who]) => who === 'log')).toBe(true);
  });

  it('are watched at the engine only if they are its own', () => {
    const { foreign } = world();
    expect(ownOf(['own1', 'log1'], foreign as unknown as ForeignRuns)).toEqual(['own1']);
    expect(ownOf(['log1'], null)).toEqual(['log1']);
  });
});
