/** Results on disk, one JSON line each, found again by their key. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Found } from './runs.js';

export interface Result extends Found {
  /** `optuna` or `ours`, with what was measured: see `keyOf`. */
  key: string;
  side: 'optuna' | 'ours';
  task: string;
  group: string;
  sampler: string;
  pruner: string | null;
  seed: number;
  budget: number;
  workers: number;
}

export class Results {
  readonly all = new Map<string, Result>();

  constructor(private readonly file: string) {
    if (!existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      try {
        if (line) this.keep(JSON.parse(line) as Result);
      } catch {
        // The end of a line that was being written when somebody stopped the bench.
      }
    }
  }

  private keep(result: Result): void {
    this.all.set(result.key, result);
  }

  add(result: Result): void {
    this.keep(result);
    mkdirSync(dirname(this.file), { recursive: true });
    appendFileSync(this.file, `${JSON.stringify(result)}\n`);
  }
}
