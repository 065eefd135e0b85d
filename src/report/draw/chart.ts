/** Draws curves of metrics, as a card of the panel does. */
import { l10n } from '../../format/l10n.js';
import { formatCount } from '../../format/numbers.js';
import { countOfRuns } from '../../format/statuses.js';
import { isSystemMetric } from '../../protocol/run/systemMetrics.js';
import { rankedOf } from '../../protocol/engine/ranks.js';
import type { Run } from '../../protocol/engine/index.js';
import { againstMetric, byFormula } from '../../drawing/combine.js';
import { buildCurve, chartNote, withoutOutliers, zerosOf, type Curve } from '../../drawing/curves.js';
import { readExpression, type Expression } from '../../drawing/expression.js';
import { axisOf as axisIn, soundAxes, twoAxes, type CardAxis } from '../../drawing/cardAxes.js';
import { partLook } from '../../drawing/cardLook.js';
import { Palette, type Look } from '../../drawing/palette.js';
import { groupCurve, marksOf, withForks } from '../../drawing/runCurves.js';
import { groupLooks, looksOf } from '../../drawing/runs/looks.js';
import { groupRuns } from '../../drawing/runs/groups.js';
import { labels } from '../../drawing/runs/naming.js';
import { merge, readAxis, X_AXES, type Series, type XAxis } from '../../drawing/series.js';
import { rangeOf } from '../../drawing/ranges.js';
import { suggest } from '../../experiment/suggest.js';
import { BlockError } from '../problem.js';
import type { BlockOf } from '../blocks/keys.js';
import { chartPicture } from './picture.js';
import { fieldKey } from './fields.js';
import type { DrawParts, Drawn } from './parts.js';
import { liveOf, selectRuns } from './select.js';
import { bandIn, colorsIn, flagIn, numberIn, smoothKindIn, textIn, textsIn, xIn } from './view.js';

/** Curves that are drawn if the block says no number: as many as the panel draws. */
const COUNT = 20;
/** Points that are read of a curve: more than a page is wide. */
const POINTS = 1200;
/** Queries in one request. */
const BATCH = 500;
/** Curves of one block at most. */
const MOST_CURVES = 1000;

