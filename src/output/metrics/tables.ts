/** Reads tables that grow row by row under their titles, and boxes with a name and a value in each row. */
import { MAX_VALUES, type LineReading, type Place } from './types.js';
import { EPOCH_WORDS, isMeasure, isNever, looksLikePath, MAX_NAME, STEP_WORDS } from './words.js';

/** Rows without a number that end a table, and most rows of a box. */
const MAX_OTHERS = 8;
const MAX_ROWS = 200;
/** A line of dashes, or of the characters that boxes are drawn with. */
const RULE = /^\s*(?:-{8,}|[\u2500-\u257f]{8,})\s*$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?%?$/;

const numberOf = (cell: string): number | null => {
  if (/^nan$/i.test(cell)) return NaN;
  return NUMBER.test(cell) ? Number(cell.replace('%', '')) : null;
};

/** `epoch  train_loss  valid_loss  time`, and rows of as many numbers. */
export class Columns {
  private titles: string[] | null = null;
  private others = 0;

  /** Null: the line is not a row of a table. */
  read(line: string): LineReading | null {
    const cells = line
      .split(/[\s|\u2502]+/)
      .filter(Boolean)
      .slice(0, MAX_VALUES);
    if (isTitles(cells)) {
      this.titles = cells;
      this.others = 0;
      return null;
    }
    if (!this.titles) return null;
    const row = this.row(cells);
    if (row) this.others = 0;
    else if (++this.others > MAX_OTHERS) this.titles = null;
    return row;
  }

  private row(cells: readonly string[]): LineReading | null {
    const titles = this.titles!;
    // A last column may be empty, or something may follow, as a bar does.
    if (cells.length < Math.max(2, titles.length - 1)) return null;
    const first = /^(\d+)(?:\/\d+)?$/.exec(cells[0]!);
    if (!first) return null;
    const place: Place = EPOCH_WORDS.has(titles[0]!.toLowerCase()) ? { epoch: +first[1]! } : { step: +first[1]! };
    const values = new Map<string, number>();
    titles.forEach((title, i) => {
      const value = i === 0 || cells[i] === undefined ? null : numberOf(cells[i]);
      if (value !== null && !isNever(title) && !/^size$/i.test(title)) values.set(title, value);
    });
    return values.size > 0 ? { place, values } : null;
  }
}

/** Contains only words, the first of which counts epochs or steps, and another one measures a model. */
function isTitles(cells: readonly string[]): boolean {
  const first = cells[0]?.toLowerCase() ?? '';
  return (
    cells.length >= 2 &&
    (EPOCH_WORDS.has(first) || STEP_WORDS.has(first)) &&
    cells.every((cell) => /^[A-Za-z_][\w/@.-]*$/.test(cell) && cell.length <= MAX_NAME && !looksLikePath(cell)) &&
    cells.slice(1).some((cell) => isMeasure(cell, false))
  );
}

/** A box of rows `| name | value |`, as Stable-Baselines3 and Lightning draw them; read when it is closed. */
export class Boxes {
  private values: Map<string, number> | null = null;
  private place: Place = {};
  private section = '';

  /** Null: no box ends here. A row of one has a name and a value, so no other reader recognizes it. */
  read(line: string): LineReading | null {
    if (RULE.test(line)) return this.rule();
    if (!this.values) return null;
    const cells = /^\s*[|\u2502]\s*(.{1,120}?)\s*[|\u2502]\s*(.{0,60}?)\s*[|\u2502]\s*$/.exec(line);
    if (!cells || this.values.size >= MAX_ROWS) {
      // Titles have their own bars.
      if (!/^\s*\u2503/.test(line)) this.values = null;
      return null;
    }
    this.row(cells[1]!, cells[2]!);
    return null;
  }

  private rule(): LineReading | null {
    const { values, place } = this;
    this.values = new Map();
    this.place = {};
    this.section = '';
    if (!values || values.size === 0) return null;
    const near = place.step !== undefined;
    const kept = new Map([...values].filter(([name]) => near || isMeasure(name, false)));
    return kept.size > 0 ? { place, values: kept } : null;
  }

  private row(title: string, cell: string): void {
    if (cell === '' && /^[\w-]+\/$/.test(title)) {
      this.section = title;
      return;
    }
    const value = numberOf(cell);
    if (value === null || !/^[A-Za-z_][\w/@. -]*$/.test(title)) return;
    const name = (this.section + title.replace(/\s+/g, '_')).slice(0, MAX_NAME);
    if (/(?:^|[/_])total_timesteps$/.test(name)) this.place = { step: value };
    else if (!isNever(title) && !/^time\/|iterations$|n_updates$/.test(name)) this.values!.set(name, value);
  }
}
