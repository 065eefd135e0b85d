import type { TextEdit } from '../types.js';

type Piece = { from: number; to: number } | { text: string };

/** A text and its edits: several edits in turn become one list of changes to the original. */
export class Pieces {
  private pieces: Piece[];

  constructor(private readonly original: string) {
    this.pieces = [{ from: 0, to: original.length }];
  }

  get text(): string {
    return this.pieces.map((piece) => this.textOf(piece)).join('');
  }

  /** `offset` counts in the text as it is now. */
  replace({ offset, length, text }: TextEdit): void {
    const before = this.slice(0, offset);
    const after = this.slice(offset + length, Infinity);
    this.pieces = [...before, ...(text ? [{ text }] : []), ...after];
  }

  /** Against the original text: ascending, not overlapping. */
  edits(): TextEdit[] {
    const edits: TextEdit[] = [];
    let at = 0;
    let added = '';
    const flush = (until: number): void => {
      if (until > at || added) edits.push({ offset: at, length: until - at, text: added });
      added = '';
    };
    for (const piece of this.pieces) {
      if ('text' in piece) added += piece.text;
      else {
        flush(piece.from);
        at = piece.to;
      }
    }
    flush(this.original.length);
    return edits;
  }

  private slice(from: number, to: number): Piece[] {
    const found: Piece[] = [];
    let at = 0;
    for (const piece of this.pieces) {
      const size = 'text' in piece ? piece.text.length : piece.to - piece.from;
      const start = Math.max(0, from - at);
      const end = Math.min(size, to - at);
      if (start < end) {
        found.push(
          'text' in piece ? { text: piece.text.slice(start, end) } : { from: piece.from + start, to: piece.from + end },
        );
      }
      at += size;
    }
    return found;
  }

  private textOf(piece: Piece): string {
    return 'text' in piece ? piece.text : this.original.slice(piece.from, piece.to);
  }
}