export async function drawChart(keys: BlockOf<'chart'>, parts: DrawParts, text: string): Promise<Drawn> {
  const { runs, total, view } = await selectRuns(keys, parts, COUNT);
  const known = new Set(runs.flatMap((run) => Object.keys(run.metrics)));
  const wanted = keys.metrics ?? defaultMetrics(runs);
  const onAxes = keys.axes?.flatMap(({ metrics }) => metrics) ?? [];
  const right = keys.right ?? [];
  const texts = [...new Set([...wanted, ...onAxes, ...right])];
  const keyOf = (text: string): string =>
    wanted.includes(text) ? 'metrics' : onAxes.includes(text) ? 'axes' : 'right';
  const all = texts.map((text) => expressionOf(text, known, keyOf(text)));
  const axes = axesFor(texts, keys);
  const axisAt = (i: number): number => axisIn(axes, texts[i]!);
  const { x, xMetric } = axisOf(keys, view, known);
  const series = await readAll(runs, all, x, xMetric, parts);
  const settings = {
    smoothing: keys.smoothing ?? numberIn(view, 'smoothing', 1) ?? 0,
    smoothKind: keys.smoothKind ?? smoothKindIn(view) ?? ('exponential' as const),
    band: keys.band ?? bandIn(view) ?? ('sd' as const),
  };
  const groupBy = (keys.groupBy ?? textsIn(view, 'groupBy') ?? []).map((key) => fieldKey(key, runs, 'groupBy'));
  const looks = looksFor(keys, view, runs, parts, text);
  const origin = (run: Run): number => (x === 'time' ? (run.startedAt ?? run.createdAt) : 0);
  const many = all.length > 1;
  const has = (run: Run): boolean =>
    all.some(({ names }) => names.length > 0 && names.every((name) => Object.hasOwn(run.metrics, name)));
  const isAlone = groupBy.length === 0 && runs.filter(has).length === 1;
  const lookOf = (look: Look, i: number): Look =>
    many ? { ...look, ...partLook(i, axes[axisAt(i)]!, isAlone) } : look;
  const part = (i: number) => (many ? { note: all[i]!.text, isBound: false, axis: axisAt(i) } : {});
  const names = labels(runs);
  let curves: Curve[];
  if (groupBy.length > 0) {
    const groups = groupRuns(runs, groupBy);
    const colors = groupLooks(groups, colorsIn(view));
    curves = groups.flatMap((group) =>
      all.flatMap((_, i) => {
        const some = group.runs.flatMap((run) => {
          const one = series(run, i);
          return one ? [moved(one, origin(run))] : [];
        });
        if (some.length === 0) return [];
        const curve = groupCurve(group, lookOf(colors.get(group.id)!, i), some, settings);
        return [{ ...curve, ...part(i) }];
      }),
    );
  } else {
    const single = runs.flatMap((run) =>
      all.flatMap((_, i) => {
        const one = series(run, i);
        if (!one) return [];
        const look = lookOf(looks.get(run.id)!, i);
        const curve = buildCurve(run.id, look, one, { ...settings, origin: origin(run), status: run.status });
        const marks = marksOf(run, curve, x, origin(run));
        const named = { ...curve, ...part(i), label: names.get(run.id)!.text };
        return [marks.length > 0 ? { ...named, marks } : named];
      }),
    );
    curves = x === 'step' ? withForks(single, runs) : single;
  }
  curves = curves.filter((curve) => curve.x.length > 0).slice(0, MOST_CURVES);
  const title = keys.title ?? texts.join(', ');
  const notes = [
    total > runs.length ? l10n.t('{0} of {1} runs', runs.length, total) : countOfRuns(runs.length),
    ...(curves.length === 0 ? [runs.length === 0 ? l10n.t('no run matches') : l10n.t('no points yet')] : []),
    chartNote(curves, formatCount),
  ];
  const logX = keys.logX ?? flagIn(view, 'logX') ?? false;
  const logY = keys.logY ?? flagIn(view, 'logY') ?? false;
  const onAxis = axes.map((_, at) => curves.filter(({ axis = 0 }) => axis === at));
  const zeros = zerosOf(curves, { logX, logY }, axes.length);
  const clip = withoutOutliers(onAxis[0]!, keys.outliers ?? numberIn(view, 'outliers', 0.25) ?? 0);
  return {
    ...chartPicture({
      ...{ title, x, xMetric, curves, logX, logY, zeros: { x: zeros.x } },
      range: rangeOf(curves, 'x', logX),
      axes: axes.map(({ side, color, series: names }, at) => ({
        ...{ side, color, title: axes.length > 1 ? names.join(', ') : '', zero: zeros.y[at] },
        range: (at === 0 && clip) || rangeOf(onAxis[at]!, 'y', logY),
      })),
      ...(keys.height !== undefined && { height: keys.height }),
      legend: keys.legend ?? true,
    }),
    ...{ title, note: notes.filter(Boolean).join(' · '), runs: runs.map(({ id }) => id), live: liveOf(runs) },
  };
}

const moved = (series: Series, origin: number): Series =>
  origin === 0 ? series : { ...series, x: series.x.map((x) => x - origin) };

/** The vertical axes of a block, at least one. */
function axesFor(texts: readonly string[], { axes, right }: BlockOf<'chart'>): readonly CardAxis[] {
  const named = axes?.map(({ metrics, side, color = null }) => ({ series: metrics, side, color }));
  return (
    (named ? soundAxes(texts, named) : twoAxes(texts, right ?? [])) ?? [{ series: texts, side: 'left', color: null }]
  );
}

/** The objective of the newest run, else its first metric. */
function defaultMetrics(runs: readonly Run[]): string[] {
  const [newest] = [...runs].sort((a, b) => b.createdAt - a.createdAt);
  if (!newest) return [];
  const names = Object.keys(newest.metrics).filter((name) => !isSystemMetric(name) && rankedOf(name) === null);
  const objective = newest.objective?.metric;
  return objective !== undefined && names.includes(objective) ? [objective] : names.slice(0, 1);
}

