import { join } from 'node:path';
import { RUN_FILES } from '../../../protocol/run/runFiles.js';
import type { JournalRecord } from '../../../protocol/run/journal.js';
import { appendLine } from '../../disk/appendLine.js';

/** Records that wait for room on a full disk; older ones go first. */
const MAX_WAITING = 5000;

/**
 * A journal of the supervisor's observations of a program: another file in the run's folder, with the same records. It
 * is created with its first record.
 */
export class ObservedJournal {
  private waiting: string[] = [];
  private readonly path: string;
  private bytes = 0;

  constructor(
    folder: string,
    readonly file: string,
    /** Written before the first record of a later launch. */
    private begins: string | null,
    /** Bytes that one launch may write. */
    private readonly limit = Infinity,
  ) {
    this.path = join(folder, RUN_FILES.journal, file);
  }

  /** No more is taken. */
  get isFull(): boolean {
    return this.bytes >= this.limit;
  }

  add(record: JournalRecord): void {
    if (this.isFull) return;
    if (this.begins !== null) this.waiting.push(this.begins);
    this.begins = null;
    const line = JSON.stringify(record);
    this.bytes += line.length;
    this.waiting.push(line);
    if (this.waiting.length > MAX_WAITING) this.waiting.splice(0, this.waiting.length - MAX_WAITING);
  }

  /** Writes the added records in one piece. Never throws: on a full disk, they wait for the next call. Returns whether it has grown. */
  flush(): boolean {
    if (this.waiting.length === 0) return false;
    try {
      appendLine(this.path, this.waiting.join('\n'));
      this.waiting = [];
      return true;
    } catch {
      // Readers skip a torn last line; then its record follows again, complete.
      return false;
    }
  }
}
