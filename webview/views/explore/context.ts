/** Context that the plots of a selection of runs share: rows, columns, colours, and the brushed runs. */
import { html, type TemplateResult } from 'lit';
import type { Run } from '../../../src/protocol/engine/index.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';
import { button, dropdown } from '../../components/controls.js';
import { axisOf, ranks, textOf, titleOf, type Column } from '../../../src/drawing/runs/plotColumns.js';
import type { Tables } from '../insight/card.js';
import { numbersTable } from '../insight/card.js';

export interface Explored {
  runs: readonly Run[];
  columns: readonly Column[];
  /** The value that the plots explain: by default the objective. */
  target: Column;
  goal: 'minimize' | 'maximize';
  /** Null: all runs count alike. */
  brushed: ReadonlySet<string> | null;
  brush(ids: readonly string[] | null): void;
  open(run: string): void;
  tables: Tables;
  /** The key chosen at a place; undefined: none yet. */
  choice(place: string): string | undefined;
  /** The column chosen at a place, or the given one. */
  chosen(place: string, otherwise?: Column): Column | undefined;
  choose(place: string, key: string): void;
  /** Adds a plot to a report, as a live block with these keys. */
  addToReport(kind: 'scatter' | 'parallel' | 'importance', keys: Record<string, unknown>): void;
}

export function reportButton(
  explored: Explored,
  kind: 'scatter' | 'parallel' | 'importance',
  keys: Record<string, unknown>,
): TemplateResult {
  return button({
    label: l10n.t('Add to Report…'),
    icon: 'notebook',
    iconOnly: true,
    testId: `explore-report-${kind}`,
    onClick: () => explored.addToReport(kind, keys),
  });
}

export const isOut = ({ brushed }: Explored, run: Run): boolean => brushed !== null && !brushed.has(run.id);

export function columnPicker(
  explored: Explored,
  place: string,
  label: string,
  now: Column | undefined,
  columns: readonly Column[] = explored.columns,
  none?: string,
): TemplateResult {
  return dropdown({
    label,
    value: now?.key ?? '',
    options: [
      ...(none === undefined ? [] : [{ value: '', label: none }]),
      ...columns.map(({ key, title }) => ({ value: key, label: title })),
    ],
    testId: `explore-${place}`,
    onChange: (key) => explored.choose(place, key),
  });
}

const VIRIDIS = ['#414487', '#2a788e', '#22a884', '#7ad151', '#dfe318'];

/** A colour for a share in [0, 1], dark to light. */
export function shade(share: number): string {
  const at = Math.max(0, Math.min(1, share)) * (VIRIDIS.length - 1);
  const [low, high] = [VIRIDIS[Math.floor(at)]!, VIRIDIS[Math.ceil(at)]!];
  const part = (hex: string, i: number) => parseInt(hex.slice(1 + 2 * i, 3 + 2 * i), 16);
  const mixed = [0, 1, 2].map((i) => Math.round(part(low, i) + (part(high, i) - part(low, i)) * (at % 1)));
  return `#${mixed.map((one) => one.toString(16).padStart(2, '0')).join('')}`;
}

export interface Colors {
  of(run: Run): string;
  /** Texts with their colours, for a legend. */
  legend: { color: string; text: string }[];
}

/** Colors by a column: by ranks for numbers, so that a few extremes don't hide the rest. */
export function colorsBy(column: Column | undefined, runs: readonly Run[]): Colors {
  if (!column) return { of: () => 'var(--ts-series-0)', legend: [] };
  if (column.kind === 'number') {
    const known = runs.filter((run) => column.of(run) !== undefined);
    const values = known.map((run) => Number(column.of(run)));
    const places = ranks(values);
    const byRun = new Map(known.map((run, i) => [run.id, shade(places[i]!)]));
    const ends = [Math.min(...values), Math.max(...values)];
    return {
      of: (run) => byRun.get(run.id) ?? 'var(--ts-faint)',
      legend: ends.map((value, i) => ({ color: shade(i), text: formatNumber(value) })),
    };
  }
  const { ticks } = axisOf(column, runs);
  const color = (i: number) => `var(--ts-series-${i % 10})`;
  const index = new Map(ticks.map(({ text }, i) => [text, i]));
  return {
    of: (run) => {
      const value = column.of(run);
      return value === undefined ? 'var(--ts-faint)' : color(index.get(textOf(value)) ?? 0);
    },
    legend: ticks.slice(0, 10).map(({ text }, i) => ({ color: color(i), text })),
  };
}

export function colorLegend({ legend }: Colors): TemplateResult {
  if (legend.length === 0) return html``;
  return html`<p class="color-legend">
    ${legend.map(
      ({ color, text }) =>
        html`<span
          ><svg width="9" height="9" aria-hidden="true"><circle cx="4.5" cy="4.5" r="4.5" fill=${color}></circle></svg>
          ${text}</span
        >`,
    )}
  </p>`;
}

/** Maximum number of rows of the table that replaces a plot. */
const MOST_ROWS = 500;

/** The plotted runs in numbers. */
export function runsTable(
  { open }: Explored,
  caption: string,
  runs: readonly Run[],
  columns: readonly Column[],
): TemplateResult {
  return numbersTable(
    caption,
    ['', ...columns.map(({ title }) => title)],
    runs
      .slice(0, MOST_ROWS)
      .map((run) => [
        html`<button type="button" class="link" @click=${() => open(run.id)}>${run.name}</button>`,
        ...columns.map(({ of }) => textOf(of(run))),
      ]),
  );
}

export { titleOf };
