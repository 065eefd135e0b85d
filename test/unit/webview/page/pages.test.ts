import { expect, it } from 'vitest';
import type { RunDetail } from '../../../../src/protocol/engine/index.js';
import type { RunToCompare } from '../../../../src/format/runDiff.js';
import { PanelState } from '../../../../src/protocol/panel/index.js';
import { comparison } from '../../../../src/drawing/runs/comparison.js';
import { compareRuns, openRun, pageRuns } from '../../../../webview/model/page/pages.js';
import { patchFiles } from '../../../../webview/model/page/patch.js';
import { Selection } from '../../../../webview/model/selection.js';

const selection = () => {
  const nothing = () => {};
  return new Selection({ emit: nothing, onState: nothing, save: nothing, looks: () => ({}), restoreLooks: nothing });
};

it('opens a run in the section that was open, and leaves the page with a tab', () => {
  const model = selection();
  openRun(model, 'a', 'log');
  openRun(model, 'b');
  expect(model.state.page).toEqual({ kind: 'run', run: 'b', section: 'log' });
  model.setState({ experiment: 'other' });
  expect(pageRuns(model.state.page)).toEqual(['b']);
  model.setState({ tab: 'charts' });
  expect(model.state.page).toBeNull();
  compareRuns(model, ['a', 'b', 'a']);
  expect(pageRuns(model.state.page)).toEqual(['a', 'b']);
});

it('takes a stored page that is no page as none', () => {
  const state = { version: 1, experiment: null, file: null, selected: null, page: { kind: 'run', run: 3 } };
  expect(PanelState.parse(state).page).toBeNull();
});

const run = (id: string, params: RunDetail['params'], loss: number): RunToCompare => ({
  run: {
    ...{ id, name: id, params, metrics: { loss: { last: loss, lastStep: 1, min: loss, max: loss, count: 1 } } },
    ...{ host: 'h', command: ['python', 'train.py'], seed: 1, git: null },
  } as unknown as RunDetail,
  recorded: { code: null, environment: null, data: null },
  changes: null,
});

it('shows what differs from the first run, and how much', () => {
  const runs = [run('a', { lr: 0.1, opt: 'adam' }, 2), run('b', { lr: 0.2, opt: 'adam' }, 1)];
  const sections = comparison(runs, false);
  expect(sections[0]).toEqual({
    section: 'params',
    same: 1,
    rows: [
      {
        name: 'lr',
        cells: [
          { text: '0.1', change: '', differs: false },
          { text: '0.2', change: '+0.1 (+100 %)', differs: true },
        ],
      },
    ],
  });
  expect(sections[1]!.rows[0]!.cells[1]).toEqual({ text: '1', change: '−1 (−50 %)', differs: true });
  expect(sections[2]).toEqual({ section: 'environment', rows: [], same: 3 });
  expect(comparison(runs, true)[0]!.rows.map(({ name }) => name)).toEqual(['lr', 'opt']);
});

it('takes a patch apart', () => {
  const patch = `diff --git a/x y.py b/x y.py
index 1..2 100644
--- a/x y.py\t
+++ b/x y.py\t
@@ -1,2 +1,3 @@
 same
-old
+new
+--- not a header
diff --git a/gone.py b/gone.py
deleted file mode 100644
--- a/gone.py
+++ /dev/null
@@ -1 +0,0 @@
-bye
`;
  const [first, second] = patchFiles(patch);
  expect(first).toMatchObject({ name: 'x y.py', added: 2, removed: 1, cut: false });
  expect(first!.lines.map(({ kind }) => kind)).toEqual(['hunk', 'same', 'removed', 'added', 'added']);
  expect(second).toMatchObject({ name: 'gone.py', added: 0, removed: 1 });
  expect(second!.lines[0]).toEqual({ kind: 'note', text: 'deleted file mode 100644' });
});
