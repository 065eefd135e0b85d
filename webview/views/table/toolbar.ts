/** Controls above the run table: filter, status, columns, copies, and how many runs there are. */
import { html, nothing, type TemplateResult } from 'lit';
import { RUN_STATUSES } from '../../../src/protocol/engine/statuses.js';
import type { Run } from '../../../src/protocol/engine/index.js';
import { button, dropdown } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import { openMenu } from '../../components/menu.js';
import { COPIES, copyText, type CopyKind } from '../../../src/drawing/runs/copy.js';
import type { Column } from '../../../src/drawing/runs/tableColumns.js';
import { addToReport, tableBlock } from '../../model/reports.js';
import type { PanelModel } from '../../model/panel.js';
import type { Names } from '../../../src/query/filter/index.js';
import { formatParam } from '../../../src/format/numbers.js';
import { formatCount } from '../../../src/format/numbers.js';
import { countOfRuns, statusText } from '../../../src/format/statuses.js';
import { l10n } from '../../../src/format/l10n.js';
import { TEST_IDS } from '../../testids.js';
import './filterField.js';

/** Runs that are copied at most. */
const MOST_COPIED = 10_000;
/** Values that are offered for a field. */
const MOST_VALUES = 50;

export interface ToolbarParts {
  model: PanelModel;
  available: { params: readonly string[]; metrics: readonly string[] };
  columns: readonly Column[];
  marked: readonly Run[];
  isPicking: boolean;
  pick(): void;
}

const TITLES: Record<CopyKind, string> = {
  markdown: l10n.t('Copy as Markdown'),
  csv: l10n.t('Copy as CSV'),
  latex: l10n.t('Copy as LaTeX'),
};

export function tableToolbar(parts: ToolbarParts): TemplateResult {
  const { model, isPicking, marked } = parts;
  const { view, pages } = model;
  return html`<div class="toolbar table-toolbar" role="toolbar" aria-label=${l10n.t('Runs')}>
    <ts-filter
      .value=${view.runFilter}
      .names=${namesOf(parts)}
      .change=${(runFilter: string) => model.setView({ runFilter })}
    ></ts-filter>
    ${dropdown({
      label: l10n.t('Status'),
      value: view.status,
      options: [
        { value: '', label: l10n.t('Every status') },
        { value: 'live', label: l10n.t('live') },
        ...RUN_STATUSES.map((status) => ({ value: status, label: statusText(status) })),
      ],
      testId: 'run-status',
      onChange: (status) => model.setView({ status }),
    })}
    ${button({ label: l10n.t('Columns'), icon: 'list-selection', testId: 'columns-button', pressed: isPicking, onClick: parts.pick })}
    ${button({ label: l10n.t('Copy'), icon: 'copy', testId: 'copy-table', onClick: (event) => copyMenu(parts, event as MouseEvent) })}
    <span class="spacer"></span>
    ${marked.length > 0 ? html`<span class="count" data-testid="marked-count">${l10n.t('{0} selected', formatCount(marked.length))}</span>` : nothing}
    <span class="count" data-testid=${TEST_IDS.runCount}>${countOfRuns(pages.total, formatCount(pages.total))}</span>
  </div>`;
}

/** Names and values for the filter's completion; values are those of the runs that the panel has read. */
function namesOf({ model, available }: ToolbarParts): Names {
  const values: Record<string, string[]> = { status: [...RUN_STATUSES] };
  const tags = new Set<string>();
  const params = new Map<string, Set<string>>();
  for (const run of [...model.runs.values()].slice(0, 500)) {
    run.tags.forEach((tag) => tags.add(tag));
    for (const [name, value] of Object.entries(run.params)) {
      const known = params.get(name) ?? new Set();
      params.set(name, known);
      if (known.size < MOST_VALUES) known.add(formatParam(value));
    }
  }
  const all = {
    ...values,
    tag: [...tags],
    ...Object.fromEntries([...params].map(([name, some]) => [name, [...some]])),
  };
  return { ...available, values: all };
}

function copyMenu(parts: ToolbarParts, event: MouseEvent): void {
  const { model, marked } = parts;
  const count = marked.length > 0 ? marked.length : Math.min(MOST_COPIED, model.pages.total);
  const ids = marked.map(({ id }) => id);
  openMenu(
    [
      ...COPIES.map((kind) => ({
        id: `copy-${kind}`,
        label: `${TITLES[kind]} (${countOfRuns(count, formatCount(count))})`,
        icon: 'copy',
        run: () => copy(parts, kind),
      })),
      {
        id: 'table-report',
        label: l10n.t('Add to Report…'),
        icon: 'notebook',
        run: () => addToReport(model, tableBlock(model, shownKeys(parts), ids)),
      },
    ],
    event,
  );
}

/** Columns between those that every table has. */
const shownKeys = ({ columns }: ToolbarParts): string[] =>
  columns.map(({ key }) => key).filter((key) => /^(?:param|metric|formula|info):|^tags$/.test(key));

/** Copies the selected rows, else all that match the filter. */
async function copy({ model, marked, columns }: ToolbarParts, kind: CopyKind): Promise<void> {
  try {
    const runs = marked.length > 0 ? marked : await model.pages.all(MOST_COPIED);
    await navigator.clipboard.writeText(copyText(kind, runs, columns, Date.now()));
    const cut = marked.length === 0 && model.pages.total > runs.length;
    const text = l10n.t('Copied {0}.', countOfRuns(runs.length, formatCount(runs.length)));
    const more = cut ? ` ${l10n.t('The table has {0}; Export writes all.', formatCount(model.pages.total))}` : '';
    model.toasts.add({ kind: 'info', text: text + more });
  } catch (error) {
    model.fail(l10n.t('Copying'), error);
  }
}

/** Returns the message shown in place of the rows if there are none. `filtered`: a filter or a status is set. */
export function emptyTable(filtered: boolean): TemplateResult {
  if (filtered)
    return emptyState('filter', l10n.t('No run matches'), l10n.t('Change the filter or choose every status.'));
  const hint = l10n.t('Press Run above params: in the experiment file, or Run in the form.');
  return emptyState('table', l10n.t('No runs yet'), hint);
}
