import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { button, textField } from './controls.js';
import { l10n } from '../../src/format/l10n.js';

export interface PromptOptions {
  title: string;
  label: string;
  value: string;
  hint?: string;
  /** Empty text allowed. */
  optional?: boolean;
  accept: string;
}

/** A small modal question with one text field; resolves to null when it is cancelled. */
class Prompt extends LitElement {
  static override properties = { options: { attribute: false }, value: { attribute: false } };
  declare options: PromptOptions;
  declare value: string;
  answer: (value: string | null) => void = () => {};

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override firstUpdated(): void {
    this.querySelector('dialog')!.showModal();
    this.querySelector<HTMLElement>('vscode-text-field')?.focus();
  }

  private done(value: string | null): void {
    this.answer(value);
    this.querySelector('dialog')?.close();
    this.remove();
  }

  private readonly accept = () => {
    if (this.options.optional || this.value.trim() !== '') this.done(this.value.trim());
  };

  override render(): TemplateResult {
    const { title, label, hint, accept } = this.options;
    return html`<dialog
      class="prompt"
      aria-label=${title}
      @cancel=${(event: Event) => {
        event.preventDefault();
        this.done(null);
      }}
    >
      <h2>${title}</h2>
      ${textField({ label, value: this.value, testId: 'prompt-field', onInput: (value) => (this.value = value), onEnter: this.accept })}
      ${hint ? html`<p class="hint">${hint}</p>` : nothing}
      <div class="row end">
        ${button({ label: l10n.t('Cancel'), onClick: () => this.done(null) })}
        ${button({ label: accept, look: 'primary', testId: 'prompt-accept', onClick: this.accept })}
      </div>
    </dialog>`;
  }
}
customElements.define('ts-prompt', Prompt);

export function askText(options: PromptOptions): Promise<string | null> {
  return new Promise((resolve) => {
    const prompt = document.createElement('ts-prompt') as Prompt;
    prompt.options = options;
    prompt.value = options.value;
    prompt.answer = resolve;
    document.body.append(prompt);
  });
}
