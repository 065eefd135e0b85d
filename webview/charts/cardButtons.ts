/** The buttons at the head of a chart's card. */
import { html, nothing, type TemplateResult } from 'lit';
import { l10n } from '../../src/format/l10n.js';
import { button } from '../components/controls.js';
import { TEST_IDS } from '../testids.js';
import { saveMenu, type Saved } from './save.js';

interface Headed extends Saved {
  readonly metric: string;
  readonly zoom: object | null;
  /** The values are shown as a table. */
  table: boolean;
}

export function cardButtons(
  card: Headed,
  { reset, menu }: { reset(): void; menu(event: MouseEvent): void },
): TemplateResult {
  return html`${
    card.zoom
      ? button({
          label: l10n.t('Reset zoom'),
          icon: 'zoom-out',
          iconOnly: true,
          title: l10n.t('Reset zoom (double-click the chart)'),
          testId: TEST_IDS.chartReset(card.metric),
          onClick: reset,
        })
      : nothing
  }
  ${button({
    label: l10n.t('Values of {0} as a table', card.heading),
    icon: 'table',
    iconOnly: true,
    pressed: card.table,
    testId: TEST_IDS.chartValues(card.metric),
    onClick: () => (card.table = !card.table),
  })}
  ${button({
    label: l10n.t('Save {0}…', card.heading),
    icon: 'save',
    iconOnly: true,
    testId: TEST_IDS.chartSave(card.metric),
    disabled: card.chart === null,
    onClick: (event) => saveMenu(card, event as MouseEvent),
  })}
  ${button({
    label: l10n.t('More for {0}', card.heading),
    icon: 'ellipsis',
    iconOnly: true,
    testId: TEST_IDS.chartMenu(card.metric),
    onClick: (event) => menu(event as MouseEvent),
  })}`;
}
