/** Splits a program's output into plain lines, with bounded memory. */

/** Characters of a line that are kept; the rest of it is skipped. */
const LONGEST = 16_384;
const SEQUENCES =
  /\u001b(?:\[[0-9;:?]{0,64}[ -/]{0,8}[@-~]|\][^\u0007\u001b]{0,512}(?:\u0007|\u001b\\)|[@-Z\\^_78=>])/g;

export interface Line {
  text: string;
  /** More was printed over it: one of many states of a progress bar. */
  overwritten: boolean;
}

export class Lines {
  private rest = '';
  private skipping = false;
  /** The last piece ended with \r, whose meaning the next character tells. */
  private returned = false;

  /** Returns the lines that are complete. Pieces may be cut anywhere. */
  push(piece: string): Line[] {
    const lines: Line[] = [];
    let text = this.rest + piece;
    if (this.returned && text !== '') {
      this.returned = false;
      if (text.startsWith('\n')) text = text.slice(1);
    }
    let start = 0;
    // A bar is moved back by many backspaces at once.
    for (const end of text.matchAll(/\r\n|[\r\n]|\u0008+/g)) {
      this.add(lines, text.slice(start, end.index), !end[0].endsWith('\n'));
      start = end.index + end[0].length;
      if (end[0] === '\r' && start === text.length) this.returned = true;
    }
    this.rest = text.slice(start);
    if (this.rest.length > LONGEST) {
      if (!this.skipping) this.add(lines, this.rest.slice(0, LONGEST), false);
      this.skipping = true;
      this.rest = '';
    }
    return lines;
  }

  /** Returns the incomplete last line. */
  end(): Line[] {
    const lines: Line[] = [];
    this.add(lines, this.rest, false);
    this.rest = '';
    return lines;
  }

  private add(lines: Line[], text: string, overwritten: boolean): void {
    const skipped = this.skipping;
    this.skipping = false;
    if (skipped || text.trim() === '') return;
    lines.push({ text: text.slice(0, LONGEST).replace(SEQUENCES, '').trimEnd(), overwritten });
  }
}
