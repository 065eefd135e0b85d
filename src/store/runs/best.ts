/**
 * The best run, by one rule for every view that shows it. Candidates are the runs of an experiment, a file or a search
 * that are not deleted, have not failed and have the objective of the newest run (for trials, of the search): plain
 * runs, trials, pruned, stopped and resumed ones alike, each with the best value that it has logged. For equal values,
 * the oldest run counts.
 */
import type { Goal } from '../../protocol/engine/index.js';
import type { Database, SqlValue } from '../database.js';

export interface BestRow {
  id: string;
  name: string;
  trial: number | null;
  params: string;
  objective: number;
}
export interface Objective {
  metric: string;
  goal: Goal;
}
export type Among = { file: string } | { experiment: string } | { search: string };

function condition(among: Among): { text: string; value: SqlValue } {
  // A stage has the file of its pipeline, but another objective.
  if ('file' in among) return { text: 'file = ? AND pipeline IS NULL', value: among.file };
  if ('experiment' in among) return { text: 'experiment = ?', value: among.experiment };
  return { text: 'search = ?', value: among.search };
}

/** The experiment of a file: that of its newest run; null if it has none. */
export function experimentOf(db: Database, file: string): { experiment: string } | null {
  const row = db.get<{ experiment: string }>(
    'SELECT experiment FROM runs WHERE file = ? AND pipeline IS NULL AND deleted_at IS NULL ORDER BY created_at DESC, key DESC LIMIT 1',
    file,
  );
  return row ?? null;
}

/** Objective of the newest run that has one; null if none has. */
export function newestObjective(db: Database, among: Among): Objective | null {
  const { text, value } = condition(among);
  const row = db.get<Objective>(
    `SELECT objective_metric metric, objective_goal goal FROM runs
     WHERE ${text} AND deleted_at IS NULL AND objective_metric IS NOT NULL ORDER BY created_at DESC, key DESC LIMIT 1`,
    value,
  );
  return row ?? null;
}

/** The best run, and of how many; null before one has a value. `completed`: only of runs that have completed. */
export function bestRow(
  db: Database,
  among: Among,
  objective: Objective,
  completed = false,
): (BestRow & { of: number }) | null {
  const { text, value } = condition(among);
  const from = `FROM runs WHERE ${text} AND deleted_at IS NULL AND objective IS NOT NULL AND objective_metric = ?
    AND objective_goal = ? AND ${completed ? "status = 'completed'" : "status <> 'failed'"}`;
  const values = [value, objective.metric, objective.goal];
  const best = db.get<BestRow>(
    `SELECT id, name, trial, params, objective ${from}
     ORDER BY objective ${objective.goal === 'maximize' ? 'DESC' : 'ASC'}, created_at, key LIMIT 1`,
    ...values,
  );
  return best ? { ...best, of: db.get<{ n: number }>(`SELECT count(*) n ${from}`, ...values)?.n ?? 0 } : null;
}
