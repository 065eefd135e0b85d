import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { NewRun } from '../../../src/store/api.js';
import type { Store } from '../../../src/store/store.js';
import { journal, lines, newRun, openStore, temporary } from './helpers.js';

describe('parameters that only the program can read', () => {
  const read = (...names: string[]): object => ({ type: 'received', time: 1e12, names });
  const fill = (store: Store, run: NewRun): void => {
    writeFileSync(
      journal(run),
      lines(read('a', 'constructor'), { type: 'metrics', step: 0, values: { loss: 1 } }, read('a', 'unknown')),
    );
    writeFileSync(journal(run, 'rank1-2.ndjson'), lines({ type: 'params', time: 1e12, params: { stated: 2 } }));
    store.runs.insert(run);
    store.ingest.pollAll('r2', { final: true, budgetMs: Infinity });
  };

  it('are named in short, however many and long they are', () => {
    const folder = temporary();
    const store = openStore(folder);
    const unpassed = Array.from({ length: 5000 }, (_, i) => `${i}${'x'.repeat(1000)}`);
    store.runs.insert(newRun(folder, 'r1', { unpassed }, { status: 'completed' }));
    const [{ text } = { text: '' }] = store.runs.messages('r1');
    expect(text).toContain('and 4995 more did not reach the program');
    expect(text.length).toBeLessThan(1000);
  });

  it('are warned of once if the run completed without reading them, also by a rebuilt index', () => {
    const folder = temporary();
    const store = openStore(folder);
    const unpassed = ['a', 'b', 'constructor', '__proto__', 'stated'];
    const run = newRun(folder, 'r2', { unpassed, params: { a: 1, b: 2, stated: 1 } });
    fill(store, run);
    const texts = (one: Store): string[] => one.runs.messages('r2').map(({ text }) => text);
    expect(texts(store)).toEqual([]);
    for (const status of ['failed', 'stopped', 'paused'] as const) {
      store.runs.update('r2', { status });
      expect(texts(store)).toEqual([]);
      expect(store.runs.get('r2')?.warnings).toBeUndefined();
    }
    store.runs.update('r2', { status: 'completed', endedAt: 5000 });
    const text =
      '"b" and "__proto__" did not reach the program: neither the command nor the environment passes them on, and the program ' +
      'did not read them. It ran with values of its own. Write {b} into the command, or read tunesmith.config.';
    expect(store.runs.messages('r2')).toEqual([
      expect.objectContaining({ time: 5000, last: 5000, level: 'warning', text, count: 1 }),
    ]);
    expect(store.runs.get('r2')?.warnings).toEqual({ count: 1, text });
    expect(store.runs.detail('r2')?.messages).toHaveLength(1);

    const other = openStore(temporary());
    fill(other, { ...run, status: 'completed' });
    expect(texts(other)).toEqual([text]);
  });
});
