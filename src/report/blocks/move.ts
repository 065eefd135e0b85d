/** Moves blocks within the text of a report. */

/** Replaces the text between two offsets. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
}

/** Offset at which each line begins, from the first one. */
function lineStarts(text: string): number[] {
  const starts = [0];
  for (const { index } of text.matchAll(/\n/g)) starts.push(index + 1);
  return starts;
}

/** Offset of a line, which counts from 1; null, and a line beyond the last, is the end. */
export const offsetOf = (text: string, line: number | null): number =>
  line === null ? text.length : (lineStarts(text)[line - 1] ?? text.length);

/** The text that stands for a block at an offset, between blank lines. */
export function between(text: string, offset: number, block: string): string {
  const [before, after] = [text.slice(0, offset), text.slice(offset)];
  const lead = before === '' || /\n\r?\n$/.test(before) ? '' : before.endsWith('\n') ? '\n' : '\n\n';
  const trail = after === '' || /^\r?\n/.test(after) ? '' : '\n';
  return `${lead}${block}${trail}`;
}

/**
 * Moves the lines of a block, from `line` up to but not including `end`, before another line; null: to the end. No edits if it
 * stands there already.
 */
export function moveBlock(
  text: string,
  { line, end }: { line: number; end: number },
  before: number | null,
): TextEdit[] {
  const start = offsetOf(text, line);
  const last = offsetOf(text, end);
  // A blank line goes with it, so that no gap is left.
  const blank = /^[ \t]*\r?\n/.exec(text.slice(last))?.[0].length ?? 0;
  const cut = last + blank;
  const to = offsetOf(text, before);
  const isThere = to >= start && text.slice(cut, Math.max(cut, to)).trim() === '';
  if (isThere) return [];
  const block = `${text.slice(start, last).trimEnd()}\n`;
  return [
    { start, end: cut, text: '' },
    { start: to, end: to, text: between(text, to, block) },
  ];
}
