import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StopReason } from '../../../src/client/run.js';
import { StopPoint } from '../../../src/client/checkpoints/stopPoint.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** `saves`: the program goes on from a checkpoint. */
function point(saves = false) {
  const acted: StopReason[] = [];
  return { acted, it: new StopPoint(saves, 10, (reason) => acted.push(reason)) };
}
const save = (it: StopPoint, step: number): void => {
  it.beginsSave();
  it.saved(step);
};

describe('a request to stop', () => {
  it('to pause takes effect at once if nothing was logged since the checkpoint', () => {
    const { it, acted } = point();
    it.logs(0);
    save(it, 0);
    it.ask('pause');
    expect(acted).toEqual(['pause']);
    expect(it.visible).toBe('pause');
  });

  it('to pause waits for a checkpoint of the logged step, not for one already being written', () => {
    const { it, acted } = point();
    it.logs(0);
    it.ask('pause');
    expect([it.visible, it.waits]).toEqual([null, true]);
    it.beginsSave();
    vi.advanceTimersByTime(100);
    expect(acted).toEqual([]);
    it.saved(0);
    expect(acted).toEqual(['pause']);
  });

  it('of its own waits for its checkpoint without a limit, and a later request sets one', () => {
    const { it, acted } = point();
    it.logs(0);
    it.askItself('pause');
    vi.advanceTimersByTime(1e6);
    expect([it.visible, it.waits]).toEqual([null, true]);
    it.ask('pause');
    it.ask('pause');
    expect(acted).toEqual([]);
    vi.advanceTimersByTime(7000);
    expect(acted).toEqual(['pause']);
  });

  it('of its own becomes a stop', () => {
    const { it, acted } = point();
    it.logs(0);
    it.askItself('pause');
    it.ask('prune');
    it.askItself('pause');
    expect(acted).toEqual(['prune']);
  });

  it('waits on when a checkpoint could not be saved', () => {
    const { it, acted } = point();
    it.logs(0);
    it.ask('pause');
    it.beginsSave();
    it.saved(null);
    expect(acted).toEqual([]);
  });

  it.each([false, true])('waits for the log if a program saves first (resumes: %s)', (saves) => {
    const { it, acted } = point(saves);
    for (const step of [4, 5]) {
      save(it, step);
      if (step === 5) it.ask('pause');
      expect(acted).toEqual([]);
      it.logs(step);
      it.logs(step);
    }
    // Whatever else is logged for the step comes first.
    expect(acted).toEqual([]);
    vi.runAllTicks();
    vi.advanceTimersByTime(0);
    expect(acted).toEqual(['pause']);
  });

  it('of its own, too, lets a program that saves first log the whole step', () => {
    const { it, acted } = point();
    for (const step of [4, 5]) {
      save(it, step);
      it.logs(step);
      if (step === 5) it.askItself('pause');
      it.logs(step);
    }
    expect(acted).toEqual([]);
    vi.advanceTimersByTime(0);
    expect(acted).toEqual(['pause']);
  });

  it('of a pruner takes effect at once, and so does that of a person without checkpoints', () => {
    for (const reason of ['prune', 'stop'] as const) {
      const { it, acted } = point();
      it.logs(0);
      it.ask(reason);
      expect(acted).toEqual([reason]);
    }
  });

  it('of a person waits for a checkpoint if there are earlier ones', () => {
    const { it, acted } = point(true);
    it.logs(3);
    it.ask('stop');
    expect(acted).toEqual([]);
    save(it, 3);
    expect(acted).toEqual(['stop']);
  });

  it('takes effect without a checkpoint after most of the grace period', () => {
    const { it, acted } = point();
    it.logs(0);
    it.ask('pause', 2);
    vi.advanceTimersByTime(1199);
    expect(acted).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(acted).toEqual(['pause']);
  });

  it('to pause becomes one to stop, and then stays so', () => {
    const { it, acted } = point();
    it.logs(0);
    save(it, 0);
    it.logs(1);
    it.ask('pause');
    it.ask('stop');
    it.ask('pause');
    save(it, 1);
    expect(acted).toEqual(['stop']);
    it.hurry();
    expect(acted).toEqual(['stop']);
  });

  it('by a signal waits for nothing', () => {
    const { it, acted } = point(true);
    it.logs(0);
    it.hurry();
    expect(acted).toEqual(['stop']);
  });
});
