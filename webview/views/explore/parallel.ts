import { nothing, svg, type TemplateResult } from 'lit';
import { l10n } from '../../../src/format/l10n.js';
import { axisOf, type Column } from '../../../src/drawing/runs/plotColumns.js';
import { card } from '../insight/card.js';
import { plot } from '../insight/plot.js';
import { colorsBy, isOut, reportButton, runsTable, titleOf, type Explored } from './context.js';

const MOST_AXES = 10;
const MOST_LINES = 600;
/** Position of a line that has no value on an axis: below it. */
const BELOW = 1.06;
/** Half the width of the band around an axis that receives the pointer. */
const REACH = 12;

/** Every run as a line across its parameters to the target. A drag along an axis selects the runs that pass there. */
export function parallelPlot(explored: Explored): TemplateResult | typeof nothing {
  const { target } = explored;
  const params = explored.columns.filter(({ key }) => key.startsWith('param:')).slice(0, MOST_AXES - 1);
  if (params.length === 0) return nothing;
  const columns: Column[] = [...params, target];
  const runs = explored.runs.filter((run) => target.of(run) !== undefined).slice(0, MOST_LINES);
  if (runs.length < 2) return nothing;
  const axes = columns.map((column) => axisOf(column, runs, 3));
  const colors = colorsBy(target, runs);
  const at = (i: number): number => i / (columns.length - 1);
  const place = (run: (typeof runs)[number], i: number): number | null => {
    const value = columns[i]!.of(run);
    return value === undefined ? null : axes[i]!.place(value);
  };
  return card(
    {
      id: 'parallel',
      title: l10n.t('Runs across parameters'),
      hint: l10n.t('Drag along an axis to select runs in all plots'),
      wide: true,
      controls: reportButton(explored, 'parallel', { target: target.key }),
      body: plot({
        label: l10n.t('{0} runs across {1}', runs.length, columns.map(({ title }) => title).join(', ')),
        height: 250,
        x: { place: Number, ticks: columns.map(({ title }, i) => ({ at: at(i), text: title })) },
        y: { place: Number, ticks: [] },
        marks: ({ width, height }) => svg`${runs.map((run) => {
          const d = columns
            .map((_, i) => {
              const p = place(run, i);
              return `${i === 0 ? 'M' : 'L'}${(at(i) * width).toFixed(1)} ${((p === null ? BELOW : 1 - p) * height).toFixed(1)}`;
            })
            .join('');
          return svg`<path class="line-mark ${isOut(explored, run) ? 'out' : ''}" d=${d} stroke=${colors.of(run)} data-run=${run.id}
            @click=${() => explored.open(run.id)}><title>${titleOf(run, columns)}</title></path>`;
        })}
        ${columns.map((column, i) => {
          const px = at(i) * width;
          const end = i === columns.length - 1;
          const written = end || width / (columns.length - 1) >= 100 ? axes[i]!.ticks.slice(0, 8) : [];
          return svg`<line class="axis" x1=${px} x2=${px} y1="0" y2=${height}></line>
            ${written.map(({ at: py, text }) => svg`<text class="tick halo" x=${px + (end ? -5 : 5)} y=${(1 - py) * height} dy="0.32em" text-anchor=${end ? 'end' : 'start'}>${text.slice(0, 12)}</text>`)}
            <g transform="translate(${px - REACH} 0)">${axisBrush(2 * REACH, height, (low, high) =>
              explored.brush(
                low === null
                  ? null
                  : runs
                      .filter((run) => {
                        const p = place(run, i);
                        return p !== null && p >= low && p <= high && !isOut(explored, run);
                      })
                      .map(({ id }) => id),
              ),
            )}</g>
            <title>${column.title}</title>`;
        })}`,
      }),
      table: () => runsTable(explored, l10n.t('Runs across parameters'), runs, columns),
    },
    explored.tables,
  );
}

function axisBrush(width: number, height: number, onBrush: (low: number | null, high: number) => void) {
  const start = (event: PointerEvent) => {
    const layer = event.currentTarget as SVGRectElement;
    const mark = layer.nextElementSibling as SVGRectElement;
    const box = layer.getBoundingClientRect();
    const at = (one: PointerEvent) => Math.max(0, Math.min(1, 1 - (one.clientY - box.top) / box.height));
    const from = at(event);
    const move = (one: PointerEvent) => {
      const [low, high] = [Math.min(from, at(one)), Math.max(from, at(one))];
      mark.setAttribute('y', String((1 - high) * height));
      mark.setAttribute('height', String((high - low) * height));
    };
    const end = (one: PointerEvent) => {
      for (const name of ['pointermove', 'pointerup', 'pointercancel'] as const)
        layer.removeEventListener(name, name === 'pointermove' ? move : end);
      mark.setAttribute('height', '0');
      if (one.type === 'pointercancel') return;
      const to = at(one);
      if (Math.abs(to - from) * box.height < 4) onBrush(null, 0);
      else onBrush(Math.min(from, to), Math.max(from, to));
    };
    layer.setPointerCapture(event.pointerId);
    layer.addEventListener('pointermove', move);
    layer.addEventListener('pointerup', end);
    layer.addEventListener('pointercancel', end);
    event.preventDefault();
  };
  return svg`<rect class="brush-layer" width=${width} height=${height} @pointerdown=${start}></rect>
    <rect class="brush-area" width=${width} height="0"></rect>`;
}
