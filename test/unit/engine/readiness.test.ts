import { describe, expect, it } from 'vitest';
import { Readiness } from '../../../src/engine/server/readiness.js';
import type { Client, Handlers } from '../../../src/engine/server/server.js';

describe('an engine that is coming up', () => {
  it('answers requests that only read, and the others once all folders are read', async () => {
    const readiness = new Readiness();
    const said: string[] = [];
    const handlers = readiness.guarded({
      'runs/list': () => (said.push('list'), { total: 0, runs: [] }),
      'runs/stop': () => (said.push('stop'), { done: [], skipped: [] }),
    } as unknown as Handlers);
    const stop = handlers['runs/stop']({ ids: ['a'] }, {} as Client);
    await handlers['runs/list']({} as never, {} as Client);
    expect(said).toEqual(['list']);
    expect(readiness.progress).not.toBeNull();
    readiness.ready();
    expect(readiness.progress).toBeNull();
    await stop;
    expect(said).toEqual(['list', 'stop']);
  });

  it('tells of a list that is being built only if that takes a while', () => {
    const readiness = new Readiness();
    readiness.progress = { done: 1, of: 10 };
    expect(readiness.notice).toBeNull();
    readiness.progress = { done: 300, of: 10_000 };
    expect(readiness.notice).toBe('The list of 10000 runs is being built again from their folders, the newest first.');
    readiness.ready();
    expect(readiness.notice).toBeNull();
  });
});
