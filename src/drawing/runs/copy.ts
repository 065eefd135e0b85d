/** Rows of the run table as text for elsewhere: Markdown, CSV, LaTeX. */
import { withPoints } from '../../format/locale.js';
import type { Run } from '../../protocol/engine/index.js';
import { csv } from '../../protocol/values/csv.js';
import type { Column } from './tableColumns.js';

export const COPIES = ['markdown', 'csv', 'latex'] as const;
export type CopyKind = (typeof COPIES)[number];

export function copyText(kind: CopyKind, runs: readonly Run[], columns: readonly Column[], now: number): string {
  const titles = columns.map(({ title }) => title);
  const rows = withPoints(() => runs.map((run) => columns.map((column) => column.text(run, now))));
  switch (kind) {
    case 'csv':
      return `${[titles, ...rows].map((row) => csv(row)).join('\n')}\n`;
    case 'markdown': {
      const line = (cells: readonly string[]): string => `| ${cells.map(inMarkdown).join(' | ')} |`;
      const rule = `| ${columns.map(({ kind: of }) => (of === 'number' ? '---:' : '---')).join(' | ')} |`;
      return `${[line(titles), rule, ...rows.map(line)].join('\n')}\n`;
    }
    case 'latex': {
      const line = (cells: readonly string[]): string => `  ${cells.map(inLatex).join(' & ')} \\\\`;
      const shape = columns.map(({ kind: of }) => (of === 'number' ? 'r' : 'l')).join('');
      const head = [`\\begin{tabular}{${shape}}`, '  \\toprule', line(titles), '  \\midrule'];
      return `${[...head, ...rows.map(line), '  \\bottomrule', '\\end{tabular}'].join('\n')}\n`;
    }
  }
}

const inMarkdown = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll(/[\\|`*_<>[\]]/g, '\\$&');

const LATEX: Record<string, string> = {
  ...{ '\\': '\\textbackslash{}', '{': '\\{', '}': '\\}', $: '\\$', '&': '\\&', '#': '\\#', '%': '\\%', _: '\\_' },
  ...{ '^': '\\textasciicircum{}', '~': '\\textasciitilde{}', '–': '--', '−': '$-$', '∞': '$\\infty$' },
};
const inLatex = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[\\{}$&#%_^~–−∞]/g, (sign) => LATEX[sign]!);
