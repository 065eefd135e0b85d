import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Run } from '../../../src/protocol/engine/index.js';
import { l10n } from '../../../src/format/l10n.js';
import { formatDuration, formatTime, formatTimeOfDay } from '../../../src/format/times.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { statusText } from '../../../src/format/statuses.js';
import { numberAxis } from '../../../src/drawing/axes.js';
import { axisOf, textOf } from '../../../src/drawing/runs/plotColumns.js';
import { distribution, lanes } from '../../model/explore/shapes.js';
import { card, numbersTable } from '../insight/card.js';
import { plot } from '../insight/plot.js';
import { brushLayer } from './brush.js';
import { columnPicker, isOut, type Explored } from './context.js';

/** Maximum number of distinguished groups. */
const MOST_GROUPS = 8;

/**
 * The share of runs up to each value of the target: a curve further left (or right, to maximize) is better as a whole.
 */
export function edfCard(explored: Explored): TemplateResult {
  const { target, columns } = explored;
  const choices = columns.filter(({ kind }) => kind === 'choice');
  const by = explored.chosen('group');
  const runs = explored.runs.filter((run) => target.of(run) !== undefined);
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const key = by ? textOf(by.of(run)) : '';
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const shown = [...groups].sort(([, a], [, b]) => b.length - a.length).slice(0, MOST_GROUPS);
  const x = axisOf(target, runs);
  const color = (i: number) => `var(--ts-series-${i % 10})`;
  return card(
    {
      id: 'edf',
      title: l10n.t('Distribution'),
      hint: l10n.t('Share of runs with at most this {0}', target.title),
      body: html`${
        choices.length > 0
          ? html`<div class="row pair">
              ${columnPicker(explored, 'group', l10n.t('Group by'), by, choices, l10n.t('all runs together'))}
            </div>`
          : nothing
      }
      ${plot({
        label: l10n.t('Distribution of {0} over {1} runs', target.title, runs.length),
        height: 200,
        x,
        y: numberAxis(0, 1, 4),
        marks: (frame) => {
          const { width, height } = frame;
          return svg`${brushLayer(
            frame,
            (area) =>
              explored.brush(
                area &&
                  runs
                    .filter((run) => {
                      const at = x.place(target.of(run)!);
                      return at >= area.left && at <= area.right;
                    })
                    .map(({ id }) => id),
              ),
            'across',
          )}
            ${shown.map(([name, own], i) => {
              const points = distribution(own.map((run) => Number(target.of(run))));
              const path = points
                .map(
                  ({ value, share }, k) =>
                    `${k === 0 ? `M${(x.place(value) * width).toFixed(1)} ${height}` : `H${(x.place(value) * width).toFixed(1)}`}V${((1 - share) * height).toFixed(1)}`,
                )
                .join('');
              return svg`<path class="step-line" d=${`${path}H${width}`} stroke=${color(i)}><title>${name || l10n.t('all runs together')}: ${own.length}</title></path>`;
            })}
            ${runs.filter((run) => explored.brushed?.has(run.id)).map((run) => svg`<line class="rug" x1=${x.place(target.of(run)!) * width} x2=${x.place(target.of(run)!) * width} y1=${height - 8} y2=${height}></line>`)}`;
        },
      })}
      ${
        by
          ? html`<p class="color-legend">
              ${shown.map(
                ([name, own], i) =>
                  html`<span
                    ><svg width="9" height="9" aria-hidden="true">
                      <circle cx="4.5" cy="4.5" r="4.5" fill=${color(i)}></circle>
                    </svg>
                    ${name} (${own.length})</span
                  >`,
              )}
            </p>`
          : nothing
      }`,
      table: () =>
        numbersTable(
          l10n.t('Distribution'),
          [l10n.t('Group'), l10n.t('Runs'), l10n.t('Least'), l10n.t('Median'), l10n.t('Most')],
          shown.map(([name, own]) => {
            const values = own.map((run) => Number(target.of(run))).sort((a, b) => a - b);
            const at = (share: number) => formatNumber(values[Math.round(share * (values.length - 1))]);
            return [name || l10n.t('all runs together'), String(own.length), at(0), at(0.5), at(1)];
          }),
        ),
    },
    explored.tables,
  );
}

const LANE = 16;
const MOST_LANES = 40;

/** When each run was running, and on which device. */
export function timelineCard(explored: Explored, now: number): TemplateResult | typeof nothing {
  const all = lanes(explored.runs, now);
  if (all.length === 0) return nothing;
  const shown = all.slice(0, MOST_LANES);
  const bars = shown.flatMap((lane) => lane.bars);
  const [start, end] = bars.reduce(
    ([a, b], { from, to }) => [Math.min(a, from), Math.max(b, to)],
    [Infinity, -Infinity],
  );
  const span = Math.max(1, end - start);
  const height = shown.length * LANE + 28;
  const place = (time: number) => (time - start) / span;
  return card(
    {
      id: 'timeline',
      title: l10n.t('Timeline'),
      hint: l10n.t('{0} runs in {1}', bars.length, formatDuration(span)),
      wide: true,
      body: html`${plot({
        label: l10n.t(
          '{0} runs on {1} devices over {2}',
          bars.length,
          new Set(all.map(({ name }) => name)).size,
          formatDuration(span),
        ),
        height,
        x: {
          place: Number,
          ticks: [0, 0.25, 0.5, 0.75, 1].map((at) => ({
            at,
            text: at === 0 ? formatTimeOfDay(start) : `+${formatDuration(at * span)}`,
          })),
        },
        y: {
          place: Number,
          ticks: shown.map(({ name }, i) => ({
            at: 1 - (i + 0.5) / shown.length,
            text: i > 0 && shown[i - 1]!.name === name ? '' : name,
          })),
        },
        marks: (frame) => svg`${brushLayer(
          frame,
          (area) =>
            explored.brush(
              area &&
                bars
                  .filter(({ from, to }) => place(to) >= area.left && place(from) <= area.right)
                  .map(({ run }) => run.id),
            ),
          'across',
        )}
          ${shown.map(({ bars: own }, i) =>
            own.map(({ run, from, to }) => {
              const x = place(from) * frame.width;
              return svg`<rect class="bar-run status-${run.status} linked ${isOut(explored, run) ? 'out' : ''}" x=${x} width=${Math.max(2, place(to) * frame.width - x - 1)}
                y=${(i * frame.height) / shown.length + 2} height=${frame.height / shown.length - 4} rx="2" data-run=${run.id}
                @click=${() => explored.open(run.id)}><title>${run.name} · ${statusText(run.status)} · ${formatDuration(to - from)}</title></rect>`;
            }),
          )}`,
      })}
      ${all.length > MOST_LANES ? html`<p class="hint">${l10n.t('The first {0} of {1} rows', MOST_LANES, all.length)}</p>` : nothing}`,
      table: () =>
        numbersTable(
          l10n.t('Timeline'),
          [l10n.t('Run'), l10n.t('Device'), l10n.t('Status'), l10n.t('Started'), l10n.t('Took')],
          bars
            .slice(0, 500)
            .map(({ run, from, to }) => [
              run.name,
              run.device ?? '–',
              statusText(run.status),
              formatTime(from),
              formatDuration(to - from),
            ]),
        ),
    },
    explored.tables,
  );
}
