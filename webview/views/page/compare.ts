import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { RunToCompare } from '../../../src/format/runDiff.js';
import { l10n } from '../../../src/format/l10n.js';
import { button, checkbox } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import { statusIcon } from '../../components/icon.js';
import { Asked } from '../../model/page/asked.js';
import { columnTitle, comparison, sectionTitle, type ComparedSection } from '../../../src/drawing/runs/comparison.js';
import { addToReport, compareBlock } from '../../model/reports.js';
import { readCompared } from '../../model/page/compared.js';
import { closePage, compareRuns, openRun } from '../../model/page/pages.js';
import { RunsInPlace } from '../../model/page/withRuns.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { TEST_IDS } from '../../testids.js';
import { swatch } from '../charts/swatch.js';
import './metrics.js';
import '../media/index.js';

/** Runs side by side, compared with the first. Shows only differences by default. */
class Compare extends LitElement {
  static override properties = { model: { attribute: false }, runs: { attribute: false }, all: { state: true } };
  declare model: PanelModel;
  declare runs: readonly string[];
  declare all: boolean;
  private place: RunsInPlace | null = null;
  private readonly read = new Asked<RunToCompare[]>(
    () => readCompared(this.model, this.runs),
    () => this.requestUpdate(),
  );

  constructor() {
    super();
    this.all = false;
    new Follows(this, () => this.model.signal, ['runs']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    this.place ??= new RunsInPlace(this.model);
    const read = this.read.get();
    if (read) this.place.show(read.map(({ run }) => this.model.runs.get(run.id) ?? run));
  }

  private head(read: readonly RunToCompare[]): TemplateResult {
    const names = read.map(({ run }) => run);
    return html`<thead>
      <tr>
        <td></td>
        ${names.map(
          (run, i) =>
            html`<th scope="col">
              <div class="row">
                ${swatch(this.place!.model.palette.of(run.id))}${statusIcon(run.status)}
                <button
                  type="button"
                  class="link ellipsis"
                  title=${run.name}
                  @click=${() => openRun(this.model, run.id, 'overview')}
                >
                  ${columnTitle(run, names)}
                </button>
                ${i === 0 ? html`<span class="tag">${l10n.t('baseline')}</span>` : this.asBaseline(i, run.name)}
              </div>
            </th>`,
        )}
      </tr>
    </thead>`;
  }

  private asBaseline(at: number, name: string): TemplateResult {
    return button({
      label: l10n.t('Compare with {0}', name),
      icon: 'pin',
      iconOnly: true,
      onClick: () => compareRuns(this.model, [this.runs[at]!, ...this.runs.filter((_, i) => i !== at)]),
    });
  }

  private section({ section, rows, same }: ComparedSection, columns: number): TemplateResult | typeof nothing {
    if (rows.length === 0 && same === 0) return nothing;
    return html`<tbody data-testid=${TEST_IDS.compared(section)}>
      <tr class="compare-title">
        <th scope="rowgroup" colspan=${columns + 1}>
          ${sectionTitle(section)}
          ${same > 0 ? html`<span class="hint">${rows.length === 0 ? l10n.t('no difference') : l10n.t('{0} are the same', same)}</span>` : nothing}
        </th>
      </tr>
      ${rows.map(
        ({ name, cells }) =>
          html`<tr>
            <th scope="row" title=${name}>${name}</th>
            ${cells.map(
              ({ text, change, differs }) =>
                html`<td class=${differs ? 'differs' : ''} title=${text}>
                  <span>${text}</span>${change === '' ? nothing : html` <span class="hint">${change}</span>`}
                </td>`,
            )}
          </tr>`,
      )}
    </tbody>`;
  }

  override render(): TemplateResult {
    const read = this.read.get();
    const { model, place } = this;
    return html`<section class="page" aria-label=${l10n.t('Compare')} data-testid=${TEST_IDS.compare}>
      <div class="page-head">
        ${button({ label: l10n.t('Back'), icon: 'arrow-left', iconOnly: true, testId: TEST_IDS.pageBack, onClick: () => closePage(model) })}
        <h2>${l10n.t('Compare {0} runs', this.runs.length)}</h2>
        <span class="spacer"></span>
        ${button({
          label: l10n.t('Add to Report…'),
          icon: 'notebook',
          testId: 'compare-report',
          onClick: () => addToReport(model, compareBlock(this.runs, this.all)),
        })}
        ${checkbox({ label: l10n.t('Only differences'), checked: !this.all, testId: TEST_IDS.compareAll, onChange: (only) => (this.all = !only) })}
      </div>
      <div class="page-body">
        ${
          !read
            ? this.read.error === null
              ? emptyState('loading', l10n.t('Reading the runs…'))
              : emptyState('error', l10n.t('The runs can’t be read'), this.read.error)
            : html`<div class="compare-scroll" tabindex="0" role="region" aria-label=${l10n.t('Differences')}>
                  <table class="compare-table">
                    ${this.head(read)} ${comparison(read, this.all).map((each) => this.section(each, read.length))}
                  </table>
                </div>
                <h3>${l10n.t('Charts')}</h3>
                <ts-run-metrics .model=${place!.model} .run=${read[0]!.run} .system=${false}></ts-run-metrics>
                <h3>${l10n.t('Media')}</h3>
                <ts-media .model=${place!.model} .alone=${true}></ts-media>`
        }
      </div>
    </section>`;
  }
}
customElements.define('ts-compare', Compare);
