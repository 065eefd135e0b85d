import { html, nothing, svg, type TemplateResult } from 'lit';
import { l10n } from '../../../src/format/l10n.js';
import { axisOf, ranks } from '../../../src/drawing/runs/plotColumns.js';
import { CELLS, surface } from '../../model/explore/shapes.js';
import { card } from '../insight/card.js';
import { plot } from '../insight/plot.js';
import { brushLayer } from './brush.js';
import { columnPicker, isOut, runsTable, shade, titleOf, type Explored } from './context.js';

/** The target over two parameters: coloured by what runs nearby reached, with the runs on it. */
export function contourCard(explored: Explored): TemplateResult | typeof nothing {
  const { target } = explored;
  const params = explored.columns.filter(({ key }) => key.startsWith('param:'));
  if (params.length < 2) return nothing;
  const a = explored.chosen('a', params[0])!;
  const b = explored.chosen(
    'b',
    params.find((one) => one.key !== a.key),
  )!;
  const runs = explored.runs.filter((run) => [a, b, target].every((column) => column.of(run) !== undefined));
  const [x, y] = [axisOf(a, runs), axisOf(b, runs)];
  const values = runs.map((run) => Number(target.of(run)));
  const sign = explored.goal === 'maximize' ? 1 : -1;
  const goodness = ranks(values.map((value) => sign * value));
  const points = runs.map((run, i) => ({ run, x: x.place(a.of(run)!), y: y.place(b.of(run)!), value: goodness[i]! }));
  const cells = surface(points);
  const best = runs[goodness.indexOf(Math.max(...goodness))];
  return card(
    {
      id: 'contour',
      title: l10n.t('Contour'),
      hint: l10n.t('Lighter: runs nearby have a better {0}', target.title),
      body: html`<div class="row pair">
          ${columnPicker(explored, 'a', l10n.t('Parameter on the x-axis'), a, params)}<span aria-hidden="true">×</span>
          ${columnPicker(explored, 'b', l10n.t('Parameter on the y-axis'), b, params)}
        </div>
        ${
          runs.length < 3
            ? html`<p class="missing">
                ${l10n.t('Nothing to show: fewer than three runs have both parameters and a value.')}
              </p>`
            : plot({
                label: l10n.t(
                  '{0} by {1} and {2}; best at {3}',
                  target.title,
                  a.title,
                  b.title,
                  best ? titleOf(best, [a, b]).replaceAll('\n', ', ') : '',
                ),
                height: 240,
                ...{ x, y },
                marks: (frame) => {
                  const [w, h] = [frame.width / CELLS, frame.height / CELLS];
                  return svg`${cells.flatMap((row, r) =>
                    row.map((value, c) =>
                      value === null
                        ? nothing
                        : svg`<rect class="contour-cell" x=${Math.floor(c * w)} y=${Math.floor(frame.height - (r + 1) * h)} width=${Math.ceil(w)} height=${Math.ceil(h)} fill=${shade(value)}></rect>`,
                    ),
                  )}
                  ${brushLayer(frame, (area) =>
                    explored.brush(
                      area &&
                        points
                          .filter(
                            (one) =>
                              one.x >= area.left && one.x <= area.right && one.y >= area.bottom && one.y <= area.top,
                          )
                          .map(({ run }) => run.id),
                    ),
                  )}
                  ${points.map(
                    (one) =>
                      svg`<circle class="contour-dot linked ${isOut(explored, one.run) ? 'out' : ''}" cx=${one.x * frame.width} cy=${(1 - one.y) * frame.height} r="3" data-run=${one.run.id}
                        @click=${() => explored.open(one.run.id)}><title>${titleOf(one.run, [a, b, target])}</title></circle>`,
                  )}`;
                },
              })
        }
        <p class="axis-names"><span>${a.title} →</span><span>↑ ${b.title}</span></p>`,
      table: () => runsTable(explored, l10n.t('Contour'), runs, [a, b, target]),
    },
    explored.tables,
  );
}
