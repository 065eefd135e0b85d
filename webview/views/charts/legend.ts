import { errorText } from '../../../src/format/said.js';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Run } from '../../../src/protocol/engine/index.js';
import { button } from '../../components/controls.js';
import { icon, statusIcon } from '../../components/icon.js';
import { openMenu } from '../../components/menu.js';
import { actionsFor } from '../../model/runs/actions.js';
import { openRun } from '../../model/page/pages.js';
import { MOST } from '../../model/runs/drawn.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { formatCount, formatNumber } from '../../../src/format/numbers.js';
import { differenceText } from '../../model/runs/baseline.js';
import { colorPicker, groupItem } from './legendGroups.js';
import { warningText } from '../../model/values.js';
import { TEST_IDS } from '../../testids.js';
import { askAbout } from '../ask.js';
import { swatch } from './swatch.js';
import { l10n } from '../../../src/format/l10n.js';
import { countOfRuns, statusText } from '../../../src/format/statuses.js';
import { whereText } from '../../../src/format/places.js';

/** Maximum number of entries; nobody reads more. */
const MOST_LISTED = 200;
/** How many runs are drawn next. */
const MORE = [50, 100, 200, 500, 1000];

/**
 * The drawn runs, each by what sets it apart. Click or space hides, double click or I shows it alone, P pins, O opens its page, arrows
 * move, the context menu key opens the run's actions.
 */
class Legend extends LitElement {
  static override properties = { model: { attribute: false } };
  declare model: PanelModel;
  private focusIndex = 0;
  /** The run whose entry has the focus; entries change places, and a moved element loses it. */
  private focused: string | null = null;
  private moving = false;

