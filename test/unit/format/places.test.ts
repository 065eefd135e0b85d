import { expect, it } from 'vitest';
import { deviceText, whereText } from '../../../src/format/places.js';

it.each([
  ['slurm 12', 'slurm, job 12'],
  ['slurm 12 #3 (Priority)', 'slurm, job 12, place 3 in the queue: Priority'],
  ['slurm 12 (JobHeldUser)', 'slurm, job 12: JobHeldUser'],
  ['slurm 12 @node17', 'slurm, job 12 on node17'],
  [
    "kubernetes tunesmith-a-1 #3 (couldn't assign flavors: insufficient quota)",
    "kubernetes, job tunesmith-a-1, place 3 in the queue: couldn't assign flavors: insufficient quota",
  ],
  ['ssh gpu-box #2 (waiting for a GPU)', 'ssh gpu-box, place 2 in the queue: waiting for a GPU'],
  ['ssh gpu-box gpu:1', 'ssh gpu-box gpu:1'],
  ['gpu:0+1', 'gpu:0+1'],
  ['@login1', '@login1'],
  ['cpu', 'cpu'],
])('%s', (device, text) => {
  expect(deviceText(device)).toBe(text);
});

it('rows say where a live run is, unless it is on this machine', () => {
  expect(whereText({ status: 'starting', device: 'slurm 12 #3 (Priority)' })).toBe(
    'slurm, job 12, place 3 in the queue: Priority',
  );
  expect(whereText({ status: 'running', device: 'gpu:0' })).toBeNull();
  expect(whereText({ status: 'running', device: null })).toBeNull();
  expect(whereText({ status: 'completed', device: 'slurm 12 @node1' })).toBeNull();
});
