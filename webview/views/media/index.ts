import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { button, textField } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import { groupMedia, MediaOfRuns, type MediaGroup } from '../../model/media/media.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { isLive } from '../../model/values.js';
import { TEST_IDS } from '../../testids.js';
import { formatCount } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';
import '../charts/legend.js';
import './card.js';

/** Runs side by side, and cards that are there before more are asked for. */
const MOST_RUNS = 12;
const PAGE = 30;

/** Pictures, sounds, videos, texts, pages, tables, histograms and plots of the drawn runs. */
class MediaView extends LitElement {
  static override properties = { model: { attribute: false }, alone: { attribute: false }, filter: { state: true }, cards: { state: true } };
  declare model: PanelModel;
  /** Without the legend, on a page that says itself which runs it shows. */
  declare alone: boolean;
  declare filter: string;
  declare cards: number;
  private media: MediaOfRuns | null = null;

  constructor() {
    super();
    this.alone = false;
    this.filter = '';
    this.cards = PAGE;
    new Follows(this, () => this.model.signal, ['runs', 'view', 'state', 'clock']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    const { host } = this.model;
    this.media ??= new MediaOfRuns(
      {
        list: (id) => host.request('runs/media', { id }),
        file: async (id, at, picture) =>
          (await host.request('media/read', { id, at, ...(picture !== undefined && { picture }) })).file,
      },
      () => this.requestUpdate(),
    );
  }

  override render(): TemplateResult {
    const { model } = this;
    const { shown } = model;
    const runs = shown.slice(0, MOST_RUNS);
    const lists = runs.map((run) => ({ run, list: this.media!.of(run) }));
    const known = lists.flatMap(({ run, list }) => (list ? [{ run, list }] : []));
    const groups = groupMedia(known);
    const isReading = !model.loaded || lists.some(({ list }) => list === undefined);
    const legend = !this.alone && model.view.legend && model.drawn.length > 0;
    return html`${groups.length > 0 ? this.toolbar(groups, shown.length) : nothing}
      <div class="charts-layout ${legend ? 'with-legend' : ''}">
        ${legend ? html`<ts-legend .model=${model}></ts-legend>` : nothing}
        <div class="charts">
          ${groups.length > 0 ? this.list(groups) : this.empty(isReading)}
          ${
            known.some(({ list }) => list.cut)
              ? html`<p class="hint">${l10n.t('There are more files than are listed here. They are in the folder of the run.')}</p>`
              : nothing
          }
        </div>
      </div>`;
  }

  private toolbar(groups: readonly MediaGroup[], shown: number): TemplateResult {
    const { view } = this.model;
    return html`<div class="toolbar" role="toolbar" aria-label=${l10n.t('Media')}>
      ${this.alone ? nothing : button({
        label: view.legend ? l10n.t('Hide legend') : l10n.t('Show legend'),
        icon: 'list-unordered',
        iconOnly: true,
        pressed: view.legend,
        onClick: () => this.model.setView({ legend: !view.legend }),
      })}
      ${textField({
        label: l10n.t('Filter by name'),
        placeholder: l10n.t('Filter by name'),
        icon: 'filter',
        value: this.filter,
        testId: 'media-filter',
        onInput: (filter) => (this.filter = filter),
      })}
      <span class="spacer"></span>
      ${shown > MOST_RUNS ? html`<span class="hint">${l10n.t('the first {0} of {1} drawn runs', MOST_RUNS, shown)}</span>` : nothing}
      <span class="count">${l10n.t('{0} names', formatCount(groups.length))}</span>
    </div>`;
  }

  private list(groups: readonly MediaGroup[]): TemplateResult {
    const words = this.filter.trim().toLowerCase().split(/\s+/);
    const found = groups.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
    if (found.length === 0)
      return emptyState('filter', l10n.t('No name matches the filter'), l10n.t('{0} names are there.', groups.length));
    const left = found.length - this.cards;
    return html`<div class="media-grid" data-testid=${TEST_IDS.mediaGrid}>
        ${repeat(
          found.slice(0, this.cards),
          ({ key }) => key,
          (group) =>
            html`<ts-media-card .model=${this.model} .media=${this.media} .group=${group}></ts-media-card>`,
        )}
      </div>
      ${
        left > 0
          ? button({
              label: l10n.t('Show {0} more', formatCount(Math.min(PAGE, left))),
              testId: 'media-more',
              onClick: () => (this.cards += PAGE),
            })
          : nothing
      }`;
  }

  private empty(isReading: boolean): TemplateResult {
    if (isReading) return emptyState('loading', l10n.t('Reading the media…'));
    if (this.model.drawn.length === 0) return emptyState('file-media', l10n.t('No runs are drawn'));
    const live = this.model.drawn.some(isLive);
    return emptyState(
      'file-media',
      live ? l10n.t('No media yet') : l10n.t('These runs logged no media'),
      l10n.t('Log pictures, tables, sounds, texts or histograms with run.log({ name: tunesmith.Image(…) }) or a SummaryWriter.'),
    );
  }
}
customElements.define('ts-media', MediaView);
