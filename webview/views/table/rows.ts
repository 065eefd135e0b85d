import { html, LitElement, noChange, nothing, type TemplateResult } from 'lit';
import type { Run } from '../../../src/protocol/engine/index.js';
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

  /** A listener that might stop the wheel: the browser then scrolls in step with this page, which renders each frame's rows, and not ahead of it. */
  private readonly wheeled = (): void => undefined;

  private follow(scroller: HTMLElement | null): void {
    if (scroller === this.followed) return;
    this.followed?.removeEventListener('scroll', this.scrolled);
    this.followed?.removeEventListener('wheel', this.wheeled);
    this.followed = scroller;
    scroller?.addEventListener('scroll', this.scrolled, { passive: true });
    scroller?.addEventListener('wheel', this.wheeled, { passive: false });
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

  /** Elements that are removed and made again show nothing yet. */
  private elements(count: number): number {
    this.shown.length = Math.min(this.shown.length, count);
    return count;
  }

  /** Rows of the elements, and the function that has rendered each. */
  private shown: { index: number | null; run: Run | undefined; row: unknown }[] = [];

  /** Renders the row of an element, or leaves it: while the table is scrolled most rows stay what they were. */
  private inPlace(element: number, index: number | null): unknown {
    const run = index === null ? undefined : this.pages.row(index);
    const before = this.shown[element];
    if (before?.index === index && before.run === run && before.row === this.row) return noChange;
    this.shown[element] = { index, run, row: this.row };
    return index === null ? nothing : this.row(index);
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
      ${Array.from({ length: this.elements(elements) }, (_, i) => {
        const index = turn + i < view.first + elements ? turn + i : turn + i - elements;
        return this.inPlace(i, index < pages.total ? index : null);
      })}
    </div>`;
  }
}
customElements.define('ts-table-rows', TableRows);
