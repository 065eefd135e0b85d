import { describe, expect, it, vi } from 'vitest';
import type { Run } from '../../../../src/protocol/engine/index.js';
import type { MediaFile, MediaList } from '../../../../src/protocol/engine/media.js';
import { filesAt } from '../../../../src/drawing/mediaSteps.js';
import { groupMedia, kindOf, MediaOfRuns, sample } from '../../../../webview/model/media/media.js';

const run = (id: string, status: Run['status'] = 'completed'): Run => ({ id, name: id, status, endedAt: 1 }) as Run;
const list = (name: string, mime: string, steps: (number | null)[]): MediaList => ({
  series: [{ name, mime, steps, at: steps.map((_, i) => i) }],
  cut: false,
});

describe('media of runs', () => {
  it('are grouped by name and kind, with the steps of all runs', () => {
    const groups = groupMedia([
      { run: run('a'), list: list('w', 'application/vnd.tunesmith.histogram+json', [0, 2]) },
      { run: run('a'), list: list('w', 'image/png', [0, 5]) },
      { run: run('b'), list: list('w', 'image/jpeg', [null, 3]) },
    ]);
    expect(groups.map(({ kind, steps, of }) => [kind, steps, of.map((each) => each.run.id)])).toEqual([
      ['image', [0, 3, 5], ['a', 'b']],
      ['histogram', [0, 2], ['a']],
    ]);
    expect(['text/html', 'text/csv', 'video/mp4', 'application/zip'].map(kindOf)).toEqual([
      ...['html', 'table', 'video', 'other'],
    ]);
  });

  it('show the newest step up to the chosen one, all files of it', () => {
    const [series] = list('w', 'image/png', [null, 1, 1, 4]).series;
    expect(filesAt(series!, 3)).toEqual({ step: 1, at: [1, 2] });
    expect(filesAt(series!, 0)).toEqual({ step: 0, at: [0] });
    expect(filesAt(series!, 99)).toEqual({ step: 4, at: [3] });
    const [late] = list('w', 'image/png', [7, 9]).series;
    expect(filesAt(late!, 2)).toEqual({ step: 7, at: [0] });
    expect(sample([1, 2, 3, 4, 5], 3)).toEqual([1, 3, 5]);
  });

  it('are listed once for an ended run, and read a few at a time, each once', async () => {
    vi.useFakeTimers();
    let asked = 0;
    let active = 0;
    let most = 0;
    const lists = vi.fn(async () => list('w', 'image/png', [1]));
    const file = async (): Promise<MediaFile> => {
      asked++;
      most = Math.max(most, ++active);
      await new Promise((resolve) => setTimeout(resolve, 5));
      active--;
      return { mime: 'image/png', size: 3, data: 'AAAA' };
    };
    const media = new MediaOfRuns({ list: lists, file }, () => undefined);
    const [over, live] = [run('over'), run('live', 'running')];
    expect(media.of(over)).toBeUndefined();
    media.of(live);
    await vi.advanceTimersByTimeAsync(1);
    expect(media.of(over)?.series).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(20_000);
    media.of(over);
    media.of(live);
    expect(lists).toHaveBeenCalledTimes(3);
    const reads = Array.from({ length: 20 }, (_, i) => media.read('over', i % 10));
    await vi.advanceTimersByTimeAsync(100);
    expect((await Promise.all(reads)).every((each) => each?.data === 'AAAA')).toBe(true);
    expect([asked, most]).toEqual([10, 6]);
    vi.useRealTimers();
  });

  it('are forgotten, the oldest first, when there are many bytes of them', async () => {
    let asked = 0;
    const data = 'A'.repeat(30 * 2 ** 20);
    const file = async (): Promise<MediaFile> => (asked++, { mime: 'image/png', size: data.length, data });
    const media = new MediaOfRuns({ list: async () => list('w', 'image/png', [1]), file }, () => undefined);
    for (const at of [0, 1, 2]) await media.read('a', at);
    await media.read('a', 2);
    expect(asked).toBe(3);
    await media.read('a', 0);
    expect(asked).toBe(4);
  });

  it('that cannot be read are null', async () => {
    const fail = async (): Promise<never> => Promise.reject(new Error('gone'));
    const media = new MediaOfRuns({ list: fail, file: fail }, () => undefined);
    expect(await media.read('a', 0)).toBeNull();
  });

  it('read a picture of a cell beside its table, each once', async () => {
    const asked: unknown[] = [];
    const media = new MediaOfRuns(
      {
        list: () => Promise.reject(new Error('not asked')),
        file: (...all) => {
          asked.push(all);
          return Promise.resolve({ mime: 'image/png', size: 1, data: 'AA==' } as MediaFile);
        },
      },
      () => undefined,
    );
    await Promise.all([media.read('a', 0), media.read('a', 0, 'media/x.png'), media.read('a', 0, 'media/x.png')]);
    expect(asked).toEqual([
      ['a', 0, undefined],
      ['a', 0, 'media/x.png'],
    ]);
  });
});
