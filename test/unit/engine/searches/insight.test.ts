import { beforeEach, describe, expect, it } from 'vitest';
import { computeInsight } from '../../../../src/engine/searches/insight/compute.js';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { Insight, InsightQuery } from '../../../../src/protocol/engine/insight.js';
import { createStudy } from '../../../../src/search/index.js';
import type { Goal, Space } from '../../../../src/search/types.js';
import { experiment, searchOver, TRAIN, useWorkspace } from '../support.js';

const space: Space = {
  dimensions: [
    { kind: 'float', name: 'lr', low: 1e-4, high: 1, log: true, step: null, when: null },
    { kind: 'choice', name: 'optimizer', choices: ['adam', 'sgd'], weights: null, when: null },
    { kind: 'float', name: 'momentum', low: 0, high: 1, log: false, step: null, when: { optimizer: ['sgd'] } },
  ],
};
function saved(count: number, goals: Goal[] = ['minimize']): string {
  const study = createStudy({ space, goals, sampler: 'random', pruner: null, seed: 3, trials: null });
  for (let i = 0; i < count; i++) {
    const { id, params } = study.ask()!;
    const off = (Math.log10(params.lr as number) + 2) ** 2 + (params.optimizer === 'adam' ? 0 : 0.5);
    if (i % 10 === 9) study.tell(id, { state: 'failed' });
    else study.tell(id, { state: 'completed', values: [off, Number(params.lr)].slice(0, goals.length) });
  }
  return JSON.stringify({ study: study.save(), reported: {} });
}
const compute = (text: string | null, query: object = {}) => {
  const computed = computeInsight(text, InsightQuery.parse({ id: 's', ...query }));
  const objectives = [{ metric: 'loss', goal: 'minimize' }];
  // As it crosses to the clients.
  return Insight.parse(JSON.parse(JSON.stringify({ search: 's', objectives, ...computed })));
};

describe('what can be learned from a search', () => {
  it('has every part, in the form that clients are promised', () => {
    const { history, importance, curves, left, front, surface } = compute(saved(60));
    expect([front, surface]).toEqual([null, null]);
    expect(history!.length).toBe(54);
    const bests = history!.filter(({ best }) => best).map(({ value }) => value as number);
    expect(bests[0]).toBe(history![0]!.value);
    expect([...bests].sort((a, b) => b - a)).toEqual(bests);
    expect(importance).toMatchObject({ method: 'pedAnova', trials: 60, alone: null });
    expect('shares' in importance! && importance.shares[0]!.name).toBe('lr');
    if (!('curves' in curves!)) throw new Error('no curves');
    expect(curves.curves.map(({ name, scale }) => [name, scale])).toEqual([
      ['lr', 'log'],
      ['optimizer', 'choice'],
      ['momentum', 'linear'],
    ]);
    const lr = curves.curves[0]!;
    expect(Math.abs(Math.log10(lr.values[lr.mean.indexOf(Math.min(...lr.mean))] as number) + 2)).toBeLessThan(0.3);
    expect(left).toMatchObject({ trials: 54, sentence: expect.stringContaining('left to gain') as string });
  });

  it('has only the requested parts', () => {
    expect(compute(saved(30), { parts: [] })).toMatchObject({
      history: null,
      importance: null,
      curves: null,
      left: null,
    });
    const { importance, surface, curves } = compute(saved(30), {
      parts: ['importance'],
      method: 'fanova',
      surface: ['optimizer', 'momentum'],
    });
    expect(importance).toMatchObject({ method: 'fanova', alone: expect.any(Number) as number });
    expect(curves).toBeNull();
    expect(surface).toMatchObject({ scales: ['choice', 'linear'] });
    // Momentum belongs to SGD only.
    expect(surface!.mean.filter((mean) => mean === null).length).toBe(surface!.mean.length / 2);
  });

  it('has the front of several objectives', () => {
    const { front, left, objective, history } = compute(saved(60, ['minimize', 'maximize']), { objective: 1 });
    expect([left, objective]).toEqual([null, 1]);
    expect(front!.front.length + front!.others.length).toBe(54);
    const values = front!.front.map((point) => point.values as number[]);
    for (const [i, [loss, lr]] of values.slice(1).entries()) {
      expect(loss).toBeGreaterThan(values[i]![0]!);
      expect(lr).toBeGreaterThan(values[i]![1]!);
    }
    const best = history!.filter((point) => point.best).at(-1)!;
    expect(best.value).toBe(Math.max(...history!.map(({ value }) => value as number)));
  });

  it('says what a new search lacks', () => {
    for (const text of [null, saved(0), saved(4)]) {
      const { importance, curves, left, history } = compute(text);
      expect(importance).toMatchObject({ unknown: expect.stringContaining('at least 16') as string, needed: 16 });
      expect(curves).toMatchObject({ needed: 8 });
      expect(left).toMatchObject({ needed: 10 });
      expect(history!.length).toBe(text === null ? 0 : importance && 'trials' in importance ? importance.trials : -1);
    }
  });

  it('thins out long histories but keeps every improvement', () => {
    const study = createStudy({ space, goals: ['maximize'], sampler: 'random', pruner: null, seed: 3, trials: null });
    for (let i = 0; i < 3500; i++) study.tell(study.ask()!.id, { state: 'completed', values: [Math.floor(i / 50)] });
    const { history } = compute(JSON.stringify({ study: study.save() }), { parts: ['history'] });
    expect(history!.filter(({ best }) => best).length).toBe(70);
    expect(history!.length).toBeLessThan(1100);
    expect(history!.at(-1)!.trial).toBe(3499);
  });
});

describe('the engine', () => {
  const workspace = useWorkspace();
  let engine: EngineConnection;
  beforeEach(async () => {
    workspace().write('train.mjs', TRAIN);
    engine = await workspace().connect();
  });

  it('answers from the trials of a search, with their runs, and keeps serving meanwhile', async () => {
    const file = workspace().write(
      's.tune.yaml',
      experiment(
        'node train.mjs',
        'params: { lr: 0.1, steps: 2, pause: 1 }\nsearch:\n  sampler: grid\n  parallel: 4\n  space: { lr: { choice: [0.3, 0.1, 0.2, 0.4] } }\n',
      ),
    );
    const { search } = await engine.request('searches/start', { file });
    await searchOver(engine, search.id);
    const [insight, status] = await Promise.all([
      engine.request('searches/insight', { id: search.id }),
      engine.request('engine/status', {}),
    ]);
    expect(status.runs).toBe(0);
    expect(insight).toMatchObject({
      search: search.id,
      objectives: [{ metric: 'loss', goal: 'minimize' }],
      objective: 0,
    });
    const { runs } = await engine.request('runs/list', { search: search.id });
    expect(insight.history!.map(({ run }) => run).sort()).toEqual(runs.map(({ id }) => id).sort());
    const best = insight.history!.findLast((point) => point.best)!;
    expect(best.run).toBe((await engine.request('searches/get', { id: search.id })).best!.run);
    expect(insight.importance).toMatchObject({ unknown: expect.any(String) as string, trials: 4 });
    await expect(engine.request('searches/insight', { id: 'nothing' })).rejects.toThrow('There is no search nothing');
  });
});
