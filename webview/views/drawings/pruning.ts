import { html, LitElement, nothing, svg, type TemplateResult } from 'lit';
import type { Run, SeriesData } from '../../../src/protocol/engine/index.js';
import { PRUNING } from '../../../src/protocol/trainer/pruning.js';
import { entryOf } from '../../../src/protocol/values/records.js';
import { l10n } from '../../../src/format/l10n.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { button, dropdown } from '../../components/controls.js';
import { logAxis, numberAxis, type PlotAxis } from '../../../src/drawing/axes.js';
import {
  isPruning,
  prunedBy,
  prunedCurves,
  prunedValue,
  pruningQueries,
  SIZES,
  type PrunedCurves,
  type PrunedPoint,
  type SizeMetric,
} from '../../model/charts/pruning.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { TEST_IDS } from '../../testids.js';
import { numbersTable } from '../insight/card.js';
import { plot, type Frame } from '../insight/plot.js';

const words = (size: SizeMetric): string =>
  ({
    [PRUNING.weights]: l10n.t('Weights'),
    [PRUNING.multiplyAdds]: l10n.t('Multiply-adds'),
    [PRUNING.microseconds]: l10n.t('µs per example'),
  })[size];

/** Pruned networks among the drawn runs: accuracy against size, right after parts were removed and after retraining. */
class PruningView extends LitElement {
  static override properties = { model: { attribute: false }, size: { state: true }, table: { state: true } };
  declare model: PanelModel;
  declare size: SizeMetric;
  declare table: boolean;
  private readonly series = new Map<string, SeriesData[]>();
  /** How many points of a run were there when it was asked for. */
  private readonly asked = new Map<string, number>();

  constructor() {
    super();
    this.size = PRUNING.weights;
    this.table = false;
    new Follows(this, () => this.model.signal, ['runs', 'view', 'state']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private read(run: Run): void {
    const count = entryOf(run.metrics, PRUNING.weights)?.count ?? 0;
    if (count === 0 || this.asked.get(run.id) === count) return;
    this.asked.set(run.id, count);
    this.model.host.request('series/read', { queries: pruningQueries(run.id) }).then(
      ({ series }) => {
        this.series.set(run.id, series);
        this.requestUpdate();
      },
      (error: unknown) => this.model.fail(l10n.t('Reading the pruning'), error),
    );
  }

  override render(): TemplateResult | typeof nothing {
    const runs = this.model.shown.filter(isPruning);
    for (const run of runs) this.read(run);
    const all = runs
      .map((run) => ({ run, curves: prunedCurves(this.series.get(run.id) ?? [], this.size) }))
      .filter(({ curves }) => curves.cut.length + curves.retrained.length > 1);
    if (all.length === 0) return nothing;
    const value = prunedValue(all[0]!.run) ?? 'accuracy';
    const title = value === 'loss' ? l10n.t('Loss against size') : l10n.t('Accuracy against size');
    return html`<section
      class="result-card"
      aria-label=${title}
      data-testid=${TEST_IDS.pruning}
      data-runs=${all.length}
    >
      <div class="chart-head">
        <h2><span>${title}</span></h2>
        <span class="hint ellipsis">${l10n.t('dashed: before retraining')}</span>
        ${dropdown({
          label: l10n.t('Size'),
          value: this.size,
          options: SIZES.map((size) => ({ value: size, label: words(size) })),
          onChange: (size) => (this.size = size as SizeMetric),
        })}
        ${button({
          label: l10n.t('Numbers of the pruning'),
          icon: 'list-flat',
          iconOnly: true,
          pressed: this.table,
          onClick: () => (this.table = !this.table),
        })}
      </div>
      ${this.table ? html`<div class="values-table">${this.numbers(all, title)}</div>` : this.picture(all, title)}
    </section>`;
  }

  private name(run: Run): string {
    const by = prunedBy(run);
    return by === null ? this.model.label(run).text : `${this.model.label(run).text} · ${by}`;
  }

  private picture(all: readonly { run: Run; curves: PrunedCurves }[], title: string): TemplateResult {
    const points = all.flatMap(({ curves }) => [...curves.cut, ...curves.retrained]);
    const sizes = points.map(({ size }) => size);
    const values = points.map(({ value }) => value);
    const x = logAxis(Math.min(...sizes), Math.max(...sizes), 6);
    const y = numberAxis(Math.min(...values), Math.max(...values), 4);
    return plot({
      label: `${title}. ${all.map(({ run, curves }) => sentence(this.name(run), curves)).join(' ')}`,
      height: 260,
      x,
      y,
      marks: (frame) => svg`${all.map(({ run, curves }) => this.curves(run, curves, x, y, frame))}`,
    });
  }

  private curves(run: Run, { cut, retrained }: PrunedCurves, x: PlotAxis, y: PlotAxis, frame: Frame) {
    const place = ({ size, value }: PrunedPoint): string =>
      `${(x.place(size) * frame.width).toFixed(1)} ${((1 - y.place(value)) * frame.height).toFixed(1)}`;
    const path = (points: readonly PrunedPoint[]) =>
      points.map((point, i) => `${i === 0 ? 'M' : 'L'}${place(point)}`).join('');
    const { color, dash } = this.model.look(run.id);
    const title = (point: PrunedPoint) =>
      `${this.name(run)}: ${formatNumber(point.value)}, ${words(this.size)} ${formatNumber(point.size)}`;
    return svg`<g class="pruned series-${color}">
      <path class="cut" d=${path(cut)}><title>${this.name(run)}</title></path>
      <path d=${path(retrained)} stroke-dasharray=${dash.join(' ')}><title>${this.name(run)}</title></path>
      ${retrained.map((point) => {
        const [left, top] = place(point).split(' ');
        return svg`<circle cx=${left} cy=${top} r="2"><title>${title(point)}</title></circle>`;
      })}
    </g>`;
  }

  private numbers(all: readonly { run: Run; curves: PrunedCurves }[], title: string): TemplateResult {
    const rows = all.flatMap(({ run, curves }) =>
      curves.retrained.map(({ size, value }) => {
        const before = curves.cut.find((point) => point.size === size);
        return [this.name(run), formatNumber(size), before ? formatNumber(before.value) : '', formatNumber(value)];
      }),
    );
    return numbersTable(
      title,
      [l10n.t('Run'), words(this.size), l10n.t('Before retraining'), l10n.t('After retraining')],
      rows,
    );
  }
}
customElements.define('ts-pruning', PruningView);

function sentence(name: string, { retrained, cut }: PrunedCurves): string {
  const points = retrained.length > 0 ? retrained : cut;
  const [first, last] = [points[0]!, points.at(-1)!];
  return l10n.t(
    '{0}: {1} at size {2}, {3} at size {4}.',
    name,
    formatNumber(first.value),
    formatNumber(first.size),
    formatNumber(last.value),
    formatNumber(last.size),
  );
}
