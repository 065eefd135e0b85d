import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Run } from '../../../src/protocol/engine/index.js';
import { l10n } from '../../../src/format/l10n.js';
import { button } from '../../components/controls.js';
import type { PanelModel } from '../../model/panel.js';
import { unlessTrusted } from '../../model/runs/actions.js';
import { TEST_IDS } from '../../testids.js';
import { saveNote } from '../ask.js';
import { markdownView } from '../media/markdown.js';

/** The person's note on a run, in Markdown, edited in place. */
class Note extends LitElement {
  static override properties = { model: { attribute: false }, run: { attribute: false }, draft: { state: true } };
  declare model: PanelModel;
  declare run: Run;
  /** Null: it is not edited. */
  declare draft: string | null;

  constructor() {
    super();
    this.draft = null;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private edit(): void {
    this.draft = this.run.note;
    void this.updateComplete.then(() => this.querySelector('textarea')?.focus());
  }

  private async save(): Promise<void> {
    const note = this.draft;
    if (note === null) return;
    try {
      if (note !== this.run.note) await saveNote(this.model, this.run, note);
      this.model.take([{ ...(this.model.runs.get(this.run.id) ?? this.run), note }]);
      this.draft = null;
    } catch (error) {
      this.model.fail(l10n.t('Saving'), error);
    }
  }

  private readonly keys = (event: KeyboardEvent) => {
    if (event.key === 'Escape') this.draft = null;
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void this.save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  override render(): TemplateResult {
    const { draft, run } = this;
    return html`<section class="page-block" aria-label=${l10n.t('Note')}>
      <div class="row">
        <h3>${l10n.t('Note')}</h3>
        <span class="spacer"></span>
        ${
          draft === null
            ? button({
                label: run.note === '' ? l10n.t('Write a note') : l10n.t('Edit note'),
                icon: 'edit',
                iconOnly: true,
                ...unlessTrusted(this.model),
                testId: TEST_IDS.noteEdit,
                onClick: () => this.edit(),
              })
            : nothing
        }
      </div>
      ${draft === null ? this.shown() : this.editor(draft)}
    </section>`;
  }

  private shown(): TemplateResult {
    if (this.run.note === '' && !this.model.trusted) return html`<span class="hint">${l10n.t('No note')}</span>`;
    if (this.run.note === '')
      return html`<button type="button" class="link hint" @click=${() => this.edit()}>
        ${l10n.t('What did you try, and what did you learn? Markdown is shown as such.')}
      </button>`;
    return html`<div class="prose" data-testid=${TEST_IDS.note}>${markdownView(this.run.note)}</div>`;
  }

  private editor(draft: string): TemplateResult {
    return html`<textarea
        rows=${Math.min(24, Math.max(6, draft.split('\n').length + 2))}
        aria-label=${l10n.t('Note')}
        data-testid=${TEST_IDS.noteText}
        .value=${draft}
        @input=${(event: Event) => (this.draft = (event.target as HTMLTextAreaElement).value)}
        @keydown=${this.keys}
      ></textarea>
      ${draft.trim() === '' ? nothing : html`<div class="prose preview" aria-label=${l10n.t('Preview')} role="region">${markdownView(draft)}</div>`}
      <div class="row end">
        ${button({ label: l10n.t('Cancel'), onClick: () => (this.draft = null) })}
        ${button({ label: l10n.t('Save'), look: 'primary', testId: TEST_IDS.noteSave, onClick: () => void this.save() })}
      </div>`;
  }
}
customElements.define('ts-note', Note);
