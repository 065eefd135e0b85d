import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { SavedView } from '../../src/protocol/panel/savedViews.js';
import { VIEWS_FILE } from '../../src/protocol/panel/viewsLimits.js';
import { l10n } from '../../src/format/l10n.js';
import { button, textField } from '../components/controls.js';
import { icon } from '../components/icon.js';
import type { PanelModel } from '../model/panel.js';
import { Follows } from '../model/signal.js';
import { TEST_IDS } from '../testids.js';

/** Saved views: shows one, saves the current one, sets an experiment's default. */
class SavedViewsDialog extends LitElement {
  static override properties = { model: { attribute: false }, name: { state: true } };
  declare model: PanelModel;
  declare name: string;

  constructor() {
    super();
    this.name = '';
    new Follows(this, () => this.model.signal, ['state']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override firstUpdated(): void {
    this.querySelector('dialog')!.showModal();
    void this.model.views.load();
  }

  private close(): void {
    this.querySelector('dialog')?.close();
  }

  private async doing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.model.fail(l10n.t('Saving'), error);
    }
  }

  private save(): void {
    const name = this.name.trim();
    if (name === '') return;
    this.name = '';
    void this.doing(() => this.model.views.save(name));
  }

  private item(view: SavedView): TemplateResult {
    const { views } = this.model;
    const { experiment } = this.model.state;
    const isDefault = views.defaultOf(experiment)?.name === view.name;
    return html`<li data-testid=${TEST_IDS.savedView(view.name)}>
      <button
        type="button"
        class="link ellipsis"
        @click=${() => {
          views.show(view);
          this.close();
        }}
      >
        ${view.name} <span class="hint">${view.experiment ?? ''}</span>
      </button>
      ${
        experiment === null
          ? nothing
          : button({
              label: isDefault
                ? l10n.t('{0} no longer opens with this view', experiment)
                : l10n.t('Open {0} with this view', experiment),
              icon: isDefault ? 'star-full' : 'star-empty',
              iconOnly: true,
              pressed: isDefault,
              onClick: () => void this.doing(() => views.setDefault(experiment, isDefault ? null : view.name)),
            })
      }
      ${button({ label: l10n.t('Save the current view as {0}', view.name), icon: 'save', iconOnly: true, onClick: () => void this.doing(() => views.save(view.name)) })}
      ${button({ label: l10n.t('Delete {0}', view.name), icon: 'trash', iconOnly: true, onClick: () => void this.doing(() => views.remove(view.name)) })}
    </li>`;
  }

  override render(): TemplateResult {
    const { saved, error } = this.model.views;
    return html`<dialog
      class="prompt views"
      aria-label=${l10n.t('Saved views')}
      data-testid=${TEST_IDS.views}
      @close=${() => this.remove()}
    >
      <div class="row">
        <h2>${l10n.t('Saved views')}</h2>
        <span class="spacer"></span>
        ${button({ label: l10n.t('Close'), icon: 'close', iconOnly: true, onClick: () => this.close() })}
      </div>
      ${error === null ? nothing : html`<p class="notice" role="alert">${icon('error')} ${error}</p>`}
      ${
        saved && saved.views.length > 0
          ? html`<ul class="view-list">
              ${repeat(
                saved.views,
                ({ name }) => name,
                (view) => this.item(view),
              )}
            </ul>`
          : html`<p class="hint">${saved ? l10n.t('None yet.') : l10n.t('Reading the views…')}</p>`
      }
      <div class="row">
        ${textField({
          label: l10n.t('Name'),
          placeholder: l10n.t('Name of the current view'),
          value: this.name,
          testId: TEST_IDS.viewName,
          onInput: (name) => (this.name = name),
          onEnter: () => this.save(),
        })}
        ${button({ label: l10n.t('Save'), look: 'primary', testId: TEST_IDS.viewSave, disabled: this.name.trim() === '', onClick: () => this.save() })}
      </div>
      <p class="hint">${l10n.t('Kept in {0} of this folder, which can be committed and shared.', VIEWS_FILE)}</p>
    </dialog>`;
  }
}
customElements.define('ts-views', SavedViewsDialog);

export function openViews(model: PanelModel): void {
  if (document.querySelector('ts-views') !== null) return;
  const dialog = document.createElement('ts-views') as SavedViewsDialog;
  dialog.model = model;
  document.body.append(dialog);
}
