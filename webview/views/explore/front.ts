import { html, nothing, svg, type TemplateResult } from 'lit';
import { l10n } from '../../../src/format/l10n.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { goalText } from '../../../src/format/statuses.js';
import { button } from '../../components/controls.js';
import { numberAxis, percent } from '../../../src/drawing/axes.js';
import { axisOf } from '../../../src/drawing/runs/plotColumns.js';
import { hypervolumes, paretoFront, type Goal, type Point } from '../../model/explore/shapes.js';
import { card, numbersTable } from '../insight/card.js';
import { plot } from '../insight/plot.js';
import { brushLayer } from './brush.js';
import { columnPicker, isOut, runsTable, titleOf, type Explored } from './context.js';

/** Trade-off between two numbers: the runs that none beats in both, and how the front grew. */
export function frontCards(explored: Explored): TemplateResult | typeof nothing {
  const numbers = explored.columns.filter(
    ({ key, kind }) => kind === 'number' && !key.startsWith('param:') && key !== 'order',
  );
  if (numbers.length < 2) return nothing;
  const a = explored.chosen('front-x', numbers.find(({ key }) => key === explored.target.key) ?? numbers[0])!;
  const b = explored.chosen(
    'front-y',
    numbers.find(({ key }) => key !== a.key),
  )!;
  const goals: [Goal, Goal] = [goalAt(explored, 'front-x', a.key), goalAt(explored, 'front-y', b.key)];
  const points: Point[] = explored.runs.flatMap((run) => {
    const [x, y] = [a.of(run), b.of(run)];
    return typeof x === 'number' && typeof y === 'number' ? [{ run, x, y }] : [];
  });
  const front = paretoFront(points, goals);
  const runs = points.map(({ run }) => run);
  const [x, y] = [axisOf(a, runs), axisOf(b, runs)];
  const onFront = new Set(front.map(({ run }) => run.id));
  const flip = (which: 0 | 1, place: string) =>
    button({
      label: l10n.t('{0}: {1}. Change the goal', which === 0 ? a.title : b.title, goalText(goals[which])),
      icon: goals[which] === 'maximize' ? 'arrow-up' : 'arrow-down',
      iconOnly: true,
      onClick: () => explored.choose(`${place}-goal`, goals[which] === 'maximize' ? 'minimize' : 'maximize'),
    });
  const volumes = hypervolumes(points, goals);
  return html`${card(
    {
      id: 'front',
      title: l10n.t('Pareto front'),
      hint: l10n.t('{0} of {1} runs are not beaten in both', front.length, points.length),
      controls: button({
        label: l10n.t('Select the front'),
        icon: 'selection',
        iconOnly: true,
        testId: 'explore-select-front',
        onClick: () => explored.brush([...onFront]),
      }),
      body: html`<div class="row pair">
          ${columnPicker(explored, 'front-x', l10n.t('Horizontal axis'), a, numbers)}${flip(0, 'front-x')}
          <span aria-hidden="true">×</span>
          ${columnPicker(explored, 'front-y', l10n.t('Vertical axis'), b, numbers)}${flip(1, 'front-y')}
        </div>
        ${plot({
          label: l10n.t('{0} runs, {1} on the front', points.length, front.length),
          height: 230,
          ...{ x, y },
          marks: (frame) => {
            const at = (point: Point) =>
              [x.place(point.x) * frame.width, (1 - y.place(point.y)) * frame.height] as const;
            const path = front
              .map(
                (point, i) =>
                  `${i === 0 ? 'M' : 'L'}${at(point)
                    .map((one) => one.toFixed(1))
                    .join(' ')}`,
              )
              .join('');
            return svg`${brushLayer(frame, (area) =>
              explored.brush(
                area &&
                  points
                    .filter((point) => {
                      const [px, py] = [x.place(point.x), y.place(point.y)];
                      return px >= area.left && px <= area.right && py >= area.bottom && py <= area.top;
                    })
                    .map(({ run }) => run.id),
              ),
            )}
            <path class="best-line" d=${path}></path>
            ${points.map((point) => {
              const [cx, cy] = at(point);
              return svg`<circle class="dot linked ${onFront.has(point.run.id) ? 'best' : ''} ${isOut(explored, point.run) ? 'out' : ''}" cx=${cx} cy=${cy} r="4" data-run=${point.run.id}
                @click=${() => explored.open(point.run.id)}><title>${titleOf(point.run, [a, b])}</title></circle>`;
            })}`;
          },
        })}
        <p class="axis-names">
          <span>${a.title} (${goalText(goals[0])}) →</span><span>↑ ${b.title} (${goalText(goals[1])})</span>
        </p>`,
      table: () =>
        runsTable(
          explored,
          l10n.t('Pareto front'),
          front.map(({ run }) => run),
          [a, b],
        ),
    },
    explored.tables,
  )}
  ${card(
    {
      id: 'volume',
      title: l10n.t('Hypervolume'),
      hint: l10n.t('Share of the box between best and worst values that the front covers, run by run'),
      body: plot({
        label: l10n.t('Hypervolume after {0} runs: {1}', volumes.length, percent(volumes.at(-1)?.volume ?? 0)),
        height: 230,
        x: numberAxis(1, Math.max(2, volumes.length)),
        y: numberAxis(0, 1),
        marks: ({ width, height }) => {
          const step = volumes.length > 1 ? width / (volumes.length - 1) : 0;
          const path = volumes
            .map(
              ({ volume }, i) =>
                `${i === 0 ? 'M0 ' : `H${(i * step).toFixed(1)}V`}${((1 - volume) * height).toFixed(1)}`,
            )
            .join('');
          return svg`<path class="best-line" d=${path}></path>
            ${volumes.map(
              (
                { run, volume },
                i,
              ) => svg`<circle class="dot linked ${isOut(explored, run) ? 'out' : ''}" cx=${i * step} cy=${(1 - volume) * height} r="3" data-run=${run.id}
              @click=${() => explored.open(run.id)}><title>${run.name}: ${percent(volume)}</title></circle>`,
            )}`;
        },
      }),
      table: () =>
        numbersTable(
          l10n.t('Hypervolume'),
          [l10n.t('Run'), l10n.t('Hypervolume')],
          volumes.slice(-500).map(({ run, volume }) => [run.name, formatNumber(Number(volume.toPrecision(4)))]),
        ),
    },
    explored.tables,
  )}`;
}

/** The person's goal; else the target's own, and for others the one that their names suggest. */
function goalAt(explored: Explored, place: string, key: string): Goal {
  const chosen = explored.choice(`${place}-goal`);
  if (chosen === 'minimize' || chosen === 'maximize') return chosen;
  if (key === explored.target.key) return explored.goal;
  return /acc|auc|f1|score|precision|recall|reward|iou|bleu|r2/i.test(key) ? 'maximize' : 'minimize';
}
