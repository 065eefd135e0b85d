import type { nothing } from 'lit';
import { html, LitElement, svg, type TemplateResult } from 'lit';
import type { Run, SeriesData } from '../../../src/protocol/engine/index.js';
import { fromWire } from '../../../src/protocol/values/wireNumber.js';
import { l10n } from '../../../src/format/l10n.js';
import { WhenSeen } from '../../components/whenSeen.js';
import { numberAxis, objectiveRange } from '../../../src/drawing/axes.js';
import { entryOf } from '../../../src/protocol/values/records.js';
import type { PanelModel } from '../../model/panel.js';
import { plot } from '../insight/plot.js';
import { isOut, type Explored } from './context.js';

/** Curves that are drawn at most, and points of each. */
const MOST = 200;
const POINTS = 80;
const REST = 3000;

/** The objective of every run over its steps, drawn thin so that a selection stands out. */
class IntermediateValues extends LitElement {
  static override properties = { model: { attribute: false }, explored: { attribute: false } };
  declare model: PanelModel;
  declare explored: Explored;
  private readonly series = new Map<string, SeriesData>();
  private known = '';
  private restUntil = 0;
  private reading = false;
  private readonly screen = new WhenSeen(this, () => this.requestUpdate());

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private runs(): Run[] {
    return this.explored.runs
      .filter(({ objective, metrics }) => objective && entryOf(metrics, objective.metric))
      .slice(0, MOST);
  }

  protected override updated(): void {
    if (!this.screen.isSeen || this.reading) return;
    const runs = this.runs();
    const key = runs.map(({ id, objective, metrics }) => `${id} ${entryOf(metrics, objective!.metric)!.count}`).join();
    if (key === this.known || Date.now() < this.restUntil) return;
    this.known = key;
    void this.read(runs);
  }

  private async read(runs: readonly Run[]): Promise<void> {
    this.reading = true;
    try {
      const queries = runs
        .filter(
          ({ id, objective, metrics }) => this.series.get(id)?.total !== entryOf(metrics, objective!.metric)!.count,
        )
        .map(({ id, objective }) => ({ run: id, metric: objective!.metric, points: POINTS }));
      if (queries.length === 0) return;
      const { series } = await this.model.host.request('series/read', { queries });
      for (const one of series) this.series.set(one.run, one);
    } catch (error) {
      this.model.fail(l10n.t('Reading the curves'), error);
    } finally {
      this.reading = false;
      this.restUntil = Date.now() + REST;
      this.requestUpdate();
    }
  }

  override render(): TemplateResult | typeof nothing {
    const curves = this.runs().flatMap((run) => {
      const found = this.series.get(run.id);
      if (!found) return [];
      const points = found.x.map((x, i) => ({ x, y: fromWire(found.y[i]!) })).filter(({ y }) => Number.isFinite(y));
      return points.length > 0 ? [{ run, points }] : [];
    });
    if (curves.length === 0) return html`<p class="missing">${l10n.t('Reading the curves')}…</p>`;
    const all = curves.flatMap(({ points }) => points);
    const x = numberAxis(0, Math.max(1, ...curves.map(({ points }) => points.at(-1)!.x)));
    const y = numberAxis(
      ...objectiveRange(
        all.map((point) => point.y),
        this.explored.goal,
      ),
    );
    const cut = (value: number) => Math.max(0, Math.min(1, value));
    return plot({
      label: l10n.t('Values of {0} runs over steps', curves.length),
      height: 230,
      ...{ x, y },
      marks: ({ width, height }) =>
        svg`${curves.map(({ run, points }) => {
          const d = points
            .map(
              (point, i) =>
                `${i === 0 ? 'M' : 'L'}${(x.place(point.x) * width).toFixed(1)} ${((1 - cut(y.place(point.y))) * height).toFixed(1)}`,
            )
            .join('');
          return svg`<path class="value-line ${isOut(this.explored, run) ? 'out' : ''} ${this.explored.brushed?.has(run.id) ? 'in' : ''}" d=${d} data-run=${run.id}
          @click=${() => this.explored.open(run.id)}><title>${run.name}</title></path>`;
        })}`,
    });
  }
}
customElements.define('ts-intermediate', IntermediateValues);
