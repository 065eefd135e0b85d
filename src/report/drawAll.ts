/** Draws the live blocks of a report. */
import { l10n } from '../format/l10n.js';
import type { BlockPiece } from './document.js';
import { drawBlock, type Drawn, type DrawParts } from './draw/index.js';
import { MEDIA_BYTES } from './draw/media.js';
import { BlockError, type ReportProblem } from './problem.js';

/** A block as it is shown: a drawing, or what keeps it from being drawn. */
export type Shown = { drawn: Drawn; problems: [] } | { drawn: null; problems: ReportProblem[] };

export async function showBlock(piece: BlockPiece, parts: DrawParts): Promise<Shown> {
  if (!piece.block) return { drawn: null, problems: piece.problems };
  try {
    return { drawn: await drawBlock(piece.block, piece.text, parts), problems: [] };
  } catch (error) {
    if (error instanceof BlockError) {
      const place = placeOf(piece, error.key);
      return { drawn: null, problems: [{ ...place, message: error.message, hint: error.hint }] };
    }
    const message = error instanceof Error ? error.message : String(error);
    return { drawn: null, problems: [{ line: piece.line, column: 1, message, hint: '' }] };
  }
}

/** One after the other: a report of a hundred blocks leaves the engine time for others. */
export async function showAll(blocks: readonly BlockPiece[], parts: DrawParts): Promise<Shown[]> {
  const shown: Shown[] = [];
  let mediaBytes = MEDIA_BYTES;
  for (const piece of blocks) {
    const one = await showBlock(piece, { ...parts, mediaBytes });
    mediaBytes -= one.drawn?.mediaBytes ?? 0;
    shown.push(one);
  }
  return shown;
}

/** Line of the key in the block's text; the fence if it is not there (it came from the top of the report). */
function placeOf({ line, text }: BlockPiece, key: string | null): Pick<ReportProblem, 'line' | 'column' | 'endColumn'> {
  if (key === null) return { line, column: 1 };
  const lines = text.split('\n');
  const at = lines.findIndex((each, i) => i > 0 && new RegExp(`^\\s*["']?${key}["']?\\s*:`).test(each));
  if (at < 0) return { line, column: 1 };
  const column = lines[at]!.search(/\S/) + 1;
  return { line: line + at, column, endColumn: lines[at]!.trimEnd().length + 1 };
}

/** `report.report.md:12:3: message`, for a terminal. */
export const problemLine = (file: string, { line, column, message, hint }: ReportProblem): string =>
  `${file}:${line}:${column}: ${message}${hint === '' ? '' : ` ${hint}`}`;

export const lineText = (line: number, column: number): string => l10n.t('Line {0}, column {1}', line, column);
