import { html, LitElement, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { RunDetail } from '../../../src/protocol/engine/index.js';
import { isSystemMetric } from '../../../src/protocol/run/systemMetrics.js';
import { l10n } from '../../../src/format/l10n.js';
import { textField } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import { chartedMetrics } from '../../model/charts/ranks.js';
import { metricsOf } from '../../model/runs/drawn.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { isLive } from '../../model/values.js';
import { groupMetrics } from '../../model/view.js';
import '../../charts/card.js';
import '../drawings/confusion.js';
import '../drawings/index.js';

/** Curves of the page's runs: their own metrics, or the use of their machines. */
class RunMetrics extends LitElement {
  static override properties = {
    model: { attribute: false },
    run: { attribute: false },
    system: { attribute: false },
    filter: { state: true },
  };
  declare model: PanelModel;
  /** One of the runs, for the message if there is nothing to show. */
  declare run: Pick<RunDetail, 'status'>;
  declare system: boolean;
  declare filter: string;

  constructor() {
    super();
    this.filter = '';
    new Follows(this, () => this.model.signal, ['runs']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const { model } = this;
    const all = chartedMetrics(metricsOf(model.drawn)).filter((metric) => isSystemMetric(metric) === this.system);
    if (all.length === 0) return this.empty();
    const words = this.filter.trim().toLowerCase();
    const metrics = all.filter((metric) => metric.toLowerCase().includes(words));
    const objective = model.drawn.find((run) => run.objective)?.objective?.metric ?? null;
    return html`${
        all.length > 6
          ? html`<div class="row page-filter">
              ${textField({
                label: l10n.t('Filter metrics'),
                placeholder: l10n.t('Filter metrics'),
                icon: 'filter',
                value: this.filter,
                onInput: (filter) => (this.filter = filter),
              })}
            </div>`
          : ''
      }
      <div class="chart-grid">
        ${repeat(
          groupMetrics(metrics, objective).flatMap(([, names]) => names),
          (metric) => metric,
          (metric) => html`<ts-chart class="chart" .model=${model} .metric=${metric}></ts-chart>`,
        )}
      </div>
      ${
        this.system
          ? ''
          : html`<ts-confusion .model=${model}></ts-confusion><ts-drawings .model=${model}></ts-drawings>`
      }`;
  }

  private empty(): TemplateResult {
    if (this.system)
      return emptyState(
        'dashboard',
        l10n.t('No machine usage is recorded'),
        l10n.t(
          'It is recorded while a run is running, unless it is switched off with capture: in the experiment file.',
        ),
      );
    return isLive(this.run)
      ? emptyState(
          'sync',
          l10n.t('Waiting for the first point'),
          l10n.t('Curves appear as soon as the program logs a metric.'),
        )
      : emptyState(
          'graph-line',
          l10n.t('No metrics'),
          l10n.t('Log numbers with run.log({ loss }), or write TensorBoard events or JSON lines; then run again.'),
        );
  }
}
customElements.define('ts-run-metrics', RunMetrics);
