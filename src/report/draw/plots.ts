/** Draws any runs as dots, as lines across parameters, or as bars of what parameters explain. */
import { l10n } from '../../format/l10n.js';
import { countOfRuns } from '../../format/statuses.js';
import type { Run } from '../../protocol/engine/index.js';
import { barsSvg, dotsSvg, parallelSvg } from '../../drawing/plotSvg.js';
import { axisOf, columnsOf, ranks, textOf, titleOf, type Column } from '../../drawing/runs/plotColumns.js';
import { importanceOf, LEAST_RUNS } from '../../drawing/runs/importance.js';
import { scaleColor } from '../../drawing/runs/looks.js';
import { COLORS } from '../../drawing/palette.js';
import type { SvgLook } from '../../drawing/svgParts.js';
import { suggest } from '../../experiment/suggest.js';
import { BlockError } from '../problem.js';
import type { BlockOf, SelectionKeys } from '../blocks/keys.js';
import type { DrawParts, Drawn, TableData } from './parts.js';
import { liveOf, selectRuns } from './select.js';

/** Runs that are drawn if the block says no number. */
const COUNT = 500;
const MOST_AXES = 12;
const MOST_BARS = 20;

interface Plotted {
  runs: Run[];
  columns: Column[];
  shared: Pick<Drawn, 'title' | 'note' | 'runs' | 'live'>;
}

async function read(keys: SelectionKeys, parts: DrawParts): Promise<Plotted> {
  const { runs, total } = await selectRuns(keys, parts, COUNT);
  const note = total > runs.length ? l10n.t('{0} of {1} runs', runs.length, total) : countOfRuns(runs.length);
  return {
    ...{ runs, columns: columnsOf(runs, [], parts.now) },
    shared: { title: keys.title ?? '', note, runs: runs.map(({ id }) => id), live: liveOf(runs) },
  };
}

/** The column that a person names; `fallback` without a name. */
function columnNamed(name: string | undefined, { columns, runs }: Plotted, key: string, fallback?: Column): Column {
  if (name === undefined) {
    if (fallback) return fallback;
    const needed = l10n.t('At least two runs with different values are needed.');
    throw new BlockError(
      runs.length < 2 ? needed : l10n.t('The runs shown do not differ in anything that can be drawn.'),
    );
  }
  const found = [name, `param:${name}`, `metric:${name}`].flatMap(
    (one) => columns.find((each) => each.key === one) ?? [],
  );
  if (found[0]) return found[0];
  const names = columns.map((column) => column.key.replace(/^(?:param|metric):/, ''));
  const near = suggest(name, names);
  throw new BlockError(
    l10n.t('The runs shown do not differ in "{0}".', name),
    near ? l10n.t('Did you mean "{0}"?', near) : '',
    key,
  );
}

/** Colours by a column: numbers on a scale, few values each with its own. */
function colorsBy(column: Column | undefined, runs: readonly Run[]): (look: SvgLook) => (run: Run) => string {
  if (!column) return (look) => () => look.series[0]!;
  const values = runs.map(column.of);
  if (column.kind === 'choice') {
    const kinds = [...new Set(values.map((value) => JSON.stringify(value)))].sort();
    return (look) => (run) => look.series[Math.max(0, kinds.indexOf(JSON.stringify(column.of(run)))) % COLORS]!;
  }
  // By rank, so that one outlier leaves the others their colours.
  const numbers = runs.flatMap((run) => {
    const value = column.of(run);
    return typeof value === 'number' ? [{ id: run.id, value }] : [];
  });
  const places = ranks(numbers.map(({ value }) => value));
  const byId = new Map(numbers.map(({ id }, i) => [id, scaleColor(places[i]!)]));
  return (look) => (run) => byId.get(run.id) ?? look.faint;
}

function tableOf(runs: readonly Run[], columns: readonly Column[]): TableData {
  return {
    columns: [
      { title: l10n.t('Run'), isNumber: false },
      ...columns.map(({ title, kind }) => ({ title, isNumber: kind === 'number' })),
    ],
    rows: runs.slice(0, 200).map((run) => ({
      cells: [{ text: run.name, run: run.id }, ...columns.map(({ of }) => ({ text: textOf(of(run)) }))],
    })),
  };
}