function expressionOf(text: string, known: ReadonlySet<string>, key: string): Expression {
  const expression = readExpression(text, known);
  // Before the first run has logged something, every name may still come.
  const unknown = known.size === 0 ? undefined : expression.names.find((name) => !known.has(name));
  if (unknown === undefined) return expression;
  const near = suggest(unknown, [...known]);
  const hint = near
    ? l10n.t('Did you mean "{0}"?', near)
    : l10n.t(
        'Metrics: {0}.',
        [...known]
          .filter((name) => !isSystemMetric(name))
          .slice(0, 12)
          .join(', '),
      );
  throw new BlockError(l10n.t('No run shown here has the metric "{0}".', unknown), hint, key);
}

function axisOf(
  keys: BlockOf<'chart'>,
  view: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
): { x: XAxis; xMetric: string | null } {
  const named = X_AXES.find((one) => one === keys.x);
  // Any other word is the name of a metric.
  const metric = keys.x !== undefined && !named ? keys.x : (keys.xMetric ?? textIn(view, 'xMetric') ?? null);
  const x = keys.x !== undefined ? (named ?? 'metric') : keys.xMetric !== undefined ? 'metric' : (xIn(view) ?? 'step');
  if (x !== 'metric') return { x, xMetric: null };
  if (metric === null) throw new BlockError(l10n.t('Name the metric of the horizontal axis: xMetric.'), '', 'x');
  if (known.size > 0 && !known.has(metric)) {
    const near = suggest(metric, [...X_AXES, ...known]);
    throw new BlockError(
      l10n.t('No run shown here has the metric "{0}".', metric),
      near ? l10n.t('Did you mean "{0}"?', near) : '',
      'x',
    );
  }
  return { x, xMetric: metric };
}

function looksFor(
  keys: BlockOf<'chart'>,
  view: Readonly<Record<string, unknown>>,
  runs: readonly Run[],
  parts: DrawParts,
  text: string,
): Map<string, Look> {
  const palette = parts.palettes.get(text) ?? new Palette();
  parts.palettes.set(text, palette);
  palette.assign([...runs].sort((a, b) => a.createdAt - b.createdAt).map(({ id }) => id));
  const field = (key: 'colorBy' | 'dashBy'): string => {
    const name = keys[key] ?? textIn(view, key);
    return name === undefined ? '' : fieldKey(name, runs, key);
  };
  const settings = { colorBy: field('colorBy'), dashBy: field('dashBy'), colors: colorsIn(view) };
  return looksOf(runs, settings, (id) => palette.of(id));
}

/** Reads every series that is needed, and gives that of a run and an expression. */
async function readAll(
  runs: readonly Run[],
  all: readonly Expression[],
  x: XAxis,
  xMetric: string | null,
  parts: DrawParts,
): Promise<(run: Run, i: number) => Series | undefined> {
  const names = new Set(all.flatMap((expression) => expression.names));
  if (xMetric !== null) names.add(xMetric);
  const queries = runs.flatMap((run) =>
    [...names]
      .filter((name) => Object.hasOwn(run.metrics, name))
      .map((metric) => ({ run: run.id, metric, x: readAxis(x), points: POINTS })),
  );
  const found = new Map<string, Series>();
  for (let at = 0; at < queries.length; at += BATCH) {
    const { series } = await parts.ask('series/read', { queries: queries.slice(at, at + BATCH) });
    for (const data of series) found.set(`${data.run} ${data.metric}`, merge(undefined, data, null));
  }
  return (run, i) => {
    const { formula, names: needed } = all[i]!;
    const inputs = needed.map((name) => found.get(`${run.id} ${name}`));
    if (inputs.length === 0 || inputs.some((one) => one === undefined)) return undefined;
    const own = formula ? byFormula(formula, inputs as Series[]) : inputs[0]!;
    if (xMetric === null) return own;
    const other = found.get(`${run.id} ${xMetric}`);
    return other && againstMetric(own, other);
  };
}
