import { html, type TemplateResult } from 'lit';
import { l10n } from '../../../src/format/l10n.js';
import { button } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import type { PanelModel } from '../../model/panel.js';

/** Explains why there is no experiment file to edit, and offers others; null if there is one. */
export function missingFile(model: PanelModel): TemplateResult | null {
  if (model.files.length === 0) {
    return emptyState(
      'new-file',
      l10n.t('No experiment file in this folder'),
      l10n.t('The command "Tunesmith: New experiment file" writes a digits.tune.yaml to start from.'),
    );
  }
  if (model.state.file !== null || !model.loaded) return null;
  return emptyState(
    'new-file',
    l10n.t('{0} has no experiment file here', model.state.experiment ?? ''),
    l10n.t('Choose a file to run it, or another experiment above.'),
    html`${model.files.map(({ file, name }) => button({ label: name, onClick: () => void model.openFile(file) }))}`,
  );
}