export async function drawScatter(keys: BlockOf<'scatter'>, parts: DrawParts): Promise<Drawn> {
  const plotted = await read(keys, parts);
  const { columns, shared } = plotted;
  const objective = columns.find(({ key }) => key === 'objective');
  const params = columns.filter(({ key }) => key.startsWith('param:'));
  const y = columnNamed(keys.y, plotted, 'y', objective ?? columns.find(({ kind }) => kind === 'number'));
  const x = columnNamed(keys.x, plotted, 'x', params[0] ?? columns.find((column) => column !== y));
  const color = keys.color === undefined ? undefined : columnNamed(keys.color, plotted, 'color');
  const runs = plotted.runs.filter((run) => x.of(run) !== undefined && y.of(run) !== undefined);
  const [xAxis, yAxis] = [axisOf(x, runs), axisOf(y, runs)];
  const all = color && color !== x && color !== y ? [x, y, color] : [x, y];
  const paint = colorsBy(color, runs);
  return {
    ...shared,
    title: keys.title ?? l10n.t('{0} by {1}', y.title, x.title),
    note: [shared.note, ...(color ? [l10n.t('colour: {0}', color.title)] : [])].join(' · '),
    table: tableOf(runs, all),
    svg: (look) => {
      const of = paint(look);
      const dots = runs.map((run) => ({
        x: xAxis.place(x.of(run)!),
        y: yAxis.place(y.of(run)!),
        color: of(run),
        title: titleOf(run, all),
      }));
      return dotsSvg({ x: xAxis, y: yAxis, xTitle: x.title, yTitle: y.title, dots, height: 380 }, look);
    },
  };
}

export async function drawParallel(keys: BlockOf<'parallel'>, parts: DrawParts): Promise<Drawn> {
  const plotted = await read(keys, parts);
  const { columns, shared } = plotted;
  const target = columnNamed(
    keys.target,
    plotted,
    'target',
    columns.find(({ key }) => key === 'objective') ?? columns[0],
  );
  const params = keys.params
    ? keys.params.map((name) => columnNamed(name, plotted, 'params'))
    : columns.filter(({ key }) => key.startsWith('param:')).slice(0, MOST_AXES - 1);
  if (params.length === 0) throw new BlockError(l10n.t('The runs shown have the same parameters.'));
  const shown = [...params.filter((column) => column !== target), target];
  const runs = plotted.runs.filter((run) => target.of(run) !== undefined);
  const axes = shown.map((column) => ({ title: column.title, axis: axisOf(column, runs, 4) }));
  const paint = colorsBy(target, runs);
  return {
    ...shared,
    title: keys.title ?? l10n.t('Runs across parameters'),
    note: [shared.note, l10n.t('colour: {0}', target.title)].join(' · '),
    table: tableOf(runs, shown),
    svg: (look) => {
      const of = paint(look);
      const lines = runs.map((run) => ({
        places: shown.map((column, i) => {
          const value = column.of(run);
          return value === undefined ? null : axes[i]!.axis.place(value);
        }),
        color: of(run),
        title: titleOf(run, shown),
      }));
      return parallelSvg({ axes, lines, height: 360 }, look);
    },
  };
}

export async function drawImportance(keys: BlockOf<'importance'>, parts: DrawParts): Promise<Drawn> {
  const plotted = await read(keys, parts);
  const { columns, shared, runs } = plotted;
  const target = columnNamed(
    keys.target,
    plotted,
    'target',
    columns.find(({ key }) => key === 'objective'),
  );
  const params = columns.filter(({ key }) => key.startsWith('param:'));
  const shares = importanceOf(runs, params, target).slice(0, MOST_BARS);
  if (shares.length === 0)
    throw new BlockError(l10n.t('Importance needs {0} runs with a value and different parameters.', LEAST_RUNS));
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  const bars = shares.map(({ column, share, low, high }) => ({
    ...{ name: column.title, share, low, high },
    text: `${percent(share)} (${percent(low)}–${percent(high)})`,
  }));
  return {
    ...shared,
    title: keys.title ?? l10n.t('What explains {0}', target.title),
    table: {
      columns: [
        { title: l10n.t('Parameter'), isNumber: false },
        { title: l10n.t('Share'), isNumber: true },
        { title: l10n.t('Interval'), isNumber: true },
        { title: l10n.t('Runs'), isNumber: true },
      ],
      rows: shares.map(({ column, share, low, high, runs: count }) => ({
        cells: [column.title, percent(share), `${percent(low)}–${percent(high)}`, String(count)].map((text) => ({
          text,
        })),
      })),
    },
    svg: (look) => barsSvg({ bars, color: look.series[0]! }, look),
  };
}
