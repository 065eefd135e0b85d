import { html, LitElement, nothing, svg, type TemplateResult } from 'lit';
import type { Run, Search } from '../../../src/protocol/engine/index.js';
import type { PanelModel } from '../../model/panel.js';
import { logParams, scatters, type Scatter } from '../../model/search/scatter.js';
import { l10n } from '../../../src/format/l10n.js';

const W = 150;
const H = 70;
/** Dots in one plot; more say no more at this size. */
const MOST = 400;

/** Small plots of the objective against each searched parameter. */
class ScatterView extends LitElement {
  static override properties = {
    model: { attribute: false },
    search: { attribute: false },
    runs: { attribute: false },
  };
  declare model: PanelModel;
  declare search: Search;
  declare runs: Run[];

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private plot(plot: Scatter): TemplateResult {
    const place = (x: number) => 5 + x * (W - 10);
    const dots = plot.dots.slice(-MOST);
    return html`<figure>
      <figcaption class="ellipsis" title=${plot.param}>${plot.param}${plot.log ? ' (log)' : ''}</figcaption>
      <svg
        viewBox="0 0 ${W} ${H}"
        role="img"
        aria-label=${l10n.t('Objective by {0}, {1} trials', plot.param, plot.dots.length)}
      >
        <line class="axis" x1="0" y1=${H - 0.5} x2=${W} y2=${H - 0.5}></line>
        ${[...dots.filter((dot) => !dot.best), ...dots.filter((dot) => dot.best)].map(
          (dot) =>
            svg`<circle class=${dot.best ? 'best' : ''} cx=${place(dot.x)} cy=${H - 6 - dot.y * (H - 12)} r=${dot.best ? 4 : 2.6}
              @pointerenter=${() => this.model.highlight(dot.id)} @pointerleave=${() => this.model.highlight(null)}
              ><title>${dot.title}</title></circle>`,
        )}
      </svg>
      <div class="ends">
        ${
          plot.categories.length > 0
            ? plot.categories.slice(0, 6).map((name) => html`<span class="ellipsis" title=${name}>${name}</span>`)
            : html`<span>${plot.low}</span><span>${plot.high}</span>`
        }
      </div>
    </figure>`;
  }

  override render(): TemplateResult | typeof nothing {
    const names = Object.keys(this.search.space);
    const params = names.length > 0 ? names : [...new Set(this.runs.flatMap((run) => Object.keys(run.params)))];
    const plots = scatters(this.runs, params, logParams(this.search.space), this.search.best?.run ?? null);
    const { objective } = this.search;
    if (plots.length === 0 || !objective) return nothing;
    return html`<div class="scatters" aria-label=${l10n.t('{0} by parameter', objective.metric)}>
      ${plots.slice(0, 12).map((plot) => this.plot(plot))}
    </div>`;
  }
}
customElements.define('ts-scatter', ScatterView);
