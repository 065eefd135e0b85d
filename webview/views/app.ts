import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Device } from '../../src/protocol/engine/index.js';
import type { PanelState } from '../../src/protocol/panel/index.js';
import { dropdown } from '../components/controls.js';
import { button } from '../components/controls.js';
import { icon } from '../components/icon.js';
import type { PanelModel } from '../model/panel.js';
import { Follows } from '../model/signal.js';
import { importRuns, unlessTrusted } from '../model/runs/actions.js';
import { isLive, isReadOnly } from '../model/values.js';
import { TEST_IDS } from '../testids.js';
import './charts/index.js';
import './form/index.js';
import './insight/index.js';
import './media/index.js';
import './page/index.js';
import { openHelp } from './help.js';
import { panelKey } from './panelKeys.js';
import { openViews } from './savedViews.js';
import './table/index.js';
import { withSeparator } from '../../src/format/locale.js';
import { l10n } from '../../src/format/l10n.js';

type Tab = PanelState['tab'];
const TABS: { id: Tab; label: string; icon: string }[] = [
  { id: 'charts', label: l10n.t('Charts'), icon: 'graph-line' },
  { id: 'table', label: l10n.t('Table'), icon: 'table' },
  { id: 'media', label: l10n.t('Media'), icon: 'file-media' },
  { id: 'insight', label: l10n.t('Insight'), icon: 'lightbulb' },
  { id: 'form', label: l10n.t('Form & Search'), icon: 'settings' },
];

/** The whole panel: header, tabs, toasts, and announcements for screen readers. */
class App extends LitElement {
  static override properties = { model: { attribute: false } };
  declare model: PanelModel;

  constructor() {
    super();
    new Follows(this, () => this.model.signal, ['state', 'experiments', 'devices', 'toasts', 'runs']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private readonly keys = (event: KeyboardEvent) => {
    if (panelKey(this.model, event)) event.preventDefault();
  };

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.keys);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('keydown', this.keys);
  }

