import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Run } from '../../../src/protocol/engine/index.js';
import { l10n } from '../../../src/format/l10n.js';
import { axisOf, type Column } from '../../../src/drawing/runs/plotColumns.js';
import { card } from '../insight/card.js';
import { plot, type Frame } from '../insight/plot.js';
import { brushLayer, type Area } from './brush.js';
import {
  colorLegend,
  colorsBy,
  columnPicker,
  isOut,
  reportButton,
  runsTable,
  titleOf,
  type Colors,
  type Explored,
} from './context.js';

/** Runs as dots over any two columns, coloured by a third. Colours of the objective make it a rank plot. */
export function scatterCard(explored: Explored): TemplateResult {
  const { columns, target } = explored;
  const x = explored.chosen(
    'x',
    columns.find((column) => column.key !== target.key),
  )!;
  const y = explored.chosen('y', target)!;
  const color = explored.chosen('color');
  const colors = colorsBy(color, explored.runs);
  const runs = explored.runs.filter((run) => x.of(run) !== undefined && y.of(run) !== undefined);
  return card(
    {
      id: 'scatter',
      title: l10n.t('Scatter'),
      hint: l10n.t('Drag over dots to select runs in all plots'),
      controls: reportButton(explored, 'scatter', { x: x.key, y: y.key, ...(color && { color: color.key }) }),
      body: html`<div class="row pair">
          ${columnPicker(explored, 'x', l10n.t('Horizontal axis'), x)}<span aria-hidden="true">×</span>
          ${columnPicker(explored, 'y', l10n.t('Vertical axis'), y)}
          ${columnPicker(explored, 'color', l10n.t('Colour by'), color, columns, l10n.t('one colour'))}
        </div>
        ${dots(explored, x, y, runs, colors, 240)}
        <p class="axis-names"><span>${x.title} →</span><span>↑ ${y.title}</span></p>
        ${color ? colorLegend(colors) : nothing}`,
      table: () => runsTable(explored, l10n.t('Scatter'), runs, [x, y, ...(color ? [color] : [])]),
    },
    explored.tables,
  );
}

/** A small plot of the target over each parameter. */
export function slicesCard(explored: Explored): TemplateResult | typeof nothing {
  const { columns, target } = explored;
  const params = columns.filter(({ key }) => key.startsWith('param:')).slice(0, 24);
  if (params.length === 0) return nothing;
  const colors = colorsBy(undefined, explored.runs);
  return card(
    {
      id: 'slices',
      title: l10n.t('{0} by each parameter', target.title),
      wide: true,
      body: html`<div class="effects">
        ${params.map((column) => {
          const runs = explored.runs.filter((run) => column.of(run) !== undefined && target.of(run) !== undefined);
          return html`<figure>
            <figcaption class="ellipsis">${column.title}</figcaption>
            ${dots(explored, column, target, runs, colors, 130)}
          </figure>`;
        })}
      </div>`,
      table: () =>
        runsTable(explored, l10n.t('{0} by each parameter', target.title), explored.runs, [target, ...params]),
    },
    explored.tables,
  );
}

function dots(
  explored: Explored,
  x: Column,
  y: Column,
  runs: readonly Run[],
  colors: Colors,
  height: number,
): TemplateResult {
  const [ax, ay] = [axisOf(x, runs, height > 200 ? 4 : 2), axisOf(y, runs, height > 200 ? 4 : 2)];
  const places = runs.map((run) => ({ run, px: ax.place(x.of(run)!), py: ay.place(y.of(run)!) }));
  const select = (area: Area | null) =>
    explored.brush(
      area &&
        places
          .filter(({ px, py }) => px >= area.left && px <= area.right && py >= area.bottom && py <= area.top)
          .map(({ run }) => run.id),
    );
  const marks = (frame: Frame) => svg`${brushLayer(frame, select)}
    ${places.map(
      ({ run, px, py }) =>
        svg`<circle class="mark linked ${isOut(explored, run) ? 'out' : ''}" cx=${(px * frame.width).toFixed(1)}
          cy=${((1 - py) * frame.height).toFixed(1)} r=${height > 200 ? 4 : 3} fill=${colors.of(run)} data-run=${run.id}
          @click=${() => explored.open(run.id)}><title>${titleOf(run, [x, y])}</title></circle>`,
    )}`;
  return plot({
    label: l10n.t('{0} runs: {1} by {2}', runs.length, y.title, x.title),
    ...{ height, x: ax, y: ay, marks },
  });
}
