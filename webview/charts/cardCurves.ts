/** Curves of one chart: the series that it requests, and how it draws each run or group. */
import { l10n } from '../../src/format/l10n.js';
import type { Run } from '../../src/protocol/engine/index.js';
import { readExpression, type Expression } from '../../src/drawing/expression.js';
import { groupCurve, marksOf, withForks } from '../../src/drawing/runCurves.js';
import { againstMetric, byFormula } from '../../src/drawing/combine.js';
import { pointsOfEach, type Want } from '../model/charts/feed.js';
import { nameAt } from '../../src/protocol/engine/ranks.js';
import { drawnRanks, overRanks, type OverRanks } from '../model/charts/ranks.js';
import { isDownsampled, readAxis, type Series, type XAxis } from '../../src/drawing/series.js';
import type { RunGroup } from '../../src/drawing/runs/groups.js';
import type { PanelModel } from '../model/panel.js';
import type { CardSettings } from '../model/view.js';
import { hasMetric } from '../model/runs/metricNames.js';
import { axisOf, type CardAxis } from '../../src/drawing/cardAxes.js';
import { partLook } from '../../src/drawing/cardLook.js';
import type { LineChart } from './chartjs.js';
import { buildCurve, type Curve } from '../../src/drawing/curves.js';

interface Card {
  readonly model: PanelModel;
  /** Curves that are drawn: names of metrics, or formulas over them. */
  readonly series: readonly string[];
  readonly axes: readonly CardAxis[];
  /** Only one run is drawn. */
  readonly isAlone: boolean;
  readonly settings: Required<CardSettings>;
  readonly x: XAxis;
  readonly zoom: { x: [number, number] } | null;
  readonly chart: LineChart | null;
}

/** One of several curves of a run. */
type Part = Pick<Curve, 'note' | 'isBound' | 'axis'> & { dash?: readonly number[]; css?: string };

export class CardCurves {
  private readonly cache = new Map<string, { series: unknown; key: string; curve: Curve }>();
  private readonly derived = new Map<
    string,
    { inputs: readonly (Series | undefined)[]; key: string; series: Series | undefined }
  >();
  private readonly parsed = new Map<string, Expression>();
  private parsedWith: ReadonlySet<string> | null = null;
  private want: Want | null = null;
  private readonly wants = new Map<string, Want>();
  private wantsFrom: Want | null = null;
  /** Holds of the requested series, by the name of the metric. */
  private readonly holders = new Map<string, object>();
  /** Runs whose series are requested, by the name of the metric. */
  private held: ReadonlyMap<string, readonly string[]> = new Map();
  private readonly ranges = new Map<string, { all: readonly Series[]; range: OverRanks | null }>();

  constructor(private readonly card: Card) {}

  /**
   * Returns the metrics that an expression needs: its own name if a run has such a metric, else those in its formula.
   */
  expression(text: string): Expression {
    const { metricNames } = this.card.model;
    // A metric may have come that is named like a formula.
    if (metricNames !== this.parsedWith) this.parsed.clear();
    this.parsedWith = metricNames;
    const known = this.parsed.get(text);
    if (known) return known;
    const made = readExpression(text, metricNames);
    this.parsed.set(text, made);
    return made;
  }

  /** Returns whether the run has all metrics that an expression needs. */
  has(run: Run, text: string): boolean {
    const { formula, names } = this.expression(text);
    if (!formula) return drawnRanks(run, text, this.card.model.view.ranks).length > 0;
    return names.length > 0 && names.every((name) => hasMetric(run, name));
  }

  /** Stops requesting series. */
  release(): void {
    for (const holder of this.holders.values()) this.card.model.feed.release(holder);
    this.holders.clear();
  }

  /** Asks for the series of these runs, more closely where the chart is zoomed in. */
  subscribe(runs: readonly Run[]): void {
    const { x, zoom, series } = this.card;
    const points = pointsOfEach(this.card.chart?.width, runs.length);
    const [first] = series;
    const whole: Want = {
      metric: first === undefined ? '' : (this.expression(first).names[0] ?? ''),
      ...{ runs: runs.map((run) => run.id), x: readAxis(x), range: null, points },
    };
    // A series that is here to its last point needs no second reading for a closer look.
    const coarse = (run: string) => {
      const one = this.card.model.feed.get(whole, run);
      return !one || isDownsampled(one);
    };
    const isClose = zoom !== null && x !== 'metric' && series.length === 1 && !this.expression(first!).formula;
    const close = new Map(isClose ? runs.filter((run) => coarse(run.id)).map((run) => [run.id, this.origin(run)]) : []);
    if (zoom && close.size > 0) {
      const margin = (zoom.x[1] - zoom.x[0]) * 0.05;
      const range = (run: string) => {
        const origin = close.get(run);
        return origin === undefined ? null : { from: zoom.x[0] - margin + origin, to: zoom.x[1] + margin + origin };
      };
      this.want = { ...whole, range };
    } else this.want = whole;
    this.hold(runs);
  }

