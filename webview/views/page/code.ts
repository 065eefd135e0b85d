/** The code that a run was started with: the commit, and what differed from it. */
import { html, nothing, type TemplateResult } from 'lit';
import type { RunDetail } from '../../../src/protocol/engine/index.js';
import type { RecordedCode } from '../../../src/protocol/engine/recorded.js';
import { l10n } from '../../../src/format/l10n.js';
import { formatCount } from '../../../src/format/numbers.js';
import { button } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import { icon } from '../../components/icon.js';
import { patchFiles, type PatchFile } from '../../model/page/patch.js';
import type { RunFacts } from '../../model/page/runFacts.js';
import type { PanelModel } from '../../model/panel.js';
import { unlessTrusted } from '../../model/runs/actions.js';
import { TEST_IDS } from '../../testids.js';
import { block, pairs } from './overview.js';

export function codeSection(model: PanelModel, facts: RunFacts, run: RunDetail): TemplateResult {
  const recorded = facts.recorded.get();
  const { error } = facts.recorded;
  if (!recorded)
    return error === null
      ? emptyState('loading', l10n.t('Reading the code…'))
      : emptyState('error', l10n.t('The code can’t be read'), error);
  const { code } = recorded;
  if (!code)
    return emptyState(
      'git-commit',
      l10n.t('No code is recorded'),
      l10n.t(
        'It is recorded when a program starts inside a git repository, unless it is switched off with capture: in the experiment file.',
      ),
    );
  const contents = facts.code.get();
  const files = patchFiles(contents?.changes ?? '');
  const command = (id: string) => () => model.host.command(id, run.id);
  return html`<div class="page-single">
    ${block(l10n.t('Commit'), commit(code))}
    <div class="row">
      ${button({ label: l10n.t('Open the Code of this Run'), icon: 'git-commit', onClick: command('tunesmith.run.openCode') })}
      ${button({ label: l10n.t('Check Out in a Worktree…'), icon: 'repo-forked', ...unlessTrusted(model), onClick: command('tunesmith.run.checkOutCode') })}
    </div>
    ${block(l10n.t('Changed files: {0}', files.length), files.length === 0 ? html`<p class="hint">${code.diff === null && code.changed.length > 0 ? l10n.t('The changes themselves are not kept.') : l10n.t('The code is that of the commit.')}</p>` : html`${files.map((file) => patch(file, files.length <= 3))}`)}
    ${
      code.untracked.length > 0
        ? block(
            l10n.t('Not tracked by git: {0}', code.untracked.length),
            html`${code.untracked.map(({ path, size, kept }) => untracked(path, size, kept ? contents?.untracked.find((one) => one.path === path)?.text : undefined))}`,
          )
        : nothing
    }
    ${code.leftOut.map((text) => html`<p class="hint">${text}</p>`)}
  </div>`;
}

function commit(code: RecordedCode): TemplateResult {
  return pairs([
    [l10n.t('Commit'), html`<code>${code.commit}</code>`],
    [l10n.t('Branch'), code.branch ?? '–'],
    [l10n.t('Remote'), code.remote ?? '–'],
    [l10n.t('Folder'), code.folder || '.'],
  ]);
}

function patch(file: PatchFile, open: boolean): TemplateResult {
  return html`<details class="patch" ?open=${open} data-testid=${TEST_IDS.patch(file.name)}>
    <summary>
      ${icon('file-code')}<span class="ellipsis">${file.name}</span>
      <span class="added">+${formatCount(file.added)}</span> <span class="removed">−${formatCount(file.removed)}</span>
    </summary>
    <pre class="patch-lines" tabindex="0">
${file.lines.map(({ kind, text }) => html`<span class=${kind}>${text} </span>`)}</pre>
    ${file.cut ? html`<p class="hint">${l10n.t('Only its beginning is shown.')}</p>` : nothing}
  </details>`;
}

function untracked(path: string, size: number | null, text: string | undefined): TemplateResult {
  const bytes = size === null ? '' : l10n.t('{0} bytes', formatCount(size));
  if (text === undefined) return html`<p class="hint">${icon('file')} ${path} ${bytes}</p>`;
  return html`<details class="patch">
    <summary>${icon('file')}<span class="ellipsis">${path}</span> <span class="hint">${bytes}</span></summary>
    <pre class="patch-lines" tabindex="0">${text}</pre>
  </details>`;
}
