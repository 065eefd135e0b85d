/**
 * Reports the trials that have ended since the last call, in the order of their ids. A paused trial counts as ended,
 * and again when it has been resumed and ended for good. Each trial is watched until then and no longer.
 */
import { z } from 'zod';
import type { History } from '../../types.js';

export const EndedState = z.object({
  read: z.number().int(),
  open: z.array(z.number()),
  paused: z.array(z.number()),
});
export type EndedState = z.infer<typeof EndedState>;

export class Ended {
  private read = 0;
  private open: number[] = [];
  private paused = new Set<number>();

  update({ trials }: History): number[] {
    while (this.read < trials.length) this.open.push(this.read++);
    const ended: number[] = [];
    this.open = this.open.filter((id) => {
      const { state } = trials[id]!;
      if (state === 'running') return true;
      if (state !== 'paused') {
        this.paused.delete(id);
        ended.push(id);
        return false;
      }
      if (!this.paused.has(id)) {
        this.paused.add(id);
        ended.push(id);
      }
      return true;
    });
    return ended;
  }

  save(): EndedState {
    return { read: this.read, open: [...this.open], paused: [...this.paused] };
  }
  load({ read, open, paused }: EndedState): void {
    this.read = read;
    this.open = [...open];
    this.paused = new Set(paused);
  }
}
