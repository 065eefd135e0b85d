/**
 * The stable shapes that `--json` prints, documented in docs/cli.md. Numbers that JSON can't hold are the strings
 * "NaN", "Infinity", "-Infinity". Times are ISO 8601, except a metric point's `time`, which is milliseconds since 1970.
 */
import type { Run, RunDetail, Search } from '../../protocol/engine/index.js';
import { forJson } from '../../protocol/values/floats.js';
import type { Params, WireNumber } from '../../protocol/values/index.js';
import { isSystemMetric, ownMetrics } from '../../protocol/run/systemMetrics.js';

export interface RunJson {
  id: string;
  experiment: string;
  search: string | null;
  name: string;
  status: Run['status'];
  params: Params;
  /** Last value of each metric, without those of the machine's use. */
  metrics: Record<string, WireNumber>;
  /** Best value of the objective so far. */
  objective: WireNumber | null;
  createdAt: string;
  endedAt: string | null;
  /** Name of the agent that started it, or its search; absent if a person did. */
  by?: string;
}

const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());

export function runJson(run: Run): RunJson {
  return {
    id: run.id,
    experiment: run.experiment,
    search: run.search,
    name: run.name,
    status: run.status,
    // Floats stay floats in the text.
    params: forJson(run.params, run.floats) as Params,
    metrics: Object.fromEntries(ownMetrics(run.metrics).map(([name, summary]) => [name, summary.last])),
    objective: run.objective?.value ?? null,
    createdAt: iso(run.createdAt)!,
    endedAt: iso(run.endedAt),
    ...(run.by !== undefined && { by: run.by }),
  };
}

/** Metrics that were read from the program's output, because nothing recorded them. */
export const namesReadFromOutput = (run: Run): string[] =>
  Object.entries(run.metrics)
    .filter(([, { source }]) => source === 'output')
    .map(([name]) => name);

export function detailJson(run: RunDetail) {
  const system = Object.entries(run.metrics).filter(([name]) => isSystemMetric(name));
  return {
    ...runJson(run),
    system: Object.fromEntries(system.map(([name, summary]) => [name, summary.last])),
    readFromOutput: namesReadFromOutput(run),
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
    error: run.error && { kind: run.error.kind, message: run.error.message, logTail: run.error.logTail },
    messages: run.messages.map(({ said: _said, ...message }) => message),
    ...(run.acts && { acts: run.acts }),
  };
}

export function bestJson(best: Search['best']) {
  return best && { run: best.run, params: forJson(best.params, best.floats), objective: best.objective };
}

export function searchJson(search: Search) {
  return {
    search: search.id,
    name: search.name,
    status: search.status,
    trials: search.counts.total,
    counts: search.counts,
    best: bestJson(search.best),
    ...(search.by !== undefined && { by: search.by }),
  };
}
