/** The experiment files that runs came from. */
import type { FileMove, RunsApi } from '../api.js';
import type { Database } from '../database.js';

/** Returns each file with its newest run and the number of its runs. */
export function filesOf(db: Database): ReturnType<RunsApi['files']> {
  // SQLite takes the other columns from the row with the maximum.
  return db
    .all<{ file: string; experiment: string; newest: string; runs: number }>(
      `SELECT file, experiment, id newest, max(created_at), count(*) runs FROM runs
       WHERE file IS NOT NULL AND pipeline IS NULL GROUP BY file`,
    )
    .map(({ file, experiment, newest, runs }) => ({ file, experiment, newest, runs }));
}

export function hasFile(db: Database, file: string): boolean {
  const query = 'SELECT 1 FROM runs WHERE file = ? UNION ALL SELECT 1 FROM searches WHERE file = ? LIMIT 1';
  return db.get(query, file, file) !== undefined;
}

/** Gives the runs of a file that was renamed its new path. Returns their ids. */
export function renameFile(db: Database, { from, to, time, experiment }: FileMove): string[] {
  const values = [from, time] as const;
  const which = 'WHERE file = ? AND created_at <= ?';
  const ids = db.all<{ id: string }>(`SELECT id FROM runs ${which}`, ...values).map(({ id }) => id);
  if (experiment) {
    const all = [experiment.to, ...values, experiment.from];
    db.run(`UPDATE runs SET experiment = ? ${which} AND experiment = ?`, ...all);
  }
  db.run(`UPDATE runs SET first_file = coalesce(first_file, file), file = ? ${which}`, to, ...values);
  return ids;
}
