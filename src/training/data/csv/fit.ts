/** Fits columns to the training rows: means, deviations, categories, and values for missing cells. */
import { TrainingError } from '../../errors.js';
import { Moments } from '../scale.js';
import {
  DATE_PARTS,
  isMissing,
  isNumber,
  momentOf,
  numberOf,
  type DateOrder,
  type DatePart,
  type Decimal,
} from './cells.js';
import { MOST_CATEGORIES, type Column, type DateColumn } from './columns.js';
import type { CsvRow } from './parse.js';
import { missingCell, wrongCell, type Kind } from './survey.js';
import type { Table } from './table.js';
import { said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

/** A column to predict from. */
export interface Feature {
  name: string;
  index: number;
  kind: Kind;
  decimal: Decimal;
  /** Order of its dates. */
  order: DateOrder;
  /** True when a cell is missing somewhere in the file. */
  gaps: boolean;
  /** True when the person named the column. */
  named: boolean;
  timed: boolean;
  dated: boolean;
}

export interface FitSettings {
  standardize: boolean;
  missing: 'impute' | 'reject';
  dates: readonly DatePart[];
}

interface Fitter {
  see(row: CsvRow, text: string): void;
  /** Returns null for a column that can't be used. `gaps` is the number of missing cells among the training rows. */
  column(gaps: number): Column | null;
}

/**
 * Computes the columns from the rows `train`. `left` receives a sentence about each column that is left out. Throws when
 * a cell doesn't fit its column.
 */
export async function fitColumns(
  table: Table,
  features: readonly Feature[],
  train: Int32Array,
  settings: FitSettings,
  left: (note: Said) => void,
): Promise<Column[]> {
  const make = { number: numberFitter, category: categoryFitter, date: dateFitter };
  const fitters = features.map((feature) => make[feature.kind](table, feature, settings, left));
  const gaps = features.map(() => 0);
  await table.each((row) => {
    features.forEach(({ index, kind }, i) => {
      const text = row.fields[index]!.trim();
      if (!isMissing(text, kind === 'category')) fitters[i]!.see(row, text);
      else if (settings.missing === 'reject') throw missingCell(table, { line: row.line, text }, index);
      else gaps[i]!++;
    });
  }, train);
  const columns = fitters.map((fitter, i) => fitter.column(gaps[i]!)).filter((column) => column !== null);
  if (columns.length === 0) throw new TrainingError(said('{0}: there is no column left to predict from', table.file));
  return columns;
}

const PLAIN = { mean: 0, deviation: 1 };
const filling = <Value>({ missing }: FitSettings, gaps: number, fill: Value) =>
  missing === 'impute' ? { fill, ...(gaps > 0 && { marked: true }) } : {};

function numberFitter(table: Table, feature: Feature, settings: FitSettings, left: (note: Said) => void): Fitter {
  const { name, index, decimal, gaps } = feature;
  const moments = new Moments(1);
  const median = gaps ? new Sample() : null;
  let seen = 0;
  return {
    see(row, text) {
      const value = numberOf(text, decimal);
      if (Number.isNaN(value)) throw wrongCell(table, { line: row.line, text }, index, 'number');
      seen++;
      moments.add([value]);
      median?.add(value);
    },
    column(missing) {
      if (seen === 0) return empty(table, name, left);
      const scale = moments.read()[0]!;
      const fill = median ? median.middle() : scale.mean;
      return {
        name,
        kind: 'number',
        ...(settings.standardize ? scale : PLAIN),
        ...(decimal === ',' && { decimal }),
        ...filling(settings, missing, fill),
      };
    },
  };
}

function categoryFitter(table: Table, feature: Feature, settings: FitSettings, left: (note: Said) => void): Fitter {
  const { name, named } = feature;
  const counts = new Map<string, number>();
  return {
    see(_, text) {
      const count = counts.get(text);
      if (count === undefined && counts.size > MOST_CATEGORIES) return;
      counts.set(text, (count ?? 0) + 1);
    },
    column(missing) {
      if (counts.size === 0) return empty(table, name, left);
      if (counts.size > MOST_CATEGORIES) {
        const why = said(
          'column "{0}" has more than {1} different values, too many for categories',
          name,
          MOST_CATEGORIES,
        );
        if (named) {
          throw new TrainingError(
            said(
              '{0}: {1}: leave it out of "features" and "categorical", or name it under "numeric" if it holds numbers',
              table.file,
              why,
            ),
          );
        }
        left(said('{0}: it is left out', why));
        return null;
      }
      const categories = sorted(counts.keys());
      const fill = categories.reduce((best, each) => (counts.get(each)! > counts.get(best)! ? each : best));
      return { name, kind: 'category', categories, ...filling(settings, missing, fill) };
    },
  };
}

function dateFitter(table: Table, feature: Feature, settings: FitSettings, left: (note: Said) => void): Fitter {
  const { name, index, order, timed, dated, gaps } = feature;
  const moments = new Moments(DATE_PARTS.length);
  const median = gaps ? new Sample() : null;
  const range = new Map(DATE_PARTS.map((part) => [part, { least: Infinity, most: -Infinity }]));
  let seen = 0;
  return {
    see(row, text) {
      const moment = momentOf(text, order);
      if (!moment) throw wrongCell(table, { line: row.line, text }, index, 'date');
      seen++;
      moments.add(DATE_PARTS.map((part) => moment[part]));
      median?.add(moment.elapsed);
      for (const [part, of] of range) {
        of.least = Math.min(of.least, moment[part]);
        of.most = Math.max(of.most, moment[part]);
      }
    },
    column(missing) {
      if (seen === 0) return empty(table, name, left);
      const varies = (part: DatePart) => range.get(part)!.most > range.get(part)!.least;
      const fits = (part: DatePart) =>
        part === 'hour' ? timed : dated || (part === 'elapsed' && !settings.dates.includes('hour'));
      const usable = settings.dates.filter((part) => fits(part) && varies(part));
      if (usable.length === 0) {
        left(said('column "{0}" is always the same in {1}: it is left out', name, settings.dates.join(', ')));
        return null;
      }
      const origin = dated ? range.get('elapsed')!.least : 0;
      const scales = moments.read();
      const parts = usable.map((part): DateColumn['parts'][number] => {
        const { mean, deviation } = scales[DATE_PARTS.indexOf(part)]!;
        return {
          part,
          ...(settings.standardize ? { mean: part === 'elapsed' ? mean - origin : mean, deviation } : PLAIN),
        };
      });
      const middle = median ? median.middle() : scales[DATE_PARTS.indexOf('elapsed')]!.mean;
      return {
        ...{ name, kind: 'date', origin, parts },
        ...(order !== 'ymd' && { order }),
        ...filling(settings, missing, textOf(middle, dated, timed)),
      };
    },
  };
}

/** Returns days since 1970 (or midnight) as an ISO date, time or both. */
function textOf(days: number, dated: boolean, timed: boolean): string {
  const text = new Date(Math.round(days * 1440) * 60_000).toISOString();
  if (!dated) return text.slice(11, 16);
  return timed ? `${text.slice(0, 16)}Z` : text.slice(0, 10);
}

function empty(table: Table, name: string, left: (note: Said) => void): null {
  left(said('column "{0}" of {1} is empty: it is left out', name, table.file));
  return null;
}

/** Sorts numbers by value and words by code point, so that the order is the same on every machine. */
export function sorted(names: Iterable<string>): string[] {
  const all = [...names];
  return all.every(isNumber)
    ? all.sort((a, b) => Number(a) - Number(b))
    : all.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Median of numbers; of more than `MOST`, that of every second, fourth, … number. */
class Sample {
  private values: number[] = [];
  private every = 1;
  private seen = 0;

  add(value: number): void {
    if (this.seen++ % this.every !== 0) return;
    this.values.push(value);
    if (this.values.length < MOST) return;
    this.values = this.values.filter((_, i) => i % 2 === 0);
    this.every *= 2;
  }

  middle(): number {
    const all = Float64Array.from(this.values).sort();
    const half = (all.length - 1) / 2;
    return (all[Math.floor(half)]! + all[Math.ceil(half)]!) / 2;
  }
}
const MOST = 2 ** 16;
