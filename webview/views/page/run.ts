import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { RunDetail } from '../../../src/protocol/engine/index.js';
import { RUN_SECTIONS, type RunSection } from '../../../src/protocol/panel/sections.js';
import { button } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import { icon, progressBar, statusIcon } from '../../components/icon.js';
import { openMenu } from '../../components/menu.js';
import { closePage, compareRuns, openRun } from '../../model/page/pages.js';
import { RunFacts } from '../../model/page/runFacts.js';
import { RunsInPlace } from '../../model/page/withRuns.js';
import { actionsFor } from '../../model/runs/actions.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { isLive, isReadOnly } from '../../model/values.js';
import { TEST_IDS } from '../../testids.js';
import { formatRunTime } from '../../../src/format/times.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { statusText } from '../../../src/format/statuses.js';
import { l10n } from '../../../src/format/l10n.js';
import { askAbout } from '../ask.js';
import { codeSection } from './code.js';
import { environmentSection } from './environment.js';
import { filesSection } from './files.js';
import { overviewSection } from './overview.js';
import './log.js';
import './metrics.js';
import '../media/index.js';
import { whereText } from '../../../src/format/places.js';

const TITLES: Record<RunSection, string> = {
  overview: l10n.t('Overview'),
  charts: l10n.t('Charts'),
  media: l10n.t('Media'),
  log: l10n.t('Log'),
  system: l10n.t('System'),
  code: l10n.t('Code'),
  environment: l10n.t('Environment'),
  files: l10n.t('Files'),
};
/** Sections that logs of other tools can fill. */
const FOREIGN: readonly RunSection[] = ['overview', 'charts', 'media', 'system'];

/** Everything about one run. */
class RunPage extends LitElement {
  static override properties = {
    model: { attribute: false },
    run: { attribute: false },
    section: { attribute: false },
    filter: { state: true },
  };
  declare model: PanelModel;
  declare run: string;
  declare section: RunSection;
  declare filter: string;
  private facts: RunFacts | null = null;
  private place: RunsInPlace | null = null;

  constructor() {
    super();
    this.filter = '';
    new Follows(this, () => this.model.signal, ['runs', 'state', 'clock']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.facts?.dispose();
  }

  override firstUpdated(): void {
    this.querySelector<HTMLElement>('[role=tab][aria-selected=true]')?.focus({ preventScroll: true });
  }

  protected override willUpdate(): void {
    this.facts ??= new RunFacts(this.model, this.run, () => this.requestUpdate());
    this.place ??= new RunsInPlace(this.model);
    this.facts.follow();
    const { run } = this.facts;
    if (run) this.place.show([this.model.runs.get(run.id) ?? run]);
  }

  private sections(run: RunDetail): readonly RunSection[] {
    return isReadOnly(run) ? FOREIGN : RUN_SECTIONS;
  }

  private readonly keys = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const run = this.facts?.run;
    if (by === 0 || !run) return;
    const all = this.sections(run);
    const next = all[(all.indexOf(this.section) + by + all.length) % all.length]!;
    openRun(this.model, this.run, next);
    void this.updateComplete.then(() =>
      requestAnimationFrame(() => this.querySelector<HTMLElement>(`#section-${next}`)?.focus()),
    );
    event.preventDefault();
  };

  private head(run: RunDetail): TemplateResult {
    const { model } = this;
    const best = model.best;
    const value = run.objective?.value ?? null;
    return html`<div class="page-head">
      ${this.back()}
      <h2 class="ellipsis" title=${run.name}>${statusIcon(run.status)} ${run.name}</h2>
      <span class="hint" data-testid=${TEST_IDS.pageStatus}
        >${[statusText(run.status), whereText(run), formatRunTime(run, Date.now())].filter(Boolean).join(' · ')}</span
      >
      ${
        value === null
          ? nothing
          : html`<span class="page-objective" title=${run.objective!.metric}
              >${run.objective!.metric} <b>${formatNumber(value)}</b></span
            >`
      }
      ${run.tags.map((tag) => html`<span class="tag">${tag}</span>`)}
      ${isLive(run) && run.progress ? progressBar(run.progress.fraction, run.progress.text) : nothing}
      <span class="spacer"></span>
      ${
        best && best.id !== run.id
          ? button({
              label: l10n.t('Compare with the best'),
              icon: 'git-compare',
              testId: TEST_IDS.compareBest,
              onClick: () => compareRuns(model, [best.id, run.id]),
            })
          : nothing
      }
      ${button({
        label: l10n.t('Actions of {0}', run.name),
        icon: 'kebab-vertical',
        iconOnly: true,
        testId: TEST_IDS.pageMenu,
        onClick: (event) =>
          openMenu(
            actionsFor(model, [run], (what, runs) => void askAbout(model, what, runs)),
            event as MouseEvent,
          ),
      })}
    </div>`;
  }

  private back(): TemplateResult {
    return button({
      label: l10n.t('Back'),
      icon: 'arrow-left',
      iconOnly: true,
      testId: TEST_IDS.pageBack,
      onClick: () => closePage(this.model),
    });
  }

  private tabs(run: RunDetail): TemplateResult {
    return html`<div
      class="tabs page-tabs"
      role="tablist"
      aria-label=${l10n.t('Sections of {0}', run.name)}
      @keydown=${this.keys}
    >
      ${this.sections(run).map(
        (section) =>
          html`<button
            type="button"
            role="tab"
            id="section-${section}"
            aria-controls="section"
            aria-selected=${String(section === this.section)}
            tabindex=${section === this.section ? 0 : -1}
            data-testid=${TEST_IDS.section(section)}
            @click=${() => openRun(this.model, this.run, section)}
          >
            <span>${TITLES[section]}</span>
            ${section === 'overview' && run.warnings ? icon('warning', l10n.t('{0} warnings', run.warnings.count)) : nothing}
          </button>`,
      )}
    </div>`;
  }

  private body(run: RunDetail): TemplateResult {
    const { facts, model, place } = this;
    switch (this.section) {
      case 'overview':
        return overviewSection(model, facts!, run);
      case 'charts':
        return html`<ts-run-metrics .model=${place!.model} .run=${run} .system=${false}></ts-run-metrics>`;
      case 'system':
        return html`<ts-run-metrics .model=${place!.model} .run=${run} .system=${true}></ts-run-metrics>`;
      case 'media':
        return html`<ts-media .model=${place!.model} .alone=${true}></ts-media>`;
      case 'log':
        return html`<ts-log .model=${model} .run=${run}></ts-log>`;
      case 'code':
        return codeSection(model, facts!, run);
      case 'environment':
        return environmentSection(facts!, this.filter, (filter) => (this.filter = filter));
      case 'files':
        return filesSection(model, facts!, run);
    }
  }

  override render(): TemplateResult {
    const { facts } = this;
    const run = facts!.run;
    if (!run) {
      const { error } = facts!.detail;
      return html`<section class="page" aria-label=${l10n.t('Run')}>
        <div class="page-head">${this.back()}</div>
        ${error === null ? emptyState('loading', l10n.t('Reading the run…')) : emptyState('error', l10n.t('This run can’t be read'), error)}
      </section>`;
    }
    return html`<section
      class="page"
      aria-label=${run.name}
      data-testid=${TEST_IDS.runPage(run.id)}
      data-status=${run.status}
    >
      ${this.head(run)} ${this.tabs(run)}
      <div
        class="page-body section-${this.section}"
        id="section"
        role="tabpanel"
        aria-labelledby="section-${this.section}"
      >
        ${this.body(run)}
      </div>
    </section>`;
  }
}
customElements.define('ts-run-page', RunPage);
