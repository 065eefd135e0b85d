import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import '../charts/card.js';
import { button, checkbox, dropdown, slider, textField } from '../components/controls.js';
import { emptyState } from '../components/emptyState.js';
import { icon } from '../components/icon.js';
import { metricsOf } from '../model/runs/drawn.js';
import type { PanelModel } from '../model/panel.js';
import type { Run } from '../../src/protocol/engine.js';
import { chartedMetrics, hasRanks, type RankLook } from '../model/charts/ranks.js';
import type { XAxis } from '../model/charts/series.js';
import { Follows } from '../model/signal.js';
import { isLive, warningText } from '../model/values.js';
import { groupMetrics, SYSTEM_GROUP } from '../model/view.js';
import { isSystemMetric } from '../../src/protocol/systemMetrics.js';
import './confusion.js';
import './drawings.js';
import './legend.js';
import './pipeline.js';
import './pruning.js';
import './range.js';
import { TEST_IDS } from '../testids.js';
import { l10n } from '../../src/format/l10n.js';

const X_OPTIONS = [
  { value: 'step', label: l10n.t('Step') },
  { value: 'time', label: l10n.t('Time') },
  { value: 'epoch', label: l10n.t('Epoch') },
];

/** The charts of what is drawn, with the legend beside them. */
class ChartsView extends LitElement {
  static override properties = { model: { attribute: false } };
  declare model: PanelModel;

