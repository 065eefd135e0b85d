/**
 * What `--json` prints: stable shapes, documented in docs/cli.md. Numbers that JSON can't hold are the strings
 * "NaN", "Infinity", "-Infinity". Times are ISO 8601, except a metric point's `time`, which is milliseconds since 1970.
 */
import type { Run, RunDetail, Search } from '../protocol/engine.js';
import type { Params, WireNumber } from '../protocol/values.js';

export interface RunJson {
  id: string;
  experiment: string;
  search: string | null;
  name: string;
  status: Run['status'];
  params: Params;
  /** Last value of each metric. */
  metrics: Record<string, WireNumber>;
  /** Best value of the objective so far. */
  objective: WireNumber | null;
  createdAt: string;
  endedAt: string | null;
}

const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());

export function runJson(run: Run): RunJson {
  return {
    id: run.id,
    experiment: run.experiment,
    search: run.search,
    name: run.name,
    status: run.status,
    params: run.params,
    metrics: Object.fromEntries(Object.entries(run.metrics).map(([name, summary]) => [name, summary.last])),
    objective: run.objective?.value ?? null,
    createdAt: iso(run.createdAt)!,
    endedAt: iso(run.endedAt),
  };
}

export function detailJson(run: RunDetail) {
  return {
    ...runJson(run),
    host: run.host,
    device: run.device,
    git: run.git,
    command: run.command,
    exitCode: run.exitCode,
    signal: run.signal,
    cwd: run.cwd,
    folder: run.folder,
    seed: run.seed,
    info: run.info,
    tags: run.tags,
    note: run.note,
    error: run.error,
    messages: run.messages,
  };
}

export function searchJson(search: Search) {
  return {
    search: search.id,
    name: search.name,
    status: search.status,
    trials: search.counts.total,
    counts: search.counts,
    best: search.best && { run: search.best.run, params: search.best.params, objective: search.best.objective },
  };
}
