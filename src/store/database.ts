import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { StoreCorruptError, StoreError, StoreVersionError, StoreWriteError } from './errors.js';
import { MIGRATIONS } from './schema.js';

export type SqlValue = string | number | bigint | null | Uint8Array;

const CORRUPT = new Set([11, 26]);
const WRITE: Record<number, StoreWriteError['reason']> = {
  5: 'busy',
  6: 'busy',
  8: 'readonly',
  10: 'io',
  13: 'full',
  14: 'io',
};

/** Pause between two tries to catch up on a disk that can't be written. */
const RETRY_MS = 500;

/**
 * The SQLite connection: prepared statements by their text, nested transactions, and errors turned into the store's
 * own. Nothing outside src/store sees it.
 */
export class Database {
  private readonly statements = new Map<string, StatementSync>();
  private depth = 0;
  private readonly rollbacks: (() => void)[] = [];
  private readonly befores: (() => void)[] = [];
  private readonly latecomers: (() => void)[] = [];
  /** Rows are held back in memory that a query would miss. */
  private behind = false;
  /** Above 0 during work that handles the held-back rows itself. */
  private knowing = 0;
  private catchUpAt = 0;

  private constructor(
    private readonly db: DatabaseSync,
    readonly file: string,
  ) {}

  static open(file: string): Database {
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file)) refuseNewer(file);
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(file, { timeout: 5000 });
      db.exec(`
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = NORMAL;
        PRAGMA foreign_keys = ON;
        PRAGMA cache_size = -32768;
        PRAGMA mmap_size = 268435456;
        PRAGMA journal_size_limit = 67108864;
        PRAGMA temp_store = MEMORY;
      `);
      migrate(db, MIGRATIONS);
      return new Database(db, file);
    } catch (error) {
      db?.close();
      throw translate(file, error);
    }
  }

  static inMemory(): Database {
    const file = ':memory:';
    const db = new DatabaseSync(file);
    db.exec('PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;');
    migrate(db, MIGRATIONS);
    return new Database(db, file);
  }

  run(sql: string, ...values: SqlValue[]): { changes: number; id: number } {
    this.catchUp();
    try {
      const { changes, lastInsertRowid } = this.statement(sql).run(...values);
      return { changes: Number(changes), id: Number(lastInsertRowid) };
    } catch (error) {
      throw translate(this.file, error);
    }
  }

  get<T>(sql: string, ...values: SqlValue[]): T | undefined {
    this.catchUpIfPossible();
    try {
      return this.statement(sql).get(...values) as T | undefined;
    } catch (error) {
      throw translate(this.file, error);
    }
  }

  all<T>(sql: string, ...values: SqlValue[]): T[] {
    this.catchUpIfPossible();
    try {
      return this.statement(sql).all(...values) as T[];
    } catch (error) {
      throw translate(this.file, error);
    }
  }

  /** All or nothing. Inside another transaction it is part of that one. */
  transaction<T>(work: () => T): T {
    if (this.depth > 0) {
      this.depth++;
      try {
        return work();
      } finally {
        this.depth--;
      }
    }
    this.exec('BEGIN IMMEDIATE');
    this.depth = 1;
    try {
      const result = work();
      this.settle();
      this.exec('COMMIT');
      this.depth = 0;
      return result;
    } catch (error) {
      this.depth = 0;
      try {
        if (this.db.isTransaction) this.db.exec('ROLLBACK');
      } catch {
        // SQLite rolled back by itself (disk full, I/O error).
      }
      for (const undo of this.rollbacks) undo();
      throw error;
    }
  }

  get inTransaction(): boolean {
    return this.depth > 0;
  }

  /** Called after every rollback, to forget rows kept in memory. */
  onRollback(forget: () => void): void {
    this.rollbacks.push(forget);
  }

  /** Called before every commit, to write rows held back in memory. */
  beforeCommit(write: () => void): void {
    this.befores.push(write);
  }

  /** Writes rows held back in memory now, so that queries see them. */
  settle(): void {
    if (this.depth > 0) this.knowingly(() => this.befores.forEach((write) => write()));
  }

  /**
   * Called once before the next statement after `holdBack`. A caller that holds rows back beyond a commit writes them
   * here.
   */
  onCatchUp(write: () => void): void {
    this.latecomers.push(write);
  }

  /** Rows on disk are older than those in memory, and than those committed elsewhere in the file. */
  holdBack(): void {
    this.behind = true;
  }

  /** Does work that neither reads nor writes held-back rows. */
  knowingly<T>(work: () => T): T {
    this.knowing++;
    try {
      return work();
    } finally {
      this.knowing--;
    }
  }

  /** Does work that reads only held-back rows that `write` writes first, or rows that are never held back. */
  caughtUp<T>(write: () => void, work: () => T): T {
    try {
      this.knowingly(() => this.transaction(write));
    } catch (error) {
      if (this.depth > 0 || !(error instanceof StoreWriteError)) throw error;
    }
    return this.knowingly(work);
  }

  /** Reading must work on a full disk, too; the rows may then be slightly outdated. */
  private catchUpIfPossible(): void {
    if (performance.now() < this.catchUpAt) return;
    try {
      this.catchUp();
    } catch (error) {
      if (!(error instanceof StoreWriteError)) throw error;
      this.catchUpAt = performance.now() + RETRY_MS;
    }
  }

  private catchUp(): void {
    if (!this.behind || this.knowing > 0) return;
    this.behind = false;
    try {
      this.knowingly(() => this.transaction(() => this.latecomers.forEach((write) => write())));
    } catch (error) {
      this.behind = true;
      throw error;
    }
  }

  close(): void {
    if (!this.db.isOpen) return;
    try {
      this.catchUp();
    } catch {
      // The rows that are held back are committed as well, and found when the file is opened again.
    }
    this.statements.clear();
    try {
      this.db.exec('PRAGMA optimize');
    } catch {
      // Only advice for the query planner.
    }
    this.db.close();
  }

  private exec(sql: string): void {
    try {
      this.db.exec(sql);
    } catch (error) {
      throw translate(this.file, error);
    }
  }

  private statement(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (!statement) {
      // Queries built from a person's filters differ in text: keep the cache small.
      if (this.statements.size > 200) this.statements.clear();
      statement = this.db.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }
}

/** Reads the version without write access, so that a newer store stays byte-identical. */
function refuseNewer(file: string): void {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
    const found = version(db);
    if (found > MIGRATIONS.length) throw new StoreVersionError(file, found, MIGRATIONS.length);
  } catch (error) {
    throw translate(file, error);
  } finally {
    db?.close();
  }
}

function version(db: DatabaseSync): number {
  return (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}

/** Each step is one transaction together with its version number. */
export function migrate(db: DatabaseSync, steps: readonly string[]): void {
  for (let at = version(db); at < steps.length; at++) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(steps[at] ?? '');
      db.exec(`PRAGMA user_version = ${at + 1}`);
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}

function translate(file: string, error: unknown): unknown {
  if (error instanceof StoreError) return error;
  const code = (error as { errcode?: unknown }).errcode;
  if (typeof code !== 'number') return error;
  const primary = code & 0xff;
  if (CORRUPT.has(primary)) return new StoreCorruptError(file, error);
  const reason = WRITE[primary];
  return reason ? new StoreWriteError(file, reason, error) : error;
}
