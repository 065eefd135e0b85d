/**
 * Data sets from CSV files. Numeric columns are standardized, and other columns become one input per category. Means,
 * deviations and categories are computed from the training examples alone.
 */
import { LOSSES } from '../../experiment/network/index.js';
import type { DataSource } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import * as columns from './csvColumns.js';
import type { CsvRow } from './csvParse.js';
import { openTable, type Table } from './csvTable.js';
import { memoryFor, sizeText } from './memory.js';
import { standardization } from './scale.js';
import { limited, upTo } from './split.js';
import type { Dataset, Division, Examples, InputReader, LoadContext, OpenData, Targets } from './types.js';

type Source = Extract<DataSource, { kind: 'csv' }>;

export async function openCsv(source: Source, context: LoadContext): Promise<OpenData> {
  const table = await openTable(source, source.file, context.folder);
  const given = source.validation ? await openTable(source, source.validation, context.folder) : null;
  const target = columns.columnIndex(table, source.target, 'target');
  const named = (source.features ?? table.header.filter((name) => name !== source.target)).map((name) => {
    if (name === source.target)
      throw new TrainingError(`${source.file}: column "${name}" is the target: leave it out of features`);
    return { name, index: columns.columnIndex(table, name, 'features') };
  });
  if (named.length === 0) throw new TrainingError(`${source.file}: there is no column left to predict from`);
  for (const name of source.categorical) columns.columnIndex(table, name, 'categorical');

  const labels = new Labels(target, table.count);
  const surveys = await columns.survey(table, (row, i) => labels.see(row, i));
  const task =
    source.task ??
    (LOSSES[context.loss] === 'numbers' && columns.isNumeric(surveys[target]!) ? 'regression' : 'classification');
  columns.checkCells(table, target, surveys[target]!, task === 'regression');
  const classes = task === 'classification' ? labels.classes(table) : null;
  const targets = classes ? labels.indexes(classes) : labels.numbers;
  const features = named.map(({ name, index }) => {
    const numeric = !source.categorical.includes(name) && columns.isNumeric(surveys[index]!);
    columns.checkCells(table, index, surveys[index]!, numeric);
    return { name, index, numeric };
  });
  let givenTargets: Targets | null = null;
  if (given) {
    const found = await columns.survey(given);
    for (const { name, numeric } of features) {
      const index = columns.columnIndex(given, name, 'features');
      columns.checkCells(given, index, found[index]!, numeric);
    }
    givenTargets = await columns.readTargets(given, columns.columnIndex(given, source.target, 'target'), classes);
  }

  const memory = memoryFor(source.memory);
  let said = false;
  return {
    count: table.count,
    classes: classes && targets,
    given: given && given.count,
    close: async () => {
      await table.close();
      await given?.close();
    },

    async dataset({ train, validation }: Division, parts: number): Promise<Dataset> {
      const rows = limited(train, source.limit);
      const judged = validation
        ? { table, targets, rows: limited(validation, source.limit) }
        : { table: given!, targets: givenTargets!, rows: limited(upTo(given!.count), source.limit) };
      const fitted = await columns.fitColumns(table, features, rows, source.standardize);
      const width = columns.widthOf(fitted);
      const size = (rows.length + judged.rows.length) * width * 4 * parts;
      if (size > memory && !said) {
        said = true;
        context.onProgress(
          `${source.file} takes ${sizeText(size)} as numbers, more than ${sizeText(memory)}: it is read from the disk while training`,
        );
      }
      const notes: string[] = [];
      const take = async (part: typeof judged): Promise<Examples> => {
        const reader = new RowReader(part.table, new columns.Encoder(part.table, fitted), part.rows);
        const examples = {
          count: part.rows.length,
          inputs: size > memory ? reader : await reader.all(),
          targets: part.targets.filter(members(part.rows)) as Targets,
        };
        notes.push(...reader.notes());
        return examples;
      };
      const trainExamples = await take({ table, targets, rows });
      return {
        name: source.file,
        task,
        inputShape: [width],
        classes,
        outputs: classes?.length ?? 1,
        train: trainExamples,
        validation: await take(judged),
        inputScale: { factor: 1, offset: 0 },
        targetScale: classes ? null : standardization(trainExamples.targets, 1),
        preparation: { columns: fitted, target: source.target },
        notes,
      };
    },
  };
}

/** Returns a filter for the indexes `rows`, which must be ascending. */
function members(rows: Int32Array): (value: number, index: number) => boolean {
  let next = 0;
  return (_, index) => rows[next] === index && ++next > 0;
}

/** Selected rows of a table as numbers. */
class RowReader implements InputReader {
  readonly width: number;
  readonly exampleBytes: number;

  constructor(
    private readonly table: Table,
    private readonly encoder: columns.Encoder,
    private readonly rows: Int32Array,
  ) {
    this.width = encoder.width;
    this.exampleBytes = 4 * this.width;
  }

  make(examples: number): Float32Array {
    return new Float32Array(examples * this.width);
  }

  async read(indexes: Int32Array): Promise<Float32Array> {
    const rows = await this.table.at(indexes.map((index) => this.rows[index]!));
    const values = this.make(rows.length);
    rows.forEach((row, i) => this.encoder.encode(row, values, i * this.width));
    return values;
  }

  async all(): Promise<Float32Array> {
    const values = this.make(this.rows.length);
    let i = 0;
    await this.table.each((row) => this.encoder.encode(row, values, i++ * this.width), this.rows);
    return values;
  }

  notes(): string[] {
    return this.encoder.notes();
  }
}

/** Target column, read both as classes and as numbers until its kind is known. */
class Labels {
  readonly numbers: Float32Array;
  private readonly codes: Int32Array;
  private readonly names = new Map<string, number>();

  constructor(
    private readonly target: number,
    count: number,
  ) {
    this.numbers = new Float32Array(count);
    this.codes = new Int32Array(count);
  }

  see(row: CsvRow, i: number): void {
    const text = row.fields[this.target]!.trim();
    this.numbers[i] = Number(text);
    let code = this.names.get(text);
    // One more than the limit is enough to detect that there are too many.
    if (code === undefined && this.names.size <= columns.MOST_CATEGORIES)
      this.names.set(text, (code = this.names.size));
    this.codes[i] = code ?? 0;
  }

  classes(table: Table): string[] {
    const target = `${table.file}: target "${table.header[this.target]}"`;
    if (this.names.size < 2) throw new TrainingError(`${target} is always "${[...this.names.keys()][0]}"`);
    if (this.names.size > columns.MOST_CATEGORIES) {
      throw new TrainingError(
        `${target} has more than ${columns.MOST_CATEGORIES} different values: to predict a number, use loss: mse or huber`,
      );
    }
    return columns.sorted(this.names.keys());
  }

  indexes(classes: readonly string[]): Int32Array {
    const order = [...this.names.keys()].map((name) => classes.indexOf(name));
    return this.codes.map((code) => order[code]!);
  }
}
