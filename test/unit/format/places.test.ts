import { expect, it } from 'vitest';
import { deviceText } from '../../../src/format/places.js';

it.each([
  ['slurm 12', 'slurm, job 12'],
  ['slurm 12 #3 (Priority)', 'slurm, job 12, place 3 in the queue: Priority'],
  ['slurm 12 (JobHeldUser)', 'slurm, job 12: JobHeldUser'],
  ['slurm 12 @node17', 'slurm, job 12 on node17'],
  [
    "kubernetes tunesmith-a-1 #3 (couldn't assign flavors: insufficient quota)",
    "kubernetes, job tunesmith-a-1, place 3 in the queue: couldn't assign flavors: insufficient quota",
  ],
  ['gpu:0+1', 'gpu:0+1'],
  ['@login1', '@login1'],
  ['cpu', 'cpu'],
])('%s', (device, text) => {
  expect(deviceText(device)).toBe(text);
});
