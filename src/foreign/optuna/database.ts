/** Optuna's SQLite storage. */
import { setEntry } from '../../protocol/values/records.js';
import type { Params } from '../../protocol/values/index.js';
import { flatten, timeOf } from '../plain.js';
import { runsInDatabases, withDatabase, type ForeignDatabase, type Row } from '../sqlite/database.js';
import type { FoundRun, Listing } from '../types.js';
import { runOf, type Study, type Trial } from './trial.js';

const TABLES = {
  studies: ['study_id', 'study_name'],
  study_directions: ['direction', 'study_id', 'objective'],
  trials: ['trial_id', 'number', 'study_id', 'state', 'datetime_start', 'datetime_complete'],
  trial_params: ['trial_id', 'param_name', 'param_value', 'distribution_json'],
  trial_values: ['trial_id', 'objective', 'value'],
  trial_intermediate_values: ['trial_id', 'step', 'intermediate_value'],
};
const MOST_TRIALS = 100_000;

export const findDatabases = (listings: readonly Listing[]): FoundRun[] => runsInDatabases(listings, TABLES, list);

function list(file: string, database: ForeignDatabase): FoundRun[] {
  const studies = database.all('SELECT study_id, study_name FROM studies WHERE still_in_time() LIMIT 10000');
  return studies.flatMap(({ study_id: id, study_name: name }) => {
    const study: Study = {
      name: String(name),
      goals: database
        .all(
          'SELECT direction FROM study_directions WHERE still_in_time() AND study_id = ? ORDER BY objective LIMIT 100',
          Number(id),
        )
        .map(({ direction }) => (direction === 'MAXIMIZE' ? 'maximize' : 'minimize')),
    };
    return database
      .all(
        `SELECT trial_id, number FROM trials WHERE still_in_time() AND study_id = ? AND state IS NOT 'WAITING'
         ORDER BY number LIMIT ${MOST_TRIALS}`,
        Number(id),
      )
      .map((row) => {
        const inner = `${Number(id)}/${Number(row.number)}`;
        return runOf(file, study, inner, Number(row.number), () => load(file, Number(row.trial_id)));
      });
  });
}

function load(file: string, id: number): Trial | null {
  return withDatabase(file, (database) => {
    const all = (columns: string, table: string, order: string): Row[] =>
      database.all(
        `SELECT ${columns} FROM ${table} WHERE still_in_time() AND trial_id = ? ORDER BY ${order} LIMIT 1000000`,
        id,
      );
    const [trial] = all('number, state, datetime_start, datetime_complete', 'trials', 'trial_id');
    if (!trial) return null;
    // Older versions have no column that tells NaN and infinities.
    const type = (table: string, column: string): string => (database.columns(table)!.has(column) ? column : 'NULL');
    const values = all(`value, ${type('trial_values', 'value_type')} AS type`, 'trial_values', 'objective');
    const steps = `step, intermediate_value AS value, ${type('trial_intermediate_values', 'intermediate_value_type')} AS type`;
    return {
      number: Number(trial.number),
      state: String(trial.state),
      startedAt: timeOf(trial.datetime_start, 'local'),
      endedAt: timeOf(trial.datetime_complete, 'local'),
      params: all('param_name, param_value, distribution_json', 'trial_params', 'param_id').map((row) => ({
        name: String(row.param_name),
        internal: Number(row.param_value),
        distribution: String(row.distribution_json),
      })),
      values: values.map(numberOf),
      intermediate: all(steps, 'trial_intermediate_values', 'step').map((row) => [Number(row.step), numberOf(row)]),
      attributes: attributesOf(database, all),
    };
  });
}

function attributesOf(
  database: ForeignDatabase,
  all: (columns: string, table: string, order: string) => Row[],
): Params {
  const attributes: Params = {};
  if (!database.has({ trial_user_attributes: ['trial_id', 'key', 'value_json'] })) return attributes;
  for (const { key, value_json: json } of all('key, value_json', 'trial_user_attributes', 'key').slice(0, 1000)) {
    try {
      const value: unknown = JSON.parse(String(json));
      setEntry(
        attributes,
        String(key),
        flatten({ value: typeof value === 'object' ? JSON.stringify(value) : value }).params.value!,
      );
    } catch {
      // Optuna did not write this.
    }
  }
  return attributes;
}

function numberOf({ value, type }: Row): number {
  if (type === 'INF_POS') return Infinity;
  if (type === 'INF_NEG') return -Infinity;
  return typeof value === 'number' ? value : NaN;
}
