/** Reads and notes which runs have packed journals. */
import type { Database } from '../database.js';
import { LIVE_SQL } from './query.js';

export function unpackedRuns(db: Database, before: number, limit: number, offset: number): string[] {
  const rows = db.all<{ id: string }>(
    `SELECT id FROM runs WHERE packed IS NULL AND ended_at < ? AND status NOT IN (${LIVE_SQL})
     ORDER BY ended_at LIMIT ? OFFSET ?`,
    ...[before, limit, offset],
  );
  return rows.map(({ id }) => id);
}

/** Returns whether the journals were packed after all of their records were in the index. */
export function isPacked(db: Database, id: string): boolean {
  return db.get<{ packed: number | null }>('SELECT packed FROM runs WHERE id = ?', id)?.packed === 1;
}

export function setPacked(db: Database, ids: readonly string[], packed: boolean): void {
  for (const id of ids) db.run('UPDATE runs SET packed = ? WHERE id = ?', packed ? 1 : 0, id);
}