  constructor() {
    super();
    new Follows(this, () => this.model.signal, ['runs', 'view', 'state', 'experiments']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private toolbar(): TemplateResult {
    const { view } = this.model;
    // A rectangle of one kind of axis means nothing on another.
    const axes = (change: Parameters<PanelModel['setView']>[0]) => this.model.setView({ ...change, zoom: {} });
    return html`<div class="toolbar" role="toolbar" aria-label=${l10n.t('Charts')}>
      ${button({
        label: view.legend ? l10n.t('Hide legend') : l10n.t('Show legend'),
        icon: 'list-unordered',
        iconOnly: true,
        pressed: view.legend,
        onClick: () => this.model.setView({ legend: !view.legend }),
      })}
      ${textField({
        label: l10n.t('Filter metrics'),
        placeholder: l10n.t('Filter metrics'),
        icon: 'filter',
        value: view.metricFilter,
        testId: 'metric-filter',
        onInput: (metricFilter) => this.model.setView({ metricFilter }),
      })}
      ${dropdown({
        label: l10n.t('Horizontal axis'),
        value: view.x,
        options: X_OPTIONS,
        testId: 'x-axis',
        onChange: (x) => axes({ x: x as XAxis }),
      })}
      ${slider({
        label: l10n.t('Smoothing'),
        value: view.smoothing,
        min: 0,
        max: 0.99,
        step: 0.01,
        text: view.smoothing.toFixed(2),
        testId: 'smoothing',
        onInput: (smoothing) => this.model.setView({ smoothing }),
      })}
      ${checkbox({ label: l10n.t('Log x'), checked: view.logX, testId: 'log-x', onChange: (logX) => axes({ logX }) })}
      ${checkbox({ label: l10n.t('Log y'), checked: view.logY, testId: 'log-y', onChange: (logY) => axes({ logY }) })}
      ${this.ranks()}
      ${
        Object.keys(view.zoom).length > 0
          ? button({
              label: l10n.t('Reset all zooms'),
              icon: 'zoom-out',
              onClick: () => this.model.setView({ zoom: {} }),
            })
          : nothing
      }
    </div>`;
  }

  /** Chooses the ranks, if a drawn run has several. */
  private ranks(): TemplateResult | typeof nothing {
    const { model } = this;
    if (!hasRanks(metricsOf(model.drawn))) return nothing;
    return dropdown({
      label: l10n.t('Ranks'),
      value: model.view.ranks,
      options: [
        { value: 'first', label: l10n.t('Rank 0') },
        { value: 'all', label: l10n.t('All ranks') },
        { value: 'range', label: l10n.t('Mean and range over ranks') },
      ],
      testId: 'ranks',
      onChange: (ranks) => model.setView({ ranks: ranks as RankLook }),
    });
  }

  private empty(): TemplateResult {
    const { model } = this;
    const openForm = button({
      label: l10n.t('Open the form'),
      look: 'primary',
      icon: 'settings',
      onClick: () => model.setState({ tab: 'form' }),
    });
    if (!model.loaded) return emptyState('loading', l10n.t('Reading the experiments…'));
    if (model.drawn.length === 0) {
      const next = model.files.length
        ? l10n.t('Press Run above params: in the experiment file, or Run in the form.')
        : l10n.t(
            'Create a file such as digits.tune.yaml; the command "Tunesmith: New experiment file" writes one to start from.',
          );
      return emptyState('graph-line', l10n.t('No runs yet'), next, model.files.length ? openForm : html``);
    }
    const failed = model.drawn.find((run) => run.status === 'failed');
    if (model.drawn.some(isLive)) {
      return emptyState(
        'sync',
        l10n.t('Waiting for the first point'),
        l10n.t('Curves appear as soon as the program logs a metric.'),
      );
    }
    if (failed) {
      return emptyState(
        'error',
        l10n.t('{0} failed before it logged anything', failed.name),
        failed.error?.message ?? '',
        html`${failed.error?.logTail ? html`<pre class="log-tail">${failed.error.logTail}</pre>` : nothing}`,
        failed.foreign
          ? ''
          : button({
              label: l10n.t('Show log'),
              icon: 'output',
              look: 'primary',
              onClick: () => model.host.command('tunesmith.run.revealLog', failed.id),
            }),
      );
    }
    return emptyState(
      'graph-line',
      l10n.t('These runs logged no metrics'),
      l10n.t('Log numbers with run.log({ loss }), or write TensorBoard events or JSON lines; then run again.'),
    );
  }

  /** Failed runs keep the curves they have; why they failed is said above. */
  private failures(): TemplateResult | typeof nothing {
    const { model } = this;
    const failed = model.shown.filter((run) => run.status === 'failed');
    const run = failed.at(-1);
    if (!run) return nothing;
    const others = failed.length > 1 ? l10n.t('{0} of the drawn runs failed. The last: ', failed.length) : '';
    const said = run.error ? l10n.t('{0} failed: {1}', run.name, run.error.message) : l10n.t('{0} failed', run.name);
    const text = `${others}${said}`;
    return html`<div class="notice" role="note">
      ${icon('error')}<span class="ellipsis" title=${run.error?.logTail || text}>${text}</span>
      ${this.showLog(run)}
    </div>`;
  }

  private showLog(run: Run): TemplateResult | typeof nothing {
    if (run.foreign) return nothing;
    return html`<button
      type="button"
      class="link"
      @click=${() => this.model.host.command('tunesmith.run.revealLog', run.id)}
    >
      ${l10n.t('Show log')}
    </button>`;
  }

  /** Renders the warnings of runs, also about records that were left out. */
  private warnings(): TemplateResult | typeof nothing {
    const warned = this.model.shown.filter((run) => run.warnings);
    const run = warned.at(-1);
    if (!run) return nothing;
    const text = `${warned.length > 1 ? l10n.t('{0} of the drawn runs have warnings. The last: ', warned.length) : ''}${run.name}: ${run.warnings!.text}`;
    return html`<div class="notice" role="note" data-testid=${TEST_IDS.warnings}>
      ${icon('warning')}<span class="ellipsis" title=${warned.map(warningText).join('\n\n')}>${text}</span>
      ${this.showLog(run)}
    </div>`;
  }

  private fold(group: string): void {
    const { folded } = this.model.view;
    this.model.setView({ folded: folded.includes(group) ? folded.filter((one) => one !== group) : [...folded, group] });
  }

  private groups(): TemplateResult {
    const { model } = this;
    const filter = model.view.metricFilter.trim().toLowerCase();
    const all = chartedMetrics(metricsOf(model.drawn));
    const metrics = filter ? all.filter((metric) => metric.toLowerCase().includes(filter)) : all;
    if (all.length === 0) return html`<ts-pipeline .model=${model}></ts-pipeline>${this.empty()}`;
    const isOwn = all.some((metric) => !isSystemMetric(metric));
    if (metrics.length === 0) {
      return emptyState('filter', l10n.t('No metric matches the filter'), l10n.t('There are {0} metrics.', all.length));
    }
    const objective = model.drawn.find((run) => run.objective)?.objective?.metric ?? null;
    const groups = groupMetrics(metrics, objective);
    return html`${isOwn ? nothing : this.empty()}${this.failures()}${this.warnings()}<ts-range
        .model=${model}
      ></ts-range
      ><ts-pipeline .model=${model}></ts-pipeline><ts-pruning .model=${model}></ts-pruning>${repeat(
        groups,
        ([group]) => group,
        ([group, names]) => {
          const folded = model.view.folded.includes(group);
          const title = group === '' ? l10n.t('Metrics') : group === SYSTEM_GROUP ? l10n.t('System') : group;
          return html`<section class="chart-group" aria-label=${title}>
            ${
              groups.length > 1 || group === SYSTEM_GROUP
                ? html`<button
                    type="button"
                    class="group-head"
                    aria-expanded=${String(!folded)}
                    @click=${() => this.fold(group)}
                  >
                    ${icon(folded ? 'chevron-right' : 'chevron-down')}<span>${title}</span
                    ><span class="count">${names.length}</span>
                  </button>`
                : nothing
            }
            ${
              folded
                ? nothing
                : html`<div class="chart-grid">
                    ${repeat(
                      names,
                      (metric) => metric,
                      (metric) => html`<ts-chart class="chart" .model=${model} .metric=${metric}></ts-chart>`,
                    )}
                  </div>`
            }
          </section>`;
        },
      )}<ts-confusion .model=${model}></ts-confusion><ts-drawings .model=${model}></ts-drawings>`;
  }

  override render(): TemplateResult {
    const { model } = this;
    const legend = model.view.legend && model.drawn.length > 0;
    return html`${model.drawn.length > 0 ? this.toolbar() : nothing}
      <div class="charts-layout ${legend ? 'with-legend' : ''}">
        ${legend ? html`<ts-legend .model=${model}></ts-legend>` : nothing}
        <div class="charts">${this.groups()}</div>
      </div>`;
  }
}
customElements.define('ts-charts', ChartsView);