  /** Requests each needed metric, including those of other ranks. */
  private hold(runs: readonly Run[]): void {
    const { model, series, x } = this.card;
    const byMetric = new Map<string, string[]>();
    const add = (metric: string, run: string): void => {
      const ids = byMetric.get(metric);
      if (ids) ids.push(run);
      else byMetric.set(metric, [run]);
    };
    for (const run of runs) {
      const names = new Set<string>();
      for (const text of series) {
        const { formula, names: needed } = this.expression(text);
        if (formula) needed.forEach((name) => names.add(name));
        else for (const rank of drawnRanks(run, text, model.view.ranks)) names.add(nameAt(text, rank));
      }
      if (x === 'metric' && model.view.xMetric !== null) names.add(model.view.xMetric);
      for (const name of names) add(name, run.id);
    }
    this.held = byMetric;
    for (const [metric, holder] of this.holders) {
      if (byMetric.has(metric)) continue;
      model.feed.release(holder);
      this.holders.delete(metric);
    }
    for (const [metric, ids] of byMetric) {
      const holder = this.holders.get(metric) ?? {};
      this.holders.set(metric, holder);
      model.feed.want(holder, { ...this.want!, metric, runs: ids });
    }
  }

  /** True when these metrics have points of this chart. */
  concerns(metrics: ReadonlySet<string>): boolean {
    for (const metric of this.holders.keys()) if (metrics.has(metric)) return true;
    return false;
  }

  /** Why a curve is missing that could not be read; null: none is. */
  problem(): string | null {
    const { feed } = this.card.model;
    if (!feed.hasProblems) return null;
    for (const [metric, ids] of this.held) {
      const want = this.wantOf(metric);
      for (const run of ids) {
        const problem = feed.problem(want, run);
        if (problem !== null) return problem;
      }
    }
    return null;
  }

  private read(run: string, metric: string): Series | undefined {
    return this.card.model.feed.get(this.wantOf(metric), run);
  }

  /** The same for another metric, made once: thousands of runs are looked up with it. */
  private wantOf(metric: string): Want {
    if (this.wantsFrom !== this.want) this.wants.clear();
    this.wantsFrom = this.want;
    let want = this.wants.get(metric);
    if (!want) this.wants.set(metric, (want = { ...this.want!, metric }));
    return want;
  }

  /** The series of an expression: as logged, by its formula, or against another metric; undefined until all of it is here. */
  private seriesOf(run: Run, text: string, rank = 0): Series | undefined {
    const { formula, names } = this.expression(text);
    const own = formula ? names : [nameAt(text, rank)];
    const { xMetric } = this.card.model.view;
    const isAgainst = this.card.x === 'metric' && xMetric !== null;
    const inputs = [...own, ...(isAgainst ? [xMetric] : [])].map((name) => this.read(run.id, name));
    if (!formula && !isAgainst) return inputs[0];
    const place = `${run.id} ${rank} ${text}`;
    const key = `${this.card.x} ${xMetric}`;
    const known = this.derived.get(place);
    if (known?.key === key && known.inputs.every((one, i) => one === inputs[i])) return known.series;
    let series: Series | undefined;
    if (inputs.every((one) => one !== undefined)) {
      const all = inputs as Series[];
      series = formula ? byFormula(formula, all.slice(0, own.length)) : all[0]!;
      if (isAgainst) series = againstMetric(series, all.at(-1)!);
    }
    this.derived.set(place, { inputs, key, series });
    return series;
  }

  /** The run's curves: for each expression one, or one for each rank, or mean and range over ranks. */
  of(run: Run): Curve[] {
    const { series } = this.card;
    const all = series.flatMap((text, i) => {
      if (!this.has(run, text)) return [];
      const part = series.length > 1 ? this.part(text, i) : {};
      if (!this.expression(text).formula) return this.ofMetric(run, text, part);
      const one = this.seriesOf(run, text);
      return one ? [this.curve(run, one, part)] : [];
    });
    return all;
  }

  private part(text: string, i: number): Part {
    const axis = axisOf(this.card.axes, text);
    return { note: text, isBound: false, axis, ...partLook(i, this.card.axes[axis]!, this.card.isAlone) };
  }

