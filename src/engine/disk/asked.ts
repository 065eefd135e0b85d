/**
 * Runs and searches that this person has requested on this machine. The record is stored outside the workspace, and
 * nothing else makes a run or a search start: a folder that was cloned or copied contains data, not orders.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { moveAside } from './aside.js';
import type { Log } from './log.js';

export type AskedKind = 'run' | 'search';

/**
 * `yes`: with the very content that the folder has now. `changed`: somebody has rewritten it since. `no`: it came from
 * elsewhere.
 */
export type Answer = 'yes' | 'changed' | 'no';

/** Accepted contents of one run: the current one, and the one being written. */
const KEPT = 2;
const DAMAGED = new Set([11, 26]);

export class Asked {
  private constructor(private readonly db: DatabaseSync) {}

  /** Reads the file and never writes it. If it is missing or can't be read, the answer to everything is `no`. */
  static readOnly(file: string | null): Pick<Asked, 'add' | 'check' | 'forget'> {
    const refuse = (): never => {
      throw new Error('Nothing is requested in a folder that is only read.');
    };
    let known: Asked | null = null;
    try {
      if (file !== null && existsSync(file))
        known = new Asked(new DatabaseSync(file, { readOnly: true, timeout: 1000 }));
    } catch {
      // Another program has it, or it is damaged: nothing is known then.
    }
    const check: Asked['check'] = (kind, id, content) => {
      try {
        return known?.check(kind, id, content) ?? 'no';
      } catch {
        return 'no';
      }
    };
    return { add: refuse, forget: refuse, check };
  }

  /** Opens or creates the file. A damaged one is renamed, and then no queued run starts. */
  static open(file: string, log: Pick<Log, 'warn'>): Asked {
    try {
      return new Asked(connect(file));
    } catch (error) {
      if (!DAMAGED.has(((error as { errcode?: number }).errcode ?? 0) & 0xff)) throw error;
      const aside = moveAside(file);
      log.warn(
        `${file} is damaged and was moved to ${aside}. Runs that were waiting are not started: start them again.`,
      );
      return new Asked(connect(file));
    }
  }

  /** Call it before the content is written. */
  add(kind: AskedKind, id: string, content: string): void {
    this.db
      .prepare('INSERT INTO asked (kind, id, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
      .run(kind, id, hashOf(content));
    this.db
      .prepare(
        `DELETE FROM asked WHERE kind = ? AND id = ? AND key NOT IN (
           SELECT key FROM asked WHERE kind = ? AND id = ? ORDER BY key DESC LIMIT ${KEPT})`,
      )
      .run(kind, id, kind, id);
  }

  /** `content` null: there is none that can be read. */
  check(kind: AskedKind, id: string, content: string | null): Answer {
    const rows = this.db.prepare('SELECT hash FROM asked WHERE kind = ? AND id = ?').all(kind, id) as {
      hash: string;
    }[];
    if (rows.length === 0) return 'no';
    return content !== null && rows.some(({ hash }) => hash === hashOf(content)) ? 'yes' : 'changed';
  }

  /** Returns whether this person has requested anything here. */
  hasAny(): boolean {
    return this.db.prepare('SELECT 1 FROM asked LIMIT 1').get() !== undefined;
  }

  forget(kind: AskedKind, ids: readonly string[]): void {
    const statement = this.db.prepare('DELETE FROM asked WHERE kind = ? AND id = ?');
    for (const id of ids) statement.run(kind, id);
  }

  close(): void {
    if (this.db.isOpen) this.db.close();
  }
}

/** SHA-256 of the text in UTF-8, in hexadecimal digits. */
export function hashOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

function connect(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 5000 });
  try {
    // An acknowledged request is on disk, also after a power cut.
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      CREATE TABLE IF NOT EXISTS asked (
        key INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, hash TEXT NOT NULL,
        UNIQUE (kind, id, hash));
    `);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
