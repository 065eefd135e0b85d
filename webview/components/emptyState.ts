import { html, type TemplateResult } from 'lit';
import { icon } from './icon.js';

/** Says why there is nothing and what to do next. */
export function emptyState(name: string, title: string, ...next: (string | TemplateResult)[]): TemplateResult {
  return html`<div class="empty">
    ${icon(name)}
    <h2>${title}</h2>
    ${next.map((line) => (typeof line === 'string' ? html`<p>${line}</p>` : line))}
  </div>`;
}
