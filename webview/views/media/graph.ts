import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { styles } from '../../components/cssVars.js';
import { icon } from '../../components/icon.js';
import type { ModelGraph } from '../../../src/protocol/engine/drawings.js';
import { formatCount } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';
import { farInputs, openAtFirst, rowsOf, shapeText, shortName, treeOf, type TreeNode } from '../../model/graph/tree.js';

/** A network's parts with their results' and weights' shapes: a tree that opens by click or key. */
class MediaGraph extends LitElement {
  static override properties = { graph: { attribute: false }, label: { attribute: false }, open: { state: true }, focused: { state: true } };
  declare graph: ModelGraph;
  declare label: string;
  declare open: ReadonlySet<number>;
  /** The row that the Tab key reaches. */
  declare focused: number;
  private tree: TreeNode[] = [];
  private moves = false;

  constructor() {
    super();
    this.open = new Set();
    this.focused = 0;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('graph')) return;
    this.tree = treeOf(this.graph);
    this.open = openAtFirst(this.tree);
    this.focused = 0;
  }

  protected override updated(): void {
    if (this.moves) this.querySelector<HTMLElement>('tr[tabindex="0"]')?.focus();
    this.moves = false;
  }

  override render(): TemplateResult {
    const rows = rowsOf(this.tree, this.open);
    const roots = this.tree.filter(({ level }) => level === 1);
    const sum = (of: (each: TreeNode) => number): number => roots.reduce((total, each) => total + of(each), 0);
    const [weights, trained] = [sum((each) => each.weights), sum((each) => each.trained)];
    const most = Math.max(1, ...this.tree.filter(({ level }) => level > 1 || roots.length > 1).map((each) => each.weights));
    const all = l10n.t('{0} weights', formatCount(weights));
    const frozen = trained < weights ? ` · ${l10n.t('{0} of them trained', formatCount(trained))}` : '';
    return html`<div class="values-table media-table media-graph">
        <table role="treegrid" aria-label=${this.label} @keydown=${this.press}>
          <thead>
            <tr>
              ${[l10n.t('Part'), l10n.t('Type'), l10n.t('Output'), l10n.t('Weights')].map((title) => html`<th scope="col">${title}</th>`)}
              <th scope="col" class="number">${l10n.t('Number')}</th>
            </tr>
          </thead>
          <tbody>
            ${rows.map((each) => this.row(each, most))}
          </tbody>
        </table>
      </div>
      <p class="hint">${all}${frozen}${this.graph.cut ? ` · ${l10n.t('there are more in the file')}` : nothing}</p>`;
  }

  private row(each: TreeNode, most: number): TemplateResult {
    const { at, node, level, parts, weights } = each;
    const isOpen = this.open.has(at);
    const own = node.weights ?? [];
    const texts = own.map((one) => `${one.name} ${shapeText(one.shape, '')}${one.trained ? '' : ` ${l10n.t('(frozen)')}`}`);
    const inputs = farInputs(this.tree, each);
    return html`<tr
      role="row"
      data-at=${at}
      aria-level=${level}
      aria-expanded=${parts.length > 0 ? String(isOpen) : nothing}
      tabindex=${at === this.focused ? 0 : -1}
      @click=${() => this.choose(at)}
    >
      <td role="gridcell" class="words" ${styles({ 'padding-inline-start': `${(level - 1) * 14 + 4}px` })} title=${node.name}>
        <span class="media-graph-caret">${parts.length > 0 ? icon(isOpen ? 'chevron-down' : 'chevron-right') : nothing}</span
        >${shortName(this.tree, each)}
        ${
          inputs.length > 0
            ? html`<span class="hint">${l10n.t('from {0}', inputs.map((one) => one.node.name).join(', '))}</span>`
            : nothing
        }
      </td>
      <td role="gridcell" class="words">${node.type}</td>
      <td role="gridcell" class="words">${shapeText(node.shape, l10n.t('batch'))}</td>
      <td role="gridcell" class="words" title=${texts.join('\n')}>${texts.join(' · ')}</td>
      <td role="gridcell" class="number">
        ${
          weights > 0
            ? html`<span class="media-graph-bar" ${styles({ width: `${Math.max(1, Math.min(40, (40 * weights) / most))}px` })}></span
                >${formatCount(weights)}`
            : nothing
        }
      </td>
    </tr>`;
  }

  private choose(at: number): void {
    this.focused = at;
    if (this.tree[at]!.parts.length > 0) this.toggle(at, !this.open.has(at));
  }

  private toggle(at: number, isOpen: boolean): void {
    const open = new Set(this.open);
    if (isOpen) open.add(at);
    else open.delete(at);
    this.open = open;
  }

  private readonly press = (event: KeyboardEvent): void => {
    const rows = rowsOf(this.tree, this.open);
    const place = rows.findIndex(({ at }) => at === this.focused);
    const each = rows[place];
    if (!each || event.ctrlKey || event.metaKey || event.altKey) return;
    const go = (to: TreeNode | undefined): void => {
      if (to) this.focused = to.at;
    };
    const isOpen = this.open.has(each.at);
    const acts: Record<string, () => void> = {
      ArrowDown: () => go(rows[place + 1]),
      ArrowUp: () => go(rows[place - 1]),
      Home: () => go(rows[0]),
      End: () => go(rows.at(-1)),
      ArrowRight: () => (each.parts.length > 0 && !isOpen ? this.toggle(each.at, true) : go(this.tree[each.parts[0] ?? each.at])),
      ArrowLeft: () =>
        isOpen ? this.toggle(each.at, false) : go(rows.slice(0, place).findLast(({ level }) => level < each.level)),
      Enter: () => this.choose(each.at),
      ' ': () => this.choose(each.at),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    this.moves = true;
    act();
  };
}
customElements.define('ts-media-graph', MediaGraph);
