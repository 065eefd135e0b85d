/** Curves of one chart: which series it asks for, and what it draws of each run. */
import { l10n } from '../../src/format/l10n.js';
import type { Run } from '../../src/protocol/engine.js';
import type { Want } from '../model/charts/feed.js';
import { nameAt } from '../../src/protocol/ranks.js';
import { drawnRanks, overRanks, type OverRanks } from '../model/charts/ranks.js';
import { isDownsampled, type Series, type XAxis } from '../model/charts/series.js';
import type { PanelModel } from '../model/panel.js';
import type { LineChart } from './chartjs.js';
import { buildCurve, type Curve } from './curves.js';

interface Card {
  readonly model: PanelModel;
  readonly metric: string;
  readonly x: XAxis;
  readonly zoom: { x: [number, number] } | null;
  readonly chart: LineChart | null;
}

export class CardCurves {
  private readonly cache = new Map<string, { series: unknown; key: string; curve: Curve }>();
  private want: Want | null = null;
  /** Hold what is asked for of other ranks. */
  private readonly rankHolders = new Map<number, object>();
  private readonly ranges = new Map<string, { all: readonly Series[]; range: OverRanks | null }>();

  constructor(private readonly card: Card) {}

  /** Asks for nothing any more. */
  release(): void {
    this.card.model.feed.release(this);
    this.wantRanks([]);
  }

  /** Asks for the series of these runs, more closely where the chart is zoomed in. */
  subscribe(runs: readonly Run[]): void {
    const { x, zoom } = this.card;
    const points = Math.round(Math.min(3000, Math.max(500, (this.card.chart?.width ?? 400) * 1.5)));
    const whole: Want = { metric: this.card.metric, runs: runs.map((run) => run.id), x, range: null, points };
    // A series that is here to its last point needs no second reading for a closer look.
    const coarse = (run: string) => {
      const series = this.card.model.feed.get(whole, run);
      return !series || isDownsampled(series);
    };
    const close = new Map(zoom ? runs.filter((run) => coarse(run.id)).map((run) => [run.id, this.origin(run)]) : []);
    if (zoom && close.size > 0) {
      const margin = (zoom.x[1] - zoom.x[0]) * 0.05;
      const range = (run: string) => {
        const origin = close.get(run);
        return origin === undefined ? null : { from: zoom.x[0] - margin + origin, to: zoom.x[1] + margin + origin };
      };
      this.want = { ...whole, range };
    } else this.want = whole;
    this.card.model.feed.want(this, this.want);
    this.wantRanks(runs);
  }

  /** Asks for the curves of other ranks, each as a metric of its own. */
  private wantRanks(runs: readonly Run[]): void {
    const byRank = new Map<number, string[]>();
    for (const run of runs)
      for (const rank of drawnRanks(run, this.card.metric, this.card.model.view.ranks))
        if (rank !== 0) byRank.set(rank, [...(byRank.get(rank) ?? []), run.id]);
    for (const [rank, holder] of this.rankHolders) {
      if (byRank.has(rank)) continue;
      this.card.model.feed.release(holder);
      this.rankHolders.delete(rank);
    }
    for (const [rank, ids] of byRank) {
      const holder = this.rankHolders.get(rank) ?? {};
      this.rankHolders.set(rank, holder);
      this.card.model.feed.want(holder, { ...this.want!, metric: nameAt(this.card.metric, rank), runs: ids });
    }
  }

  /** True when these metrics have points of this chart. */
  concerns(metrics: ReadonlySet<string>): boolean {
    if (metrics.has(this.card.metric)) return true;
    for (const rank of this.rankHolders.keys()) if (metrics.has(nameAt(this.card.metric, rank))) return true;
    return false;
  }

  /** The run's curve, or one for each rank, or mean and range over ranks. */
  of(run: Run): Curve[] {
    const { ranks: look } = this.card.model.view;
    const ranks = drawnRanks(run, this.card.metric, look);
    const all = ranks.flatMap((rank) => {
      const series = this.card.model.feed.get({ ...this.want!, metric: nameAt(this.card.metric, rank) }, run.id);
      return series ? [{ rank, series }] : [];
    });
    if (ranks.length <= 1) return all.map(({ series }) => this.curve(run, series));
    if (look === 'all')
      return all.map(({ rank, series }) =>
        this.curve(run, series, { note: l10n.t('rank {0}', rank), isBound: rank !== 0 }),
      );
    const range = this.rangeOf(
      run.id,
      all.map(({ series }) => series),
    );
    if (!range) return [];
    return [
      this.curve(run, range.mean, { note: l10n.t('mean of {0} ranks', all.length), isBound: false }),
      this.curve(run, range.low, { note: l10n.t('least'), isBound: true }),
      this.curve(run, range.high, { note: l10n.t('most'), isBound: true }),
    ];
  }

  /** Computed anew only when one of the series is another one. */
  private rangeOf(run: string, all: readonly Series[]): OverRanks | null {
    const known = this.ranges.get(run);
    if (known && known.all.length === all.length && known.all.every((series, i) => series === all[i]))
      return known.range;
    const range = overRanks(all);
    this.ranges.set(run, { all, range });
    return range;
  }

  private curve(run: Run, series: Series, part: Pick<Curve, 'note' | 'isBound'> = {}): Curve {
    const { smoothing, logX, logY } = this.card.model.view;
    const look = this.card.model.palette.of(run.id);
    const origin = this.origin(run);
    const key = [smoothing, logX, logY, look.color, look.dash.length, origin, run.status].join();
    const place = `${run.id} ${part.note ?? ''}`;
    const cached = this.cache.get(place);
    if (cached && cached.series === series && cached.key === key) return cached.curve;
    const curve = {
      ...buildCurve(run.id, look, series, { smoothing, logX, logY, origin, status: run.status }),
      ...part,
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
