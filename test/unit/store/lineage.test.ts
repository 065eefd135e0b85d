import { expect, it } from 'vitest';
import { newRun, openStore, temporary } from './helpers.js';

it('knows what a run came from and what came from it', () => {
  const folder = temporary();
  const store = openStore(folder);
  const add = (id: string, spec: Parameters<typeof newRun>[2], createdAt: number) =>
    store.runs.insert(newRun(folder, id, { ...spec, createdAt }));
  add('first', {}, 1);
  add('again', { rerunOf: 'first' }, 2);
  add('branch', { branch: { run: 'again', step: 40 } }, 3);
  add('other', { rerunOf: 'again' }, 4);
  const names = (list: readonly { id: string }[]) => list.map(({ id }) => id);
  expect(store.runs.kinship('branch')).toEqual({
    ancestors: [
      { kind: 'branch', id: 'again', name: 'run again', step: 40 },
      { kind: 'rerun', id: 'first', name: 'run first', step: null },
    ],
    descendants: [],
  });
  const middle = store.runs.kinship('again');
  expect(middle.descendants).toEqual([
    { kind: 'branch', id: 'branch', name: 'run branch', step: 40 },
    { kind: 'rerun', id: 'other', name: 'run other', step: null },
  ]);
  store.runs.purge(['first']);
  expect(store.runs.kinship('again').ancestors).toEqual([{ kind: 'rerun', id: 'first', name: null, step: null }]);
  expect(names(store.runs.kinship('first').ancestors)).toEqual([]);
});

it('ends at a ring, which only files that somebody wrote by hand can form', () => {
  const folder = temporary();
  const store = openStore(folder);
  store.runs.insert(newRun(folder, 'a', { rerunOf: 'b' }));
  store.runs.insert(newRun(folder, 'b', { rerunOf: 'a' }));
  expect(store.runs.kinship('a').ancestors.map(({ id }) => id)).toEqual(['b']);
});

it('knows the pipeline of a stage, the stages that it used and those that used it', () => {
  const folder = temporary();
  const store = openStore(folder);
  const stage = (id: string, name: string, parents: string[], createdAt: number) =>
    store.runs.insert(
      newRun(folder, id, { stage: { pipeline: 'whole', name, parents, hash: id }, createdAt } as object),
    );
  store.runs.insert(newRun(folder, 'whole', { createdAt: 1 }));
  stage('a', 'data', [], 2);
  stage('b', 'train', ['a'], 3);
  stage('c', 'test', ['a', 'b'], 4);
  const kin = (id: string) => store.runs.kinship(id).pipeline?.map(({ role, id: of, stage: name }) => [role, of, name]);
  expect(kin('b')).toEqual([
    ['pipeline', 'whole', ''],
    ['uses', 'a', 'data'],
    ['usedBy', 'c', 'test'],
  ]);
  expect(kin('whole')).toEqual([
    ['stage', 'a', 'data'],
    ['stage', 'b', 'train'],
    ['stage', 'c', 'test'],
  ]);
  store.runs.insert(newRun(folder, 'plain', { createdAt: 5 }));
  expect(store.runs.kinship('plain')).not.toHaveProperty('pipeline');
});
