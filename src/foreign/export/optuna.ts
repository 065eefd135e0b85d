/** Runs as trials in Optuna's SQLite storage, a study for each search or experiment. */
import * as fs from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Run } from '../../protocol/engine/index.js';
import { markAt } from '../../protocol/values/floats.js';
import { entryOf } from '../../protocol/values/records.js';
import { fromWire, type ParamValue } from '../../protocol/values/index.js';
import type { Exported, ExportSource } from './source.js';

/** Schema 12, which Optuna has had since 3.2 (optuna/storages/_rdb/models.py). */
const SCHEMA = `
CREATE TABLE studies (study_id INTEGER NOT NULL PRIMARY KEY, study_name VARCHAR(512) NOT NULL);
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE TABLE version_info (version_info_id INTEGER NOT NULL PRIMARY KEY CHECK (version_info_id = 1), schema_version INTEGER, library_version VARCHAR(256));
CREATE TABLE study_directions (study_direction_id INTEGER NOT NULL PRIMARY KEY, direction VARCHAR(8) NOT NULL, study_id INTEGER NOT NULL REFERENCES studies (study_id), objective INTEGER NOT NULL, UNIQUE (study_id, objective));
CREATE TABLE study_user_attributes (study_user_attribute_id INTEGER NOT NULL PRIMARY KEY, study_id INTEGER REFERENCES studies (study_id), "key" VARCHAR(512), value_json TEXT, UNIQUE (study_id, "key"));
CREATE TABLE study_system_attributes (study_system_attribute_id INTEGER NOT NULL PRIMARY KEY, study_id INTEGER REFERENCES studies (study_id), "key" VARCHAR(512), value_json TEXT, UNIQUE (study_id, "key"));
CREATE TABLE trials (trial_id INTEGER NOT NULL PRIMARY KEY, number INTEGER, study_id INTEGER REFERENCES studies (study_id), state VARCHAR(8) NOT NULL, datetime_start DATETIME, datetime_complete DATETIME);
CREATE INDEX ix_trials_study_id ON trials (study_id);
CREATE TABLE trial_user_attributes (trial_user_attribute_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER REFERENCES trials (trial_id), "key" VARCHAR(512), value_json TEXT, UNIQUE (trial_id, "key"));
CREATE TABLE trial_system_attributes (trial_system_attribute_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER REFERENCES trials (trial_id), "key" VARCHAR(512), value_json TEXT, UNIQUE (trial_id, "key"));
CREATE TABLE trial_params (param_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER REFERENCES trials (trial_id), param_name VARCHAR(512), param_value FLOAT, distribution_json TEXT, UNIQUE (trial_id, param_name));
CREATE TABLE trial_values (trial_value_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER NOT NULL REFERENCES trials (trial_id), objective INTEGER NOT NULL, value FLOAT, value_type VARCHAR(7) NOT NULL, UNIQUE (trial_id, objective));
CREATE TABLE trial_intermediate_values (trial_intermediate_value_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER NOT NULL REFERENCES trials (trial_id), step INTEGER NOT NULL, intermediate_value FLOAT, intermediate_value_type VARCHAR(7) NOT NULL, UNIQUE (trial_id, step));
CREATE TABLE trial_heartbeats (trial_heartbeat_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER NOT NULL UNIQUE REFERENCES trials (trial_id), heartbeat DATETIME NOT NULL);
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO version_info VALUES (1, 12, '3.2.0');
INSERT INTO alembic_version VALUES ('v3.2.0.a');
`;
/** Intermediate values of one trial. */
const MOST_STEPS = 10_000;

/** Writes a new file. Runs that have no objective or are still running are left out. Throws if the file exists. */
export async function exportOptuna(source: ExportSource, file: string): Promise<Exported> {
  const sqlite = process.getBuiltinModule?.('node:sqlite');
  if (!sqlite) throw new Error(`Databases are written with Node 22.13 or later, not ${process.version}.`);
  fs.closeSync(fs.openSync(file, 'wx'));
  const db = new sqlite.DatabaseSync(file);
  try {
    db.exec(SCHEMA);
    const runs = source.runs.filter((run) => run.objective !== null && stateOf(run) !== null);
    const studies = new Map<string, Run[]>();
    for (const run of runs) {
      const key = run.search ?? `${run.experiment} ${run.objective!.metric} ${run.objective!.goal}`;
      studies.set(key, [...(studies.get(key) ?? []), run]);
    }
    const names = new Map<string, number>();
    for (const [key, trials] of studies) {
      const { experiment, search, objective } = trials[0]!;
      const name = search === null ? experiment : `${experiment} ${search}`;
      const again = names.get(name) ?? 0;
      names.set(name, again + 1);
      const study = insert(db, 'studies', { study_name: again === 0 ? name : `${name} (${key})` });
      const direction = objective!.goal === 'maximize' ? 'MAXIMIZE' : 'MINIMIZE';
      insert(db, 'study_directions', { direction, study_id: study, objective: 0 });
      await writeTrials(
        source,
        db,
        study,
        trials.toSorted((a, b) => a.createdAt - b.createdAt),
      );
    }
    const left = source.runs.length - runs.length;
    const notes = left > 0 ? [`${left} runs have no objective or are still running, and are left out.`] : [];
    return { files: [file], notes };
  } finally {
    db.close();
  }
}

