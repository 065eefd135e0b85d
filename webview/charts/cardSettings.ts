/** Settings of one card alone, and what else can be done with it. */
import { html, type TemplateResult } from 'lit';
import { button, checkbox, dropdown, slider } from '../components/controls.js';
import { openMenu } from '../components/menu.js';
import type { PanelModel } from '../model/panel.js';
import type { CardSettings, OwnCard } from '../model/view.js';
import type { XAxis } from '../../src/drawing/series.js';
import { entryOf } from '../../src/protocol/values/records.js';
import { withSeparator } from '../../src/format/locale.js';
import { l10n } from '../../src/format/l10n.js';

export const X_OPTIONS = [
  { value: 'step', label: l10n.t('Step') },
  { value: 'epoch', label: l10n.t('Epoch') },
  { value: 'time', label: l10n.t('Time since start') },
  { value: 'wall', label: l10n.t('Time of day') },
  { value: 'metric', label: l10n.t('A metric') },
];
export const OUTLIER_OPTIONS = [
  { value: '0', label: l10n.t('All values') },
  { value: '0.01', label: l10n.t('Without 1 % at each end') },
  { value: '0.05', label: l10n.t('Without 5 % at each end') },
];

export interface SetCard {
  readonly model: PanelModel;
  readonly metric: string;
  readonly own: OwnCard | null;
  readonly heading: string;
  readonly settings: Required<CardSettings>;
}

export function setCard({ model, metric }: SetCard, change: CardSettings | null): void {
  const { [metric]: before, ...others } = model.view.cardSettings;
  const { [metric]: _zoom, ...zoom } = model.view.zoom;
  model.setView({ cardSettings: change ? { ...others, [metric]: { ...before, ...change } } : others, zoom });
}

export function settingsRow(card: SetCard): TemplateResult {
  const { settings, model, metric } = card;
  const isOwn = entryOf(model.view.cardSettings, metric) !== undefined;
  return html`<div class="card-settings" role="group" aria-label=${l10n.t('Settings of {0}', card.heading)}>
    ${dropdown({
      label: l10n.t('Horizontal axis'),
      value: settings.x,
      options: X_OPTIONS,
      onChange: (x) => setCard(card, { x: x as XAxis }),
    })}
    ${slider({
      label: l10n.t('Smoothing'),
      ...{
        value: settings.smoothing,
        min: 0,
        max: 0.99,
        step: 0.01,
        text: withSeparator(settings.smoothing.toFixed(2)),
      },
      onInput: (smoothing) => setCard(card, { smoothing }),
    })}
    ${checkbox({ label: l10n.t('Log x'), checked: settings.logX, onChange: (logX) => setCard(card, { logX }) })}
    ${checkbox({ label: l10n.t('Log y'), checked: settings.logY, testId: `card-log-y-${metric}`, onChange: (logY) => setCard(card, { logY }) })}
    ${dropdown({
      label: l10n.t('Outliers'),
      value: String(settings.outliers),
      options: OUTLIER_OPTIONS,
      onChange: (outliers) => setCard(card, { outliers: Number(outliers) }),
    })}
    ${isOwn ? button({ label: l10n.t('As for all cards'), onClick: () => setCard(card, null) }) : ''}
  </div>`;
}

/** Moves a card within its group: `order` is the current order. */
export function moveCard(model: PanelModel, order: readonly string[], card: string, before: string | null): void {
  const rest = order.filter((one) => one !== card);
  const at = before === null ? rest.length : rest.indexOf(before);
  rest.splice(at < 0 ? rest.length : at, 0, card);
  const others = model.view.cardOrder.filter((one) => !rest.includes(one));
  model.setView({ cardOrder: [...others, ...rest] });
}

export function cardMenu(
  card: SetCard,
  event: MouseEvent,
  parts: { settings(): void; edit(): void; report(): void },
): void {
  const { model, metric, own } = card;
  const { pinnedCards, cards, wide } = model.view;
  const isPinned = pinnedCards.includes(metric);
  const isWide = wide.includes(metric);
  const toggled = (list: readonly string[], is: boolean): string[] =>
    is ? list.filter((one) => one !== metric) : [...list, metric];
  openMenu(
    [
      { id: 'card-settings', label: l10n.t('Settings of this card'), icon: 'settings-gear', run: parts.settings },
      {
        id: 'card-pin',
        label: isPinned ? l10n.t('Unpin') : l10n.t('Pin to the top'),
        icon: isPinned ? 'pinned' : 'pin',
        run: () => model.setView({ pinnedCards: toggled(pinnedCards, isPinned) }),
      },
      {
        id: 'card-wide',
        label: isWide ? l10n.t('Normal width') : l10n.t('Full width'),
        icon: isWide ? 'screen-normal' : 'screen-full',
        run: () => model.setView({ wide: toggled(wide, isWide) }),
      },
      {
        id: 'card-edit',
        label: own ? l10n.t('Change the card…') : l10n.t('New card from this…'),
        icon: 'edit',
        run: parts.edit,
      },
      { id: 'card-report', label: l10n.t('Add to Report…'), icon: 'notebook', run: parts.report },
      ...(own
        ? [
            {
              id: 'card-remove',
              label: l10n.t('Remove the card'),
              icon: 'trash',
              run: () => model.setView({ cards: cards.filter(({ id }) => id !== own.id) }),
            },
          ]
        : []),
    ],
    event,
  );
}
