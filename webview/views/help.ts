import { html, LitElement, type TemplateResult } from 'lit';
import { l10n } from '../../src/format/l10n.js';
import { button } from '../components/controls.js';
import { TEST_IDS } from '../testids.js';

/** Keys of the panel, by the view in which they work. */
const KEYS = (): { where: string; keys: [keys: string[], what: string][] }[] => [
  {
    where: l10n.t('Everywhere'),
    keys: [
      [['1', '…', '5'], l10n.t('Charts, Table, Media, Insight, Form & Search')],
      [['/'], l10n.t('Go to the filter')],
      [['Ctrl+Z'], l10n.t('Undo the last change of the view, a deletion, a name, tags or a note')],
      [['Ctrl+Shift+Z'], l10n.t('Redo')],
      [['V'], l10n.t('Saved views')],
      [['?'], l10n.t('This help')],
      [['Esc'], l10n.t('Close, clear the selection, or leave a page')],
    ],
  },
  {
    where: l10n.t('Legend'),
    keys: [
      [['↑', '↓'], l10n.t('Go to another run')],
      [['H'], l10n.t('Hide or show it')],
      [['I'], l10n.t('Show it alone')],
      [['P'], l10n.t('Pin it')],
      [['O'], l10n.t('Open its page')],
      [['Shift+F10'], l10n.t('All its actions')],
    ],
  },
  {
    where: l10n.t('Table'),
    keys: [
      [['↑', '↓'], l10n.t('Go to another run; with Shift mark the runs on the way')],
      [['O'], l10n.t('Open its page')],
      [['F2'], l10n.t('Rename it')],
      [['Del'], l10n.t('Delete it')],
      [['Shift+F10'], l10n.t('All its actions')],
    ],
  },
  {
    where: l10n.t('Log'),
    keys: [
      [['F3', 'Shift+F3'], l10n.t('Next and previous hit')],
      [['Ctrl+F'], l10n.t('Search')],
    ],
  },
  {
    where: l10n.t('Note'),
    keys: [
      [['Ctrl+Enter'], l10n.t('Save')],
      [['Esc'], l10n.t('Cancel')],
    ],
  },
];

/** Keys for the pointer's actions. */
class Help extends LitElement {
  override createRenderRoot(): HTMLElement {
    return this;
  }

  override firstUpdated(): void {
    this.querySelector('dialog')!.showModal();
  }

  override render(): TemplateResult {
    return html`<dialog
      class="prompt help"
      aria-label=${l10n.t('Keys')}
      data-testid=${TEST_IDS.help}
      @close=${() => this.remove()}
    >
      <div class="row">
        <h2>${l10n.t('Keys')}</h2>
        <span class="spacer"></span>
        ${button({ label: l10n.t('Close'), icon: 'close', iconOnly: true, onClick: () => this.querySelector('dialog')!.close() })}
      </div>
      <div class="help-groups">
        ${KEYS().map(
          ({ where, keys }) =>
            html`<section>
              <h3>${where}</h3>
              <dl>
                ${keys.map(
                  ([names, what]) =>
                    html`<dt>${names.map((name) => html`<kbd>${name}</kbd>`)}</dt>
                      <dd>${what}</dd>`,
                )}
              </dl>
            </section>`,
        )}
      </div>
    </dialog>`;
  }
}
customElements.define('ts-help', Help);

export function openHelp(): void {
  if (document.querySelector('ts-help') === null) document.body.append(document.createElement('ts-help'));
}
