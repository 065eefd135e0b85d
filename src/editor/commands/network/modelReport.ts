/** Parts of the Markdown reports about trained networks. */
import { l10n } from '../../../format/l10n.js';
import { shown } from '../../../format/said.js';
import type { Note } from '../../../protocol/said.js';

/** Escapes a text for a cell of a table: text from a file must not become markup. */
export const cell = (text: string): string => text.replace(/[\\`*_{}[\]<>()#+\-.!|~&]/g, '\\$&').replace(/\s+/g, ' ');

export const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Returns the first lines of a report: its title, the data, and notes about the examples. */
export function reportHead(of: { name: string; data: string; examples: number; notes: readonly Note[] }): string[] {
  return [
    `# ${cell(of.name)}`,
    '',
    l10n.t('{0} examples: {1}', of.examples, cell(of.data)),
    '',
    ...of.notes.map((note) => `- ${cell(shown(note))}`),
    ...(of.notes.length > 0 ? [''] : []),
  ];
}
