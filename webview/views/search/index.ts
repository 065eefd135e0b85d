import { errorText } from '../../../src/format/said.js';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Run, RunStatus, Search } from '../../../src/protocol/engine/index.js';
import { button, dropdown } from '../../components/controls.js';
import { styles } from '../../components/cssVars.js';
import { emptyState } from '../../components/emptyState.js';
import { icon, progressBar, statusIcon } from '../../components/icon.js';
import { openMenu } from '../../components/menu.js';
import { act, actionsFor, unlessTrusted } from '../../model/runs/actions.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { searchesShown, searchShown } from '../../model/search/shown.js';
import { inOrder, Trials } from '../../model/search/trials.js';
import { formatNumber, formatParam } from '../../../src/format/numbers.js';
import { formatRunParam } from '../../../src/format/runParams.js';
import { canPause, canResume, canRetry, canStop, isSearchLive } from '../../model/values.js';
import type { TrialOrder } from '../../model/view.js';
import { windowOf } from '../../model/table/virtual.js';
import { TEST_IDS } from '../../testids.js';
import { askAbout } from '../ask.js';
import './scatter.js';
import { searchTitle } from './searchTitle.js';
import { hasEntry } from '../../../src/protocol/values/records.js';
import { l10n } from '../../../src/format/l10n.js';
import { goalText, statusText } from '../../../src/format/statuses.js';
import { whereText } from '../../../src/format/places.js';

const ROW = 26;
const ORDERS: { value: TrialOrder; label: string }[] = [
  { value: 'number', label: l10n.t('by number') },
  { value: 'newest', label: l10n.t('newest first') },
  { value: 'best', label: l10n.t('best first') },
];

/** A running search: progress, best result, trials, and the actions on each. */
class SearchView extends LitElement {
  static override properties = { model: { attribute: false } };
  declare model: PanelModel;
  private trials: Trials | null = null;
  private scroller: HTMLElement | null = null;

