/** Tables that training loops write line by line: Lightning's metrics.csv, Keras' CSVLogger and files like them. */
import * as path from 'node:path';
import { readSmall } from '../bytes.js';
import { flattenYaml, numberOf, timeOf } from '../plain.js';
import { labelsOf, type Format, type FoundRun, type Listing, type Place, type Reader, type Sink } from '../types.js';
import { headerOf, readTable, TABLE_START, type TablePlace } from './table.js';

/** Names that logs of a training have; a table of data may have a column `epoch` as well. */
const LOG_NAME =
  /^(?:metrics|(?:.*[-_.])?(?:train|training|history|log|logs|epochs?)(?:[-_.]?(?:log|history|metrics))?)(?:[-_.]?\d+)?\.(?:csv|log|tsv)$/i;
const TIMES = new Set(['time', 'timestamp', 'wall_time', 'created_at']);
const MOST_FILES = 2000;

export const tables: Format = {
  id: 'csv',
  title: 'Lightning and Keras CSV logs',
  find(listings) {
    const found: FoundRun[] = [];
    for (const listing of listings) {
      for (const file of listing.files) {
        if (found.length >= MOST_FILES) return found;
        if (LOG_NAME.test(file) && isLog(path.join(listing.path, file))) found.push(runOf(listing, file));
      }
    }
    return found;
  },
};

/** Returns whether a file is a table by epoch or step: those lead Keras' files, and are in all of Lightning's. */
export function isLog(file: string): boolean {
  try {
    const header = headerOf(file);
    if (!header || header.length < 2 || header.some((name) => name === '' || name.length > 512)) return false;
    const isMetrics = path.basename(file) === 'metrics.csv';
    return isMetrics ? header.includes('epoch') || header.includes('step') : /^(?:epoch|step)$/.test(header[0]!);
  } catch {
    return false;
  }
}

function runOf(listing: Listing, file: string): FoundRun {
  const whole = path.join(listing.path, file);
  const isLightning = file === 'metrics.csv';
  const { name, experiment } = labelsOf(isLightning ? listing.path : whole);
  const hparams = listing.files.includes('hparams.yaml') ? path.join(listing.path, 'hparams.yaml') : null;
  return {
    format: 'csv',
    path: whole,
    inner: '',
    name: isLightning ? name : path.parse(name).name,
    experiment,
    files: [whole],
    open: () => new TableReader(whole, isLightning ? hparams : null),
  };
}

export class TableReader implements Reader {
  constructor(
    private readonly file: string,
    private readonly hparams: string | null,
  ) {}

  read(place: Place | null, sink: Sink, budget = Infinity): { place: Place; more: boolean } {
    const { table = TABLE_START, hparams = '' } = (place ?? {}) as { table?: TablePlace; hparams?: string };
    const text = this.params(hparams, sink);
    const read = readTable(this.file, table, budget, (cells, columns, index) => handRow(cells, columns, index, sink));
    return { place: { table: read.place, hparams: text }, more: read.more };
  }

  /** Lightning writes them once, and maybe after the first rows. */
  private params(known: string, sink: Sink): string {
    if (this.hparams === null) return known;
    try {
      const text = readSmall(this.hparams, 256 * 1024);
      if (text === known) return known;
      const { params, floats } = flattenYaml(text);
      if (Object.keys(params).length > 0) sink.params(params, floats);
      return text;
    } catch (error) {
      const why = `hparams.yaml: ${(error as Error).message}`.slice(0, 300);
      if (known !== why) sink.warning(why);
      return why;
    }
  }
}

/** Emits the numbers of a row. The step is the one in its column, else the epoch, else the row's index. */
export function handRow(cells: readonly string[], columns: readonly string[], index: number, sink: Sink): void {
  const at = (name: string): number | null => numberOf(cells[columns.indexOf(name)] ?? '');
  const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);
  const epoch = finite(at('epoch'));
  const step = finite(at('step')) ?? epoch ?? index;
  const clock = columns.findIndex((name) => TIMES.has(name));
  const time = clock < 0 ? NaN : clockTime(cells[clock] ?? '');
  for (const [i, name] of columns.entries()) {
    if (name === 'epoch' || name === 'step' || i === clock || name === '') continue;
    const value = numberOf(cells[i] ?? '');
    if (value !== null) sink.scalar(name, value, step, time, epoch ?? undefined);
  }
}

/** Seconds or milliseconds since the epoch, or a date; NaN for times since a start. */
function clockTime(cell: string): number {
  const number = numberOf(cell);
  if (number === null) return timeOf(cell);
  if (number > 1e12 && number < 8.64e15) return number;
  return number > 1e9 && number < 1e11 ? number * 1000 : NaN;
}
