import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { dropdown, slider } from '../../components/controls.js';
import { DrawingsOfRuns } from '../../model/drawings.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { TEST_IDS } from '../../testids.js';
import type { Run } from '../../../src/protocol/engine/index.js';
import type { Drawings } from '../../../src/protocol/engine/drawings.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';
import { idle } from '../../components/idle.js';
import { drawingOf } from './drawing.js';

/** Runs that are asked for drawings, at most. */
const MOST_RUNS = 12;

/** Histograms and plots that one of the drawn runs has logged, one at a time. */
class DrawingsView extends LitElement {
  static override properties = {
    model: { attribute: false },
    chosen: { state: true },
    name: { state: true },
    step: { state: true },
  };
  declare model: PanelModel;
  declare chosen: string | null;
  declare name: string | null;
  /** Null: the newest. */
  declare step: number | null;
  private drawings: DrawingsOfRuns | null = null;

  constructor() {
    super();
    this.chosen = this.name = this.step = null;
    new Follows(this, () => this.model.signal, ['runs', 'view', 'state']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    this.drawings ??= new DrawingsOfRuns(
      async (query) => {
        await idle();
        return this.model.host.request('runs/drawings', query);
      },
      () => this.requestUpdate(),
    );
  }

  override render(): TemplateResult | typeof nothing {
    const runs = this.model.shown.slice(0, MOST_RUNS);
    const having = runs.filter((run) => (this.drawings!.of(run)?.names.length ?? 0) > 0);
    const run =
      having.find(({ id }) => id === this.chosen) ?? having.find((one) => one === this.model.best) ?? having[0];
    if (!run) return nothing;
    const all = this.drawings!.of(run)!;
    const name = all.names.some((one) => one.name === this.name) ? this.name! : all.names[0]!.name;
    const found = this.drawings!.of(run, name, this.step ?? undefined) ?? all;
    return html`<section
      class="result-card"
      aria-label=${l10n.t('Histograms and plots')}
      data-testid=${TEST_IDS.drawing(run.id)}
    >
      <div class="chart-head">
        <h2><span>${l10n.t('Histograms and plots')}</span></h2>
        ${this.choices(run, having, all, name)}
      </div>
      ${found.shown ? drawingOf(found.shown) : html`<p class="hint">${l10n.t('This file can’t be drawn.')}</p>`}
    </section>`;
  }

  private choices(run: Run, having: readonly Run[], all: Drawings, name: string): TemplateResult {
    const steps = all.names.find((one) => one.name === name)?.steps ?? [];
    const at =
      this.step === null
        ? steps.length - 1
        : Math.max(
            0,
            steps.findLastIndex((one) => one <= this.step!),
          );
    return html`${
      having.length > 1
        ? dropdown({
            label: l10n.t('Run'),
            value: run.id,
            options: having.map((one) => ({ value: one.id, label: this.model.label(one).text })),
            testId: 'drawing-run',
            onChange: (id) => (this.chosen = id),
          })
        : nothing
    }${dropdown({
      label: l10n.t('Name'),
      value: name,
      options: all.names.map((one) => ({ value: one.name, label: one.name })),
      testId: 'drawing-name',
      onChange: (chosen) => (this.name = chosen),
    })}${
      steps.length > 1
        ? slider({
            label: l10n.t('Step'),
            ...{ min: 0, max: steps.length - 1, step: 1, value: at },
            text: formatNumber(steps[at]!),
            testId: 'drawing-step',
            onInput: (place) => (this.step = place === steps.length - 1 ? null : steps[place]!),
          })
        : nothing
    }`;
  }
}
customElements.define('ts-drawings', DrawingsView);
