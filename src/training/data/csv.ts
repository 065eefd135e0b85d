/**
 * Data sets from CSV files. Columns of numbers are standardized, other columns become one input per category;
 * means, deviations and categories are taken from the training examples alone.
 */
import { LOSSES } from '../../experiment/network/index.js';
import type { DataSource, Task } from '../../experiment/network/index.js';
import { suggest } from '../../experiment/suggest.js';
import { TrainingError } from '../errors.js';
import { readWorkspaceFile } from './arrays.js';
import { parseCsv, type CsvRow } from './csvParse.js';
import { standardization } from './scale.js';
import { DEFAULT_VALIDATION, splitIndexes } from './split.js';
import type { Dataset, Examples, LoadContext } from './types.js';

type Source = Extract<DataSource, { kind: 'csv' }>;

const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?']);
const MOST_CATEGORIES = 1000;

interface Table {
  file: string;
  header: string[];
  rows: CsvRow[];
}

type Column =
  | { name: string; kind: 'number'; mean: number; deviation: number }
  | { name: string; kind: 'category'; categories: string[] };

export async function loadCsv(source: Source, context: LoadContext): Promise<Dataset> {
  const table = await readTable(source, source.file, context.folder);
  const given = source.validation ? await readTable(source, source.validation, context.folder) : null;
  const target = columnIndex(table, source.target, 'target');
  const features = (source.features ?? table.header.filter((name) => name !== source.target)).map((name) => {
    if (name === source.target)
      throw new TrainingError(`${source.file}: column "${name}" is the target: leave it out of features`);
    return { name, index: columnIndex(table, name, 'features') };
  });
  if (features.length === 0) throw new TrainingError(`${source.file}: there is no column left to predict from`);
  for (const name of source.categorical) columnIndex(table, name, 'categorical');

  const task = source.task ?? guessTask(table, target, context.loss);
  const classes = task === 'classification' ? classNames(table, target) : null;
  const targetsOf = (part: Table): Examples['targets'] =>
    readTargets(part, columnIndex(part, source.target, 'target'), classes);

  const allTargets = targetsOf(table);
  let trainRows = table.rows;
  let validationTable: Table;
  let trainTargets = allTargets;
  let validationTargets: Examples['targets'];
  if (given && context.validation === null) {
    validationTable = given;
    validationTargets = targetsOf(given);
  } else {
    const [train, validation] = splitIndexes(
      table.rows.length,
      context.validation ?? DEFAULT_VALIDATION,
      classes ? allTargets : null,
    );
    const some = <T extends Examples['targets']>(indexes: Int32Array): T =>
      allTargets.filter((_, i) => keep(indexes).has(i)) as T;
    trainRows = Array.from(train, (i) => table.rows[i]!);
    validationTable = { ...table, rows: Array.from(validation, (i) => table.rows[i]!) };
    trainTargets = some(train);
    validationTargets = some(validation);
  }
  if (source.limit !== null) {
    trainRows = trainRows.slice(0, source.limit);
    trainTargets = trainTargets.slice(0, source.limit);
    validationTable = { ...validationTable, rows: validationTable.rows.slice(0, source.limit) };
    validationTargets = validationTargets.slice(0, source.limit);
  }

  const trainTable: Table = { ...table, rows: trainRows };
  const columns = features.map(({ name, index }) => describeColumn(trainTable, table, name, index, source));
  const notes: string[] = [];
  const encode = (part: Table, targets: Examples['targets']): Examples => ({
    count: part.rows.length,
    inputs: encodeInputs(part, columns, notes),
    targets,
  });
  return {
    name: source.file,
    task,
    inputShape: [columns.reduce((sum, column) => sum + widthOf(column), 0)],
    classes,
    outputs: classes?.length ?? 1,
    train: encode(trainTable, trainTargets),
    validation: encode(validationTable, validationTargets),
    inputScale: { factor: 1, offset: 0 },
    targetScale: classes ? null : standardization(trainTargets, 1),
    preparation: { columns, target: source.target },
    notes,
  };
}

const sets = new WeakMap<Int32Array, Set<number>>();
function keep(indexes: Int32Array): Set<number> {
  let set = sets.get(indexes);
  if (!set) sets.set(indexes, (set = new Set(indexes)));
  return set;
}

async function readTable(source: Source, file: string, folder: string): Promise<Table> {
  const bytes = await readWorkspaceFile(folder, file);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new TrainingError(`${file} is not UTF-8 text: save it as CSV in UTF-8`);
  }
  const [header, ...rows] = parseCsv(text, file, source.delimiter);
  if (!header) throw new TrainingError(`${file} is empty`);
  const names = header.fields.map((name) => name.trim());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TrainingError(`${file}:${header.line}: two columns are called "${twice}"`);
  if (rows.length === 0) throw new TrainingError(`${file} has a header and no rows`);
  return { file, header: names, rows };
}

