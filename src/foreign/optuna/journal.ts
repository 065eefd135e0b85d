/** Optuna's journal storage: a JSON object for each change, in the order made (optuna/storages/journal/_storage.py). */
import * as path from 'node:path';
import { setEntry } from '../../protocol/values/records.js';
import { FileBytes } from '../bytes.js';
import { flatten, looseNumber, parsePython, timeOf, wordOf } from '../plain.js';
import { readLines } from '../textLines.js';
import type { FoundRun, Listing } from '../types.js';
import { runOf, type Study, type Trial } from './trial.js';

/** Operations. */
const CREATE_STUDY = 0;
const CREATE_TRIAL = 4;
const SET_PARAM = 5;
const SET_STATE = 6;
const SET_INTERMEDIATE = 7;
const SET_ATTRIBUTE = 8;
/** States by number. */
const STATES = ['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'];
const MOST_TRIALS = 100_000;
const LARGEST = 2 ** 30;

interface Journal {
  studies: Study[];
  trials: { study: number; trial: Trial }[];
}

export function findJournals(listings: readonly Listing[]): FoundRun[] {
  return listings.flatMap(({ path: folder, files }) =>
    files
      .filter((name) => /\.(?:log|journal|jsonl?)$/i.test(name))
      .map((name) => path.join(folder, name))
      .filter(isJournal)
      .flatMap(runsOf),
  );
}

/** Returns whether the first line is one of Optuna's. */
function isJournal(file: string): boolean {
  try {
    const bytes = FileBytes.open(file);
    try {
      const start = bytes.read(0, 4096).toString('utf8');
      return /^\{"op_code": ?\d/.test(start) && start.includes('"worker_id"');
    } finally {
      bytes.close();
    }
  } catch {
    return false;
  }
}

function runsOf(file: string): FoundRun[] {
  const journal = read(file);
  return journal.trials
    .map(({ study, trial }, id) => ({ study, trial, id }))
    .filter(({ trial, study }) => trial.state !== 'WAITING' && journal.studies[study])
    .map(({ study, trial, id }) =>
      runOf(
        file,
        journal.studies[study]!,
        `${study}/${trial.number}`,
        trial.number,
        () => read(file).trials[id]?.trial ?? null,
      ),
    );
}

/** The file as last read, because all its trials are read in sequence. */
let last: { key: string; journal: Journal } | null = null;

function read(file: string): Journal {
  const bytes = FileBytes.open(file);
  try {
    const key = `${file}\0${bytes.identity()}`;
    if (last?.key === key) return last.journal;
    const journal: Journal = { studies: [], trials: [] };
    const counts = new Map<number, number>();
    readLines(bytes, 0, LARGEST, (text) => {
      for (const line of text.split('\n')) if (line !== '') apply(line, journal, counts);
    });
    last = { key, journal };
    return journal;
  } finally {
    bytes.close();
  }
}

function apply(line: string, { studies, trials }: Journal, counts: Map<number, number>): void {
  let entry: Record<string, unknown>;
  try {
    entry = parsePython(line) as Record<string, unknown>;
  } catch {
    return;
  }
  if (typeof entry !== 'object' || entry === null) return;
  const operation = entry.op_code;
  if (operation === CREATE_STUDY) {
    const directions = Array.isArray(entry.directions) ? entry.directions.slice(0, 100) : [];
    studies.push({
      name: wordOf(entry.study_name),
      goals: directions.map((each) => (each === 2 ? 'maximize' : 'minimize')),
    });
    return;
  }
  if (operation === CREATE_TRIAL) {
    const study = looseNumber(entry.study_id);
    if (trials.length >= MOST_TRIALS || !studies[study]) return;
    const number = counts.get(study) ?? 0;
    counts.set(study, number + 1);
    trials.push({ study, trial: newTrial(number, entry) });
    return;
  }
  const trial = trials[looseNumber(entry.trial_id)]?.trial;
  if (!trial) return;
  if (operation === SET_PARAM) addParam(trial, entry.param_name, entry.param_value_internal, entry.distribution);
  else if (operation === SET_STATE) setState(trial, entry);
  else if (operation === SET_INTERMEDIATE)
    trial.intermediate.push([looseNumber(entry.step), looseNumber(entry.intermediate_value)]);
  else if (operation === SET_ATTRIBUTE) addAttributes(trial, entry.user_attr);
}

/** A trial may be created with all its values. */
function newTrial(trialNumber: number, entry: Record<string, unknown>): Trial {
  const trial: Trial = {
    number: trialNumber,
    state: STATES[looseNumber(entry.state ?? 0)] ?? 'RUNNING',
    startedAt: timeOf(entry.datetime_start),
    endedAt: timeOf(entry.datetime_complete),
    params: [],
    values: [],
    intermediate: [],
    attributes: {},
  };
  const distributions = objectOf(entry.distributions);
  for (const [name, value] of Object.entries(objectOf(entry.params))) {
    addParam(trial, name, value, Object.hasOwn(distributions, name) ? distributions[name] : '');
  }
  for (const [step, value] of Object.entries(objectOf(entry.intermediate_values)))
    trial.intermediate.push([Number(step), looseNumber(value)]);
  if (Array.isArray(entry.values)) trial.values = entry.values.map(looseNumber);
  else if (entry.value !== undefined && entry.value !== null) trial.values = [looseNumber(entry.value)];
  addAttributes(trial, entry.user_attrs);
  return trial;
}

function addParam(trial: Trial, name: unknown, internal: unknown, distribution: unknown): void {
  if (trial.params.length < 2000) {
    trial.params.push({ name: wordOf(name), internal: looseNumber(internal), distribution: wordOf(distribution) });
  }
}

function setState(trial: Trial, entry: Record<string, unknown>): void {
  trial.state = STATES[looseNumber(entry.state)] ?? trial.state;
  if (Array.isArray(entry.values)) trial.values = entry.values.slice(0, 100).map(looseNumber);
  const [start, end] = [timeOf(entry.datetime_start), timeOf(entry.datetime_complete)];
  if (!Number.isNaN(start)) trial.startedAt = start;
  if (!Number.isNaN(end)) trial.endedAt = end;
}

function addAttributes(trial: Trial, attributes: unknown): void {
  if (Object.keys(trial.attributes).length > 1000) return;
  for (const [name, value] of Object.entries(flatten(objectOf(attributes)).params))
    setEntry(trial.attributes, name, value);
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
