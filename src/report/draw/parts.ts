/** Input and result of drawing a block. */
import type { Palette } from '../../drawing/palette.js';
import type { SvgLook } from '../../drawing/svgParts.js';
import type { SvgPlace } from '../../drawing/svg.js';
import type { XAxis } from '../../drawing/series.js';
import type { RequestName, RequestParams, RequestResult } from '../../protocol/engine/index.js';
import type { SavedViews } from '../../protocol/panel/savedViews.js';

/** Asks the engine, or the reader of the runs. */
export type Ask = <N extends RequestName>(name: N, params: RequestParams<N>) => Promise<RequestResult<N>>;

export interface DrawParts {
  ask: Ask;
  views(): Promise<SavedViews>;
  now: number;
  /** Keeps the colours of runs while more of them come, by the text of the block. */
  palettes: Map<string, Palette>;
  /** Bytes of files that the block may have at most; absent: as many as a report. */
  mediaBytes?: number;
}

export interface TableColumn {
  title: string;
  /** Numbers stand on the right. */
  isNumber: boolean;
}
export interface TableCell {
  text: string;
  /** Smaller text next to it: a difference, a spread. */
  more?: string;
  /** Differs from the first run. */
  differs?: boolean;
  /** Run that the cell names: a click opens its page. */
  run?: string;
}
export interface TableData {
  columns: TableColumn[];
  rows: { cells: TableCell[]; isHeading?: boolean }[];
}

/** Points of curves in units of the drawing, for values under the pointer. */
export interface Hover {
  place: SvgPlace;
  height: number;
  x: XAxis;
  curves: { name: string; color: number; css?: string; px: number[]; py: number[]; x: number[]; y: number[] }[];
}

/** A file that a run has logged, as a page shows it. */
export interface Medium {
  /** Run, name and step. */
  caption: string;
  run: string;
  shown:
    | { kind: 'image'; mime: string; url: string }
    | { kind: 'audio' | 'video'; url: string }
    | { kind: 'text'; text: string; isCut: boolean }
    | { kind: 'table'; table: TableData; isCut: boolean }
    | { kind: 'none'; why: string };
}

export interface Drawn {
  title: string;
  /** Said below: how many runs, what is left out. */
  note: string;
  /** A drawing; absent for tables. */
  svg?: (look: SvgLook) => string;
  /** By the width of the drawing. */
  hover?: (width: number) => Hover;
  /** Files in place of a drawing and a table, and the width of each picture in pixels. */
  media?: Medium[];
  mediaWidth?: number;
  /** Bytes of the files. */
  mediaBytes?: number;
  /** The block's data: what a table shows, and what a drawing is made of. */
  table: TableData;
  /** Runs that it shows. */
  runs: string[];
  /** Those that still run: their points may grow. */
  live: string[];
}
