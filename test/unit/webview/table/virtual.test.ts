import { describe, expect, it } from 'vitest';
import type { Run } from '../../../../src/protocol/engine/index.js';
import { PAGE, RunPages } from '../../../../webview/model/table/pages.js';
import { pagesOf, scrollToRow, windowOf } from '../../../../webview/model/table/virtual.js';

describe('windowOf', () => {
  it('renders the visible rows and a few more', () => {
    const view = windowOf(26_000, 520, 26, 10_000, 5);
    expect(view).toEqual({ first: 995, end: 1025, before: 995 * 26, after: (10_000 - 1025) * 26 });
  });
  it('always adds up to the whole height', () => {
    for (const top of [0, 13, 4711, 1e9]) {
      const view = windowOf(top, 500, 26, 321);
      expect(view.before + (view.end - view.first) * 26 + view.after).toBe(321 * 26);
    }
  });
  it('holds nothing when there is nothing', () => {
    expect(windowOf(100, 500, 26, 0)).toEqual({ first: 0, end: 0, before: 0, after: 0 });
  });
});

describe('pagesOf', () => {
  it('names each page once', () => {
    expect(pagesOf(95, 205, 100)).toEqual([0, 1, 2]);
    expect(pagesOf(100, 200, 100)).toEqual([1]);
    expect(pagesOf(5, 5, 100)).toEqual([]);
  });
});

describe('scrollToRow', () => {
  it('moves no more than needed', () => {
    expect(scrollToRow(10, 0, 520, 26)).toBe(0);
    expect(scrollToRow(30, 0, 520, 26)).toBe(31 * 26 - 520);
    expect(scrollToRow(2, 520, 520, 26)).toBe(52);
  });
});

describe('RunPages', () => {
  const run = (n: number, name = `run-${n}`) => ({ id: String(n), name }) as Run;
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
  function make(count: number) {
    const asked: number[] = [];
    const pages = new RunPages(
      async ({ offset = 0, limit = 100, text }) => {
        asked.push(offset);
        const all = text ? [run(7, text)] : Array.from({ length: count }, (_, i) => run(i));
        return { total: all.length, runs: all.slice(offset, offset + limit) };
      },
      () => {},
      (error) => {
        throw error;
      },
    );
    return { pages, asked };
  }

  it('reads only the pages on the screen', async () => {
    const { pages, asked } = make(10_000);
    pages.setQuery({});
    pages.show(0, 30);
    await settle();
    pages.show(5000, 5030);
    await settle();
    expect(asked).toEqual([0, 5000]);
    expect(pages.row(5010)?.id).toBe('5010');
    expect(pages.row(200)).toBeUndefined();
  });

  it('keeps a bounded number of pages', async () => {
    const { pages } = make(10_000);
    pages.setQuery({});
    for (let top = 0; top < 10_000; top += PAGE) {
      pages.show(top, top + 30);
      await settle();
    }
    expect(pages.row(9_950)).toBeDefined();
    expect(pages.row(0)).toBeUndefined();
  });

  it('drops answers to outdated requests', async () => {
    const { pages } = make(300);
    pages.setQuery({});
    pages.setQuery({ text: 'only' });
    await settle();
    expect(pages.total).toBe(1);
    expect(pages.row(0)?.name).toBe('only');
  });

  it('puts new rows in the place of the old and says when one is unknown', async () => {
    const { pages } = make(50);
    pages.setQuery({});
    pages.show(0, 30);
    await settle();
    expect(pages.update([run(3, 'renamed')])).toBe(false);
    expect(pages.row(3)?.name).toBe('renamed');
    expect(pages.update([run(999)])).toBe(true);
  });
});
