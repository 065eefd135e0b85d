/** Blocks that are offered to be inserted. */
import { l10n } from '../../format/l10n.js';
import type { Reports } from './bundle.js';

export interface BlockTemplate {
  label: string;
  detail: string;
  block: Reports.BlockKind;
  keys: Record<string, unknown>;
}

export const blockTemplates = (): BlockTemplate[] => [
  {
    label: `$(graph-line) ${l10n.t('Chart')}`,
    detail: l10n.t('Curves of metrics or formulas, the newest runs or the best'),
    ...{ block: 'chart', keys: { newest: 10 } },
  },
  {
    label: `$(table) ${l10n.t('Table of the best runs')}`,
    detail: l10n.t('Parameters and results, the best ten by the objective'),
    ...{ block: 'table', keys: { best: 10 } },
  },
  {
    label: `$(list-flat) ${l10n.t('List of runs')}`,
    detail: l10n.t('Status, objective and time of the newest runs'),
    ...{ block: 'runs', keys: { newest: 10 } },
  },
  {
    label: `$(git-compare) ${l10n.t('Comparison')}`,
    detail: l10n.t('The best three runs side by side, with what differs'),
    ...{ block: 'compare', keys: { best: 3 } },
  },
  {
    label: `$(graph) ${l10n.t('Parallel coordinates')}`,
    detail: l10n.t('Every run as a line across its parameters to the objective'),
    ...{ block: 'parallel', keys: {} },
  },
  {
    label: `$(graph-scatter) ${l10n.t('Scatter plot')}`,
    detail: l10n.t('Runs as dots over two columns'),
    ...{ block: 'scatter', keys: {} },
  },
  {
    label: `$(list-ordered) ${l10n.t('Importance of parameters')}`,
    detail: l10n.t('What the parameters explain of the objective, with its uncertainty'),
    ...{ block: 'importance', keys: {} },
  },
  {
    label: `$(file-media) ${l10n.t('Media of runs')}`,
    detail: l10n.t('Pictures, sounds, videos, tables and texts that the newest runs have logged'),
    ...{ block: 'media', keys: { newest: 3 } },
  },
];
