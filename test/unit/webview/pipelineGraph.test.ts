import { expect, it } from 'vitest';
import type { StageView } from '../../../src/protocol/run/pipeline.js';
import { placed } from '../../../webview/model/charts/pipeline.js';

const stage = (name: string, ...after: string[]): StageView => ({
  ...{ name, kind: 'run', after, status: 'waiting', run: null, reused: false },
  ...{ objective: null, weights: null, bytes: null, error: null },
});

it('places stages by what lies before them, and leaves out edges that others imply', () => {
  const { nodes, edges } = placed([
    stage('teacher'),
    stage('pruned', 'teacher'),
    stage('taught', 'pruned', 'teacher'),
    stage('other', 'teacher', 'gone'),
  ]);
  expect(nodes.map(({ stage: { name }, column, row }) => [name, column, row])).toEqual([
    ['teacher', 0, 0],
    ['pruned', 1, 0],
    ['taught', 2, 0],
    ['other', 1, 1],
  ]);
  expect(edges.map(([from, to]) => `${from.stage.name} → ${to.stage.name}`)).toEqual([
    'teacher → pruned',
    'pruned → taught',
    'teacher → other',
  ]);
});
