/** Stands in place of runs that could not be read: an empty list would say that there are none. */
import { html, type TemplateResult } from 'lit';
import { l10n } from '../../src/format/l10n.js';
import { button } from '../components/controls.js';
import { emptyState } from '../components/emptyState.js';
import type { SeriesFeed } from '../model/charts/feed.js';
import type { PanelModel } from '../model/panel.js';
import { TEST_IDS } from '../testids.js';

/** The way to try again below a chart whose curves could not be read. */
export const unreadCurves = (feed: Pick<SeriesFeed, 'retry'>): TemplateResult =>
  html`<button type="button" class="link" data-testid=${TEST_IDS.tryAgain} @click=${() => feed.retry()}>
    ${l10n.t('Try again')}
  </button>`;

export const unreadable = (model: Pick<PanelModel, 'refresh'>, problem: string): TemplateResult =>
  emptyState(
    'error',
    l10n.t('The runs could not be read'),
    problem,
    button({
      label: l10n.t('Try again'),
      icon: 'refresh',
      look: 'primary',
      testId: TEST_IDS.tryAgain,
      onClick: () => void model.refresh(),
    }),
  );
