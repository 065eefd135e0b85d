import { rankedOf } from '../../../src/protocol/ranks.js';
import type { Run } from '../../../src/protocol/engine.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { formatAgo, formatDuration, runDuration } from '../../../src/format/times.js';
import { formatRunParam } from '../values.js';
import { entryOf } from '../../../src/protocol/records.js';
import { l10n } from '../../../src/format/l10n.js';
import { statusText } from '../../../src/format/statuses.js';
import { isSystemMetric } from '../../../src/protocol/systemMetrics.js';

/** A column of the run table; `key` is also what the engine sorts by. */
export interface Column {
  key: string;
  title: string;
  kind: 'name' | 'status' | 'text' | 'number';
  width: number;
  text(run: Run, now: number): string;
}

export const FIXED: readonly Column[] = [
  { key: 'status', title: l10n.t('Status'), kind: 'status', width: 130, text: (run) => statusText(run.status) },
  {
    key: 'objective',
    title: l10n.t('Objective'),
    kind: 'number',
    width: 90,
    text: (run) => formatNumber(run.objective?.value),
  },
];
export const TRAILING: readonly Column[] = [
  {
    key: 'duration',
    title: l10n.t('Duration'),
    kind: 'number',
    width: 80,
    text: (run, now) => {
      const time = runDuration(run, now);
      return time === null ? '–' : formatDuration(time);
    },
  },
  {
    key: 'createdAt',
    title: l10n.t('Started'),
    kind: 'text',
    width: 100,
    text: (run, now) => formatAgo(run.createdAt, now),
  },
];

export function columnOf(key: string): Column | null {
  const [kind, ...rest] = key.split(':');
  const name = rest.join(':');
  if (kind === 'param' && name) {
    return { key, title: name, kind: 'text', width: 100, text: (run) => formatRunParam(run, name) };
  }
  if (kind === 'metric' && name) {
    return {
      key,
      title: name,
      kind: 'number',
      width: 100,
      text: (run) => formatNumber(entryOf(run.metrics, name)?.last),
    };
  }
  return null;
}

/** Returns the default columns: the params that were searched or differ, and the metrics except the objective. */
export function defaultColumns(
  params: readonly string[],
  metrics: readonly string[],
  objective: string | null,
): string[] {
  return [
    ...params.slice(0, 8).map((name) => `param:${name}`),
    ...metrics
      .filter((name) => name !== objective && !isSystemMetric(name) && rankedOf(name) === null)
      .slice(0, 6)
      .map((name) => `metric:${name}`),
  ];
}

/** Moves a key within the chosen columns. */
export function moveColumn(columns: readonly string[], key: string, by: number): string[] {
  const from = columns.indexOf(key);
  const to = Math.max(0, Math.min(columns.length - 1, from + by));
  if (from < 0 || from === to) return [...columns];
  const moved = columns.filter((other) => other !== key);
  moved.splice(to, 0, key);
  return moved;
}
