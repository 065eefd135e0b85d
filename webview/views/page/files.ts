/** Files that a run left: checkpoints, media and what else is in its folder. */
import { html, nothing, type TemplateResult } from 'lit';
import type { RunDetail } from '../../../src/protocol/engine/index.js';
import type { RunFile } from '../../../src/protocol/engine/runPage.js';
import { formatTime } from '../../../src/format/locale.js';
import { formatBytes } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';
import { button } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import { icon } from '../../components/icon.js';
import type { RunFacts } from '../../model/page/runFacts.js';
import type { PanelModel } from '../../model/panel.js';
import { TEST_IDS } from '../../testids.js';
import { block } from './overview.js';

const KINDS: readonly { kind: RunFile['kind']; title: string; icon: string }[] = [
  { kind: 'checkpoint', title: l10n.t('Checkpoints'), icon: 'save' },
  { kind: 'media', title: l10n.t('Media'), icon: 'file-media' },
  { kind: 'other', title: l10n.t('Other files'), icon: 'file' },
  { kind: 'log', title: l10n.t('Log'), icon: 'output' },
  { kind: 'record', title: l10n.t('Records'), icon: 'database' },
];

export function filesSection(model: PanelModel, facts: RunFacts, run: RunDetail): TemplateResult {
  const listed = facts.files.get();
  const { error } = facts.files;
  if (!listed)
    return error === null
      ? emptyState('loading', l10n.t('Reading the files…'))
      : emptyState('error', l10n.t('The files can’t be read'), error);
  return html`<div class="page-single" data-testid=${TEST_IDS.pageFiles}>
    <div class="row">
      ${button({ label: l10n.t('Open folder'), icon: 'folder-opened', onClick: () => model.host.command('tunesmith.run.openFolder', run.id) })}
      <code class="ellipsis" title=${run.folder}>${run.folder}</code>
    </div>
    ${KINDS.map(({ kind, title, icon: picture }) => {
      const files = listed.files.filter((file) => file.kind === kind);
      if (files.length === 0) return nothing;
      const size = files.reduce((sum, file) => sum + file.size, 0);
      return block(
        `${title} · ${formatBytes(size)}`,
        html`<table class="pairs files">
          <tbody>
            ${files.map(
              (file) =>
                html`<tr>
                  <th scope="row">${icon(picture)} ${file.path}</th>
                  <td>${formatBytes(file.size)}</td>
                  <td class="hint">${formatTime(file.changed)}</td>
                </tr>`,
            )}
          </tbody>
        </table>`,
      );
    })}
    ${listed.cut ? html`<p class="hint">${l10n.t('There are more files than are listed here. They are in the folder of the run.')}</p>` : nothing}
  </div>`;
}
