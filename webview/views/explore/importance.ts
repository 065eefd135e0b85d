import { html, svg, type TemplateResult } from 'lit';
import { l10n } from '../../../src/format/l10n.js';
import { importanceOf, LEAST_RUNS } from '../../../src/drawing/runs/importance.js';
import { percent } from '../../../src/drawing/axes.js';
import { card, numbersTable } from '../insight/card.js';
import { reportButton, type Explored } from './context.js';

const MOST = 15;

/** Shows which parameters explain the target, and how certain that is. */
export function importancePlot(explored: Explored): TemplateResult {
  const { target, runs } = explored;
  const params = explored.columns.filter(({ key }) => key.startsWith('param:'));
  const shares = importanceOf(runs, params, target).slice(0, MOST);
  const measured = runs.filter((run) => target.of(run) !== undefined).length;
  return card(
    {
      id: 'importance',
      title: l10n.t('Importance'),
      controls: reportButton(explored, 'importance', { target: target.key }),
      hint:
        shares.length === 0
          ? ''
          : l10n.t(
              'Share of {0} that one parameter explains alone, from {1} runs. The line spans 80 % of the estimates from resampled runs: if it reaches 0, the effect may be chance.',
              target.title,
              measured,
            ),
      body:
        shares.length === 0
          ? html`<p class="missing">
              ${l10n.t('From {0} runs with different parameters and a value of {1} on; there are {2}.', LEAST_RUNS, target.title, measured)}
            </p>`
          : html`<table class="bars">
              <caption class="hidden-text">
                ${l10n.t('Share of importance by parameter')}
              </caption>
              <tbody>
                ${shares.map(
                  ({ column, share, low, high }) =>
                    html`<tr>
                      <th scope="row" class="ellipsis" title=${column.title}>${column.title}</th>
                      <td class="bar-cell">
                        <svg class="interval" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
                          ${svg`<rect class="interval-bar" x="0" y="1" width=${100 * share} height="10"></rect>
                          <line class="interval-line" x1=${100 * low} x2=${100 * high} y1="6" y2="6"></line>`}
                        </svg>
                      </td>
                      <td title=${`${percent(low)} – ${percent(high)}`}>${percent(share)}</td>
                    </tr>`,
                )}
              </tbody>
            </table>`,
      ...(shares.length > 0 && {
        table: () =>
          numbersTable(
            l10n.t('Importance'),
            [l10n.t('Parameter'), l10n.t('Share'), l10n.t('from'), l10n.t('to'), l10n.t('Runs')],
            shares.map(({ column, share, low, high, runs: n }) => [
              column.title,
              percent(share),
              percent(low),
              percent(high),
              String(n),
            ]),
          ),
      }),
    },
    explored.tables,
  );
}
