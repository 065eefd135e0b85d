/** Cards, tables and plots of the panel as live blocks of a report. */
import { LIVE_STATUSES } from '../../src/protocol/engine/statuses.js';
import { BLOCK_MIME } from '../../src/protocol/run/mimes.js';
import type { NewBlock } from '../../src/protocol/report.js';
import { validFilter } from './table/validFilter.js';
import type { OwnCard, CardSettings, ViewSettings } from './view.js';
import type { PanelModel } from './panel.js';
import type { CardAxis } from '../../src/drawing/cardAxes.js';
import type { XAxis } from '../../src/drawing/series.js';

type Model = Pick<PanelModel, 'state' | 'view' | 'host'>;
type Keys = Record<string, unknown>;

/** Asks in which report, and adds the block to it. */
export function addToReport({ host }: Pick<Model, 'host'>, block: NewBlock): void {
  host.command('tunesmith.report.add', JSON.stringify(block));
}

/** Lets a dragged card be dropped on a report's preview, or into its text. */
export function carry(transfer: DataTransfer, block: NewBlock): void {
  transfer.setData(BLOCK_MIME, JSON.stringify(block));
  // JSON is YAML, too.
  const lines = Object.entries(block.keys).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  transfer.setData('text/plain', `\`\`\`tunesmith ${block.kind}\n${lines.join('')}\`\`\`\n`);
  transfer.effectAllowed = 'copyMove';
}

/** The runs that are drawn: those that were chosen, else how many of what. */
function selection({ state, view }: Pick<Model, 'state' | 'view'>): Keys {
  const { experiment, selected, hidden, pinned } = state;
  if (selected !== null) {
    const runs = [...new Set([...selected, ...pinned])].filter((id) => !hidden.includes(id));
    return { ...(runs.length === 0 && experiment !== null && { experiment }), runs };
  }
  const { by, descending, count } = view.draw;
  const which =
    by === 'createdAt' && descending
      ? { newest: count }
      : by === 'objective'
        ? { best: count }
        : { draw: { by, descending, count } };
  return { ...(experiment !== null && { experiment }), ...which };
}

/** Settings that differ from what a block has without them. */
function differing(view: Readonly<ViewSettings>): Keys {
  const { groupBy, band, colorBy, dashBy, smoothKind } = view;
  return {
    ...(groupBy.length > 0 && { groupBy, ...(band !== 'sd' && { band }) }),
    ...(colorBy !== '' && { colorBy }),
    ...(dashBy !== '' && { dashBy }),
    ...(smoothKind !== 'exponential' && { smoothKind }),
  };
}

interface ChartLike {
  readonly model: Model;
  readonly own: OwnCard | null;
  readonly series: readonly string[];
  readonly settings: Required<CardSettings>;
  readonly x: XAxis;
}

const isPlain = ({ side, color }: CardAxis, usual: CardAxis['side']): boolean => side === usual && color === null;

const axisKeys = ({ series, side, color }: CardAxis): Keys => ({
  metrics: series.length === 1 ? series[0] : series,
  ...(side !== 'left' && { side }),
  ...(color !== null && { color }),
});

export function chartBlock({ model, own, series, settings, x }: ChartLike): NewBlock {
  const { view } = model;
  const axes = own?.axes ?? [];
  const { logX, logY, smoothing, outliers } = settings;
  // Two axes that look as usual are said in one word.
  const right = axes.length === 2 && isPlain(axes[0]!, 'left') && isPlain(axes[1]!, 'right') ? axes[1]!.series : [];
  const metrics = series.filter((text) => !right.includes(text));
  const keys = {
    ...(own?.title && { title: own.title }),
    ...selection(model),
    metrics: metrics.length === 1 ? metrics[0] : metrics,
    ...(right.length > 0 ? { right } : axes.length > 0 && { axes: axes.map(axisKeys) }),
    ...(x === 'metric' ? { x: view.xMetric } : x !== 'step' && { x }),
    ...(logX && { logX }),
    ...(logY && { logY }),
    ...(smoothing > 0 && { smoothing }),
    ...(outliers > 0 && { outliers }),
    ...differing(view),
  };
  return { kind: 'chart', keys };
}

const statusFilter = (status: string): string[] => {
  if (status === '') return [];
  const all = status === 'live' ? LIVE_STATUSES : [status];
  return [all.map((one) => `status = ${one}`).join(' or ')];
};

/** Rows of a table block: what fits on a page. */
const ROWS = 50;

export function tableBlock(
  { state: { experiment }, view }: Pick<Model, 'state' | 'view'>,
  columns: readonly string[],
  marked: readonly string[],
): NewBlock {
  const { sort, descending, runFilter, status, groupBy, baseline } = view;
  const filter = [validFilter(runFilter), ...statusFilter(status)].filter(Boolean);
  const keys = {
    ...(experiment !== null && { experiment }),
    ...(marked.length > 0 && { runs: marked }),
    ...(filter.length > 0 && {
      filter: filter.length > 1 ? filter.map((part) => `(${part})`).join(' and ') : filter[0],
    }),
    columns: ['status', 'objective', ...columns, 'duration', 'createdAt'],
    ...(marked.length === 0 && { draw: { by: sort, descending, count: ROWS } }),
    ...(groupBy.length > 0 && { groupBy }),
    ...(baseline !== null && { baseline }),
  };
  return { kind: 'table', keys };
}

export function compareBlock(runs: readonly string[], all: boolean): NewBlock {
  return { kind: 'compare', keys: { runs, ...(all && { all }) } };
}

/** Files that these runs have logged under one name. `step`: null shows the newest. */
export function mediaBlock(runs: readonly string[], name: string, step: number | null): NewBlock {
  return { kind: 'media', keys: { runs, names: name, ...(step !== null && { step }) } };
}

/** A plot of the Insight tab. `kind`: scatter, parallel or importance. */
export function plotBlock(
  { state, view }: Pick<Model, 'state' | 'view'>,
  kind: 'scatter' | 'parallel' | 'importance',
  own: Keys,
): NewBlock {
  const drawn = view.insightOf === 'drawn' ? selection({ state, view }) : {};
  return { kind, keys: { ...(state.experiment !== null && { experiment: state.experiment }), ...drawn, ...own } };
}
