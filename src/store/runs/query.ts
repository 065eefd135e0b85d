import type { z } from 'zod';
import { LIVE_STATUSES, type RunQuery } from '../../protocol/engine/index.js';
import type { SqlValue } from '../database.js';
import type { MetricNames } from '../names.js';
import { entryOf } from '../../protocol/values/records.js';

/** A part of a SELECT with the values of its placeholders. */
export interface Sql {
  text: string;
  values: SqlValue[];
}

export const LIVE_SQL = LIVE_STATUSES.map((status) => `'${status}'`).join(', ');

/** The condition that a query's filters make. `containing` finds the keys of runs by words in their text. */
export function where(
  query: z.output<typeof RunQuery>,
  containing: (words: readonly string[]) => readonly number[],
): Sql {
  const parts = [query.deleted ? 'runs.deleted_at IS NOT NULL' : 'runs.deleted_at IS NULL'];
  const values: SqlValue[] = [];
  const add = (text: string, ...more: SqlValue[]): void => {
    parts.push(text);
    values.push(...more);
  };
  if (query.experiment !== undefined) add('runs.experiment = ?', query.experiment);
  if (query.file !== undefined) add('runs.file = ?', query.file);
  if (query.search === null) add('runs.search IS NULL');
  else if (query.search !== undefined) add('runs.search = ?', query.search);
  if (query.pipeline === null) add('runs.pipeline IS NULL');
  else if (query.pipeline !== undefined) add('runs.pipeline = ?', query.pipeline);
  if (query.status) add('runs.status IN (SELECT value FROM json_each(?))', JSON.stringify(query.status));
  if (query.ids) add('runs.id IN (SELECT value FROM json_each(?))', JSON.stringify(query.ids));
  const words = (query.text ?? '').toLowerCase().split(/\s+/).filter(Boolean).slice(0, 32);
  // Evaluated once, although the condition is used to count and to list.
  if (words.length > 0) add('runs.key IN (SELECT value FROM json_each(?))', JSON.stringify(containing(words)));
  return { text: parts.join(' AND '), values };
}

/** Returns how to count the runs of a query with this condition, without looking at each of them if that is possible. */
export function countOf(query: z.output<typeof RunQuery>, filter: Sql): Sql {
  const { experiment, search, status, deleted, pipeline } = query;
  const narrowed = [query.file, pipeline ?? undefined, query.ids, query.text || undefined, query.filter || undefined];
  if (narrowed.some((each) => each !== undefined))
    return { text: `SELECT count(*) n FROM runs WHERE ${filter.text}`, values: filter.values };
  const parts: string[] = [];
  const values: SqlValue[] = [];
  if (experiment !== undefined) {
    parts.push('experiment = ?');
    values.push(experiment);
  }
  if (search !== undefined) {
    parts.push("coalesce(search, '') = ?");
    values.push(search ?? '');
  }
  if (status) {
    parts.push('status IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(status));
  }
  const rest = parts.map((part) => ` AND ${part}`).join('');
  const all = `(SELECT coalesce(sum(n), 0) FROM tallies WHERE deleted = ${deleted ? 1 : 0}${rest})`;
  if (pipeline !== null) return { text: `SELECT ${all} n`, values };
  // Few runs are stages of pipelines.
  const isIn = `pipeline IS NOT NULL AND deleted_at IS ${deleted ? 'NOT NULL' : 'NULL'}`;
  return {
    text: `SELECT ${all} - (SELECT count(*) FROM runs WHERE ${isIn}${rest}) n`,
    values: [...values, ...values],
  };
}

export interface Order {
  join: Sql;
  by: string;
}

const COLUMNS: Record<string, string> = {
  createdAt: 'runs.created_at',
  name: 'runs.name COLLATE NOCASE',
  status: 'runs.status',
  objective: 'runs.objective',
  duration:
    'CASE WHEN runs.started_at IS NULL THEN NULL WHEN runs.ended_at IS NOT NULL AND runs.ran IS NOT NULL THEN runs.ran ' +
    'ELSE max(0, coalesce(runs.ended_at, :now) - runs.started_at) END',
};

/**
 * How a query sorts. Runs without the value come last both ways; equal ones by age, in the same direction. A metric sorts by
 * its latest value, a param by number where it is one, and text after numbers.
 */
export function order(query: z.output<typeof RunQuery>, names: MetricNames, now: number): Order {
  const way = query.descending ? 'DESC' : 'ASC';
  const tie = `runs.created_at ${way}, runs.key ${way}`;
  const none: Sql = { text: '', values: [] };
  const { sort } = query;
  if (sort.startsWith('param:')) {
    return {
      join: { text: 'LEFT JOIN params p ON p.name = ? AND p.run = runs.key', values: [sort.slice(6)] },
      by: `p.run IS NULL, p.num IS NULL, p.num ${way}, p.text ${way}, ${tie}`,
    };
  }
  if (sort.startsWith('metric:')) {
    return {
      join: {
        text: 'LEFT JOIN series m ON m.run = runs.key AND m.metric = ?',
        values: [names.find(sort.slice(7)) ?? -1],
      },
      by: `m.last IS NULL, m.last ${way}, ${tie}`,
    };
  }
  if (sort === 'createdAt') return { join: none, by: tie };
  const column = entryOf(COLUMNS, sort);
  if (column === undefined) throw new RangeError(`runs can't be sorted by "${sort}"`);
  const expression = column.replace(':now', String(Math.floor(now)));
  return { join: none, by: `(${expression}) IS NULL, ${expression} ${way}, ${tie}` };
}
