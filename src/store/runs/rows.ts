import type { Said } from '../../protocol/said.js';
import type { AgentAct } from '../../protocol/engine/agents.js';
import type { RowMetrics, Run, RunDetail, RunMessage, RunStatus } from '../../protocol/engine/index.js';
import { toWire } from '../../protocol/values/index.js';
import type { Database } from '../database.js';
import type { MetricNames } from '../names.js';
import { readParams } from './params.js';
import { summaries, type Summaries } from './summaries.js';
import { unreadWarning } from './unread.js';

/** A row of the table `runs`. */
export interface RunRow {
  key: number;
  id: string;
  experiment: string;
  file: string | null;
  search: string | null;
  trial: number | null;
  name: string;
  status: string;
  params: string;
  objective_metric: string | null;
  objective_goal: string | null;
  objective: number | null;
  objective_step: number | null;
  progress: string | null;
  info: string;
  device: string | null;
  error: string | null;
  tags: string;
  note: string;
  created_at: number;
  started_at: number | null;
  ended_at: number | null;
  deleted_at: number | null;
  host: string;
  git: string | null;
  command: string;
  cwd: string;
  folder: string;
  seed: number;
  exit_code: number | null;
  signal: string | null;
  /** See `unread.ts`. */
  unread: string | null;
  ran: number | null;
  branch: string | null;
  /** JSON of `Run.changes`. */
  changes: string | null;
  /** For a stage: its pipeline's run; JSON with its name and the runs whose results it used. */
  pipeline: string | null;
  stage: string | null;
  /** For a pipeline: JSON of its stages' names. */
  stages: string | null;
}

/** Rows as runs in the order given, with the summaries of some metrics, or of all. */
export function toRuns(db: Database, names: MetricNames, rows: readonly RunRow[], wanted: RowMetrics = 'all'): Run[] {
  const keys = rows.map((row) => row.key);
  const metrics = summaries(db, names, rows, wanted);
  const warnings = warningsOf(db, keys);
  const starters = startersOf(db, rows);
  return rows.map((row) => {
    const by = starters.get(row.id) ?? (row.search === null ? undefined : starters.get(row.search));
    const run = toRun(row, metrics.get(row.key)!, withUnread(row, warnings.get(row.key)));
    return by === undefined ? run : { ...run, by };
  });
}

/** The warning about parameters that were not received comes last, as it is known at the run's end. */
function withUnread(row: RunRow, warnings: Run['warnings']): Run['warnings'] {
  const unread = unreadWarning(row);
  return unread ? { count: (warnings?.count ?? 0) + 1, text: unread.text.slice(0, 300) } : warnings;
}

/** Names of the agents that started these runs, or their searches, by id. */
function startersOf(db: Database, rows: readonly RunRow[]): Map<string, string> {
  const ids = new Set(rows.flatMap(({ id, search }) => (search === null ? [id] : [id, search])));
  const found = db.all<{ subject: string; agent: string }>(
    'SELECT subject, agent FROM json_each(?) wanted CROSS JOIN acts ON acts.subject = wanted.value WHERE starts = 1',
    JSON.stringify([...ids]),
  );
  return new Map(found.map(({ subject, agent }) => [subject, agent]));
}

/** Returns the newest warning and the number of warnings of each run. */
function warningsOf(db: Database, keys: readonly number[]): Map<number, NonNullable<Run['warnings']>> {
  const rows = db.all<{ run: number; count: number; text: string; said: string | null }>(
    `SELECT found.run run, found.number count, substr(text, 1, 300) text, iif(length(text) > 300, NULL, said) said FROM (
       SELECT messages.run, count(*) number, max(messages.rowid) newest FROM json_each(?) wanted
       CROSS JOIN messages ON messages.run = wanted.value WHERE level <> 'info' GROUP BY messages.run
     ) found JOIN messages ON messages.rowid = found.newest`,
    JSON.stringify(keys),
  );
  return new Map(
    rows.map(({ run, count, text, said }) => [
      run,
      { count, text, ...(said !== null && { said: JSON.parse(said) as Said }) },
    ]),
  );
}

function toRun(row: RunRow, { metrics, more }: Summaries, warnings: Run['warnings']): Run {
  return {
    id: row.id,
    experiment: row.experiment,
    file: row.file,
    search: row.search,
    trial: row.trial,
    name: row.name,
    status: row.status as RunStatus,
    ...readParams(row.params),
    metrics,
    ...(more > 0 && { more }),
    objective:
      row.objective_metric === null
        ? null
        : {
            metric: row.objective_metric,
            goal: row.objective_goal === 'maximize' ? 'maximize' : 'minimize',
            value: row.objective === null ? null : toWire(row.objective),
            step: row.objective_step,
          },
    progress: row.progress === null ? null : JSON.parse(row.progress),
    info: JSON.parse(row.info),
    device: row.device,
    error: row.error === null ? null : JSON.parse(row.error),
    ...(warnings && { warnings }),
    tags: JSON.parse(row.tags),
    note: row.note,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    ...(row.ran !== null && { ran: row.ran }),
    deletedAt: row.deleted_at,
    ...(row.branch !== null && { branch: JSON.parse(row.branch) }),
    ...(row.changes !== null && { changes: JSON.parse(row.changes) }),
    ...(row.pipeline !== null && { stage: { pipeline: row.pipeline, ...JSON.parse(row.stage ?? '{}') } }),
    ...(row.stages !== null && { stages: JSON.parse(row.stages) }),
  };
}

export function toDetail(run: Run, row: RunRow, messages: RunMessage[], acts: AgentAct[]): RunDetail {
  return {
    ...run,
    host: row.host,
    git: row.git === null ? null : JSON.parse(row.git),
    command: JSON.parse(row.command),
    cwd: row.cwd,
    folder: row.folder,
    seed: row.seed,
    exitCode: row.exit_code,
    signal: row.signal,
    messages,
    ...(acts.length > 0 && { acts }),
  };
}
