import { html, nothing, type TemplateResult } from 'lit';
import type { RunStatus, SearchStatus } from '../../src/protocol/engine/index.js';
import { STATUS_ICONS } from '../model/values.js';
import { styles } from './cssVars.js';
import { l10n } from '../../src/format/l10n.js';
import { statusText } from '../../src/format/statuses.js';

/** A codicon; decoration unless it is given words. */
export function icon(name: string, label?: string, extra = ''): TemplateResult {
  return html`<span
    class="codicon codicon-${name} ${extra}"
    role=${label ? 'img' : nothing}
    aria-label=${label ?? nothing}
    aria-hidden=${label ? nothing : 'true'}
    title=${label ?? nothing}
  ></span>`;
}

/** `where`: where a run is on a cluster. */
export function statusIcon(status: RunStatus | SearchStatus, where: string | null = null): TemplateResult {
  const spins = status === 'running' || status === 'starting' ? 'codicon-modifier-spin' : '';
  return icon(
    STATUS_ICONS[status],
    [statusText(status), where].filter(Boolean).join(': '),
    `status status-${status} ${spins}`,
  );
}

/** `fraction` in [0, 1]; null: busy, nobody knows how long. */
export function progressBar(fraction: number | null, text: string): TemplateResult {
  const percent = fraction === null ? null : Math.round(fraction * 100);
  return html`<span
    class="progress ${fraction === null ? 'busy' : ''}"
    role="progressbar"
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${percent ?? nothing}
    aria-label=${text || l10n.t('progress')}
    title=${text || `${percent ?? '…'} %`}
    ><span ${styles({ width: `${percent ?? 30}%` })}></span
  ></span>`;
}
