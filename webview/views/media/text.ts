import { html, LitElement, type TemplateResult } from 'lit';
import { button } from '../../components/controls.js';
import { l10n } from '../../../src/format/l10n.js';
import { markdown } from '../../model/media/markdown.js';
import { block } from './markdown.js';

const LONGEST = 200_000;

/** A text that a run has logged, as it is or as Markdown. Nothing in it becomes markup by itself. */
class MediaText extends LitElement {
  static override properties = {
    text: { attribute: false },
    mime: { attribute: false },
    label: { attribute: false },
    raw: { state: true },
  };
  declare text: string;
  declare mime: string;
  declare label: string;
  /** Null: by the type of the file. */
  declare raw: boolean | null;

  constructor() {
    super();
    this.raw = null;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const text = this.text.slice(0, LONGEST);
    const raw = this.raw ?? this.mime !== 'text/markdown';
    return html`<div class="media-text-head">
        ${button({
          label: l10n.t('Markdown'),
          icon: 'markdown',
          iconOnly: true,
          pressed: !raw,
          onClick: () => (this.raw = !raw),
        })}
      </div>
      <div class="media-text" tabindex="0" role="region" aria-label=${this.label}>
        ${raw ? html`<pre>${text}</pre>` : markdown(text).map(block)}
      </div>
      ${this.text.length > LONGEST ? html`<p class="hint">${l10n.t('Only its beginning is shown.')}</p>` : ''}`;
  }
}
customElements.define('ts-media-text', MediaText);
