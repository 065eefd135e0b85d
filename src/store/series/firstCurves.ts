import type { z } from 'zod';
import type { FirstCurves, Run, SeriesData, SeriesQuery } from '../../protocol/engine/index.js';

/** Queries for the curves that come with a list: the objective of its newest run that has one, for the first runs. */
export function firstQueries(
  runs: readonly Run[],
  { runs: count, x, points }: FirstCurves,
): z.output<typeof SeriesQuery>[] {
  const first = runs.slice(0, count);
  const metric = first.find(({ objective }) => objective)?.objective?.metric;
  if (metric === undefined) return [];
  return first
    .filter(({ metrics }) => Object.hasOwn(metrics, metric))
    .map(({ id }) => ({ run: id, metric, x, points, packed: true }));
}

interface ListStore {
  runs: { list(query: never): { total: number; runs: Run[] } };
  series: { readSome(queries: readonly z.output<typeof SeriesQuery>[]): SeriesData[] };
}

/** The rows of a list with the curves that are asked for. */
export function listWithCurves<Q extends { curves?: FirstCurves | undefined }>(
  store: ListStore,
  { curves, ...query }: Q,
): { total: number; runs: Run[]; series?: SeriesData[] } {
  const list = store.runs.list(query as never);
  if (!curves) return list;
  const queries = firstQueries(list.runs, curves);
  return queries.length === 0 ? list : { ...list, series: store.series.readSome(queries) };
}
