import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Action } from '../model/runs/actions.js';
import { TEST_IDS } from '../testids.js';
import { styles } from './cssVars.js';
import { icon } from './icon.js';

const idOf = (element: Element | null): string | undefined => (element as HTMLElement | null)?.dataset.testid;

/** A context menu. `openMenu` puts it at a point and gives the focus back when it closes. */
class ContextMenu extends LitElement {
  static override properties = { actions: { attribute: false }, place: { attribute: false } };
  declare actions: readonly Action[];
  declare place: { x: number; y: number };
  private back: Element | null = null;
  /** Its test id, which names its run: a table's row may show another run when the menu closes. */
  private backId: string | undefined;
  private grid: HTMLElement | null = null;

  constructor() {
    super();
    this.actions = [];
    this.place = { x: 0, y: 0 };
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.back = document.activeElement;
    this.backId = idOf(this.back);
    this.grid = this.back?.closest<HTMLElement>('[role=grid]') ?? null;
    document.addEventListener('pointerdown', this.outside, true);
    window.addEventListener('blur', this.close);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('pointerdown', this.outside, true);
    window.removeEventListener('blur', this.close);
  }

  override firstUpdated(): void {
    const menu = this.querySelector<HTMLElement>('.menu')!;
    const { width, height } = menu.getBoundingClientRect();
    menu.style.left = `${Math.max(4, Math.min(this.place.x, innerWidth - width - 4))}px`;
    menu.style.top = `${Math.max(4, Math.min(this.place.y, innerHeight - height - 4))}px`;
    this.querySelector<HTMLElement>('[role=menuitem]')?.focus();
  }

  private readonly outside = (event: Event) => {
    if (!this.contains(event.target as Node)) this.close();
  };

  private readonly close = () => {
    this.remove();
    if (this.back instanceof HTMLElement && this.back.isConnected && idOf(this.back) === this.backId) this.back.focus();
    else this.grid?.focus({ preventScroll: true });
  };

  private readonly keys = (event: KeyboardEvent) => {
    const items = [...this.querySelectorAll<HTMLElement>('[role=menuitem]')];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const move = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (move !== undefined) items[(move + items.length) % items.length]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  override render(): TemplateResult {
    return html`<div
      class="menu"
      role="menu"
      data-testid=${TEST_IDS.menu}
      @keydown=${this.keys}
      ${styles({ left: `${this.place.x}px`, top: `${this.place.y}px` })}
    >
      ${this.actions.map(
        (action) =>
          html`<button
            type="button"
            role="menuitem"
            tabindex="-1"
            class=${action.danger ? 'danger' : ''}
            title=${action.disabled ?? nothing}
            aria-disabled=${action.disabled === undefined ? nothing : 'true'}
            data-testid=${TEST_IDS.menuItem(action.id)}
            @click=${() => {
              // It stays focusable, so that a screen reader says why.
              if (action.disabled !== undefined) return;
              this.close();
              void action.run();
            }}
          >
            ${icon(action.icon)}<span>${action.label}</span>
          </button>`,
      )}
    </div>`;
  }
}
customElements.define('ts-menu', ContextMenu);

export function openMenu(actions: readonly Action[], event: MouseEvent | KeyboardEvent): void {
  event.preventDefault();
  event.stopPropagation();
  document.querySelector('ts-menu')?.remove();
  const menu = document.createElement('ts-menu') as ContextMenu;
  menu.actions = actions;
  const box = (event.currentTarget as HTMLElement | null)?.getBoundingClientRect();
  const byPointer =
    event instanceof MouseEvent && (event.clientX !== 0 || event.clientY !== 0) && event.type === 'contextmenu';
  menu.place = byPointer ? { x: event.clientX, y: event.clientY } : { x: box?.left ?? 0, y: box?.bottom ?? 0 };
  // Screen readers list what is outside the main part as lost.
  (document.querySelector('main') ?? document.body).append(menu);
}
