import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { styles } from '../../components/cssVars.js';
import type { RunPages } from '../../model/table/pages.js';
import { windowOf } from '../../model/table/virtual.js';

/** Height of a row in pixels. */
export const ROW = 26;
/** Rows above and below the visible ones. */
const OVERSCAN = 8;

/**
 * The rows on the screen. Scrolling renders this element and nothing else of the table, and rows that leave at one end are
 * used again at the other.
 */
class TableRows extends LitElement {
  static override properties = {
    pages: { attribute: false },
    scroller: { attribute: false },
    row: { attribute: false },
  };
  declare pages: RunPages;
  declare scroller: HTMLElement | null;
  declare row: (index: number) => TemplateResult;
  private followed: HTMLElement | null = null;

  constructor() {
    super();
    this.scroller = null;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private readonly scrolled = () => this.requestUpdate();

  private follow(scroller: HTMLElement | null): void {
    if (scroller === this.followed) return;
    this.followed?.removeEventListener('scroll', this.scrolled);
    this.followed = scroller;
    scroller?.addEventListener('scroll', this.scrolled, { passive: true });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(this.scroller);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.follow(null);
  }

  /** The row with the focused element, and the run that it shows. */
  private focused: { row: HTMLElement; run: string | undefined } | null = null;

  protected override willUpdate(): void {
    const active = (this.getRootNode() as Document | ShadowRoot).activeElement;
    const row = active && this.contains(active) ? active.closest<HTMLElement>('.run-row') : null;
    this.focused = row && { row, run: row.dataset.testid };
  }

  protected override updated(): void {
    if (!this.focused) return;
    const { row, run } = this.focused;
    // The next key would act on a run that the person has not chosen: the grid's own keys act on the marked row.
    if (!row.isConnected || row.dataset.testid !== run) this.scroller?.focus({ preventScroll: true });
  }

  override render(): TemplateResult {
    this.follow(this.scroller);
    const { pages, scroller } = this;
    const height = scroller?.clientHeight ?? 600;
    const view = windowOf(scroller?.scrollTop ?? 0, height, ROW, pages.total, OVERSCAN);
    pages.show(view.first, Math.max(view.end, view.first + 1));
    // A row keeps its element for as long as it is there, and elements keep their order: moving them would lay all of them out again.
    const elements = Math.min(pages.total, Math.ceil(height / ROW) + 2 * OVERSCAN + 1);
    const turn = Math.ceil(view.first / Math.max(1, elements)) * elements;
    return html`<div class="table-rows" ${styles({ height: `${pages.total * ROW}px` })}>
      ${Array.from({ length: elements }, (_, i) => {
        const index = turn + i < view.first + elements ? turn + i : turn + i - elements;
        return index < pages.total ? this.row(index) : nothing;
      })}
    </div>`;
  }
}
customElements.define('ts-table-rows', TableRows);
