/** Media records of runs. */
import type { RunMedia } from '../api.js';
import type { Database } from '../database.js';

/** Returns a run's media in the order logged; with `at`, only the one at that place. */
export function mediaOf(db: Database, id: string, at?: number): RunMedia[] {
  const which = at === undefined ? [-1, 0] : [1, at];
  return db.all<RunMedia>(
    `SELECT time, name, path, mime, step FROM media WHERE run = (SELECT key FROM runs WHERE id = ?)
     ORDER BY rowid LIMIT ? OFFSET ?`,
    ...[id, ...which],
  );
}
