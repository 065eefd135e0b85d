import { keyOf } from './index.js';
import type { History } from '../types.js';

/** The points that a history has tried already. Reads each trial once, so look-ups stay cheap with many of them. */
export class SeenPoints {
  private readonly keys = new Set<string>();
  private read = 0;

  update(history: History): void {
    for (; this.read < history.trials.length; this.read++) {
      this.keys.add(keyOf(history.space, history.trials[this.read]!.params));
    }
  }

  has(key: string): boolean {
    return this.keys.has(key);
  }

  get count(): number {
    return this.keys.size;
  }
}
