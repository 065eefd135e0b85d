import { html, nothing, svg, type TemplateResult } from 'lit';
import type { FrontPoint, Insight } from '../../../src/protocol/engine/insight.js';
import { dropdown } from '../../components/controls.js';
import { clamp, numberAxis, objectiveRange, stepPath } from '../../../src/drawing/axes.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { fromWire } from '../../../src/protocol/values/wireNumber.js';
import { card, numbersTable, type Tables } from './card.js';
import { runLink } from './history.js';
import { plot } from './plot.js';
import { l10n } from '../../../src/format/l10n.js';
import { goalText } from '../../../src/format/statuses.js';

/** The trials that none beats, in two of the objectives. */
export function frontCard(
  { front, objectives }: Insight,
  axes: readonly [number, number],
  tables: Tables,
  choose: (axes: [number, number]) => void,
  open: (run: string) => void,
): TemplateResult | typeof nothing {
  if (!front) return nothing;
  const [a, b] = axes;
  const value = (point: FrontPoint, k: number): number => fromWire(point.values[k] ?? 'NaN');
  const all = [...front.front, ...front.others];
  const axis = (k: number, count: number) =>
    numberAxis(
      ...objectiveRange(
        all.map((point) => value(point, k)),
        objectives[k]!.goal,
      ),
      count,
    );
  const [x, y] = [axis(a, 4), axis(b, 4)];
  const words = (point: FrontPoint): string =>
    l10n.t(
      'trial {0}: {1}',
      point.trial,
      objectives.map(({ metric }, k) => `${metric} ${formatNumber(point.values[k])}`).join(', '),
    );
  const pick = (which: 0 | 1) =>
    dropdown({
      label: which === 0 ? l10n.t('Objective on the x-axis') : l10n.t('Objective on the y-axis'),
      value: String(axes[which]),
      options: objectives.map(({ metric }, k) => ({ value: String(k), label: metric })),
      testId: `insight-front-${which}`,
      onChange: (k) => choose(which === 0 ? [Number(k), b] : [a, Number(k)]),
    });
  return card(
    {
      id: 'front',
      title: l10n.t('Front'),
      hint: l10n.t(
        '{0} trials that no other trial beats in all of {1}',
        front.front.length,
        objectives.map(({ metric, goal }) => `${metric} (${goalText(goal)})`).join(', '),
      ),
      body: html`${objectives.length > 2 ? html`<div class="row pair">${pick(0)}<span aria-hidden="true">×</span>${pick(1)}</div>` : nothing}
        ${
          front.front.length === 0
            ? html`<p class="missing">${l10n.t('No trial has completed yet.')}</p>`
            : plot({
                label: l10n.t(
                  '{0} trials on the front of {1}; {2} on the x-axis, {3} on the y-axis',
                  front.front.length,
                  all.length,
                  objectives[a]!.metric,
                  objectives[b]!.metric,
                ),
                height: 240,
                x,
                y,
                marks: ({ width, height }) => {
                  const dot = (point: FrontPoint, best: boolean) =>
                    svg`<circle class="dot ${best ? 'best' : ''} ${point.run ? 'linked' : ''}" cx=${clamp(x.place(value(point, a))) * width} cy=${(1 - clamp(y.place(value(point, b)))) * height} r=${best ? 4.5 : 2.8}
                    @click=${() => point.run && open(point.run)}><title>${words(point)}</title></circle>`;
                  const line = front.front
                    .map(
                      (point) =>
                        `${(clamp(x.place(value(point, a))) * width).toFixed(1)} ${((1 - clamp(y.place(value(point, b)))) * height).toFixed(1)}`,
                    )
                    .join('L');
                  return svg`${front.others.map((point) => dot(point, false))}
                  ${objectives.length === 2 ? svg`<path class="best-line" d="M${line}"></path>` : nothing}
                  ${front.front.map((point) => dot(point, true))}`;
                },
              })
        }
        <p class="axis-names"><span>→ ${objectives[a]!.metric}</span><span>↑ ${objectives[b]!.metric}</span></p>`,
      table: () =>
        numbersTable(
          l10n.t('Trials on the front'),
          [l10n.t('Trial'), ...objectives.map(({ metric }) => metric), l10n.t('Run')],
          front.front.map((point) => [
            String(point.trial),
            ...point.values.map((one) => formatNumber(one)),
            runLink(point.run, point.trial, open),
          ]),
        ),
    },
    tables,
  );
}

/** Share of the possible hypervolume that the front had reached after each trial. */
export function volumeCard({ front }: Insight, tables: Tables): TemplateResult | typeof nothing {
  if (!front || front.hypervolume.length === 0) return nothing;
  const { hypervolume, reference } = front;
  const x = numberAxis(0, Math.max(1, ...[...front.front, ...front.others].map(({ trial }) => trial)), 6);
  const most = hypervolume.at(-1)!.value;
  const y = numberAxis(0, most * 1.05);
  return card(
    {
      id: 'volume',
      title: l10n.t('Volume of the front'),
      hint: l10n.t(
        'Hypervolume by trial, from the reference {0}',
        reference.map((one) => formatNumber(one)).join(', '),
      ),
      body: plot({
        label: l10n.t('Hypervolume of the front, {0} after trial {1}', formatNumber(most), hypervolume.at(-1)!.trial),
        height: 200,
        x,
        y,
        marks: ({ width, height }) =>
          svg`<path class="best-line" d=${stepPath(
            hypervolume.map(({ trial, value }) => ({ x: x.place(trial), y: y.place(value) })),
            width,
            height,
          )}></path>`,
      }),
      table: () =>
        numbersTable(
          l10n.t('Hypervolume after each trial that changed it'),
          [l10n.t('Trial'), l10n.t('Hypervolume')],
          hypervolume.map(({ trial, value }) => [String(trial), formatNumber(value)]),
        ),
    },
    tables,
  );
}
