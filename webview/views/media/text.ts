import { html, LitElement, type TemplateResult } from 'lit';
import { button } from '../../components/controls.js';
import { l10n } from '../../../src/format/l10n.js';
import { markdown, type Block, type Inline } from '../../model/media/markdown.js';

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

function block(each: Block): TemplateResult {
  switch (each.kind) {
    case 'heading':
      return html`<p class="media-heading level-${each.level}" role="heading" aria-level=${Math.min(6, each.level + 3)}>
        ${each.parts.map(part)}
      </p>`;
    case 'paragraph':
      return html`<p>${each.parts.map(part)}</p>`;
    case 'code':
      return html`<pre>${each.text}</pre>`;
    case 'rule':
      return html`<hr />`;
    case 'list': {
      const items = each.items.map((item) => html`<li>${item.map(part)}</li>`);
      return each.ordered
        ? html`<ol>
            ${items}
          </ol>`
        : html`<ul>
            ${items}
          </ul>`;
    }
    case 'table':
      return html`<table>
        <thead>
          <tr>
            ${each.head.map((cell) => html`<th scope="col">${cell.map(part)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${each.rows.map(
            (row) =>
              html`<tr>
                ${row.map((cell) => html`<td>${cell.map(part)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>`;
  }
}

/** Links are shown with where they lead, and lead nowhere: the text is the program's. */
function part(each: Inline): TemplateResult {
  switch (each.kind) {
    case 'strong':
      return html`<strong>${each.text}</strong>`;
    case 'emphasis':
      return html`<em>${each.text}</em>`;
    case 'code':
      return html`<code>${each.text}</code>`;
    case 'link':
      return html`<span class="media-link" title=${each.to}>${each.text || each.to}</span>`;
    case 'text':
      return html`${each.text}`;
  }
}
