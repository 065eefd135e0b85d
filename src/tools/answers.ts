/** Runs and searches as an agent gets them: small, with units in the names of the keys. */
import type { AgentAct } from '../protocol/engine/agents.js';
import { runDuration } from '../format/times.js';
import type { FileProblem, MetricSummary, Run, Search } from '../protocol/engine/index.js';
import { forJson } from '../protocol/values/floats.js';
import { ownMetrics } from '../protocol/run/systemMetrics.js';
import type { WireNumber } from '../protocol/values/index.js';
import { isoTime, seconds, shortName, untrusted } from './texts.js';

/** Metrics in one answer, at most. */
export const MOST_METRICS = 40;

export function briefRun(run: Run): object {
  const metrics = ownMetrics(run.metrics);
  const leftOut = Math.max(0, metrics.length - MOST_METRICS) + (run.more ?? 0);
  return {
    id: run.id,
    name: shortName(run.name),
    experiment: shortName(run.experiment),
    ...(run.search !== null && { search: run.search, trial: run.trial }),
    status: run.status,
    params: forJson(run.params, run.floats),
    metrics: Object.fromEntries(metrics.slice(0, MOST_METRICS).map(([name, { last }]) => [shortName(name), last])),
    ...(leftOut > 0 && { metrics_left_out: leftOut }),
    objective: run.objective && { ...run.objective, metric: shortName(run.objective.metric) },
    started: isoTime(run.startedAt),
    duration_s: seconds(runDuration(run, Date.now())),
    ...(run.branch && { branch_of: { run: run.branch.run, step: run.branch.step } }),
    ...(run.by !== undefined && { by: `agent ${shortName(run.by)}` }),
    ...(run.tags.length > 0 && { tags: run.tags.map(shortName) }),
    ...(run.note && { note: untrusted(run.note, 300) }),
    ...(run.error && { error: { kind: run.error.kind, ...untrusted(run.error.message, 300) } }),
  };
}

export function briefSearch(search: Search): object {
  const { best } = search;
  return {
    id: search.id,
    name: shortName(search.name),
    experiment: shortName(search.experiment),
    file: search.file,
    status: search.status,
    sampler: search.sampler,
    trials: { planned: search.trials, ...search.counts },
    objective: search.objective && { ...search.objective, metric: shortName(search.objective.metric) },
    best: best && {
      run: best.run,
      trial: best.trial,
      params: forJson(best.params, best.floats),
      objective: best.objective,
    },
    started: isoTime(search.createdAt),
    duration_s: seconds((search.endedAt ?? Date.now()) - search.createdAt),
    ...(search.by !== undefined && { by: `agent ${shortName(search.by)}` }),
    ...(search.error && { error: untrusted(search.error, 300) }),
  };
}

export function briefMetrics(metrics: Run['metrics']): Record<string, object> {
  return Object.fromEntries(
    Object.entries(metrics)
      .slice(0, MOST_METRICS)
      .map(([name, { last, lastStep, min, max, count }]: [string, MetricSummary]) => [
        shortName(name),
        { last, last_step: lastStep, min, max, points: count },
      ]),
  );
}

/** The newest acts of agents on a run or a search. */
export function briefActs(acts: readonly AgentAct[] = []): object[] {
  return acts.slice(-20).map(({ time, agent, what, consent }) => ({
    time: isoTime(time),
    agent: shortName(agent),
    what: shortName(what),
    consent,
  }));
}

export function briefProblem({ line, column, severity, message, hint }: FileProblem): object {
  return { line, column, severity, message, ...(hint && { hint }) };
}

/** One page of a list: `next_offset` is what to ask for next, null at the end. */
export function page(key: string, items: readonly object[], total: number, offset: number): object {
  const next = offset + items.length;
  return { total, next_offset: next < total && items.length > 0 ? next : null, [key]: items };
}

/** NaN and infinities as the numbers that they are. */
export function numberOf(value: WireNumber): number {
  return typeof value === 'number' ? value : Number(value);
}
