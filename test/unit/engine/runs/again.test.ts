import { expect, it } from 'vitest';
import { isStuck, launchAgain } from '../../../../src/engine/runs/life/again.js';
import type { RunError } from '../../../../src/protocol/engine/index.js';

const failed = (kind: RunError['kind']) => ({
  status: 'failed' as const,
  error: { kind, message: 'It broke.', logTail: '' },
});

it('counts all reasons together for a number, and each for itself otherwise', () => {
  const first = launchAgain(failed('lost'), { all: 2 }, undefined)!;
  expect(first).toEqual({
    reason: 'lost',
    counts: { lost: 1 },
    text: { text: 'Launched again ({0} of {1}): {2}', values: [1, 2, 'It broke.'] },
  });
  const second = launchAgain(failed('exit'), { all: 2 }, first)!;
  expect(second).toMatchObject({ reason: 'failed', counts: { lost: 1, failed: 1 } });
  expect(launchAgain(failed('out-of-memory'), { all: 2 }, second)).toBeNull();
  const each = { lost: 1, outOfMemory: 1 };
  expect(launchAgain(failed('out-of-memory'), each, first)).toMatchObject({ counts: { lost: 1, outOfMemory: 1 } });
  expect(launchAgain(failed('lost'), each, first)).toBeNull();
  expect(launchAgain(failed('script'), each, undefined)).toBeNull();
});

it('leaves alone what ended as it was to, what could not be started, and files that ask for nothing', () => {
  for (const status of ['completed', 'stopped', 'pruned', 'paused'] as const)
    expect(launchAgain({ status, error: null }, { all: 5 }, undefined)).toBeNull();
  expect(launchAgain(failed('not-started'), { all: 5 }, undefined)).toBeNull();
  expect(launchAgain(failed('lost'), undefined, undefined)).toBeNull();
});

it('goes on after a preemption whatever else the file says, and counts that apart', () => {
  const preempted = failed('preempted');
  const first = launchAgain(preempted, undefined, undefined)!;
  expect(first).toMatchObject({
    counts: { preempted: 1 },
    text: { text: 'Launched again ({0} of {1}): {2}', values: [1, 1000, 'It broke.'] },
  });
  expect(launchAgain(failed('lost'), { all: 1 }, first)).toMatchObject({ counts: { preempted: 1, lost: 1 } });
  expect(launchAgain(preempted, { all: 0 }, first)).toMatchObject({ counts: { preempted: 2 } });
  expect(launchAgain(preempted, { preempted: 1 }, first)).toBeNull();
});

it('a run that saves nothing within the time of a job is not begun again and again', () => {
  const warned = { exit: { code: 0, signal: null, requested: 'pause', interrupted: 'warning' } } as const;
  const killed = { exit: null, job: { title: 'Slurm', id: '1', how: 'timeout', began: true } } as const;
  for (const ending of [warned, killed]) {
    expect(isStuck(ending, undefined, null)).toBe(true);
    expect(isStuck(ending, '/r/step-3', '/r/step-3')).toBe(true);
    expect(isStuck(ending, undefined, '/r/step-3')).toBe(false);
    expect(isStuck(ending, '/r/step-3', '/r/step-4')).toBe(false);
    // A search for the layers has gone on.
    expect(isStuck(ending, undefined, null, true)).toBe(false);
  }
  // Who is preempted at once has done nothing wrong.
  const preempted = { exit: null, job: { title: 'Slurm', id: '1', how: 'preempted', began: true } } as const;
  expect(isStuck(preempted, '/r/step-3', '/r/step-3')).toBe(false);
});
