/** A made-up pipeline: stages of every kind of state. */
import type { StageView } from '../../src/protocol/run/pipeline.js';

const stage = (name: string, kind: string, after: string[], more: Partial<StageView>): StageView => ({
  ...{ name, kind, after, status: 'waiting', run: null, reused: false },
  ...{ objective: null, weights: null, bytes: null, error: null },
  ...more,
});
const accuracy = (value: number): StageView['objective'] => ({ metric: 'val/accuracy', goal: 'maximize', value });

export const STAGES: StageView[] = [
  stage('prepare', 'run', [], { status: 'completed', run: 'r1', reused: true, bytes: 5_400_000 }),
  stage('teacher', 'train', ['prepare'], {
    ...{ status: 'completed', run: 'r2', objective: accuracy(0.9585), weights: 32_122, bytes: 131_848 },
  }),
  stage('pruned', 'prune', ['teacher'], {
    ...{ status: 'completed', run: 'r3', objective: accuracy(0.7505), weights: 769, bytes: 6340 },
  }),
  stage('a stage with a rather long name', 'decompose', ['teacher'], {
    ...{ status: 'failed', run: 'r4', error: { kind: 'exit', message: 'no kernel is left', logTail: '' } },
  }),
  stage('taught', 'distil', ['pruned', 'teacher'], { status: 'running', run: 'r5', objective: accuracy(0.85) }),
  stage('retrained', 'train', ['pruned'], {}),
  stage('evaluate', 'run', ['a stage with a rather long name'], { status: 'skipped' }),
];
