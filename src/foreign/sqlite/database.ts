/**
 * Reads SQLite files of other programs. Their schema is not trusted: only plain tables are read, and a query that takes
 * too long is ended, because pages of a damaged or hostile file may form cycles.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DatabaseSync } from 'node:sqlite';
import { FileBytes } from '../bytes.js';
import type { FoundRun, Listing } from '../types.js';

/** Milliseconds and rows of one query. */
const MOST_MS = 20_000;
const MOST_ROWS = 50_000_000;
/** Bytes of one value or row. */
const LONGEST = 16 * 2 ** 20;

export type Row = Record<string, unknown>;

/** Explains why the file can't be read as a database. */
export class DatabaseError extends Error {
  override name = 'DatabaseError';
}

export class ForeignDatabase {
  private until = 0;
  private rows = 0;

  private constructor(
    private readonly db: DatabaseSync,
    private readonly file: string,
  ) {}

  /** Throws DatabaseError. Close it. */
  static open(file: string): ForeignDatabase {
    // Loaded when needed: older versions of Node, which can run the command line otherwise, do not have it.
    const sqlite = process.getBuiltinModule?.('node:sqlite');
    if (!sqlite)
      throw new DatabaseError(`${file}: databases are read with Node 22.13 or later, not ${process.version}.`);
    const url = urlOf(file);
    const options = { readOnly: true, timeout: 2000, defensive: true, limits: { length: LONGEST, sqlLength: 2 ** 20 } };
    try {
      const database = new ForeignDatabase(new sqlite.DatabaseSync(url, options), file);
      database.prepare();
      return database;
    } catch (error) {
      throw sentence(file, error);
    }
  }

  private prepare(): void {
    this.db.exec(
      'PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;',
    );
    this.db.function('still_in_time', { deterministic: false }, () => {
      if (++this.rows > MOST_ROWS) throw new Error('it has too many rows');
      if (this.rows % 1024 === 0 && performance.now() > this.until) throw new Error('reading it takes too long');
      return 1;
    });
  }

  /** Returns the columns of a plain table; null if there is no such table, or it is a view, virtual or computed. */
  columns(table: string): Set<string> | null {
    const rows = this.all(
      `SELECT name FROM sqlite_master WHERE still_in_time() AND type = 'table' AND name = ? AND sql NOT LIKE 'CREATE VIRTUAL%' LIMIT 1`,
      table,
    );
    if (rows.length === 0) return null;
    const columns = this.all('SELECT name, hidden FROM pragma_table_xinfo(?) WHERE still_in_time() LIMIT 1000', table);
    return columns.some(({ hidden }) => hidden !== 0) ? null : new Set(columns.map(({ name }) => String(name)));
  }

  /** Returns whether it has these tables, each with at least these columns. */
  has(tables: Record<string, readonly string[]>): boolean {
    return Object.entries(tables).every(([table, wanted]) => {
      const columns = this.columns(table);
      return columns !== null && wanted.every((name) => columns.has(name));
    });
  }

  /** Returns all rows of a query, whose WHERE must begin with `still_in_time()`. Throws DatabaseError. */
  all(sql: string, ...values: (string | number)[]): Row[] {
    return [...this.each(sql, ...values)];
  }

  /** Iterates over the rows of a query. Throws DatabaseError. */
  *each(sql: string, ...values: (string | number)[]): Generator<Row> {
    if (!sql.includes('still_in_time()')) throw new Error('a query without an end');
    this.until = performance.now() + MOST_MS;
    this.rows = 0;
    try {
      const statement = this.db.prepare(sql);
      for (const row of statement.iterate(...values)) yield row as Row;
    } catch (error) {
      throw sentence(this.file, error);
    }
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }
}

/** One database stays open between the runs that are read from it. */
let last: { key: string; database: ForeignDatabase } | null = null;

/** Passes the open database to `use`. Throws DatabaseError. */
export function withDatabase<T>(file: string, use: (database: ForeignDatabase) => T): T {
  const { dev, ino, mtimeMs, size } = fs.lstatSync(file);
  const key = [file, dev, ino, mtimeMs, size, sizeOf(`${file}-wal`)].join('\0');
  if (last?.key !== key) {
    closeDatabase();
    last = { key, database: ForeignDatabase.open(file) };
  }
  try {
    return use(last!.database);
  } catch (error) {
    closeDatabase();
    throw error;
  }
}

export function closeDatabase(): void {
  last?.database.close();
  last = null;
}

/**
 * Finds the runs in all databases of a listing that have these tables. A database that can't be read has none. `list` makes
 * the runs of one file.
 */
export function runsInDatabases(
  listings: readonly Listing[],
  tables: Record<string, readonly string[]>,
  list: (file: string, database: ForeignDatabase) => FoundRun[],
): FoundRun[] {
  const runsOf = (file: string): FoundRun[] => {
    try {
      return withDatabase(file, (database) => (database.has(tables) ? list(file, database) : []));
    } catch (error) {
      if (error instanceof DatabaseError) return [];
      throw error;
    }
  };
  return listings.flatMap(({ path: folder, files }) => databasesIn(folder, files).flatMap(runsOf));
}

/** Files in a listing that may be databases. */
function databasesIn(folder: string, names: readonly string[]): string[] {
  return names
    .filter((name) => /\.(?:db|sqlite3?)$/i.test(name))
    .map((name) => path.join(folder, name))
    .filter(isDatabase);
}

function isDatabase(file: string): boolean {
  try {
    const bytes = FileBytes.open(file);
    try {
      return bytes.read(0, 16).toString('latin1') === 'SQLite format 3\0';
    } finally {
      bytes.close();
    }
  } catch {
    return false;
  }
}

/**
 * Opening a database in WAL mode would create files next to it. A database that no process has open is read as it is;
 * one with a remaining log is read including the log if its files exist.
 */
function urlOf(file: string): URL {
  const bytes = FileBytes.open(file);
  let isWal: boolean;
  try {
    isWal = bytes.read(18, 2).includes(2);
  } finally {
    bytes.close();
  }
  const url = pathToFileURL(file);
  url.searchParams.set('mode', 'ro');
  const wal = sizeOf(`${file}-wal`);
  if (isWal && (wal === 0 || sizeOf(`${file}-shm`) === 0)) url.searchParams.set('immutable', '1');
  return url;
}

function sizeOf(file: string): number {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.size : 0;
}

function sentence(file: string, error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error;
  return new DatabaseError(`${file} can't be read as a database: ${(error as Error).message}`);
}
