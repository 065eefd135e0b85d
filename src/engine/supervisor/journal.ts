import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ExitRecord, JournalRecord } from '../../protocol/run/journal.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import { appendLine } from '../disk/appendLine.js';
import type { ProgramSpec } from './spec.js';

/** Pause between two attempts to write on a full disk. */
const RETRY_MS = 500;

/** Returns the record that assigns the records of a program without a client to this launch. */
export function launchRecord({ number, checkpoint }: NonNullable<ProgramSpec['launch']>, rank = 0): string {
  const record: JournalRecord = {
    type: 'start',
    time: Date.now(),
    pid: process.pid,
    rank,
    client: 'supervisor',
    launch: number,
    ...(checkpoint === null && { anew: true }),
  };
  return JSON.stringify(record);
}

/**
 * The supervisor's own journal: the program's start and end, and messages for the person. On a full disk records wait,
 * in order, until there is room.
 */
export class SupervisorJournal {
  private readonly path: string;
  private readonly waiting: string[] = [];
  private retrying: Promise<void> | null = null;
  /** Number of the run's launch; absent for the first. */
  launch: number | undefined;

  constructor(folder: string) {
    mkdirSync(join(folder, RUN_FILES.journal), { recursive: true });
    this.path = join(folder, RUN_FILES.journal, RUN_FILES.supervisorJournal);
  }

  /** Never throws. */
  write(record: JournalRecord): void {
    this.waiting.push(JSON.stringify(record));
    if (!this.flush()) this.retrying ??= this.retry();
  }

  /** Resolves once the record and all earlier ones are written. */
  async writeExit(record: Omit<ExitRecord, 'type' | 'time'>): Promise<void> {
    this.write({ type: 'exit', time: Date.now(), ...record, launch: this.launch });
    await this.retrying;
  }

  private async retry(): Promise<void> {
    do await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    while (!this.flush());
    this.retrying = null;
  }

  private flush(): boolean {
    try {
      for (; this.waiting.length > 0; this.waiting.shift()) appendLine(this.path, this.waiting[0]!);
      return true;
    } catch {
      return false;
    }
  }
}
