/**
 * Data sets from CSV files. Numbers are standardized, other columns become one input per category, dates their parts.
 * Means, deviations, categories and the values of missing cells are computed from the training examples alone.
 */
import { LOSSES } from '../../../experiment/network/index.js';
import type { DataSource, Task } from '../../../experiment/network/index.js';
import { TrainingError } from '../../errors.js';
import { memoryFor, sizeText } from '../memory.js';
import { standardization } from '../scale.js';
import { limited, upTo } from '../split.js';
import { taskOfNumbers } from '../task.js';
import type { Dataset, Division, Examples, LoadContext, OpenData, Targets } from '../types.js';
import { isMissing, type Decimal } from './cells.js';
import { columnIndex, widthOf } from './columns.js';
import { describe } from './describe.js';
import { Encoder } from './encoder.js';
import { fitColumns, type Feature } from './fit.js';
import { Groups } from './groups.js';
import { RowReader } from './reader.js';
import { checkColumn, decimalsOf, isMoments, isNumeric, ordersOf, survey, type Survey } from './survey.js';
import { openTable, withoutRows, type Table } from './table.js';
import { Labels, readTargets, type Target } from './targets.js';
import { inEnglish, said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

type Source = Extract<DataSource, { kind: 'csv' }>;

export async function openCsv(source: Source, context: LoadContext): Promise<OpenData> {
  const settings = { ...source, wanted: source.targets };
  const whole = await openTable(settings, source.file, context.folder);
  const given = source.validation ? await openTable(settings, source.validation, context.folder) : null;
  try {
    return await openTables(source, context, whole, given);
  } catch (error) {
    await whole.close();
    await given?.close();
    throw error;
  }
}

async function openTables(
  source: Source,
  context: LoadContext,
  whole: Table,
  givenWhole: Table | null,
): Promise<OpenData> {
  const places = source.targets.map((name) => columnIndex(whole, name, 'target'));
  checkNames(source, whole);
  const labels = new Labels(places[0]!, whole.count);
  const left: number[] = [];
  const surveys = await survey(whole, (row, i) => {
    labels.see(row, i);
    if (places.some((place) => isMissing(row.fields[place]!.trim(), true))) left.push(i);
  });
  const other = givenWhole && (await surveyGiven(givenWhole, source));
  // The validation file may tell what the training file leaves open, such as the order of 1/5/2024.
  const others = whole.header.map((name) => other?.surveys[givenWhole!.header.indexOf(name)]);
  const decimals = decimalsOf(surveys, source.decimal, whole.delimiter !== ',', others);
  const entire = source.missing === 'reject';
  const task = taskOf(source, context, whole, { surveys, decimals, labels, count: whole.count - left.length });
  const targets: Target[] = source.targets.map((name, i) => ({
    name,
    index: places[i]!,
    decimal: decimals[places[i]!]!,
  }));
  for (const { index, decimal } of targets) {
    const kind = task === 'regression' ? 'number' : 'category';
    checkColumn(whole, index, surveys[index]!, { kind, decimal, whole: entire });
  }
  const features = featuresOf(source, whole, { surveys, others, decimals });
  for (const { index, kind, decimal, order } of features) {
    checkColumn(whole, index, surveys[index]!, { kind, decimal, order, whole: entire });
  }
  const table = withoutRows(whole, left);
  if (table.count < 2) throw new TrainingError(said('{0}: fewer than two rows have a target', whole.file));
  const classes = task === 'classification' ? labels.classes(whole) : null;
  const values = classes ? labels.indexes(classes, left) : await readTargets(table, targets, null);
  const given = other && givenRows(givenWhole!, features, other, source);
  const givenTargets = given && (await readTargets(given, targetsIn(given, targets), classes));

  const groups = source.group === null ? null : new Groups(source.group);
  const groupOf = groups && (await groups.read(table));
  const givenGroups = given && groups && (await groups.read(given));

  const memory = memoryFor(source.memory);
  let isTold = false;
  const width = classes ? 1 : targets.length;
  return {
    count: table.count,
    classes: classes && values,
    given: given && given.count,
    close: async () => {
      await table.close();
      await given?.close();
    },

    async dataset({ train, validation }: Division, parts: number): Promise<Dataset> {
      const rows = limited(train, source.limit);
      const judged = validation
        ? { table, targets: values, groups: groupOf, rows: limited(validation, source.limit) }
        : {
            table: given!,
            targets: givenTargets!,
            groups: givenGroups,
            rows: limited(upTo(given!.count), source.limit),
          };
      const leftOut: Said[] = [];
      const fitted = await fitColumns(table, features, rows, source, (note) => leftOut.push(note));
      const inputs = widthOf(fitted);
      const size = (rows.length + judged.rows.length) * inputs * 4 * parts;
      if (size > memory && !isTold) {
        isTold = true;
        context.onProgress(
          `${source.file} takes ${sizeText(size)} as numbers, more than ${sizeText(memory)}: it is read from the disk while training`,
        );
      }
      const notes = [...leftOut];
      const take = async (part: typeof judged): Promise<Examples> => {
        const reader = new RowReader(part.table, new Encoder(part.table, fitted), part.rows);
        const examples = {
          count: part.rows.length,
          inputs: size > memory ? reader : await reader.all(),
          targets: rowsOf(part.targets, part.rows, width),
          ...(part.groups && { groups: part.rows.map((row) => part.groups![row]!) }),
        };
        notes.push(...reader.notes());
        return examples;
      };
      const trainExamples = await take({ table, targets: values, groups: groupOf, rows });
      const validationExamples = await take(judged);
      const done = describe({
        table: whole,
        source,
        surveys,
        others,
        columns: fitted,
        features,
        targets,
        left: whole.count - table.count,
      });
      return {
        name: source.file,
        task,
        inputShape: [inputs],
        classes,
        ...(groups && { groups: groups.names }),
        outputs: classes?.length ?? targets.length,
        train: trainExamples,
        validation: validationExamples,
        inputScale: { factor: 1, offset: 0 },
        targetScale: classes ? null : standardization(trainExamples.targets, targets.length),
        preparation: {
          columns: fitted,
          target: source.targets.length === 1 ? source.targets[0] : source.targets,
          ...(targets.some(({ decimal }) => decimal === ',') && {
            targetDecimals: targets.map(({ decimal }) => decimal),
          }),
          done: [...done, ...leftOut].map(inEnglish),
        },
        done,
        notes,
      };
    },
  };
}

function checkNames(source: Source, table: Table): void {
  for (const key of ['categorical', 'numeric'] as const) {
    for (const name of source[key]) columnIndex(table, name, key);
  }
  const both = source.numeric.find((name) => source.categorical.includes(name));
  if (both !== undefined)
    throw new TrainingError(said('{0}: column "{1}" is under "categorical" and "numeric"', source.file, both));
  if (source.group !== null) {
    columnIndex(table, source.group, 'group');
    const twice = [...source.targets, ...(source.features ?? [])].includes(source.group);
    if (twice)
      throw new TrainingError(
        said('{0}: column "{1}" is the group: leave it out of target and features', source.file, source.group),
      );
  }
  for (const name of source.features ?? []) {
    columnIndex(table, name, 'features');
    if (source.targets.includes(name))
      throw new TrainingError(said('{0}: column "{1}" is the target: leave it out of features', source.file, name));
  }
}

function taskOf(
  source: Source,
  { loss }: LoadContext,
  table: Table,
  {
    surveys,
    decimals,
    labels,
    count,
  }: { surveys: readonly Survey[]; decimals: readonly Decimal[]; labels: Labels; count: number },
) {
  const numeric = source.targets.every((name) => {
    const index = columnIndex(table, name, 'target');
    return isNumeric(surveys[index]!, decimals[index]!);
  });
  const guess = (): Task => {
    if (!numeric) return 'classification';
    if (loss !== null) return LOSSES[loss] === 'numbers' ? 'regression' : 'classification';
    const decimal = decimals[columnIndex(table, source.targets[0]!, 'target')]!;
    return source.targets.length > 1 ? 'regression' : taskOfNumbers(labels.numbers(decimal), count);
  };
  const task = source.task ?? guess();
  if (task === 'classification' && source.targets.length > 1) {
    throw new TrainingError(
      said(
        '{0}: several targets must be numbers to predict, with loss: mse, mae or huber; train one network for each class column',
        source.file,
      ),
    );
  }
  return task;
}

function featuresOf(
  source: Source,
  table: Table,
  {
    surveys,
    others,
    decimals,
  }: { surveys: readonly Survey[]; others: readonly (Survey | undefined)[]; decimals: readonly Decimal[] },
): Feature[] {
  const names =
    source.features ?? table.header.filter((name) => !source.targets.includes(name) && name !== source.group);
  if (names.length === 0) throw new TrainingError(said('{0}: there is no column left to predict from', source.file));
  const orders = ordersOf(surveys, others);
  return names.map((name) => {
    const index = columnIndex(table, name, 'features');
    const one = surveys[index]!;
    const order = orders[index]!;
    const decimal = decimals[index]!;
    const kind = kindOf(source, name, one, decimal);
    const { timed, dated } = one;
    const gaps = one.missing - (kind === 'category' ? one.nones : 0) > 0;
    return { name, index, kind, decimal, order, gaps, named: source.features !== null, timed, dated };
  });
}

function kindOf(source: Source, name: string, one: Survey, decimal: Decimal): Feature['kind'] {
  if (source.categorical.includes(name)) return 'category';
  if (source.numeric.includes(name)) return 'number';
  // Digits that begin with a zero are a code, such as a postal one, which a number would change.
  if (isNumeric(one, decimal)) return one.codes > 0 ? 'category' : 'number';
  return source.dates.length > 0 && isMoments(one) ? 'date' : 'category';
}

interface GivenSurvey {
  surveys: readonly Survey[];
  /** Rows without a target. */
  left: readonly number[];
}

async function surveyGiven(given: Table, source: Source): Promise<GivenSurvey> {
  const places = source.targets.map((name) => columnIndex(given, name, 'target'));
  const left: number[] = [];
  const surveys = await survey(given, (row, i) => {
    if (places.some((place) => isMissing(row.fields[place]!.trim(), true))) left.push(i);
  });
  return { surveys, left };
}

/** Checks the validation file's columns and leaves out its rows without a target. */
function givenRows(given: Table, features: readonly Feature[], { surveys, left }: GivenSurvey, source: Source): Table {
  for (const { name, kind, decimal, order } of features) {
    const index = columnIndex(given, name, 'features');
    checkColumn(given, index, surveys[index]!, { kind, decimal, order, whole: source.missing === 'reject' });
  }
  const rows = source.missing === 'impute' ? withoutRows(given, left) : given;
  if (rows.count === 0) throw new TrainingError(said('{0}: no row has a target', given.file));
  return rows;
}

const targetsIn = (table: Table, targets: readonly Target[]): Target[] =>
  targets.map((target) => ({ ...target, index: columnIndex(table, target.name, 'target') }));

function rowsOf(targets: Targets, rows: Int32Array, width: number): Targets {
  const values = new (targets.constructor as new (length: number) => Targets)(rows.length * width);
  rows.forEach((row, i) => values.set(targets.subarray(row * width, (row + 1) * width), i * width));
  return values;
}
