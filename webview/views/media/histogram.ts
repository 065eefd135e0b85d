import { html, LitElement, nothing, svg, type PropertyValues, type TemplateResult } from 'lit';
import { WhenSeen } from '../../components/whenSeen.js';
import type { Run } from '../../../src/protocol/engine/index.js';
import type { MediaSeries } from '../../../src/protocol/engine/media.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';
import { distribute, readHistogram, ridges, summaryOf, type StepHistogram } from '../../model/media/histograms.js';
import { sample, type MediaOfRuns } from '../../model/media/media.js';

/** Steps that are drawn at most. */
const MOST_STEPS = 40;
const [WIDTH, HEIGHT] = [400, 220];

export type HistogramLook = 'ridge' | 'heat' | 'values';

/** A run's histograms over its steps. They are read when they are seen. */
class MediaHistogram extends LitElement {
  static override properties = {
    media: { attribute: false },
    run: { attribute: false },
    series: { attribute: false },
    look: { attribute: false },
    all: { state: true },
  };
  declare media: MediaOfRuns;
  declare run: Run;
  declare series: MediaSeries;
  declare look: HistogramLook;
  /** Undefined while they are read. */
  declare all: StepHistogram[] | undefined;
  private readonly screen = new WhenSeen(this, () => void this.read());
  private wanted = '';

  override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('series') || changed.has('run')) void this.read();
  }

  private async read(): Promise<void> {
    const { at, steps } = this.series;
    const places = sample(
      at.map((_, i) => i),
      MOST_STEPS,
    );
    const key = `${this.run.id}/${places.map((place) => at[place]).join()}`;
    if (!this.screen.isSeen || key === this.wanted) return;
    this.wanted = key;
    const files = await Promise.all(places.map((place) => this.media.read(this.run.id, at[place]!)));
    if (this.wanted !== key) return;
    this.all = places.flatMap((place, i) => {
      const data = files[i]?.data;
      const histogram = data ? readHistogram(data) : null;
      return histogram ? [{ step: steps[place] ?? 0, histogram }] : [];
    });
  }

  override render(): TemplateResult {
    const { all } = this;
    if (all === undefined) return html`<div class="media-wait" aria-busy="true"></div>`;
    if (all.length === 0) return html`<p class="hint">${l10n.t('This file is gone, or can’t be read.')}</p>`;
    if (this.look === 'values') return this.values(all);
    const drawn = distribute(all);
    const words = l10n.t(
      '{0} of {1}: values from {2} to {3}, steps {4} to {5}',
      this.series.name,
      this.run.name,
      formatNumber(drawn.low),
      formatNumber(drawn.high),
      formatNumber(all[0]!.step),
      formatNumber(all.at(-1)!.step),
    );
    const content =
      this.look === 'ridge'
        ? ridges(drawn, WIDTH, HEIGHT).map(
            ({ step, path }) => svg`<path class="ridge" d=${path}><title>${l10n.t('Step {0}', formatNumber(step))}</title></path>`,
          )
        : this.heat(drawn.rows);
    const left = this.series.at.length - all.length;
    return html`<svg class="drawing histogram-steps" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${words}>
        ${content}
      </svg>
      <div class="drawing-ends"><span>${formatNumber(drawn.low)}</span><span>${formatNumber(drawn.high)}</span></div>
      ${left > 0 ? html`<p class="hint">${l10n.t('{0} of {1} steps are drawn.', all.length, this.series.at.length)}</p>` : nothing}`;
  }

  /** Steps downwards, values to the right; the more values, the stronger. */
  private heat(rows: readonly { step: number; density: number[] }[]) {
    const height = HEIGHT / rows.length;
    return rows.map(({ density }, row) => {
      const width = WIDTH / density.length;
      return density.map((each, bin) =>
        each < 0.004
          ? nothing
          : svg`<rect class="heat" x=${(bin * width).toFixed(2)} y=${(row * height).toFixed(2)} width=${(width + 0.3).toFixed(2)} height=${(height + 0.3).toFixed(2)} fill-opacity=${Math.sqrt(each).toFixed(3)}></rect>`,
      );
    });
  }

  private values(all: readonly StepHistogram[]): TemplateResult {
    const titles = [
      ...[l10n.t('Step'), l10n.t('Values'), l10n.t('Mean'), l10n.t('Min'), '25 %', l10n.t('Median'), '75 %'],
      l10n.t('Max'),
    ];
    return html`<div class="values-table media-table" tabindex="0" role="region" aria-label=${this.series.name}>
      <table>
        <caption class="hidden-text">
          ${this.series.name}
        </caption>
        <thead>
          <tr>
            ${titles.map((title) => html`<th scope="col">${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${all.map(({ step, histogram }) => {
            const { total, mean, low, quarter, median, most, high } = summaryOf(histogram);
            return html`<tr>
              ${[step, total, mean, low, quarter, median, most, high].map(
                (value) => html`<td class="number">${formatNumber(value)}</td>`,
              )}
            </tr>`;
          })}
        </tbody>
      </table>
    </div>`;
  }
}
customElements.define('ts-media-histogram', MediaHistogram);
