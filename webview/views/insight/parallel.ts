import { nothing, svg, type TemplateResult } from 'lit';
import type { Run, Search } from '../../../src/protocol/engine/index.js';
import { parallel } from '../../model/search/parallel.js';
import { logParams } from '../../model/search/scatter.js';
import { card, type Tables } from './card.js';
import { plot } from './plot.js';
import { l10n } from '../../../src/format/l10n.js';

/** Position of a line that has no value on an axis: below it. */
const BELOW = 1.06;
/** Pixels between axes that have words at their ends. */
const ROOM = 100;

/** Every trial as a line across its parameters to its value. The run table has the same in numbers. */
export function parallelCard(
  search: Search,
  runs: readonly Run[],
  order: readonly string[],
  tables: Tables,
  open: (run: string) => void,
): TemplateResult | typeof nothing {
  const { objective } = search;
  if (!objective) return nothing;
  const written = Object.keys(search.space);
  const rank = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const names = (written.length > 0 ? written : [...new Set(runs.flatMap((run) => Object.keys(run.params)))])
    .sort((a, b) => rank(b) - rank(a))
    .slice(-12);
  const found = parallel(runs, names, logParams(search.space), objective);
  if (!found) return nothing;
  const { axes, lines } = found;
  const at = (i: number): number => i / (axes.length - 1);
  return card(
    {
      id: 'parallel',
      title: l10n.t('Trials across parameters'),
      hint: l10n.t(
        'One line per trial; stronger lines have a better {0}. The most important parameters are next to the objective.',
        objective.metric,
      ),
      wide: true,
      body: plot({
        label: l10n.t('{0} trials across {1}', lines.length, axes.map(({ name }) => name).join(', ')),
        height: 240,
        x: { place: Number, ticks: axes.map(({ name }, i) => ({ at: at(i), text: name })) },
        y: { place: Number, ticks: [] },
        marks: ({ width, height }) => {
          const path = (places: readonly (number | null)[]): string =>
            places
              .map(
                (place, i) =>
                  `${i === 0 ? 'M' : 'L'}${(at(i) * width).toFixed(1)} ${((place === null ? BELOW : 1 - place) * height).toFixed(1)}`,
              )
              .join('');
          return svg`${lines.map(({ places, good, title, run }, i) => {
            const best = i === lines.length - 1;
            return svg`<path class="parallel-line ${best ? 'best' : ''}" d=${path(places)} stroke-opacity=${best ? 1 : (0.12 + 0.68 * good ** 3).toFixed(3)}
                @click=${() => open(run)}><title>${title}</title></path>`;
          })}
            ${axes.map(({ labels }, i) => {
              const px = at(i) * width;
              const end = i === axes.length - 1;
              // Labels of neighboring axes would overlap.
              const written = end || width / (axes.length - 1) >= ROOM ? labels : [];
              return svg`<line class="axis" x1=${px} x2=${px} y1="0" y2=${height}></line>
                ${written.map(({ at: place, text }) => svg`<text class="tick halo" x=${px + (end ? -5 : 5)} y=${(1 - place) * height} dy=${place > 0.95 ? '0.8em' : place < 0.05 ? '-0.2em' : '0.32em'} text-anchor=${end ? 'end' : 'start'}>${text.slice(0, 12)}</text>`)}`;
            })}`;
        },
      }),
    },
    tables,
  );
}
