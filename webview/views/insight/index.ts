import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Search } from '../../../src/protocol/engine/index.js';
import type { Insight } from '../../../src/protocol/engine/insight.js';
import { button, dropdown } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import { icon } from '../../components/icon.js';
import { Insights, type InsightWish } from '../../model/search/insights.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { searchesShown, searchShown } from '../../model/search/shown.js';
import { Trials } from '../../model/search/trials.js';
import { TEST_IDS } from '../../testids.js';
import { missing, tablesOf } from './card.js';
import { effectsCard } from './effects.js';
import { frontCard, volumeCard } from './front.js';
import { historyCard } from './history.js';
import { importanceCard } from './importance.js';
import { parallelCard } from './parallel.js';
import { surfaceCard } from './surface.js';
import '../explore/index.js';
import { insightSwitch } from '../explore/switch.js';
import { searchTitle } from '../search/searchTitle.js';
import { l10n } from '../../../src/format/l10n.js';
import { goalText } from '../../../src/format/statuses.js';

/** The Insight tab: progress, importance, effects of each parameter, possible gain. */
class InsightView extends LitElement {
  static override properties = {
    model: { attribute: false },
    shownTables: { state: true },
    objective: { state: true },
    axes: { state: true },
  };
  declare model: PanelModel;
  declare shownTables: ReadonlySet<string>;
  declare objective: number;
  declare axes: [number, number];
  private insights: Insights | null = null;
  private trials: Trials | null = null;

  constructor() {
    super();
    this.shownTables = new Set();
    this.objective = 0;
    this.axes = [0, 1];
    new Follows(this, () => this.model.signal, ['searches', 'runs', 'view', 'state']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.insights?.dispose();
  }

  private current(): Search | null {
    return searchShown(this.model, searchesShown(this.model));
  }

  private wish(): InsightWish {
    const { insightMethod: method, insightPair: pair } = this.model.view;
    return { objective: this.objective, method, pair };
  }

  protected override willUpdate(): void {
    this.insights ??= new Insights(
      (params) => this.model.host.request('searches/insight', params),
      () => this.requestUpdate(),
    );
    this.trials ??= new Trials(this.model, () => this.requestUpdate());
    const search = this.model.view.insightOf === 'search' ? this.current() : null;
    this.insights.show(search, this.wish());
    void this.trials.show(search);
    this.trials.update();
  }

  private readonly tables = tablesOf(
    () => this.shownTables,
    (shown) => (this.shownTables = shown),
  );

  private readonly open = (run: string): void => {
    void this.model.select([run]);
    this.model.setState({ tab: 'charts' });
  };

  private head(search: Search, searches: readonly Search[]): TemplateResult {
    const objectives = this.insights!.facts?.objectives ?? [];
    return html`<div class="row insight-head">
      ${insightSwitch(this.model, 'search')}
      ${searchTitle(search, {
        searches,
        testId: 'insight-search',
        onChange: (id) => {
          this.objective = 0;
          this.model.setView({ search: id, insightPair: null });
        },
      })}
      ${
        objectives.length > 1
          ? dropdown({
              label: l10n.t('Objective'),
              value: String(this.objective),
              options: objectives.map(({ metric, goal }, i) => ({
                value: String(i),
                label: `${metric} (${goalText(goal)})`,
              })),
              testId: 'insight-objective',
              onChange: (index) => (this.objective = Number(index)),
            })
          : nothing
      }
      ${this.insights!.busy ? html`<span class="hint" role="status">${icon('sync', undefined, 'codicon-modifier-spin')} ${l10n.t('computing')}</span>` : nothing}
    </div>`;
  }

  private left({ left }: Insight): TemplateResult | typeof nothing {
    if (!left) return nothing;
    return html`<div class="left-line" role="note" data-testid=${TEST_IDS.insightLeft}>
      ${icon('telescope')}<span
        >${'unknown' in left ? html`${l10n.t('Possible improvement:')} ${missing(left)}` : l10n.retold(left.sentence)}</span
      >
    </div>`;
  }

  private cards(search: Search, facts: Insight): TemplateResult {
    const { insights, tables, open, model } = this;
    const { curves, surface } = insights!;
    const objective = facts.objectives[facts.objective]!;
    const { importance } = facts;
    const order = importance && 'shares' in importance ? importance.shares.map(({ name }) => name) : [];
    const names = curves && 'curves' in curves ? curves.curves.map(({ name }) => name) : [];
    const pair = this.wish().pair ?? insights!.twoMost();
    const best = facts.objectives.length === 1 ? (search.best?.params ?? null) : null;
    const axes: [number, number] = [Math.min(this.axes[0], facts.objectives.length - 1), this.axes[1]];
    return html`${this.left(facts)}
      <div class="insight-grid">
        ${historyCard(facts, tables, open)}
        ${importanceCard(facts, tables, (insightMethod) => model.setView({ insightMethod }))}
        ${frontCard(facts, axes, tables, (next) => (this.axes = next), open)} ${volumeCard(facts, tables)}
        ${surfaceCard(surface, pair, names, objective, tables, (insightPair) => model.setView({ insightPair }))}
        ${effectsCard(curves, order, objective.metric, best, tables)}
        ${facts.objectives.length === 1 ? parallelCard(search, this.trials!.rows, order, tables, open) : nothing}
      </div>`;
  }

  override render(): TemplateResult {
    const searches = searchesShown(this.model);
    const search = searchShown(this.model, searches);
    const { model } = this;
    if (model.view.insightOf !== 'search' || (!search && model.drawn.length > 0))
      return html`<ts-explore .model=${model}></ts-explore>`;
    if (!search) {
      return html`<section class="insight" aria-label=${l10n.t('Insight')}>
        ${emptyState(
          'lightbulb',
          l10n.t('Nothing to learn from yet'),
          l10n.t(
            'Start a search: its trials show which parameters matter, what each one does, and how much can still be gained.',
          ),
        )}
      </section>`;
    }
    const { facts, error } = this.insights!;
    return html`<section
      class="insight"
      aria-label=${l10n.t('Insight')}
      data-testid=${TEST_IDS.insight(search.id)}
      data-ready=${String(facts !== null)}
    >
      ${this.head(search, searches)}
      ${
        error !== null
          ? html`<p class="notice">
              ${icon('error')} ${error} ${button({ label: l10n.t('Try again'), onClick: () => this.insights!.retry() })}
            </p>`
          : nothing
      }
      ${facts ? this.cards(search, facts) : nothing}
    </section>`;
  }
}
customElements.define('ts-insight', InsightView);
