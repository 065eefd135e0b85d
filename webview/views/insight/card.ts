import { html, nothing, type TemplateResult } from 'lit';
import type { Unknown } from '../../../src/protocol/engine/insight.js';
import { button } from '../../components/controls.js';
import { TEST_IDS } from '../../testids.js';
import { l10n } from '../../../src/format/l10n.js';

export interface CardOptions {
  id: string;
  title: string;
  /** One line below the title: its meaning and basis. */
  hint?: string | TemplateResult;
  /** Shown next to the title. */
  controls?: TemplateResult | typeof nothing;
  wide?: boolean;
  body: TemplateResult;
  /** The same in words and numbers, shown instead of the body. */
  table?: () => TemplateResult;
}

/** Cards that show numbers instead of their picture. */
export interface Tables {
  has(id: string): boolean;
  toggle(id: string): void;
}

/** Returns the tables that are shown in place of their plots, by the ids of the cards; `set` shows other ones. */
export function tablesOf(shown: () => ReadonlySet<string>, set: (shown: ReadonlySet<string>) => void): Tables {
  return {
    has: (id) => shown().has(id),
    toggle: (id) => {
      const next = new Set(shown());
      if (!next.delete(id)) next.add(id);
      set(next);
    },
  };
}

export function card(options: CardOptions, tables: Tables): TemplateResult {
  const { id, title, hint, controls, wide, body, table } = options;
  const asTable = table !== undefined && tables.has(id);
  return html`<section
    class="insight-card ${wide ? 'wide' : ''}"
    aria-label=${title}
    data-testid=${TEST_IDS.insightCard(id)}
  >
    <div class="chart-head">
      <h3><span>${title}</span></h3>
      ${controls ?? nothing}
      ${
        table
          ? button({
              label: l10n.t('Numbers of {0}', title),
              icon: 'list-flat',
              iconOnly: true,
              pressed: asTable,
              testId: TEST_IDS.insightValues(id),
              onClick: () => tables.toggle(id),
            })
          : nothing
      }
    </div>
    ${hint ? html`<p class="hint">${hint}</p>` : nothing}
    ${asTable ? html`<div class="values-table">${table()}</div>` : body}
  </section>`;
}

/** Says why an insight is missing, and how many trials there are so far. */
export function missing({ unknown, trials, needed }: Unknown): TemplateResult {
  const why = l10n.retold(unknown);
  const text = `${why[0]!.toUpperCase()}${why.slice(1)}`;
  return html`<p class="missing">
    ${trials < needed ? l10n.t('{0} ({1} so far).', text, trials) : l10n.t('{0}.', text)}
  </p>`;
}

/** Rows of plain cells; the first is the row's head. */
export function numbersTable(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (string | TemplateResult)[])[],
): TemplateResult {
  return html`<table>
    <caption class="hidden-text">
      ${caption}
    </caption>
    <thead>
      <tr>
        ${heads.map((head) => html`<th scope="col">${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ([first, ...rest]) =>
          html`<tr>
            <th scope="row">${first}</th>
            ${rest.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}
