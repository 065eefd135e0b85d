/**
 * The best run, by one rule for every view that shows it. Candidates are the runs of an experiment, a file or a search
 * that are not deleted, have not failed and have the objective of the newest run (for trials, of the search): plain
 * runs, trials, pruned, stopped and resumed ones alike, each with the best value that it has logged. For equal values,
 * the oldest run counts.
 */
import type { Goal } from '../../protocol/engine/index.js';
import { toWire } from '../../protocol/values/index.js';
import type { RunsApi } from '../api.js';
import type { Database, SqlValue } from '../database.js';
import { readParams } from './params.js';

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

/** The best run; null before one has a value. `completed`: only of runs that have completed. */
export function bestRow(db: Database, among: Among, objective: Objective, completed = false): BestRow | null {
  const { text, value } = condition(among);
  const best = db.get<BestRow>(
    `SELECT id, name, trial, params, objective FROM runs WHERE ${text} AND deleted_at IS NULL AND objective IS NOT NULL
     AND objective_metric = ? AND objective_goal = ? AND ${completed ? "status = 'completed'" : "status <> 'failed'"}
     ORDER BY objective ${objective.goal === 'maximize' ? 'DESC' : 'ASC'}, created_at, key LIMIT 1`,
    ...[value, objective.metric, objective.goal],
  );
  return best ?? null;
}

/** Returns the best run of an experiment, or of the experiment of a file's newest run, and of how many it is the best. */
export function bestOf(db: Database, asked: Exclude<Among, { search: string }>): ReturnType<RunsApi['best']> {
  const among = 'file' in asked ? experimentOf(db, asked.file) : asked;
  const objective = among && newestObjective(db, among);
  const best = objective && bestRow(db, among, objective);
  if (!best) return null;
  const { id, name, params } = best;
  const of = db.get<{ n: number }>(
    'SELECT n FROM candidates WHERE experiment = ? AND metric = ? AND goal = ?',
    ...[among.experiment, objective.metric, objective.goal],
  );
  return { run: id, name, ...readParams(params), objective: toWire(best.objective), ...objective, of: of?.n ?? 0 };
}

export function bestCompletedOf(db: Database, among: Among): string | null {
  const objective = newestObjective(db, among);
  return objective && (bestRow(db, among, objective, true)?.id ?? null);
}
