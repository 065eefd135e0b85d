import { html, type TemplateResult } from 'lit';
import { icon } from './icon.js';

/** Shows why a view is empty and what to do next. */
export function emptyState(name: string, title: string, ...next: (string | TemplateResult)[]): TemplateResult {
  return html`<div class="empty">
    ${icon(name)}
    <h2>${title}</h2>
    ${next.map((line) => (typeof line === 'string' ? html`<p>${line}</p>` : line))}
  </div>`;
}