function columnIndex(table: Table, name: string, key: string): number {
  const index = table.header.indexOf(name);
  if (index >= 0) return index;
  const near = suggest(name, table.header);
  const hint = near ? `did you mean "${near}"?` : `its columns are: ${table.header.join(', ')}`;
  const only = table.header.length === 1 ? ' (one column only: is the delimiter right?)' : '';
  throw new TrainingError(`${table.file} has no column "${name}" (${key}); ${hint}${only}`);
}

const where = (table: Table, row: CsvRow, column: number) =>
  `${table.file}:${row.line}: column "${table.header[column]}"`;

function value(table: Table, row: CsvRow, column: number): string {
  const text = row.fields[column]!.trim();
  if (MISSING.has(text.toLowerCase())) {
    throw new TrainingError(
      `${where(table, row, column)} (${column + 1}) has no value${text ? ` ("${text}")` : ''}: fill it in or leave the row out`,
    );
  }
  return text;
}

const isNumber = (text: string) => text !== '' && Number.isFinite(Number(text)) && !/^0[xob]/i.test(text);

/** Columns where nine in ten values are numbers are meant to be numbers; the others are then mistakes worth naming. */
function isNumeric(table: Table, column: number): boolean {
  let numbers = 0;
  let present = 0;
  for (const row of table.rows) {
    const text = row.fields[column]!.trim();
    if (MISSING.has(text.toLowerCase())) continue;
    present++;
    if (isNumber(text)) numbers++;
  }
  return numbers > 0 && numbers >= 0.9 * present;
}

function numberAt(table: Table, row: CsvRow, column: number): number {
  const text = value(table, row, column);
  if (isNumber(text)) return Number(text);
  throw new TrainingError(
    `${where(table, row, column)} holds numbers, but here "${text}": mend it, or name the column under "categorical"`,
  );
}

function guessTask(table: Table, target: number, loss: LoadContext['loss']): Task {
  return LOSSES[loss] === 'numbers' && isNumeric(table, target) ? 'regression' : 'classification';
}

function classNames(table: Table, target: number): string[] {
  const names = new Set(table.rows.map((row) => value(table, row, target)));
  if (names.size < 2)
    throw new TrainingError(`${table.file}: target "${table.header[target]}" is always "${[...names][0]}"`);
  if (names.size > MOST_CATEGORIES) {
    throw new TrainingError(
      `${table.file}: target "${table.header[target]}" has ${names.size} different values: to predict a number, use loss: mse or huber`,
    );
  }
  return sorted(names);
}

/** Numbers by value, words by code point: the same order on every machine. */
function sorted(names: Iterable<string>): string[] {
  const all = [...names];
  return all.every(isNumber)
    ? all.sort((a, b) => Number(a) - Number(b))
    : all.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function readTargets(table: Table, target: number, classes: string[] | null): Examples['targets'] {
  if (!classes) return Float32Array.from(table.rows, (row) => numberAt(table, row, target));
  const index = new Map(classes.map((name, i) => [name, i]));
  return Int32Array.from(table.rows, (row) => {
    const name = value(table, row, target);
    const at = index.get(name);
    if (at === undefined)
      throw new TrainingError(`${where(table, row, target)}: class "${name}" is not among the training examples`);
    return at;
  });
}

function describeColumn(train: Table, all: Table, name: string, index: number, source: Source): Column {
  if (!source.categorical.includes(name) && isNumeric(all, index)) {
    const numbers = train.rows.map((row) => numberAt(train, row, index));
    const { mean, deviation } = source.standardize ? standardization(numbers, 1)[0]! : { mean: 0, deviation: 1 };
    return { name, kind: 'number', mean, deviation };
  }
  const categories = sorted(new Set(train.rows.map((row) => value(train, row, index))));
  if (categories.length > MOST_CATEGORIES) {
    throw new TrainingError(
      `${source.file}: column "${name}" has ${categories.length} different values, too many for categories: ` +
        'name the columns to use under "features"',
    );
  }
  return { name, kind: 'category', categories };
}

const widthOf = (column: Column) => (column.kind === 'number' ? 1 : column.categories.length);

function encodeInputs(table: Table, columns: Column[], notes: string[]): Float32Array {
  const width = columns.reduce((sum, column) => sum + widthOf(column), 0);
  const inputs = new Float32Array(table.rows.length * width);
  let offset = 0;
  for (const column of columns) {
    const at = columnIndex(table, column.name, 'features');
    if (column.kind === 'number') {
      table.rows.forEach((row, i) => {
        inputs[i * width + offset] = (numberAt(table, row, at) - column.mean) / column.deviation;
      });
    } else {
      const index = new Map(column.categories.map((name, i) => [name, i]));
      const unknown = new Set<string>();
      table.rows.forEach((row, i) => {
        const name = value(table, row, at);
        const category = index.get(name);
        if (category === undefined) unknown.add(name);
        else inputs[i * width + offset + category] = 1;
      });
      if (unknown.size) {
        notes.push(
          `column "${column.name}": ${unknown.size} value(s) occur only in the validation examples: ${[...unknown].slice(0, 5).join(', ')}`,
        );
      }
    }
    offset += widthOf(column);
  }
  return inputs;
}
