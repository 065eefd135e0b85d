import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExitRecord, JournalRecord } from '../../protocol/journal.js';
import { RUN_FILES } from '../../protocol/runFiles.js';

/** The supervisor's own journal: how the program was started and how it ended, and what it must say to the person. */
export class SupervisorJournal {
  private readonly path: string;
  /** Which launch of the run this is; absent for the first. */
  launch: number | undefined;

  constructor(folder: string) {
    mkdirSync(join(folder, RUN_FILES.journal), { recursive: true });
    this.path = join(folder, RUN_FILES.journal, RUN_FILES.supervisorJournal);
  }

  /** False when the disk refused; the caller decides whether to try again. */
  write(record: JournalRecord): boolean {
    try {
      // One write a line, so that a reader sees the whole record or, at worst, an unfinished last line.
      appendFileSync(this.path, JSON.stringify(record) + '\n', { mode: 0o600 });
      return true;
    } catch {
      return false;
    }
  }

  /** The one record that must not be missing: tried for as long as the disk is full. */
  async writeExit(record: Omit<ExitRecord, 'type' | 'time'>): Promise<void> {
    const whole: JournalRecord = { type: 'exit', time: Date.now(), ...record, launch: this.launch };
    while (!this.write(whole)) await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