  constructor() {
    super();
    new Follows(this, () => this.model.signal, ['runs', 'state', 'view']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    this.moving = true;
  }

  protected override updated(): void {
    this.moving = false;
    if (this.focused === null || this.contains(document.activeElement)) return;
    this.querySelector<HTMLElement>(`[data-run="${CSS.escape(this.focused)}"] .legend-main`)?.focus();
  }

  private isolate(run: Run): void {
    const others = this.model.drawn.filter((other) => other.id !== run.id).map((other) => other.id);
    const alone = others.every((id) => this.model.isHidden(id)) && !this.model.isHidden(run.id);
    this.model.setState({ hidden: alone ? [] : others }, 'runs');
  }

  private readonly keys = (event: KeyboardEvent, run: Run, index: number) => {
    const move = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: this.model.drawn.length - 1 }[event.key];
    if (move !== undefined) this.focusItem(move);
    else if (event.key === ' ' || event.key === 'Enter' || event.key === 'h') this.model.toggle('hidden', run.id);
    else if (event.key === 'p') this.model.toggle('pinned', run.id);
    else if (event.key === 'i') this.isolate(run);
    else if (event.key === 'o') openRun(this.model, run.id, 'overview');
    else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) this.menu(event, run);
    else return;
    event.preventDefault();
  };

  private focusItem(index: number): void {
    const items = this.querySelectorAll<HTMLElement>('.legend-main');
    this.focusIndex = Math.max(0, Math.min(items.length - 1, index));
    this.requestUpdate();
    items[this.focusIndex]?.focus();
  }

  private menu(event: MouseEvent | KeyboardEvent, run: Run): void {
    openMenu(
      actionsFor(this.model, [run], (what, runs) => void askAbout(this.model, what, runs)),
      event,
    );
  }

  /** How far the objective is from the baseline's. */
  private difference(run: Run): TemplateResult | typeof nothing {
    const { baseline } = this.model;
    if (!baseline || run.id === baseline.id)
      return baseline ? html`<span class="tag">${l10n.t('baseline')}</span>` : nothing;
    const text = differenceText(run.objective?.value, baseline.objective?.value);
    return text === '' ? nothing : html`<span class="difference">${text}</span>`;
  }

  private item(run: Run, index: number): TemplateResult {
    const { model } = this;
    const label = model.label(run);
    const hidden = model.isHidden(run.id);
    const pinned = model.state.pinned.includes(run.id);
    const best = model.best?.id === run.id;
    const value = run.objective?.value ?? null;
    const title = [
      `${run.name} · ${statusText(run.status)}`,
      ...Object.entries(run.params).map(([name, one]) => `${name}: ${JSON.stringify(one)}`),
      run.error ? l10n.t('Error: {0}', errorText(run.error)) : '',
      warningText(run),
    ].filter(Boolean);
    return html`<div
      role="listitem"
      class="legend-item ${hidden ? 'off' : ''} ${best ? 'best' : ''}"
      data-testid=${TEST_IDS.legendItem}
      data-run=${run.id}
      data-hidden=${String(hidden)}
      data-pinned=${String(pinned)}
      data-best=${String(best)}
      @pointerenter=${() => !hidden && model.highlight(run.id)}
      @pointerleave=${() => model.highlight(null)}
      @contextmenu=${(event: MouseEvent) => this.menu(event, run)}
    >
      <button
        type="button"
        class="legend-main"
        tabindex=${index === Math.min(this.focusIndex, model.drawn.length - 1) ? 0 : -1}
        aria-pressed=${String(!hidden)}
        title=${title.join('\n')}
        @click=${() => model.toggle('hidden', run.id)}
        @dblclick=${() => this.isolate(run)}
        @focus=${() => {
          this.focused = run.id;
          this.focusIndex = index;
          if (!hidden) model.highlight(run.id);
        }}
        @blur=${() => {
          model.highlight(null);
          // A blur because the entry was moved comes while rendering; the focus is then given back.
          if (!this.moving) this.focused = null;
        }}
        @keydown=${(event: KeyboardEvent) => this.keys(event, run, index)}
      >
        ${swatch(model.look(run.id))}
        <span class="legend-text">
          <span class="legend-label">
            ${best ? icon('star-full', l10n.t('best'), 'best-mark') : nothing}
            ${
              label.parts.length > 0
                ? label.parts.map((part) => html`<span class="part"><i>${part.name}</i> ${part.value}</span>`)
                : html`<span class="part">${run.name}</span>`
            }
          </span>
          <span class="legend-sub">
            ${statusIcon(run.status, whereText(run))}${run.foreign ? icon('lock', l10n.t('read-only: {0}', run.foreign.title)) : nothing}${label.parts.length > 0 ? html`<span class="name">${run.name}</span>` : nothing}
            ${value === null ? nothing : html`<span class="objective">${formatNumber(value)}</span>`}${this.difference(run)}
          </span>
        </span>
      </button>
      ${colorPicker(model, run.id, model.look(run.id), run.name)}
      ${button({
        label: pinned ? l10n.t('Unpin {0}', run.name) : l10n.t('Pin {0}: keep it drawn', run.name),
        icon: pinned ? 'pinned' : 'pin',
        iconOnly: true,
        pressed: pinned,
        onClick: () => model.toggle('pinned', run.id),
      })}
    </div>`;
  }

  /** Says how many runs there are, and where the best is if it is not drawn. */
  private hint(): TemplateResult | typeof nothing {
    const { model } = this;
    const { best } = model;
    const all = model.experiments.find(({ name }) => name === model.state.experiment)?.runs ?? 0;
    const isCut = model.state.selected === null && all > model.drawn.length;
    const isAway = best !== null && !model.drawnIds.has(best.id);
    if (!isCut && !isAway) return nothing;
    const more = MORE.find((count) => count > model.drawn.length) ?? MOST;
    return html`<p class="hint" data-testid="legend-hint">
      ${
        isCut
          ? html`${l10n.t('{0} of {1} runs are drawn.', formatCount(model.drawn.length), formatCount(all))}
              <button
                type="button"
                class="link"
                data-testid="draw-more"
                @click=${() => model.setView({ draw: { ...model.view.draw, count: more } })}
              >
                ${l10n.t('Draw {0}', formatCount(Math.min(more, all)))}
              </button>`
          : nothing
      }
      ${
        isAway
          ? html`${l10n.t('The best, {0}, is not among them.', formatNumber(best.objective?.value))}
              <button
                type="button"
                class="link"
                data-testid="draw-best"
                @click=${() => model.toggle('pinned', best.id)}
              >
                ${l10n.t('Draw it')}
              </button>`
          : nothing
      }
    </p>`;
  }

  override render(): TemplateResult {
    const { model } = this;
    const runs = model.drawn;
    const shown = model.groups.length > 0 ? [] : runs.slice(0, MOST_LISTED);
    const hidden = runs.filter((run) => model.isHidden(run.id)).length;
    return html`<aside class="legend" aria-label=${l10n.t('Legend')}>
      <div class="legend-head">
        <span
          >${countOfRuns(runs.length, formatCount(runs.length))}${hidden ? l10n.t(', {0} hidden', hidden) : ''}</span
        >
        ${
          hidden > 0
            ? button({
                label: l10n.t('Show all'),
                icon: 'eye',
                iconOnly: true,
                onClick: () => model.setState({ hidden: [] }, 'runs'),
              })
            : nothing
        }
        ${
          model.state.selected
            ? button({
                label: l10n.t('Draw the newest runs'),
                icon: 'history',
                iconOnly: true,
                onClick: () => void model.select(null),
              })
            : nothing
        }
      </div>
      ${this.hint()}
      <div role="list" class="legend-list">
        ${model.groups.length > 0 ? model.groups.map((group) => groupItem(model, group)) : nothing}
        ${repeat(
          shown,
          (run) => run.id,
          (run, index) => this.item(run, index),
        )}
      </div>
      ${
        model.groups.length === 0 && runs.length > MOST_LISTED
          ? html`<p class="hint">
              ${l10n.t('The first {0} of {1} drawn runs are listed. Group them to see all.', MOST_LISTED, formatCount(runs.length))}
            </p>`
          : nothing
      }
    </aside>`;
  }
}
customElements.define('ts-legend', Legend);