  private readonly tabKeys = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    const at = TABS.findIndex((tab) => tab.id === this.model.state.tab);
    const next = TABS[(at + by + TABS.length) % TABS.length]!;
    this.model.setState({ tab: next.id });
    void this.updateComplete.then(() =>
      requestAnimationFrame(() => this.querySelector<HTMLElement>(`#tab-${next.id}`)?.focus()),
    );
    event.preventDefault();
  };

  private tabs(): TemplateResult {
    const { tab: current } = this.model.state;
    return html`<div class="tabs" role="tablist" aria-label=${l10n.t('Views')} @keydown=${this.tabKeys}>
      ${TABS.map(
        (tab) =>
          html`<button
            type="button"
            role="tab"
            id="tab-${tab.id}"
            aria-controls="view"
            aria-selected=${String(tab.id === current && !this.model.state.page)}
            tabindex=${tab.id === current ? 0 : -1}
            title=${tab.label}
            data-testid=${TEST_IDS.tab(tab.id)}
            @click=${() => this.model.setState({ tab: tab.id })}
          >
            ${icon(tab.icon)}<span>${tab.label}</span>
          </button>`,
      )}
    </div>`;
  }

  private device(device: Device): TemplateResult {
    const memory =
      device.memoryUsedMiB !== null && device.memoryTotalMiB !== null
        ? l10n.t(
            '{0} of {1} GiB',
            withSeparator((device.memoryUsedMiB / 1024).toFixed(1)),
            (device.memoryTotalMiB / 1024).toFixed(0),
          )
        : '';
    const title = [device.name, memory, l10n.t('{0} of {1} slots busy', device.busy, device.slots)]
      .filter(Boolean)
      .join('\n');
    const use = device.utilization === null ? `${device.busy}/${device.slots}` : `${Math.round(device.utilization)} %`;
    return html`<span class="device" title=${title}
      >${icon(device.kind === 'gpu' ? 'circuit-board' : 'chip')}<span>${device.id.toUpperCase()}</span
      ><b>${use}</b></span
    >`;
  }

  private connection(): TemplateResult {
    const { connected, connectionMessage } = this.model;
    const text =
      connectionMessage || (connected ? l10n.t('Connected to the engine') : l10n.t('The engine is not running'));
    return html`<span
      class="connection ${connected ? 'on' : 'off'}"
      data-testid=${TEST_IDS.connection}
      data-connected=${String(connected)}
      role="status"
      title=${text}
      >${connected ? icon('plug', text) : html`${icon('debug-disconnect')}<span>${text}</span>`}</span
    >`;
  }

  private header(): TemplateResult {
    const { model } = this;
    const { experiments, state, devices } = model;
    const names = experiments.map((experiment) => experiment.name);
    if (state.experiment !== null && !names.includes(state.experiment)) names.unshift(state.experiment);
    const live = [...model.runs.values()].filter((run) => run.experiment === state.experiment && isLive(run)).length;
    return html`<header>
      ${
        names.length > 0
          ? dropdown({
              label: l10n.t('Experiment'),
              value: state.experiment ?? '',
              options: names.map((name) => ({ value: name, label: name })),
              testId: TEST_IDS.experimentPicker,
              onChange: (name) => void model.openExperiment(name),
            })
          : nothing
      }
      ${this.tabs()}
      <span class="spacer"></span>
      ${button({ label: l10n.t('Saved views'), icon: 'bookmark', iconOnly: true, testId: TEST_IDS.viewsButton, onClick: () => openViews(model) })}
      ${button({ label: l10n.t('Keys'), icon: 'question', iconOnly: true, testId: TEST_IDS.helpButton, onClick: () => openHelp() })}
      ${live > 0 ? html`<span class="live" role="status">${icon('sync', undefined, 'codicon-modifier-spin')} ${l10n.t('{0} live', live)}</span>` : nothing}
      ${devices.slice(0, 8).map((device) => this.device(device))}
      ${devices.length > 8 ? html`<span class="hint">+${devices.length - 8}</span>` : nothing} ${this.connection()}
    </header>`;
  }

  /** Shows that the drawn runs are in the logs of other tools, and imports them. */
  private readOnly(): TemplateResult | typeof nothing {
    const { model } = this;
    const theirs = model.drawn.filter(isReadOnly);
    const title = theirs[0]?.foreign?.title;
    if (title === undefined) return nothing;
    return html`<div class="banner" role="status" data-testid=${TEST_IDS.readOnly}>
      ${icon('lock')}<span
        >${l10n.t('Read-only: these runs are in logs of {0}. Import them to add tags and notes and to compare them with your own runs.', title)}</span
      >
      ${button({
        label: theirs.length === 1 ? l10n.t('Import') : l10n.t('Import {0} runs', theirs.length),
        icon: 'cloud-download',
        ...unlessTrusted(model),
        testId: TEST_IDS.importRuns,
        onClick: () => importRuns(model, theirs),
      })}
    </div>`;
  }

  private toasts(): TemplateResult {
    const { toasts, announcer } = this.model;
    return html`<div class="toasts">
        ${repeat(
          toasts.items,
          (toast) => toast.id,
          (toast) =>
            html`<div
              class="toast ${toast.kind}"
              role=${toast.kind === 'error' ? 'alert' : 'status'}
              data-testid=${TEST_IDS.toast}
            >
              ${icon(toast.kind)}<span class="toast-text">${toast.text}</span>
              ${
                toast.action
                  ? button({
                      label: toast.action.label,
                      testId: TEST_IDS.toastAction,
                      onClick: () => {
                        toasts.dismiss(toast.id);
                        toast.action!.run();
                      },
                    })
                  : nothing
              }
              ${button({ label: l10n.t('Dismiss'), icon: 'close', iconOnly: true, onClick: () => toasts.dismiss(toast.id) })}
            </div>`,
        )}
      </div>
      <div class="hidden-text" aria-live="polite" data-testid=${TEST_IDS.announcer}>${announcer.text}</div>`;
  }

  private view(): TemplateResult {
    const { model } = this;
    if (model.state.page) return html`<ts-page .model=${model}></ts-page>`;
    switch (model.state.tab) {
      case 'charts':
        return html`<ts-charts .model=${model}></ts-charts>`;
      case 'table':
        return html`<ts-table .model=${model}></ts-table>`;
      case 'media':
        return html`<ts-media .model=${model}></ts-media>`;
      case 'insight':
        return html`<ts-insight .model=${model}></ts-insight>`;
      case 'form':
        return html`<ts-form .model=${model}></ts-form>`;
    }
  }

  override render(): TemplateResult {
    const { model } = this;
    return html`${this.header()}
      ${
        model.trusted
          ? nothing
          : html`<div class="banner" role="status">
              ${icon('workspace-untrusted')}
              <span
                >${l10n.t('This workspace is not trusted: you can look at runs, but not start or change any.')}</span
              >
              ${button({ label: l10n.t('Manage Workspace Trust'), icon: 'workspace-unknown', testId: TEST_IDS.trust, onClick: () => model.host.command('workbench.trust.manage') })}
            </div>`
      }
      ${this.readOnly()}
      <main>
        <h1 class="hidden-text">${model.state.experiment ?? 'Tunesmith'}</h1>
        <div
          id="view"
          role=${model.state.page ? nothing : 'tabpanel'}
          aria-labelledby=${model.state.page ? nothing : `tab-${model.state.tab}`}
          class="view-${model.state.page ? 'page' : model.state.tab}"
        >
          ${this.view()}
        </div>
      </main>
      ${this.toasts()}`;
  }
}
customElements.define('ts-app', App);
