import { html, LitElement, nothing, type TemplateResult } from 'lit';
import '../../charts/card.js';
import { styles } from '../../components/cssVars.js';
import type { PanelModel } from '../../model/panel.js';
import type { OwnCard } from '../../model/view.js';

/** Height of a card that is not there, in pixels: about that of one that is. */
const HEIGHT = 262;

/** One observer for all places of cards: there may be thousands. */
const places = new WeakMap<Element, ChartSlot>();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) places.get(target)?.seen(isIntersecting);
  },
  { rootMargin: '600px' },
);

/** The place of a card, which exists while it is on the screen or near it. */
class ChartSlot extends LitElement {
  static override properties = {
    model: { attribute: false },
    metric: { attribute: false },
    own: { attribute: false },
    isFirst: { attribute: false },
    isNear: { state: true },
  };
  declare model: PanelModel;
  declare metric: string;
  declare own: OwnCard | null;
  /** It is there at once, without waiting for the browser to say that it is on the screen. */
  declare isFirst: boolean;
  declare isNear: boolean;

  constructor() {
    super();
    this.own = null;
    this.isFirst = this.isNear = false;
    places.set(this, this);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    observer.observe(this);
  }

  protected override willUpdate(): void {
    if (!this.hasUpdated) this.isNear ||= this.isFirst;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    observer.unobserve(this);
    this.isNear = false;
  }

  seen(isNear: boolean): void {
    // A focused card stays, wherever it is scrolled to.
    this.isNear = isNear || this.contains(document.activeElement);
  }

  override render(): TemplateResult {
    return html`${
      this.isNear
        ? html`<ts-chart
            class="chart"
            .model=${this.model}
            .metric=${this.metric}
            .own=${this.own}
            .isFirst=${this.isFirst}
          ></ts-chart>`
        : html`<div class="chart-empty" ${styles({ height: `${HEIGHT}px` })}>${nothing}</div>`
    }`;
  }
}
customElements.define('ts-chart-slot', ChartSlot);
