import { html, LitElement, nothing, svg, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { RANGE } from '../../../src/protocol/trainer/rangeNames.js';
import type { Run } from '../../../src/protocol/engine/index.js';
import { button } from '../../components/controls.js';
import { clamp, logAxis, numberAxis, shortValue } from '../../../src/drawing/axes.js';
import type { PanelModel } from '../../model/panel.js';
import {
  foundRate,
  isRangeTest,
  lossRange,
  rangePoints,
  rangeQueries,
  type RangePoint,
} from '../../model/charts/range.js';
import { Follows } from '../../model/signal.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { isLive } from '../../model/values.js';
import { TEST_IDS } from '../../testids.js';
import { numbersTable } from '../insight/card.js';
import { plot, type Frame } from '../insight/plot.js';
import { entryOf } from '../../../src/protocol/values/records.js';
import { l10n } from '../../../src/format/l10n.js';

/** Rows of the table of numbers. */
const ROWS = 25;

/** Learning-rate range tests among the drawn runs: the loss by learning rate, and the rate that it suggests. */
class RangeView extends LitElement {
  static override properties = { model: { attribute: false }, tables: { state: true } };
  declare model: PanelModel;
  declare tables: ReadonlySet<string>;
  private readonly points = new Map<string, RangePoint[]>();
  /** How many points of a run were there when it was asked for. */
  private readonly asked = new Map<string, number>();

  constructor() {
    super();
    this.tables = new Set();
    new Follows(this, () => this.model.signal, ['runs', 'view', 'state']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private read(run: Run): void {
    const counts = [RANGE.loss, RANGE.smoothed].map((name) => entryOf(run.metrics, name)?.count ?? 0);
    const count = counts[0]! + counts[1]!;
    if (count === 0 || this.asked.get(run.id) === count) return;
    this.asked.set(run.id, count);
    this.model.host.request('series/read', { queries: rangeQueries(run.id) }).then(
      ({ series }) => {
        this.points.set(run.id, rangePoints(series));
        this.requestUpdate();
      },
      (error: unknown) => this.model.fail(l10n.t('Reading the range test'), error),
    );
  }

  override render(): TemplateResult {
    const runs = this.model.shown.filter(isRangeTest);
    for (const run of runs) this.read(run);
    return html`${repeat(
      runs,
      ({ id }) => id,
      (run) => this.card(run),
    )}`;
  }

  private card(run: Run): TemplateResult | typeof nothing {
    const points = this.points.get(run.id) ?? [];
    if (points.length < 2) return nothing;
    const asTable = this.tables.has(run.id);
    const suggestion = foundRate(run, RANGE.suggestion);
    const name = this.model.label(run).text;
    return html`<section
      class="result-card"
      aria-label=${l10n.t('Learning rates of {0}', name)}
      data-testid=${TEST_IDS.range(run.id)}
      data-points=${points.length}
    >
      <div class="chart-head">
        <h2><span>${l10n.t('Loss by learning rate')}</span></h2>
        <span class="hint ellipsis" title=${name}>${name}</span>
        ${button({
          label: l10n.t('Numbers of the range test'),
          icon: 'list-flat',
          iconOnly: true,
          pressed: asTable,
          onClick: () => {
            const next = new Set(this.tables);
            if (!next.delete(run.id)) next.add(run.id);
            this.tables = next;
          },
        })}
      </div>
      ${asTable ? html`<div class="values-table">${numbers(points)}</div>` : picture(points, suggestion, run)}
      <div class="row range-foot">
        <span role="status">${sentence(run)}</span>
        ${
          suggestion !== null && run.file !== null
            ? button({
                label: l10n.t('Use it'),
                icon: 'arrow-left',
                look: 'primary',
                title: l10n.t('Create {0} in {1}', suggestion, run.file),
                testId: TEST_IDS.useRate,
                onClick: () => this.model.host.command('tunesmith.run.useLearningRate', run.id),
              })
            : nothing
        }
      </div>
    </section>`;
  }
}
customElements.define('ts-range', RangeView);

function sentence(run: Run): string {
  if (isLive(run)) return l10n.t('The rate increases with each step…');
  const [suggestion, steepest, minimum] = [RANGE.suggestion, RANGE.steepest, RANGE.minimum].map((name) =>
    foundRate(run, name),
  );
  if (!suggestion) return l10n.t('The loss did not decrease at any rate, so there is no suggestion.');
  return l10n.t(
    'Suggested: {0}. The loss falls fastest at {1} and is lowest at {2}.',
    suggestion,
    shortValue(steepest!),
    shortValue(minimum!),
  );
}

function picture(points: readonly RangePoint[], suggestion: number | null, run: Run): TemplateResult {
  const x = logAxis(points[0]!.rate, points.at(-1)!.rate, 8);
  const y = numberAxis(...lossRange(points), 4);
  const place = ({ rate }: RangePoint, loss: number, { width, height }: Frame): [number, number] => [
    x.place(rate) * width,
    (1 - y.place(loss)) * height,
  ];
  return plot({
    label: l10n.t(
      'Loss by learning rate, from {0} to {1}. {2}',
      shortValue(points[0]!.rate),
      shortValue(points.at(-1)!.rate),
      sentence(run),
    ),
    height: 260,
    x,
    y,
    marks: (frame) => {
      const inside = ([, top]: [number, number]): boolean => top >= -1 && top <= frame.height + 1;
      const dots = points
        .filter(({ loss }) => Number.isFinite(loss))
        .map((point) => ({ point, at: place(point, point.loss, frame) }))
        .filter(({ at }) => inside(at));
      // Points outside the frame are left out, and the line is broken there.
      let open = false;
      const line = points.map((point) => {
        const [left, top] = point.smoothed === null ? [0, NaN] : place(point, point.smoothed, frame);
        const before = open;
        open = inside([left, top]);
        return open ? `${before ? 'L' : 'M'}${left.toFixed(1)} ${top.toFixed(1)}` : '';
      });
      const mark = suggestion === null ? null : clamp(x.place(suggestion)) * frame.width;
      return svg`${dots.map(
        ({ point, at: [left, top] }) =>
          svg`<circle class="dot range-dot" cx=${left} cy=${top} r="2.5"><title>${shortValue(point.rate)}: ${formatNumber(point.loss)}</title></circle>`,
      )}
      <path class="curve" d=${line.join('')}></path>
      ${
        mark === null
          ? nothing
          : svg`<line class="best-mark" x1=${mark} x2=${mark} y1="0" y2=${frame.height}></line>
            <text class="tick halo" x=${mark} y="10" dx=${mark > frame.width / 2 ? -6 : 6} text-anchor=${mark > frame.width / 2 ? 'end' : 'start'}>${suggestion}</text>`
      }`;
    },
  });
}

function numbers(points: readonly RangePoint[]): TemplateResult {
  const step = Math.max(1, (points.length - 1) / (ROWS - 1));
  const some = Array.from({ length: Math.min(ROWS, points.length) }, (_, i) => points[Math.round(i * step)]!);
  return numbersTable(
    l10n.t('Loss by learning rate'),
    [l10n.t('Learning rate'), l10n.t('Loss'), l10n.t('Smoothed')],
    some.map(({ rate, loss, smoothed }) => [
      shortValue(rate),
      formatNumber(loss),
      smoothed === null ? '' : formatNumber(smoothed),
    ]),
  );
}
