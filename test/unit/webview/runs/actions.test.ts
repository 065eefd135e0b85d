import { expect, it } from 'vitest';
import type { Run } from '../../../../src/protocol/engine/index.js';
import type { PanelModel } from '../../../../webview/model/panel.js';
import { actionsFor } from '../../../../webview/model/runs/actions.js';

const run = (id: string, change: Partial<Run> = {}): Run =>
  ({ id, name: id, status: 'completed', params: {}, metrics: {}, info: {}, tags: [], ...change }) as Run;
const foreign = { title: 'TensorBoard', path: '/logs' };

it('offers nothing that would change the logs of another tool', () => {
  const commands: unknown[][] = [];
  const model = (trusted: boolean) =>
    ({
      trusted,
      view: { baseline: null },
      host: { command: (...all: unknown[]) => commands.push(all) },
    }) as unknown as PanelModel;
  const ids = (trusted: boolean, runs: Run[]) =>
    actionsFor(model(trusted), runs, () => undefined)
      .filter(({ disabled }) => disabled === undefined)
      .map((action) => action.id);
  const theirs = [run('a', { foreign }), run('b', { foreign, status: 'running' })];
  expect(ids(true, theirs)).toEqual(['import', 'compare', 'draw']);
  expect(ids(true, [theirs[1]!])).toEqual(['import', 'open', 'draw', 'openLog']);
  expect(ids(false, [theirs[1]!])).toEqual(['open', 'draw', 'openLog']);
  expect(ids(true, [theirs[0]!, run('c')])).toEqual(['import', 'compare', 'draw']);
  expect(ids(true, [run('c')])).toEqual(expect.arrayContaining(['exportRuns', 'delete']));
  expect(ids(false, [run('c')])).not.toContain('exportRuns');
  const [stop] = actionsFor(model(false), [run('d', { status: 'running' })], () => undefined);
  expect(stop).toMatchObject({ id: 'stop', disabled: expect.stringContaining('Trust this workspace') as string });
  const mixed = actionsFor(model(true), [...theirs, run('c')], () => undefined);
  void mixed.find(({ id }) => id === 'import')!.run();
  expect(commands).toEqual([['tunesmith.logs.importRuns', 'a', 'b']]);
});

it('says with several runs on how many of them each action acts', () => {
  const model = { trusted: true, view: { baseline: null }, host: {} } as unknown as PanelModel;
  const some = [run('a'), run('b', { status: 'running' }), run('c', { status: 'running' })];
  const labels = new Map(actionsFor(model, some, () => undefined).map(({ id, label }) => [id, label]));
  expect(labels.get('stop')).toBe('Stop (2)');
  expect(labels.get('delete')).toBe('Delete (1)');
  for (const [id, label] of labels) expect(label, id).toMatch(/\d/);
  const one = actionsFor(model, [run('a')], () => undefined);
  for (const { label } of one) expect(label).not.toMatch(/\d/);
});
