/** Text made safe for a terminal, with its colors and widths. */
import stringWidth from 'string-width';
import { replaceUnsafe } from '../../protocol/values/shownText.js';

/** Text from a run (names, values, errors) made safe for the terminal; line breaks and tabs stay. */
export function safe(text: string): string {
  return replaceUnsafe(text);
}

/**
 * Text made safe for the terminal whose lines after the first are indented by at least two spaces, so that no name within it
 * can pass for a line of ours.
 */
export function indented(text: string): string {
  return safe(text).replace(/\n(?=\S)/g, '\n  ');
}

/** Returns a program's output, made safe for the terminal and indented. */
export const quoted = (text: string): string => safe(text.trimEnd()).replace(/^/gm, '  ');

/** Returns the end of a program's output, quoted, as far as a message does not say the same; '' if nothing is left. */
export function furtherOutput(output: string, message: string): string {
  return message.includes(output.trim()) ? '' : quoted(output);
}

/** Returns text made safe for one line of the terminal, such as the name of a file. */
export function safeLine(text: string): string {
  return safe(text).replace(/[\n\t]+/g, ' ');
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Color = keyof typeof CODES;
export type Paint = (color: Color, text: string) => string;

export const plain: Paint = (_color, text) => text;
export const colored: Paint = (color, text) => `\u001b[${CODES[color]}m${text}\u001b[0m`;

/** Colors when they will be seen: a terminal, NO_COLOR not set (no-color.org), or FORCE_COLOR. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (FORCE_COLOR && FORCE_COLOR !== '0') return colored;
  return stream.isTTY && !NO_COLOR && TERM !== 'dumb' ? colored : plain;
}

/** Exactly what `colored` writes. */
const PAINTED = new RegExp(`(\\u001b\\[(?:0|${Object.values(CODES).join('|')})m)`);

/**
 * Returns the text as a stream gets it: a terminal gets nothing but text, line breaks and our colors; a file or another
 * program gets it exactly.
 */
export function forStream(text: string, stream: Pick<NodeJS.WriteStream, 'isTTY'>): string {
  if (!stream.isTTY) return text;
  return text
    .split(PAINTED)
    .map((part, i) => (i % 2 === 1 ? part : replaceUnsafe(part)))
    .join('');
}

/** Returns the columns that the text takes; wide (East Asian) characters and emoji take two, colors none. */
export const width = (text: string): number => stringWidth(text);

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Cuts plain (uncolored) text to `columns`, with an ellipsis if something was cut. */
export function fit(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = '';
  let used = 0;
  // Cutting between graphemes leaves every emoji whole.
  for (const { segment } of characters.segment(text)) {
    const w = width(segment);
    if (used + w > columns - 1) break;
    kept += segment;
    used += w;
  }
  return `${kept}…`;
}

export interface Column {
  title: string;
  align?: 'left' | 'right';
  color?: (cell: string, row: number) => Color | null;
}

/** Lines of a table whose cells are plain text; at most `columns` wide, the widest columns giving way. */
export function table(heads: Column[], rows: string[][], paint: Paint, columns = Infinity): string[] {
  const clean = rows.map((row) => row.map(safeLine));
  const titles = heads.map(({ title }) => safeLine(title));
  const widths = titles.map((title, i) => Math.max(width(title), ...clean.map((row) => width(row[i] ?? ''))));
  const gaps = 2 * (heads.length - 1);
  while (widths.reduce((sum, each) => sum + each, gaps) > columns) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest]! <= 6) break;
    widths[widest]!--;
  }
  const cell = (text: string, i: number): string => {
    const fitted = fit(text, widths[i]!);
    const pad = ' '.repeat(Math.max(0, widths[i]! - width(fitted)));
    return heads[i]!.align === 'right' ? pad + fitted : fitted + pad;
  };
  const line = (cells: string[]): string => cells.join('  ').trimEnd();
  return [
    paint('dim', line(titles.map(cell))),
    ...clean.map((row, r) =>
      line(
        heads.map((head, i) => {
          const color = head.color?.(row[i] ?? '', r);
          return color ? paint(color, cell(row[i] ?? '', i)) : cell(row[i] ?? '', i);
        }),
      ),
    ),
  ];
}

/** `███▌····`, `columns` wide. */
export function bar(fraction: number, columns: number): string {
  const filled = Math.max(0, Math.min(1, fraction)) * columns;
  const whole = Math.floor(filled);
  const parts = ' ▏▎▍▌▋▊▉';
  const part = whole < columns ? parts[Math.floor((filled - whole) * 8)]!.trim() : '';
  return `${'█'.repeat(whole)}${part}`.padEnd(columns, '·');
}