  private ofMetric(run: Run, metric: string, part: Part): Curve[] {
    const { ranks: look } = this.card.model.view;
    const ranks = drawnRanks(run, metric, look);
    const all = ranks.flatMap((rank) => {
      const series = this.seriesOf(run, metric, rank);
      return series ? [{ rank, series }] : [];
    });
    if (ranks.length <= 1) return all.map(({ series }) => this.curve(run, series, { ...part, place: metric }));
    const noted = (note: string, isBound: boolean) => ({
      ...part,
      ...{ note: part.note === undefined ? note : `${part.note} · ${note}`, isBound, place: metric },
    });
    if (look === 'all')
      return all.map(({ rank, series }) => this.curve(run, series, noted(l10n.t('rank {0}', rank), rank !== 0)));
    const range = this.rangeOf(
      `${run.id} ${metric}`,
      all.map(({ series }) => series),
    );
    if (!range) return [];
    return [
      this.curve(run, range.mean, noted(l10n.t('mean of {0} ranks', all.length), false)),
      this.curve(run, range.low, noted(l10n.t('least'), true)),
      this.curve(run, range.high, noted(l10n.t('most'), true)),
    ];
  }

  /** The curve of a group: middle and band over the runs that are shown, for each expression. */
  ofGroup(group: RunGroup, runs: readonly Run[]): Curve[] {
    const { model, series, settings, axes } = this.card;
    const { band, smoothKind } = model.view;
    return series.flatMap((text, i) => {
      const some = runs.filter((run) => this.has(run, text));
      const all = some.flatMap((run) => {
        const one = this.seriesOf(run, text);
        return one ? [this.moved(one, this.origin(run))] : [];
      });
      if (all.length === 0) return [];
      const look = model.groupLook(group.id);
      const axis = axisOf(axes, text);
      const place = `group ${group.id} ${text}`;
      const key = [settings.smoothing, smoothKind, band, look.color, look.css, series.length, axis].join();
      const cached = this.cache.get(place);
      const inputs = all;
      if (cached && cached.key === key && sameAll(cached.series as Series[], inputs)) return [cached.curve];
      const own = { ...look, ...(series.length > 1 ? partLook(i, axes[axis]!, false) : { dash: [] }) };
      const curve: Curve = {
        ...groupCurve(group, own, all, { band, smoothing: settings.smoothing, smoothKind }),
        ...(series.length > 1 && { note: text, axis }),
      };
      this.cache.set(place, { series: inputs, key, curve });
      return [curve];
    });
  }

  private readonly movedSeries = new WeakMap<Series, { origin: number; series: Series }>();

  private moved(series: Series, origin: number): Series {
    if (origin === 0) return series;
    const known = this.movedSeries.get(series);
    if (known?.origin === origin) return known.series;
    const moved = { ...series, x: series.x.map((x) => x - origin) };
    this.movedSeries.set(series, { origin, series: moved });
    return moved;
  }

  /** Marks where runs branched from others; only steps tell where that is. */
  withForks(curves: readonly Curve[], runs: readonly Run[]): Curve[] {
    return this.card.x === 'step' ? withForks(curves, runs) : [...curves];
  }

  /** Recomputed only when one of the series is replaced. */
  private rangeOf(place: string, all: readonly Series[]): OverRanks | null {
    const known = this.ranges.get(place);
    if (known && sameAll(known.all, all)) return known.range;
    const range = overRanks(all);
    this.ranges.set(place, { all, range });
    return range;
  }

  private curve(run: Run, series: Series, part: Part & { place?: string } = {}): Curve {
    const { smoothing } = this.card.settings;
    const { smoothKind } = this.card.model.view;
    const own = this.card.model.look(run.id);
    const { dash, css } = part;
    const look = dash || css ? { ...own, ...(dash && { dash }), ...(css !== undefined && { css }) } : own;
    const origin = this.origin(run);
    const { length: changes = 0 } = run.changes ?? [];
    const key = [
      changes,
      smoothing,
      smoothKind,
      look.color,
      look.css,
      look.dash.join(),
      origin,
      run.status,
      part.axis,
    ].join(' ');
    const place = `${run.id} ${part.place ?? ''} ${part.note ?? ''}`;
    const cached = this.cache.get(place);
    if (cached && cached.series === series && cached.key === key) return cached.curve;
    const built = buildCurve(run.id, look, series, { smoothing, smoothKind, origin, status: run.status });
    const marks = part.isBound ? [] : marksOf(run, built, this.card.x, origin);
    const curve: Curve = {
      ...built,
      ...(marks.length > 0 && { marks }),
      ...(part.note !== undefined && { note: part.note, isBound: part.isBound ?? false, axis: part.axis ?? 0 }),
      // The run's end is marked once.
      ...(part.isBound && { end: null }),
    };
    this.cache.set(place, { series, key, curve });
    return curve;
  }

  private origin(run: Run): number {
    return this.card.x === 'time' ? (run.startedAt ?? run.createdAt) : 0;
  }
}

const sameAll = (a: readonly Series[], b: readonly Series[]): boolean =>
  a.length === b.length && a.every((series, i) => series === b[i]);
