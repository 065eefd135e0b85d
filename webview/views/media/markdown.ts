/** Markdown as elements. Nothing of a text becomes markup by itself. */
import { html, type TemplateResult } from 'lit';
import { markdown, type Block, type Inline } from '../../model/media/markdown.js';

export const markdownView = (text: string): TemplateResult => html`${markdown(text).map(block)}`;

export function block(each: Block): TemplateResult {
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
