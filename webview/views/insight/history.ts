import { html, nothing, svg, type TemplateResult } from 'lit';
import type { HistoryPoint, Insight } from '../../../src/protocol/engine/insight.js';
import { clamp, numberAxis, objectiveRange, stepPath } from '../../../src/drawing/axes.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { fromWire } from '../../../src/protocol/values/wireNumber.js';
import { card, numbersTable, type Tables } from './card.js';
import { plot } from './plot.js';
import { l10n } from '../../../src/format/l10n.js';
import { goalText } from '../../../src/format/statuses.js';

/** The value of each trial, and the best so far. */
export function historyCard(
  { history, objectives, objective }: Insight,
  tables: Tables,
  open: (run: string) => void,
): TemplateResult | typeof nothing {
  if (!history) return nothing;
  const { metric, goal } = objectives[objective]!;
  const points = history.map((point) => ({ ...point, number: fromWire(point.value) }));
  const bests = points.filter(({ best }) => best);
  const last = points.at(-1)?.trial ?? 1;
  const [low, high] = objectiveRange(
    points.map(({ number }) => number),
    goal,
  );
  const x = numberAxis(0, Math.max(1, last), 6);
  const y = numberAxis(low, high);
  const at = (point: HistoryPoint & { number: number }) => ({
    x: x.place(point.trial),
    y: clamp(y.place(point.number)),
  });
  const words = (point: HistoryPoint): string =>
    l10n.t('trial {0}: {1} {2}', point.trial, metric, formatNumber(point.value));
  return card(
    {
      id: 'history',
      title: l10n.t('Best so far'),
      hint: l10n.t('{0} by trial ({1})', metric, goalText(goal)),
      body:
        points.length === 0
          ? html`<p class="missing">${l10n.t('No trial has completed yet.')}</p>`
          : plot({
              label: l10n.t(
                '{0} of {1} trials; the best, {2}, since trial {3}',
                metric,
                points.length,
                formatNumber(bests.at(-1)?.value),
                bests.at(-1)?.trial ?? 0,
              ),
              height: 200,
              x,
              y,
              marks: ({ width, height }) =>
                svg`<path class="best-line" d=${stepPath(bests.map(at), width, height)}></path>
                  ${points.map((point) => {
                    const { x: px, y: py } = at(point);
                    return svg`<circle class="dot ${point.best ? 'best' : ''} ${point.run ? 'linked' : ''}" cx=${px * width} cy=${(1 - py) * height} r=${point.best ? 4 : 2.8}
                      @click=${() => point.run && open(point.run)}><title>${words(point)}</title></circle>`;
                  })}`,
            }),
      table: () =>
        numbersTable(
          l10n.t('Trials that were the best so far, {0}', metric),
          [l10n.t('Trial'), metric, l10n.t('Run')],
          bests.map(({ trial, value, run }) => [String(trial), formatNumber(value), runLink(run, trial, open)]),
        ),
    },
    tables,
  );
}

export function runLink(run: string | null, trial: number, open: (run: string) => void): TemplateResult {
  if (run === null) return html`<span class="hint">${l10n.t('deleted')}</span>`;
  return html`<button
    type="button"
    class="link"
    aria-label=${l10n.t('Open trial {0}', trial)}
    @click=${() => open(run)}
  >
    ${run}
  </button>`;
}
