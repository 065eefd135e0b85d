/**
 * Allows at most one engine per workspace folder: an exclusive SQLite transaction held open on a separate file. The
 * operating system releases it when the process ends, however it ends, so nothing has to be cleaned up.
 */
import * as fs from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const BUSY = 5;
const NOT_A_DATABASE = 26;

export class EngineLock {
  private readonly inode: bigint;

  private constructor(
    private readonly file: string,
    private readonly database: DatabaseSync,
  ) {
    this.inode = fs.statSync(file, { bigint: true }).ino;
  }

  /** Returns null when another process holds it. Throws when the file can't be used at all. */
  static acquire(file: string): EngineLock | null {
    for (let attempt = 0; ; attempt++) {
      const database = new DatabaseSync(file, { timeout: 0 });
      try {
        database.exec('BEGIN EXCLUSIVE');
        return new EngineLock(file, database);
      } catch (error) {
        database.close();
        const code = (error as { errcode?: number }).errcode;
        if (code === BUSY) return null;
        // Nobody can hold a lock in a file that is not a database: another program overwrote it.
        if (code !== NOT_A_DATABASE || attempt > 0) throw error;
        fs.rmSync(file, { force: true });
      }
    }
  }

  /** Returns false when the file was deleted or replaced: another engine may hold the new one. */
  stillOurs(): boolean {
    try {
      return fs.statSync(this.file, { bigint: true }).ino === this.inode;
    } catch {
      return false;
    }
  }

  release(): void {
    this.database.close();
  }
}
