import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { button, slider } from '../../components/controls.js';
import { icon } from '../../components/icon.js';
import type { PanelModel } from '../../model/panel.js';
import { filesAt } from '../../../src/drawing/mediaSteps.js';
import { type MediaGroup, type MediaKind, type MediaOfRuns } from '../../model/media/media.js';
import { TEST_IDS } from '../../testids.js';
import { swatch } from '../charts/swatch.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';
import './histogram.js';
import './item.js';
import { addToReport, carry, mediaBlock } from '../../model/reports.js';
import type { NewBlock } from '../../../src/protocol/report.js';
import type { HistogramLook } from './histogram.js';

/** Files of one run at one step that are shown. */
const MOST_AT_STEP = 16;
const ICONS: Record<MediaKind, string> = {
  ...{ image: 'file-media', video: 'device-camera-video', audio: 'unmute', text: 'note', html: 'browser' },
  ...{ table: 'table', histogram: 'graph', plot: 'graph-line', scene: 'symbol-misc', graph: 'type-hierarchy', other: 'file-binary' },
};

/** Kinds that a report shows; of others it would say only that they are there. */
const IN_REPORTS: readonly MediaKind[] = ['image', 'video', 'audio', 'text', 'table'];

/** Shows the files that the drawn runs have logged under one name, side by side, with one slider for their steps. */
class MediaCard extends LitElement {
  static override properties = {
    model: { attribute: false },
    media: { attribute: false },
    group: { attribute: false },
    step: { state: true },
    look: { state: true },
    wide: { state: true },
  };
  declare model: PanelModel;
  declare media: MediaOfRuns;
  declare group: MediaGroup;
  /** Null: the newest. */
  declare step: number | null;
  declare look: HistogramLook;
  declare wide: boolean;

  constructor() {
    super();
    this.step = null;
    this.look = 'ridge';
    this.wide = false;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const { group } = this;
    const at = this.step ?? group.steps.at(-1) ?? 0;
    const inReports = IN_REPORTS.includes(group.kind);
    return html`<section
      class="result-card media-card ${group.kind} ${this.wide ? 'wide' : ''}"
      aria-label=${group.name}
      data-testid=${TEST_IDS.media(group.name)}
      data-step=${String(at)}
      data-kind=${group.kind}
    >
      <div class="chart-head">
        <h2 draggable=${String(inReports)} @dragstart=${(event: DragEvent) => event.dataTransfer && carry(event.dataTransfer, this.block())}>${icon(ICONS[group.kind])}<span title=${group.name}>${group.name}</span></h2>
        ${this.choices(at)}
        ${
          inReports
            ? button({
                label: l10n.t('Add to Report…'),
                icon: 'notebook',
                iconOnly: true,
                testId: 'media-report',
                onClick: () => addToReport(this.model, this.block()),
              })
            : nothing
        }
        ${button({
          label: this.wide ? l10n.t('Smaller') : l10n.t('Larger'),
          icon: this.wide ? 'screen-normal' : 'screen-full',
          iconOnly: true,
          pressed: this.wide,
          onClick: () => (this.wide = !this.wide),
        })}
      </div>
      <div class="media-row">
        ${repeat(
          group.of,
          ({ run }) => run.id,
          (each) => this.ofRun(each, at),
        )}
      </div>
    </section>`;
  }

  private block(): NewBlock {
    const { of, name } = this.group;
    return mediaBlock(
      of.map(({ run }) => run.id),
      ...[name, this.step] as const,
    );
  }

  private choices(at: number): TemplateResult | typeof nothing {
    const { steps, kind } = this.group;
    if (kind === 'histogram') {
      const look = (name: HistogramLook, label: string, picture: string) =>
        button({
          label,
          icon: picture,
          iconOnly: true,
          pressed: this.look === name,
          testId: `media-look-${name}`,
          onClick: () => (this.look = name),
        });
      return html`${look('ridge', l10n.t('Ridges over steps'), 'graph')}${look('heat', l10n.t('Heat map over steps'), 'symbol-color')}${look('values', l10n.t('Values'), 'table')}`;
    }
    if (steps.length <= 1) return nothing;
    const place = Math.max(
      0,
      steps.findLastIndex((step) => step <= at),
    );
    return slider({
      label: l10n.t('Step'),
      ...{ min: 0, max: steps.length - 1, step: 1, value: place },
      text: formatNumber(steps[place]!),
      testId: 'media-step',
      onInput: (chosen) => (this.step = chosen === steps.length - 1 ? null : steps[chosen]!),
    });
  }

  private ofRun({ run, series }: MediaGroup['of'][number], at: number): TemplateResult {
    const { media, model, group } = this;
    const { step, at: places } = filesAt(series, at);
    const more = places.length - MOST_AT_STEP;
    return html`<figure class="media-cell" data-run=${run.id}>
      <figcaption>
        ${swatch(model.look(run.id))}<span class="ellipsis" title=${run.name}>${model.label(run).text}</span>
        ${
          group.kind === 'histogram'
            ? nothing
            : html`<span class="faint">${l10n.t('Step {0}', formatNumber(step))}</span>`
        }
      </figcaption>
      ${
        group.kind === 'histogram'
          ? html`<ts-media-histogram .media=${media} .run=${run} .series=${series} .look=${this.look}></ts-media-histogram>`
          : repeat(
              places.slice(0, MOST_AT_STEP),
              (_, i) => i,
              (place) =>
                html`<ts-media-item
                  .media=${media}
                  .run=${run}
                  .at=${place}
                  .kind=${group.kind}
                  .name=${group.name}
                  .step=${step}
                ></ts-media-item>`,
            )
      }
      ${more > 0 ? html`<p class="hint">${l10n.t('{0} more at this step', more)}</p>` : nothing}
    </figure>`;
  }
}
customElements.define('ts-media-card', MediaCard);
