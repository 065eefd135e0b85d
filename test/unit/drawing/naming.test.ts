import { describe, expect, it } from 'vitest';
import type { Params } from '../../../src/protocol/values/index.js';
import { differingParams, labels } from '../../../src/drawing/runs/naming.js';

const run = (id: string, params: Params, name = `run-${id}`) => ({ id, name, params });

describe('differingParams', () => {
  it('names only what differs, in the order of the file', () => {
    const runs = [run('a', { lr: 0.1, batch: 64, opt: 'adam' }), run('b', { lr: 0.1, batch: 32, opt: 'sgd' })];
    expect(differingParams(runs)).toEqual(['batch', 'opt']);
  });
  it('counts a param that one run lacks', () => {
    expect(differingParams([run('a', { opt: 'sgd', momentum: 0.9 }), run('b', { opt: 'adam' })])).toEqual([
      'opt',
      'momentum',
    ]);
  });
  it('compares lists by their items', () => {
    expect(differingParams([run('a', { layers: [1, 2] }), run('b', { layers: [1, 2] })])).toEqual([]);
  });
  it('says nothing of a single run', () => {
    expect(differingParams([run('a', { lr: 1 })])).toEqual([]);
  });
});

describe('labels', () => {
  it('falls back to the name when nothing differs', () => {
    const named = labels([run('a', { lr: 1 }), run('b', { lr: 1 })]);
    expect(named.get('a')?.text).toBe('run-a');
    expect(named.get('a')?.ambiguous).toBe(true);
  });
  it('adds the name to runs that have the same params as another', () => {
    const named = labels([run('a', { lr: 1 }), run('b', { lr: 1 }), run('c', { lr: 2 })]);
    expect(named.get('a')?.text).toBe('lr 1 · run-a');
    expect(named.get('c')?.text).toBe('lr 2');
  });
  it('leaves out missing parameters', () => {
    const named = labels([run('a', { opt: 'sgd', momentum: 0.9 }), run('b', { opt: 'adam' })]);
    expect(named.get('b')?.text).toBe('opt adam');
  });
  it('shortens endless values', () => {
    const named = labels([run('a', { prompt: 'x'.repeat(5000) }), run('b', { prompt: 'y' })]);
    expect(named.get('a')!.text.length).toBeLessThan(60);
  });
});