async function writeTrials(source: ExportSource, db: DatabaseSync, study: number, runs: readonly Run[]): Promise<void> {
  const distributions = distributionsOf(runs);
  for (const [number, run] of runs.entries()) {
    const value = run.objective!.value === null ? NaN : fromWire(run.objective!.value);
    // Optuna has no completed trial without a value.
    const state = stateOf(run) === 'COMPLETE' && Number.isNaN(value) ? 'FAIL' : stateOf(run)!;
    const times = {
      datetime_start: dateOf(run.startedAt ?? run.createdAt),
      datetime_complete: dateOf(run.endedAt ?? run.createdAt),
    };
    const trial = insert(db, 'trials', { number, study_id: study, state, ...times });
    for (const name of Object.keys(run.params)) {
      const { json, internal } = distributions.get(name)!;
      const param_value = internal(entryOf(run.params, name) ?? null);
      insert(db, 'trial_params', { trial_id: trial, param_name: name, param_value, distribution_json: json });
    }
    if (!Number.isNaN(value)) insert(db, 'trial_values', { trial_id: trial, objective: 0, ...typed(value, 'value') });
    const steps = new Map<number, number>();
    for await (const page of source.points(run, run.objective!.metric)) {
      for (const point of page) if (steps.size < MOST_STEPS) steps.set(Math.round(point.step), fromWire(point.value));
    }
    for (const [step, each] of steps) {
      insert(db, 'trial_intermediate_values', { trial_id: trial, step, ...typed(each, 'intermediate_value') });
    }
    for (const [key, text] of Object.entries({ 'tunesmith.run': run.id, 'tunesmith.name': run.name })) {
      insert(db, 'trial_user_attributes', { trial_id: trial, key, value_json: JSON.stringify(text) });
    }
  }
}

interface Distribution {
  json: string;
  internal(value: ParamValue): number;
}

/** For each parameter, the smallest distribution that has all values of the study. */
function distributionsOf(runs: readonly Run[]): Map<string, Distribution> {
  const names = new Set(runs.flatMap(({ params }) => Object.keys(params)));
  return new Map(
    [...names].map((name) => {
      const having = runs.filter(({ params }) => Object.hasOwn(params, name));
      const values = having.map(({ params }) => entryOf(params, name)!);
      const isFloat = having.some(({ floats }, i) => markAt(floats, name) === true || !Number.isInteger(values[i]));
      return [name, distributionOf(values, isFloat)];
    }),
  );
}

function distributionOf(values: readonly ParamValue[], isFloat: boolean): Distribution {
  const numbers = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  if (numbers.length === values.length) {
    const [low, high] = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
    const range = isFloat ? { step: null, low, high, log: false } : { log: false, step: 1, low, high };
    const name = isFloat ? 'FloatDistribution' : 'IntDistribution';
    return { json: JSON.stringify({ name, attributes: range }), internal: (value) => value as number };
  }
  // Optuna can't store lists as choices, so they become texts.
  const plain = (value: ParamValue): ParamValue => (Array.isArray(value) ? JSON.stringify(value) : value);
  const choices = [...new Set(values.map(plain))];
  const json = JSON.stringify({ name: 'CategoricalDistribution', attributes: { choices } });
  return { json, internal: (value) => choices.indexOf(plain(value)) };
}

function stateOf({ status }: Run): string | null {
  if (status === 'completed') return 'COMPLETE';
  if (status === 'pruned') return 'PRUNED';
  return status === 'failed' || status === 'stopped' ? 'FAIL' : null;
}

function typed(value: number, column: 'value' | 'intermediate_value'): Record<string, number | string | null> {
  const type = Number.isNaN(value) ? 'NAN' : Number.isFinite(value) ? 'FINITE' : value > 0 ? 'INF_POS' : 'INF_NEG';
  return { [column]: type === 'FINITE' ? value : null, [`${column}_type`]: type };
}

function insert(db: DatabaseSync, table: string, values: Record<string, number | string | null>): number {
  const names = Object.keys(values);
  const columns = names.map((name) => `"${name}"`).join(', ');
  const statement = db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${names.map(() => '?').join(', ')})`);
  return Number(statement.run(...Object.values(values)).lastInsertRowid);
}

/** Local time without a zone, as Optuna writes it. */
function dateOf(time: number): string {
  const local = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return `${local.toISOString().slice(0, -1).replace('T', ' ')}000`;
}
