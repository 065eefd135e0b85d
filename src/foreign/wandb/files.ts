/**
 * Converts files that a W&B run has logged to the form of our own journals: tables as CSV, and the data of its charts
 * as drawings.
 */
import { csv } from '../../protocol/values/csv.js';
import type { PlotDrawing } from '../../protocol/engine/drawings.js';
import { HISTOGRAM_MIME, PLOT_MIME } from '../../protocol/run/mimes.js';
import { CONFUSION_NAME } from '../../protocol/run/runFiles.js';
import { pictureCell, PICTURE_PATH } from '../../protocol/run/pictureCells.js';
import type { ParamValue } from '../../protocol/values/index.js';
import { mimeOf, pictureMime } from '../mime.js';
import { jsonOf, looseNumber, parsePython, wordOf } from '../plain.js';
import { SCENE_MIME } from '../scenes.js';
import type { ForeignMedia } from '../types.js';
import { pointsFile } from './points.js';

export { HISTOGRAM_MIME };
type Media = Pick<ForeignMedia, 'name' | 'mime' | 'bytes' | 'compose'>;
/** Reads a file that a cell names; null if it is not among the run's files. */
export type ReadFile = (file: string) => Buffer | null;

const MOST_ROWS = 100_000;
const MOST_COLUMNS = 500;
const MOST_CLASSES = 1000;
/** Pictures in the cells of one table. */
const MOST_PICTURES = 2000;
/** Maximum points of one line of a plot, and lines. */
const MOST_POINTS = 1000;
const MOST_LINES = 100;

/**
 * A file by its first bytes, or by the ending of its name; a table becomes CSV, or the chart that it is the data of. `readFile` gives
 * the pictures that its cells name.
 */
export function mediaOf(name: string, file: string, content: Buffer, readFile: ReadFile = () => null): Media {
  if (/\.table\.json$/i.test(file)) {
    const table = readTable(content);
    if (table) return chartOf(name, table) ?? tableOf(name, table, readFile);
  }
  if (/\.pts\.json$/i.test(file)) {
    const scene = readPoints(content);
    if (scene) return { name, mime: SCENE_MIME, bytes: scene };
  }
  return { name, mime: mimeOf(file, content), bytes: content };
}

function readPoints(content: Buffer): Buffer | null {
  try {
    return pointsFile(parsePython(content.toString('utf8')));
  } catch {
    return null;
  }
}

interface Table {
  columns: string[];
  rows: unknown[][];
}

function readTable(content: Buffer): Table | null {
  let value: unknown;
  try {
    value = parsePython(content.toString('utf8'));
  } catch {
    return null;
  }
  const { columns, data } = (value ?? {}) as { columns?: unknown; data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data)) return null;
  const rows = data.slice(0, MOST_ROWS).filter((row): row is unknown[] => Array.isArray(row));
  return { columns: columns.slice(0, MOST_COLUMNS).map(wordOf), rows };
}

function tableOf(name: string, table: Table, readFile: ReadFile): Media {
  const bytes = Buffer.from(csvOf(table, () => null));
  return {
    ...{ name, mime: 'text/csv', bytes },
    compose(keep) {
      let left = MOST_PICTURES;
      const kept = new Map<string, string | null>();
      const keepPicture = (file: string): string | null => {
        const known = kept.get(file);
        if (known !== undefined) return known;
        const content = left-- > 0 ? readFile(file) : null;
        const mime = content && pictureMime(file, content);
        const path = content && mime ? keep({ name, step: null, time: NaN, mime, bytes: content }) : null;
        kept.set(file, path);
        return path;
      };
      return Buffer.from(csvOf(table, keepPicture));
    },
  };
}

/** The table as CSV; `keepPicture` returns the path of a kept picture, null for one that is shown by its caption. */
function csvOf({ columns, rows }: Table, keepPicture: (file: string) => string | null): string {
  const cell = (value: unknown): ParamValue => {
    if (typeof value !== 'object' || value === null) return value as ParamValue;
    const { _type, path, caption } = value as Record<string, unknown>;
    if (typeof _type === 'string') {
      const picture = _type === 'image-file' && typeof path === 'string' ? keepPicture(path) : null;
      const words = typeof caption === 'string' ? caption : null;
      if (picture !== null && PICTURE_PATH.test(picture)) return pictureCell({ caption: words ?? '', path: picture });
      return words ?? wordOf(path ?? _type);
    }
    return jsonOf(value);
  };
  return [csv(columns), ...rows.map((row) => csv(columns.map((_, i) => cell(row[i]))))].join('\n');
}

/** Returns the drawing of a table that belongs to one of the library's own charts; null if it is another table. */
function chartOf(name: string, { columns, rows }: Table): Media | null {
  const at = (column: string): number => columns.indexOf(column);
  const has = (...names: string[]): boolean => columns.length <= 4 && names.every((each) => at(each) >= 0);
  const title = name.replace(/_table$/, '');
  if (has('Actual', 'Predicted', 'nPredictions')) {
    const matrix = confusionOf(rows, at('Actual'), at('Predicted'), at('nPredictions'));
    return matrix === null ? null : { name: CONFUSION_NAME, mime: 'text/csv', bytes: Buffer.from(matrix) };
  }
  const curve = (x: string, y: string): Media => {
    const plot = linesOf(title, rows, { group: at('class'), x: at(x), y: at(y), xName: x, yName: y });
    return { name: title, mime: PLOT_MIME, bytes: Buffer.from(JSON.stringify(plot)) };
  };
  if (has('class', 'recall', 'precision')) return curve('recall', 'precision');
  return has('class', 'fpr', 'tpr') ? curve('fpr', 'tpr') : null;
}

function confusionOf(rows: readonly unknown[][], actual: number, predicted: number, count: number): string | null {
  const classes = [...new Set(rows.flatMap((row) => [wordOf(row[actual]), wordOf(row[predicted])]))];
  if (classes.length === 0 || classes.length > MOST_CLASSES) return null;
  const place = new Map(classes.map((each, i) => [each, i]));
  const counts = classes.map(() => classes.map(() => 0));
  for (const row of rows) {
    const value = looseNumber(row[count]);
    if (!Number.isInteger(value) || value < 0) return null;
    counts[place.get(wordOf(row[actual]))!]![place.get(wordOf(row[predicted]))!]! += value;
  }
  return [csv(['', ...classes]), ...classes.map((each, i) => csv([each, ...counts[i]!]))].join('\n');
}

interface Axes {
  group: number;
  x: number;
  y: number;
  xName: string;
  yName: string;
}

function linesOf(title: string, rows: readonly unknown[][], { group, x, y, xName, yName }: Axes): PlotDrawing {
  const lines = new Map<string, [number, number][]>();
  for (const row of rows) {
    const key = wordOf(row[group]).slice(0, 500);
    const point: [number, number] = [looseNumber(row[x]), looseNumber(row[y])];
    const line = lines.get(key);
    if (line) line.push(point);
    else if (lines.size < MOST_LINES) lines.set(key, [point]);
  }
  const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
  const series = [...lines].map(([key, all]) => {
    const every = Math.ceil(all.length / MOST_POINTS);
    const points = all.filter((_, i) => i % every === 0 || i === all.length - 1);
    return { name: key, x: points.map(([at]) => finite(at)), y: points.map(([, at]) => finite(at)) };
  });
  return { kind: 'line', title: title.slice(0, 500), x: xName, y: yName, series };
}
