import { rankedOf } from '../../protocol/engine/ranks.js';
import type { Run } from '../../protocol/engine/index.js';
import { formatNumber } from '../../format/numbers.js';
import { formatAgo, formatDuration, runDuration } from '../../format/times.js';
import { formatRunParam } from '../../format/runParams.js';
import { entryOf } from '../../protocol/values/records.js';
import { FormulaError, parseFormula, type Formula } from '../../query/formula.js';
import { fromWire } from '../../protocol/values/wireNumber.js';
import { l10n } from '../../format/l10n.js';
import { statusText } from '../../format/statuses.js';
import { isSystemMetric } from '../../protocol/run/systemMetrics.js';

/** A column of the run table; `key` is also what the engine sorts by. */
export interface Column {
  key: string;
  title: string;
  kind: 'name' | 'status' | 'text' | 'number';
  width: number;
  text(run: Run, now: number): string;
}

export const FIXED: readonly Column[] = [
  {
    key: 'status',
    get title() {
      return l10n.t('Status');
    },
    kind: 'status',
    width: 130,
    text: (run) => statusText(run.status),
  },
  {
    key: 'objective',
    get title() {
      return l10n.t('Objective');
    },
    kind: 'number',
    width: 90,
    text: (run) => formatNumber(run.objective?.value),
  },
];
export const TRAILING: readonly Column[] = [
  {
    key: 'duration',
    get title() {
      return l10n.t('Duration');
    },
    kind: 'number',
    width: 80,
    text: (run, now) => {
      const time = runDuration(run, now);
      return time === null ? '–' : formatDuration(time);
    },
  },
  {
    key: 'createdAt',
    get title() {
      return l10n.t('Started');
    },
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
  if (kind === 'formula' && name) return formulaColumn(key, name);
  if (key === 'tags')
    return { key, title: l10n.t('Tags'), kind: 'text', width: 100, text: (run) => run.tags.join(', ') };
  return null;
}

/** A column of a formula over parameters, metrics and the objective. Its key is `formula:TEXT`. */
function formulaColumn(key: string, text: string): Column {
  const formula = readFormula(text);
  return {
    key,
    title: text,
    kind: 'number',
    width: 110,
    text: (run) => (formula ? formatNumber(formula.evaluate((name) => numberOf(run, name))) : l10n.t('not a formula')),
  };
}

const read = new Map<string, Formula | null>();
function readFormula(text: string): Formula | null {
  const known = read.get(text);
  if (known !== undefined) return known;
  let formula: Formula | null = null;
  try {
    formula = parseFormula(text);
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
  }
  read.set(text, formula);
  return formula;
}

/** Returns the number under a name: a parameter's, else a metric's latest; NaN if there is none. */
export function numberOf(run: Run, name: string): number {
  if (name === 'objective') return fromWire(run.objective?.value ?? 'NaN');
  const param = entryOf(run.params, name);
  if (typeof param === 'number') return param;
  const last = entryOf(run.metrics, name)?.last;
  return last === undefined ? NaN : fromWire(last);
}

/** Returns the number in a column, for computing with it; NaN if it has none. */
export function columnNumber(run: Run, key: string): number {
  if (key === 'objective') return numberOf(run, 'objective');
  const name = key.slice(key.indexOf(':') + 1);
  if (key.startsWith('metric:')) {
    const last = entryOf(run.metrics, name)?.last;
    return last === undefined ? NaN : fromWire(last);
  }
  if (key.startsWith('formula:')) return readFormula(name)?.evaluate((one) => numberOf(run, one)) ?? NaN;
  return NaN;
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

/** The column with room for additions to its values: differences from a baseline, the spread of groups. */
export function widened(column: Column, hasBaseline: boolean, isGrouped: boolean): Column {
  const more =
    (hasBaseline && column.kind === 'number' ? 95 : 0) +
    (isGrouped && /^(?:objective$|metric:|param:|formula:)/.test(column.key) ? 30 : 0);
  return more > 0 ? { ...column, width: column.width + more } : column;
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
