/** An act that a tool is about to do, in terms that a person can agree to. */
import type { BenchFolder } from './bench.js';

export interface Act {
  folder: BenchFolder;
  /** One sentence that says what happens: `Start a search of digits.tune.yaml`. */
  what: string;
  /** Facts that the person decides by, such as `trials: 20`. Names and values come from programs and files. */
  facts: [name: string, value: string][];
  /** Absolute path of the experiment file that it is about; null if none. A budget is given for a file. */
  file: string | null;
  /** Device hours that it is expected to take; null if no earlier trial tells. 0: it takes none. */
  deviceHours: number | null;
  /** True if it changes only a file, or runs and searches that an agent has started: what a budget covers. */
  isOwn: boolean;
  /** Does it. Called once, and only if that is allowed. */
  perform(): Promise<object>;
}
