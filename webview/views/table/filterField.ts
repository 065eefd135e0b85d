import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import {
  chips,
  completions,
  FilterError,
  parseFilter,
  type Completion,
  type Names,
} from '../../../src/query/filter/index.js';
import { l10n } from '../../../src/format/l10n.js';
import { icon } from '../../components/icon.js';
import { TEST_IDS } from '../../testids.js';

/** Pause after the last key until the runs are filtered. */
const PAUSE = 200;

/** The filter of a table: completion while typing, mistakes under the field, and a chip for each condition. */
class FilterField extends LitElement {
  static override properties = {
    value: { attribute: false },
    names: { attribute: false },
    change: { attribute: false },
    text: { state: true },
    offers: { state: true },
    at: { state: true },
  };
  declare value: string;
  declare names: Names;
  declare change: (filter: string) => void;
  declare text: string;
  declare offers: readonly Completion[];
  declare at: number;
  private shown = '';
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor() {
    super();
    this.value = this.text = '';
    this.offers = [];
    this.at = -1;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    // A value from outside, such as a saved one, replaces the text; our own returns unchanged.
    if (this.value === this.shown) return;
    this.shown = this.text = this.value;
  }

  private get error(): FilterError | null {
    try {
      parseFilter(this.text);
      return null;
    } catch (error) {
      if (error instanceof FilterError) return error;
      throw error;
    }
  }

  private set(text: string, now = false): void {
    this.text = text;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        // A half-typed name is not a condition yet.
        const isHalf = this.offers.some(
          ({ kind, start, end }) => kind === 'field' && start < end && end === this.text.length,
        );
        if (this.error || (isHalf && !now)) return;
        this.shown = this.text;
        this.change(this.text);
      },
      now ? 0 : PAUSE,
    );
  }

  private get input(): HTMLInputElement {
    return this.querySelector('input')!;
  }

  private offer(): void {
    this.offers = completions(this.text, this.input.selectionStart ?? this.text.length, this.names);
    this.at = -1;
  }

  private accept({ start, end, text }: Completion): void {
    const next = `${this.text.slice(0, start)}${text} `;
    this.set(next + this.text.slice(end).trimStart());
    void this.updateComplete.then(() => {
      this.input.focus();
      this.input.setSelectionRange(next.length, next.length);
      this.offer();
    });
  }

  private readonly keys = (event: KeyboardEvent) => {
    const { offers } = this;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined) {
      if (offers.length === 0) this.offer();
      else this.at = (this.at + move + offers.length + (this.at < 0 && move < 0 ? 1 : 0)) % offers.length;
    } else if ((event.key === 'Enter' || event.key === 'Tab') && offers[this.at]) this.accept(offers[this.at]!);
    else if (event.key === 'Enter') {
      this.offers = [];
      this.set(this.text, true);
    } else if (event.key === 'Escape' && offers.length > 0) this.offers = [];
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  private list(): TemplateResult | typeof nothing {
    if (this.offers.length === 0) return nothing;
    return html`<ul class="completions" role="listbox" id="filter-offers" aria-label=${l10n.t('Completions')}>
      ${this.offers.map(
        (one, i) =>
          html`<li
            role="option"
            id="filter-offer-${i}"
            aria-selected=${String(i === this.at)}
            @mousedown=${(event: Event) => {
              event.preventDefault();
              this.accept(one);
            }}
          >
            ${icon({ field: 'symbol-field', operator: 'symbol-operator', value: 'symbol-enum', word: 'symbol-keyword' }[one.kind])}<span
              >${one.text}</span
            >
          </li>`,
      )}
    </ul>`;
  }

  private chips(): TemplateResult | typeof nothing {
    if (this.error) return nothing;
    const all = chips(this.text);
    if (all.length === 0) return nothing;
    const without = (at: number): string =>
      all
        .filter((_, i) => i !== at)
        .map(({ text }) => text)
        .join(' and ');
    return html`<ul class="chips" aria-label=${l10n.t('Conditions')}>
      ${all.map(
        ({ text }, i) =>
          html`<li class="chip">
            <span>${text}</span>
            <button
              type="button"
              class="icon-button"
              aria-label=${l10n.t('Remove the condition {0}', text)}
              title=${l10n.t('Remove')}
              @click=${() => this.set(without(i), true)}
            >
              ${icon('close')}
            </button>
          </li>`,
      )}
    </ul>`;
  }

  override render(): TemplateResult {
    const { error } = this;
    const marked = error
      ? html`<code
          >${this.text.slice(0, error.start)}<mark>${this.text.slice(error.start, error.end) || '␣'}</mark>${this.text.slice(error.end)}</code
        >`
      : nothing;
    return html`<div class="filter-field">
        <span class="codicon codicon-filter" aria-hidden="true"></span>
        <input
          type="text"
          role="combobox"
          class=${error ? 'invalid' : ''}
          aria-label=${l10n.t('Filter runs')}
          aria-autocomplete="list"
          aria-expanded=${String(this.offers.length > 0)}
          aria-controls="filter-offers"
          aria-activedescendant=${this.at >= 0 ? `filter-offer-${this.at}` : nothing}
          aria-invalid=${error ? 'true' : nothing}
          aria-describedby=${error ? 'filter-error' : nothing}
          placeholder=${l10n.t('Filter: lr < 0.001 and tag : base*')}
          spellcheck="false"
          autocomplete="off"
          data-testid=${TEST_IDS.runFilter}
          .value=${live(this.text)}
          @input=${(event: Event) => {
            this.set((event.target as HTMLInputElement).value);
            this.offer();
          }}
          @keydown=${this.keys}
          @blur=${() => {
            this.offers = [];
            if (this.text !== this.shown) this.set(this.text, true);
          }}
        />
      </div>
      ${error ? html`<p class="filter-error" id="filter-error" role="status" data-testid="filter-error">${error.message} ${marked}</p>` : nothing}
      ${this.list()} ${this.chips()}`;
  }
}
customElements.define('ts-filter', FilterField);