  constructor() {
    super();
    new Follows(this, () => this.model.signal, ['searches', 'runs', 'view', 'state']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private current(): Search | null {
    return searchShown(this.model, searchesShown(this.model));
  }

  protected override willUpdate(): void {
    this.trials ??= new Trials(this.model, () => this.requestUpdate());
    void this.trials.show(this.current());
    this.trials.update();
  }

  protected override updated(): void {
    this.scroller = this.querySelector('.trial-list');
  }

  private async control(
    method: 'searches/stop' | 'searches/pause' | 'searches/resume' | 'searches/retry',
    doing: string,
    search: Search,
  ): Promise<void> {
    try {
      await this.model.host.request(method, { id: search.id });
    } catch (error) {
      this.model.fail(doing, error);
    }
  }

  private controls(search: Search): TemplateResult {
    const { status } = search;
    const some = this.trials!.rows.slice(0, 200).map((run) => run.id);
    return html`<div class="row">
      ${button({
        label: l10n.t('Stop'),
        icon: 'debug-stop',
        disabled: !isSearchLive(status) || status === 'stopping',
        ...unlessTrusted(this.model),
        testId: TEST_IDS.searchStop,
        onClick: () => void this.control('searches/stop', l10n.t('Stopping the search'), search),
      })}
      ${button({
        label: l10n.t('Pause'),
        icon: 'debug-pause',
        disabled: status !== 'running',
        ...unlessTrusted(this.model),
        testId: TEST_IDS.searchPause,
        onClick: () => void this.control('searches/pause', l10n.t('Pausing the search'), search),
      })}
      ${button({
        label: l10n.t('Resume'),
        icon: 'debug-continue',
        disabled: !['paused', 'stopped', 'failed'].includes(status),
        title: l10n.t('Continue with the remaining trials'),
        ...unlessTrusted(this.model),
        testId: TEST_IDS.searchResume,
        onClick: () => void this.control('searches/resume', l10n.t('Resuming the search'), search),
      })}
      ${button({
        label: l10n.t('Retry failed'),
        icon: 'debug-rerun',
        disabled: status === 'stopping' || search.counts.failed + search.counts.stopped === 0,
        title: l10n.t('Run failed and stopped trials again, under their own numbers'),
        ...unlessTrusted(this.model),
        testId: TEST_IDS.searchRetry,
        onClick: () => void this.control('searches/retry', l10n.t('Retrying trials'), search),
      })}
      ${button({
        label: l10n.t('Draw trials'),
        icon: 'graph-line',
        disabled: some.length === 0,
        testId: TEST_IDS.searchDraw,
        onClick: async () => {
          this.model.take(this.trials!.rows.slice(0, 200));
          await this.model.select(some);
          this.model.setState({ tab: 'charts' });
        },
      })}
    </div>`;
  }

  private summary(search: Search): TemplateResult {
    const { counts } = search;
    const ended = counts.completed + counts.pruned + counts.failed + counts.stopped;
    const planned = search.trials ?? counts.total;
    const part = (count: number, status: RunStatus) =>
      count > 0 ? html`<span class="chip">${count} ${statusText(status)}</span>` : nothing;
    return html`<div class="search-status" data-testid=${TEST_IDS.search(search.id)} data-status=${search.status}>
        ${statusIcon(search.status)}<b>${statusText(search.status)}</b>
        <span
          >${search.trials === null ? l10n.t('{0} of {1} so far', ended, planned) : l10n.t('{0} of {1}', ended, search.trials)}</span
        >
        ${progressBar(search.trials === null && isSearchLive(search.status) ? null : ended / Math.max(1, planned), l10n.t('{0} of {1} trials ended', ended, planned))}
      </div>
      <div class="chips">
        ${part(counts.running, 'running')} ${part(counts.queued, 'queued')} ${part(counts.completed, 'completed')}
        ${part(counts.pruned, 'pruned')} ${part(counts.failed, 'failed')} ${part(counts.stopped, 'stopped')}
        <span class="hint"
          >${search.sampler}${search.pruner ? ` · ${search.pruner}` : ''} ·
          ${l10n.t('{0} at once', search.parallel)}</span
        >
      </div>
      ${search.reason ? html`<p class="hint">${l10n.retold(search.reason)}</p>` : nothing}
      ${search.error ? html`<p class="field-error">${icon('error')} ${l10n.retold(search.error)}</p>` : nothing}`;
  }

  private best(search: Search): TemplateResult | typeof nothing {
    const { best, objective } = search;
    if (!objective) return nothing;
    if (!best) return html`<p class="hint">${l10n.t('No trial has a value of {0} yet.', objective.metric)}</p>`;
    return html`<div class="best-box" data-testid=${TEST_IDS.searchBest} data-objective=${String(best.objective)}>
      <div>
        ${icon('star-full', l10n.t('best'), 'best-mark')} <b>${objective.metric} ${formatNumber(best.objective)}</b>
        <span class="hint">${l10n.t('trial {0}, {1}', best.trial, goalText(objective.goal))}</span>
      </div>
      <dl>
        ${Object.entries(best.params).map(
          ([name, value]) =>
            html`<div>
              <dt>${name}</dt>
              <dd title=${formatParam(value)}>${formatParam(value)}</dd>
            </div>`,
        )}
      </dl>
    </div>`;
  }

  private trialActions(run: Run, n: number): TemplateResult | typeof nothing {
    const { model } = this;
    if (!model.trusted) return nothing;
    const one = (method: 'runs/stop' | 'runs/pause' | 'runs/resume', doing: string) => () =>
      void act(model, method, doing, [run.id]);
    return html`${
      canPause(run.status)
        ? button({
            label: l10n.t('Pause trial {0}', n),
            icon: 'debug-pause',
            iconOnly: true,
            testId: TEST_IDS.trialAction('pause', n),
            onClick: one('runs/pause', l10n.t('Pausing')),
          })
        : nothing
    }${
      canResume(run.status)
        ? button({
            label: l10n.t('Resume trial {0}', n),
            icon: 'debug-continue',
            iconOnly: true,
            testId: TEST_IDS.trialAction('resume', n),
            onClick: one('runs/resume', l10n.t('Resuming')),
          })
        : nothing
    }${
      canRetry(run.status)
        ? button({
            label: l10n.t('Retry trial {0}', n),
            icon: 'debug-rerun',
            iconOnly: true,
            testId: TEST_IDS.trialAction('retry', n),
            onClick: one('runs/resume', l10n.t('Retrying the trial')),
          })
        : nothing
    }${
      canStop(run.status)
        ? button({
            label: l10n.t('Stop trial {0}', n),
            icon: 'debug-stop',
            iconOnly: true,
            testId: TEST_IDS.trialAction('stop', n),
            onClick: one('runs/stop', l10n.t('Stopping')),
          })
        : nothing
    }`;
  }

  private menu(event: MouseEvent, run: Run): void {
    this.model.take([run]);
    openMenu(
      actionsFor(this.model, [run], (what, runs) => void askAbout(this.model, what, runs)),
      event,
    );
  }

  private trial(run: Run, search: Search): TemplateResult {
    const n = run.trial ?? 0;
    const best = search.best?.run === run.id;
    const names = Object.keys(search.space);
    const params = (names.length > 0 ? names.filter((name) => hasEntry(run.params, name)) : Object.keys(run.params))
      .map((name) => `${name} ${formatRunParam(run, name)}`)
      .join(' · ');
    const value = run.objective?.value ?? null;
    const live = run.status === 'running' || run.status === 'paused';
    return html`<div
      class="trial ${best ? 'best' : ''}"
      role="listitem"
      data-testid=${TEST_IDS.trial(n)}
      data-run=${run.id}
      data-status=${run.status}
      data-objective=${value === null ? '' : String(value)}
      @contextmenu=${(event: MouseEvent) => this.menu(event, run)}
    >
      <span class="n">${n}</span>${statusIcon(run.status, whereText(run))}
      <span class="ellipsis" title=${run.error ? `${errorText(run.error)}\n${run.error.logTail}` : params}
        >${run.status === 'failed' && run.error ? html`<span class="field-error">${errorText(run.error)}</span>` : params}</span
      >
      ${live && run.progress ? progressBar(run.progress.fraction, run.progress.text) : nothing}
      <span class="objective"
        >${best ? icon('star-full', l10n.t('best'), 'best-mark') : nothing}${formatNumber(value)}</span
      >
      <span class="actions"
        >${this.trialActions(run, n)}<button
          type="button"
          class="icon-button"
          aria-label=${l10n.t('Actions for trial {0}', n)}
          title=${l10n.t('Actions')}
          @click=${(event: MouseEvent) => this.menu(event, run)}
        >
          ${icon('ellipsis')}
        </button></span
      >
    </div>`;
  }

  private list(search: Search): TemplateResult {
    const rows = inOrder(this.trials!.rows, this.model.view.trialOrder);
    if (rows.length === 0) return html`<p class="hint">${l10n.t('The first trial is starting.')}</p>`;
    const view = windowOf(this.scroller?.scrollTop ?? 0, this.scroller?.clientHeight || 600, ROW, rows.length);
    return html`<div
      class="trial-list"
      role="list"
      tabindex="0"
      aria-label=${l10n.t('Trials')}
      @scroll=${() => this.requestUpdate()}
    >
      <div ${styles({ height: `${view.before}px` })}></div>
      ${repeat(
        rows.slice(view.first, view.end),
        (run) => run.id,
        (run) => this.trial(run, search),
      )}
      <div ${styles({ height: `${view.after}px` })}></div>
      ${
        this.trials!.total > rows.length
          ? html`<p class="hint">
              ${l10n.t('The newest {0} of {1} trials; the table shows all of them.', rows.length, this.trials!.total)}
            </p>`
          : nothing
      }
    </div>`;
  }

  override render(): TemplateResult {
    const searches = searchesShown(this.model);
    const search = searchShown(this.model, searches);
    if (!search) {
      return html`<section class="search" aria-label=${l10n.t('Search')}>
        ${emptyState(
          'search',
          l10n.t('No search yet'),
          l10n.t(
            'Give at least one parameter a search space and press Start search: Tunesmith runs many trials with different values and marks the best.',
          ),
        )}
      </section>`;
    }
    return html`<section class="search" aria-label=${l10n.t('Search')}>
      <div class="row search-title">
        ${searchTitle(search, {
          searches,
          testId: 'search-picker',
          onChange: (id) => this.model.setView({ search: id }),
        })}
      </div>
      ${this.summary(search)} ${this.controls(search)} ${this.best(search)}
      <ts-scatter .model=${this.model} .search=${search} .runs=${[...this.trials!.rows]}></ts-scatter>
      ${
        this.trials!.rows.length > 1
          ? html`<div class="row trial-order">
              <h3>${l10n.t('Trials')}</h3>
              ${dropdown({
                label: l10n.t('Order of the trials'),
                value: this.model.view.trialOrder,
                options: ORDERS,
                testId: 'trial-order',
                onChange: (order) => this.model.setView({ trialOrder: order as TrialOrder }),
              })}
            </div>`
          : nothing
      }
      ${this.list(search)}
    </section>`;
  }
}
customElements.define('ts-search', SearchView);
