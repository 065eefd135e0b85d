import { expect, it } from 'vitest';
import { History } from '../../../webview/model/history.js';
import { Selection } from '../../../webview/model/selection.js';

const nothing = () => {};

it('undoes and redoes step by step, and forgets what was undone with a new step', async () => {
  let now = 0;
  const history = new History(() => (now += 10_000));
  let value = 0;
  const set = (to: number) => {
    const before = value;
    value = to;
    history.add({ kind: 'set', undo: () => void (value = before), redo: () => void (value = to) });
  };
  set(1);
  set(2);
  expect(await history.undo()).toBe(true);
  expect(value).toBe(1);
  await history.redo();
  expect(value).toBe(2);
  await history.undo();
  await history.undo();
  expect([value, history.canUndo]).toEqual([0, false]);
  set(5);
  expect(await history.redo()).toBe(false);
});

it('keeps a step that fails', async () => {
  const history = new History(() => 0);
  let fails = true;
  history.add({
    kind: 'a',
    undo: () => {
      if (fails) throw new Error('no');
    },
    redo: nothing,
  });
  await expect(history.undo()).rejects.toThrow('no');
  fails = false;
  expect(await history.undo()).toBe(true);
});

it('takes a slider for one step, and what the program chooses for none', async () => {
  let now = 0;
  const history = new History(() => now);
  const selection = new Selection({
    ...{ emit: nothing, onState: nothing, save: nothing, looks: () => ({}), restoreLooks: nothing },
    history,
  });
  selection.setState({ experiment: 'first' });
  expect(history.canUndo).toBe(false);
  for (const smoothing of [0.1, 0.5, 0.9]) {
    now += 100;
    selection.setView({ smoothing });
  }
  now += 5000;
  selection.setState({ hidden: ['a'] });
  now += 5000;
  selection.setView({ draft: { file: 'f', params: {}, spaces: {}, trials: null } });
  await history.undo();
  expect([selection.state.hidden, selection.view.smoothing]).toEqual([[], 0.9]);
  expect(selection.view.draft).not.toBeNull();
  await history.undo();
  expect(selection.view.smoothing).toBe(0);
  await history.redo();
  await history.redo();
  expect([selection.state.hidden, selection.view.smoothing]).toEqual([['a'], 0.9]);
});

it('takes a saved view, or another experiment, for one step', async () => {
  const history = new History(() => 0);
  const selection = new Selection({
    ...{ emit: nothing, onState: nothing, save: nothing, looks: () => ({}), restoreLooks: nothing },
    history,
  });
  selection.setState({ experiment: 'first' });
  selection.together(() => {
    selection.setState({ tab: 'insight' });
    selection.setView({ insightOf: 'all' });
  });
  selection.together(nothing);
  expect([selection.state.tab, selection.view.insightOf]).toEqual(['insight', 'all']);
  await history.undo();
  expect([selection.state.tab, selection.view.insightOf, history.canUndo]).toEqual(['charts', 'search', false]);
});
