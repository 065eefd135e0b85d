/** Moves blocks within the text of a report. */
import { fencesIn } from '../document.js';

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

/** The text that stands for a block at an offset, between blank lines. At the end, it ends a block that nothing else ends. */
export function between(text: string, offset: number, block: string): string {
  const [before, after] = [text.slice(0, offset), text.slice(offset)];
  const missing = after.trim() === '' ? (fencesIn(text).at(-1)?.missing ?? '') : '';
  const close = missing === '' ? '' : `${before.endsWith('\n') ? '' : '\n'}${missing}\n`;
  const lead = close
    ? `${close}\n`
    : before === '' || /\n\r?\n$/.test(before)
      ? ''
      : before.endsWith('\n')
        ? '\n'
        : '\n\n';
  const trail = after === '' || /^\r?\n/.test(after) ? '' : '\n';
  return `${lead}${block}${trail}`;
}

/** Returns the offset behind the line that counts from 1, or behind the fenced block that it is in. */
export function behind(text: string, line: number): number {
  const fence = fencesIn(text).find((one) => one.line <= line && line < one.end);
  return offsetOf(text, fence ? fence.end : line + 1);
}

/**
 * Moves the lines of a block, from `line` up to but not including `end`, before another line; null: to the end. No edits if it
 * stands there already. `missing`: the fence that it lacks, without which it would go on over what is behind it.
 */
export function moveBlock(
  text: string,
  { line, end, missing }: { line: number; end: number; missing: string },
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
  const block = `${text.slice(start, last).trimEnd()}\n${missing === '' ? '' : `${missing}\n`}`;
  return [
    { start, end: cut, text: joins(text.slice(0, start), text.slice(cut)) ? '\n' : '' },
    { start: to, end: to, text: between(text, to, block) },
  ];
}

/** Returns whether two texts would become one paragraph, or a heading. */
const joins = (before: string, after: string): boolean =>
  before.trim() !== '' && after.trim() !== '' && !/\n[ \t]*\r?\n$/.test(before) && !/^[ \t]*\r?\n/.test(after);
