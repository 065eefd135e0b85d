/** The experiments of the store, with their numbers of runs. */
import type { Experiment } from '../../protocol/engine/index.js';
import type { Database } from '../database.js';
import { LIVE_SQL } from './query.js';

export function experimentsOf(db: Database): Experiment[] {
  const newest = (column: string): string =>
    `coalesce((SELECT ${column} FROM runs WHERE experiment = named AND deleted_at IS NULL ORDER BY ${column} DESC LIMIT 1), 0)`;
  return db.all<Experiment>(
    `SELECT named name, sum(runs) runs, sum(live) live, sum(searches) searches, max(max(at),
       ${newest('created_at')}, ${newest('started_at')}, ${newest('ended_at')}) lastActivity FROM (
       SELECT experiment named, n runs, iif(status IN (${LIVE_SQL}), n, 0) live, 0 searches, 0 at
       FROM tallies WHERE deleted = 0 AND n > 0
       UNION ALL
       SELECT experiment, 0, 0, 1, max(created_at, coalesce(ended_at, 0)) FROM searches)
     WHERE NOT EXISTS (SELECT 1 FROM runs WHERE experiment = named AND pipeline IS NOT NULL)
     OR EXISTS (SELECT 1 FROM runs WHERE experiment = named AND pipeline IS NULL AND deleted_at IS NULL)
     GROUP BY named ORDER BY lastActivity DESC`,
  );
}
