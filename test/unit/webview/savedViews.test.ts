import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readViews, writeViews } from '../../../src/report/viewsFile.js';
import type { PanelState } from '../../../src/protocol/panel/index.js';
import { NO_VIEWS, VIEWS_FILE, type SavedViews } from '../../../src/protocol/panel/savedViews.js';
import { Views } from '../../../webview/model/savedViews.js';
import { DEFAULT_VIEW, emptyState, type ViewSettings } from '../../../webview/model/view.js';

describe('saved views', () => {
  let file: SavedViews;
  let shown: [Partial<PanelState>, Partial<ViewSettings>] | null;
  let state: PanelState;
  let view: ViewSettings;
  let views: Views;
  beforeEach(async () => {
    [file, shown] = [NO_VIEWS, null];
    state = { ...emptyState(), experiment: 'digits', tab: 'insight', pinned: ['a'] };
    view = { ...DEFAULT_VIEW, smoothing: 0.5, looks: { a: 1 } };
    views = new Views({
      read: () => Promise.resolve(file),
      write: (next) => Promise.resolve((file = next)),
      now: () => ({ state, view }),
      show: (...all) => (shown = all),
      onNews: () => {},
    });
    await views.load();
  });

  it('keep what is seen, but no unsaved form, and show it again', async () => {
    view.draft = { file: 'f', params: { lr: '1' }, spaces: {}, trials: null };
    await views.save('mine');
    expect(file.views[0]!.view).not.toHaveProperty('draft');
    views.show(JSON.parse(JSON.stringify(file.views[0])) as SavedViews['views'][number]);
    expect(shown![0]).toMatchObject({ experiment: 'digits', tab: 'insight', pinned: ['a'] });
    expect(shown![1]).toMatchObject({ smoothing: 0.5 });
    expect(shown![1]).not.toHaveProperty('draft');
    expect(shown![1]).not.toHaveProperty('looks');
  });

  it('add to what somebody else has saved meanwhile', async () => {
    file = { ...NO_VIEWS, views: [{ ...emptyView, name: 'theirs' }] };
    await views.save('mine');
    expect(file.views.map(({ name }) => name)).toEqual(['mine', 'theirs']);
  });

  it('take settings that are no settings as the default', () => {
    views.show({ ...emptyView, name: 'x', view: { smoothing: 7, zoom: { loss: 'all' }, columns: [1] } });
    expect(shown![1]).toMatchObject({ smoothing: DEFAULT_VIEW.smoothing, zoom: {}, columns: null });
  });

  it('open an experiment, until they are deleted', async () => {
    await views.save('mine');
    await views.setDefault('__proto__', 'mine');
    expect(views.defaultOf('__proto__')?.name).toBe('mine');
    expect(views.defaultOf('digits')).toBeUndefined();
    await views.remove('mine');
    expect(file).toEqual(NO_VIEWS);
  });
});

const emptyView = {
  experiment: null,
  tab: 'charts',
  selected: null,
  pinned: [],
  hidden: [],
  view: {},
} as const satisfies Omit<SavedViews['views'][number], 'name'>;

describe('the file of views', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tunesmith-views-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const mine: SavedViews = { ...NO_VIEWS, views: [{ ...emptyView, pinned: [], hidden: [], name: 'mine' }] };

  it('is written and read', async () => {
    expect(await readViews(folder)).toEqual(NO_VIEWS);
    await writeViews(folder, mine);
    expect(await readViews(folder)).toEqual(mine);
  });

  it('is neither followed as a link nor overwritten if it cannot be read', async () => {
    const [file, other] = [join(folder, VIEWS_FILE), join(folder, 'other')];
    writeFileSync(other, 'precious');
    symlinkSync(other, file);
    await expect(readViews(folder)).rejects.toThrow('is not an ordinary file');
    await expect(writeViews(folder, mine)).rejects.toThrow('is not an ordinary file');
    rmSync(file);
    writeFileSync(file, '{ "version": 1, "views": [{ "name": "x", "tab": "nowhere" }] }');
    await expect(writeViews(folder, mine)).rejects.toThrow(/at views\.0/);
    writeFileSync(file, '{');
    await expect(writeViews(folder, mine)).rejects.toThrow('is not JSON');
    expect(readFileSync(file, 'utf8')).toBe('{');
    expect(readFileSync(other, 'utf8')).toBe('precious');
  });
});
