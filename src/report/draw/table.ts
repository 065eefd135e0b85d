/** Draws runs as a table, or one row for each group. */
import { l10n } from '../../format/l10n.js';
import { formatNumber, formatParam } from '../../format/numbers.js';
import { countOfRuns, statusText } from '../../format/statuses.js';
import { formatDuration } from '../../format/times.js';
import { fromWire, type WireNumber } from '../../protocol/values/wireNumber.js';
import type { Run } from '../../protocol/engine/index.js';
import { entryOf } from '../../protocol/values/records.js';
import {
  columnNumber,
  columnOf,
  defaultColumns,
  FIXED,
  TRAILING,
  type Column,
} from '../../drawing/runs/tableColumns.js';
import { differingParams } from '../../drawing/runs/naming.js';
import { titleOf, valueText } from '../../drawing/runs/fields.js';
import { BlockError } from '../problem.js';
import type { BlockOf } from '../blocks/keys.js';
import { fieldKey } from './fields.js';
import type { DrawParts, Drawn, TableCell } from './parts.js';
import { liveOf, selectRuns, sortKey } from './select.js';
import { textIn, textsIn } from './view.js';

const COUNT = 50;

/** `runs`: without columns, only what every run has. */
export async function drawTable(keys: BlockOf<'table'>, parts: DrawParts, isPlain: boolean): Promise<Drawn> {
  const sorted = keys.sort === undefined || keys.best !== undefined ? keys : await bySort(keys, parts);
  const { runs, total, view, experiment } = await selectRuns(sorted, parts, COUNT);
  const groupBy = (keys.groupBy ?? (isPlain ? undefined : textsIn(view, 'groupBy')) ?? []).map((key) =>
    fieldKey(key, runs, 'groupBy'),
  );
  const columns = columnsFor(keys, view, runs, isPlain);
  const shared = {
    title: keys.title ?? (isPlain ? l10n.t('Runs') : ''),
    runs: runs.map(({ id }) => id),
    live: liveOf(runs),
  };
  if (groupBy.length > 0) return { ...shared, ...(await groupTable(groupBy, columns, keys, experiment, parts)) };
  const baseline = keys.baseline === undefined ? textIn(view, 'baseline') : keys.baseline;
  const base = baseline === undefined ? undefined : runs.find(({ id, name }) => id === baseline || name === baseline);
  if (keys.baseline !== undefined && !base && runs.length > 0)
    throw new BlockError(l10n.t('The baseline "{0}" is not among the runs shown.', keys.baseline), '', 'baseline');
  const note = total > runs.length ? l10n.t('{0} of {1} runs', runs.length, total) : countOfRuns(runs.length);
  return {
    ...shared,
    note,
    table: {
      columns: [
        { title: l10n.t('Run'), isNumber: false },
        ...columns.map(({ title, kind }) => ({ title, isNumber: kind === 'number' })),
      ],
      rows: runs.map((run) => ({
        cells: [
          { text: run.name, run: run.id },
          ...columns.map((column) => ({ text: column.text(run, parts.now), ...differenceTo(base, run, column) })),
        ],
      })),
    },
  };
}

/** Turns `sort` into the choice of the first so many. */
async function bySort(keys: BlockOf<'table'>, parts: DrawParts): Promise<BlockOf<'table'>> {
  const { sort, newest, experiment } = keys;
  const by = await sortKey(sort!, experiment === undefined ? {} : { experiment }, parts);
  const count = newest ?? keys.draw?.count ?? COUNT;
  return { ...keys, newest: undefined, draw: { by, descending: keys.descending ?? true, count } };
}

function differenceTo(base: Run | undefined, run: Run, column: Column): Pick<TableCell, 'more'> {
  if (!base || base.id === run.id || column.kind !== 'number') return {};
  const [value, from] = [columnNumber(run, column.key), columnNumber(base, column.key)];
  const change = value - from;
  if (!Number.isFinite(change) || change === 0) return {};
  const sign = change > 0 ? '+' : '−';
  const share = from === 0 ? '' : ` (${sign}${Number((100 * Math.abs(change / from)).toPrecision(3))} %)`;
  return { more: `${sign}${formatNumber(Number(Math.abs(change).toPrecision(4)))}${share}` };
}

function columnsFor(
  keys: BlockOf<'table'>,
  view: Readonly<Record<string, unknown>>,
  runs: readonly Run[],
  isPlain: boolean,
): Column[] {
  const named = keys.columns?.map((key) => fieldKey(key, runs, 'columns', true));
  if (named) return named.map(anyColumn);
  if (isPlain) return [...FIXED, ...TRAILING];
  const metrics = [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))];
  const params = differingParams(runs);
  const objective = runs.find((run) => run.objective)?.objective?.metric ?? null;
  const chosen = textsIn(view, 'columns') ?? defaultColumns(params, metrics, objective);
  return [...FIXED, ...chosen.flatMap((key) => columnOf(key) ?? []), ...TRAILING];
}

function anyColumn(key: string): Column {
  const fixed = [...FIXED, ...TRAILING].find((column) => column.key === key);
  const own = fixed ?? columnOf(key);
  if (own) return own;
  // Facts that the panel's table has no column for.
  const of = (run: Run): string => {
    if (key === 'search') return run.search ?? '–';
    if (key === 'device') return run.device ?? '–';
    if (key === 'experiment') return run.experiment;
    if (key === 'name') return run.name;
    const name = key.slice(key.indexOf(':') + 1);
    return formatParam(entryOf(run.info, name));
  };
  return { key, title: titleOf(key), kind: 'text', width: 100, text: of };
}

async function groupTable(
  by: readonly string[],
  columns: readonly Column[],
  keys: BlockOf<'table'>,
  experiment: string | null,
  parts: DrawParts,
): Promise<Pick<Drawn, 'table' | 'note'>> {
  const shown = columns.filter(({ key }) => /^(?:(?:param|metric|info):.+|objective|duration)$/s.test(key));
  const { total, groups } = await parts.ask('runs/groups', {
    query: {
      ...(experiment !== null && { experiment }),
      ...(keys.filter !== undefined && { filter: keys.filter }),
      ...(keys.search !== undefined && { search: keys.search }),
    },
    by: [...by],
    columns: shown.map(({ key }) => key),
  });
  const number = (value: WireNumber, key: string): string =>
    key === 'duration' ? formatDuration(fromWire(value) * 1000) : formatNumber(value);
  return {
    note: l10n.t('{0} groups, mean ± standard deviation', total),
    table: {
      columns: [
        ...by.map((key) => ({ title: titleOf(key), isNumber: false })),
        { title: l10n.t('Runs'), isNumber: true },
        ...shown.map(({ title }) => ({ title, isNumber: true })),
      ],
      rows: groups.slice(0, 200).map((group) => ({
        cells: [
          ...group.values.map((value, i) => ({
            text:
              by[i] === 'status' && typeof value === 'string' ? statusText(value as Run['status']) : valueText(value),
          })),
          { text: String(group.runs) },
          ...group.columns.map((column, i) =>
            column === null
              ? { text: '–' }
              : {
                  text: number(column.mean, shown[i]!.key),
                  ...(column.n > 1 && { more: `± ${number(column.sd, shown[i]!.key)}` }),
                },
          ),
        ],
      })),
    },
  };
}
