/** Schema and normal form of data sets. */
import { z } from 'zod';
import { describeData } from './words.js';
import { flag, number, oneOf, path, whole, type Kit } from '../kit.js';

export interface ArrayFiles {
  inputs: string;
  targets: string;
}
/** Names of the arrays in an NPZ archive. */
export interface NpzArrays extends ArrayFiles {
  file: string;
}
export const DATE_PARTS = ['year', 'month', 'weekday', 'hour', 'elapsed'] as const;
export type DatePart = (typeof DATE_PARTS)[number];
export type Task = 'classification' | 'regression';
export type DataSource =
  | {
      kind: 'mnist';
      limit: number | null;
      /** Digits that are used; null: all. */
      digits: number[] | null;
      /** Training examples of each digit; null: all. */
      perClass: number | null;
    }
  | {
      kind: 'csv';
      file: string;
      /** Columns to predict; several are numbers. */
      targets: string[];
      features: string[] | null;
      categorical: string[];
      numeric: string[];
      /** Column that says which group a row belongs to, and is not a feature; null: none. */
      group: string | null;
      /** Null: detected. */
      delimiter: string | null;
      /** Decimal mark; null: detected, column by column. */
      decimal: '.' | ',' | null;
      /** Parts that dates become; none: dates are categories. */
      dates: DatePart[];
      missing: 'impute' | 'reject';
      standardize: boolean;
      validation: string | null;
      task: Task | null;
      limit: number | null;
      memory: number | null;
    }
  | ({ kind: 'idx' | 'npy'; validation: ArrayFiles | null } & ArraySettings & ArrayFiles)
  | ({ kind: 'npz'; validation: NpzArrays | null } & ArraySettings & NpzArrays)
  | ImageFolders;

interface ArraySettings {
  scale: Scale;
  task: Task | null;
  limit: number | null;
  /** Memory limit in bytes; null: a share of the free memory. */
  memory: number | null;
}
type Scale = 'auto' | 'none' | 'standardize';

export interface ImageFolders {
  kind: 'images';
  folder: string;
  validation: string | null;
  /** Image size [height, width]; null: the size of the first image. */
  size: [number, number] | null;
  /** Number of channels; null: as in the first image. */
  channels: 1 | 3 | null;
  fit: 'stretch' | 'crop';
  background: 'black' | 'white';
  scale: Scale;
  limit: number | null;
  memory: number | null;
}

export function dataSchema({ p, optional, pair }: Kit) {
  const limit = optional(whole('limit')).describe('Use only this many training examples (and as many for validation).');
  const task = optional(oneOf('task', ['classification', 'regression'])).describe(
    'Default: regression with loss mse and numeric targets, else classification.',
  );
  const memory = optional(z.string({ error: MEMORY }).regex(MEMORY_TEXT, MEMORY)).describe(
    'Examples that take more than this, such as 2GB, are read from disk during training. Default: a quarter of the free memory.',
  );
  const scale = optional(oneOf('scale', ['auto', 'none', 'standardize'])).describe(
    '`auto` (the default): bytes become [-1, 1], other numbers stay. `standardize`: mean 0 and deviation 1 over the training examples.',
  );
  const arrays = z.strictObject({
    inputs: path('inputs').describe('File of the examples, [count, …]; relative to the experiment file.'),
    targets: path('targets').describe('File of the labels or target values, [count] or [count, …].'),
    validation: z
      .strictObject({ inputs: path('inputs'), targets: path('targets') })
      .optional()
      .describe('Files to evaluate on instead of a split of the training files.'),
    scale,
    task,
    limit,
    memory,
  });
  const array = (what: string) => z.string({ error: `${what} must be the name of an array in the archive` });
  const npz = z.strictObject({
    file: path('file').describe(
      'NPZ archive, as numpy.savez or savez_compressed writes it; relative to the experiment file.',
    ),
    inputs: p(array('inputs')).describe('Name of the array of examples, [count, …].'),
    targets: p(array('targets')).describe('Name of the array of labels or target values, [count] or [count, …].'),
    validation: z
      .strictObject({ file: path('file').optional(), inputs: array('inputs'), targets: array('targets') })
      .optional()
      .describe('Arrays to evaluate on instead of a split, from the same archive or another `file`.'),
    scale,
    task,
    limit,
    memory,
  });
  const images = z.strictObject({
    folder: path('folder').describe(
      'Folder with one subfolder of PNG, JPEG, WebP or GIF files per class, or with two such folders `train` and `val`.',
    ),
    validation: path('validation')
      .optional()
      .describe('Folder with the same classes to evaluate on instead of a split.'),
    size: pair('size')
      .optional()
      .describe('Height and width to which all images are resized. Default: those of the first image.'),
    channels: optional(z.literal([1, 3], { error: 'channels must be 1 (grey) or 3 (colours)' })).describe(
      '1: grayscale; 3: red, green, blue. Default: as in the first image.',
    ),
    fit: optional(oneOf('fit', ['stretch', 'crop'])).describe(
      'How to fit images of another shape: `stretch` (the default), or `crop` to the middle.',
    ),
    background: optional(oneOf('background', ['black', 'white'])).describe(
      'Colour behind transparent parts. Default: black.',
    ),
    scale,
    limit,
    memory,
  });
  const csv = z.strictObject({
    file: path('file').describe('CSV file with a header line; relative to the experiment file.'),
    target: z
      .union([p(z.string()), z.array(p(z.string())).min(1)], {
        error: (issue) =>
          issue.input === undefined
            ? 'target is missing: name the column to predict'
            : 'target must be the name of a column, or a list of them',
      })
      .describe('Column to predict; or a list of columns of numbers, which are predicted together.'),
    features: z.array(z.string()).min(1).optional().describe('Columns to predict from. Default: all others.'),
    categorical: z.array(z.string()).optional().describe('Numeric columns to treat as categories.'),
    numeric: z
      .array(z.string())
      .optional()
      .describe('Columns to read as numbers although they have leading zeros, as codes do.'),
    group: z
      .string()
      .optional()
      .describe('Column that says which group a row belongs to: each is a task of `meta`. It is not a feature.'),
    delimiter: z
      .string()
      .length(1, 'delimiter must be one character')
      .optional()
      .describe('Character between columns. Default: comma, semicolon, tab or bar, as detected.'),
    decimal: optional(oneOf('decimal', ['.', ','])).describe(
      'Decimal mark of numbers; the other one may separate thousands. Default: detected for each column.',
    ),
    dates: z
      .union([flag('dates'), z.array(oneOf('part of a date', DATE_PARTS))], {
        error: `dates must be false, or a list of ${DATE_PARTS.join(', ')}`,
      })
      .optional()
      .describe(
        'Features made from ISO dates and times: a list of `year`, `month`, `weekday`, `hour`, `elapsed` (days). false: categories. Default: all that vary.',
      ),
    missing: optional(oneOf('missing', ['impute', 'reject'])).describe(
      '`impute` (the default): missing numbers and dates get the median, others the most frequent value, and a separate input marks them; rows without a target are left out. `reject`: a missing cell is an error.',
    ),
    standardize: optional(flag('standardize')).describe(
      'Scales numeric features to mean 0 and deviation 1. Default: true.',
    ),
    validation: path('validation').optional().describe('CSV file to evaluate on instead of a split.'),
    task,
    limit,
    memory,
  });
  return z.union(
    [
      z.enum(['mnist']),
      z.strictObject({
        mnist: z
          .strictObject({
            limit,
            digits: z
              .array(number('a digit').int().min(0, 'a digit is from 0 to 9').max(9, 'a digit is from 0 to 9'))
              .min(2, 'digits must name at least two digits')
              .nullish()
              .describe('Uses only these digits, such as [0, 1, 2, 3, 4]. Default: all.'),
            perClass: optional(whole('perClass')).describe('Training examples of each digit. Default: all.'),
          })
          .nullable()
          .describe('Handwritten digits, downloaded once.'),
      }),
      z.strictObject({ csv: csv.describe('A table with a header line and one row per example.') }),
      z.strictObject({ idx: arrays.describe('A pair of IDX files, the format of MNIST.') }),
      z.strictObject({ npy: arrays.describe('A pair of NPY files, as numpy.save writes them.') }),
      z.strictObject({ npz: npz.describe('Arrays of one NPZ archive, as numpy.savez writes them.') }),
      z.strictObject({ images: images.describe('PNG, JPEG, WebP or GIF files, one folder per class.') }),
    ],
    { error: (issue) => describeData(issue.input) },
  );
}
export type WrittenData = z.output<ReturnType<typeof dataSchema>>;

export function normalizeData(data: WrittenData): DataSource {
  if (typeof data === 'string') return { kind: 'mnist', limit: null, digits: null, perClass: null };
  if ('mnist' in data) {
    const { limit, digits, perClass } = data.mnist ?? {};
    const sorted = digits ? [...new Set(digits)].sort((a, b) => a - b) : null;
    return { kind: 'mnist', limit: limit ?? null, digits: sorted, perClass: perClass ?? null };
  }
  if ('csv' in data) {
    const { csv } = data;
    return {
      kind: 'csv',
      file: csv.file,
      targets: typeof csv.target === 'string' ? [csv.target] : csv.target,
      features: csv.features ?? null,
      categorical: csv.categorical ?? [],
      numeric: csv.numeric ?? [],
      group: csv.group ?? null,
      delimiter: csv.delimiter ?? null,
      decimal: csv.decimal ?? null,
      dates: csv.dates === false ? [] : Array.isArray(csv.dates) ? csv.dates : [...DATE_PARTS],
      missing: csv.missing ?? 'impute',
      standardize: csv.standardize ?? true,
      validation: csv.validation ?? null,
      task: csv.task ?? null,
      limit: csv.limit ?? null,
      memory: bytesOf(csv.memory),
    };
  }
  if ('images' in data) return normalizeImages(data.images);
  const settings = (written: {
    scale?: Scale | null;
    task?: Task | null;
    limit?: number | null;
    memory?: string | null;
  }) => ({
    scale: written.scale ?? 'auto',
    task: written.task ?? null,
    limit: written.limit ?? null,
    memory: bytesOf(written.memory),
  });
  if ('npz' in data) {
    const { file, inputs, targets, validation } = data.npz;
    const given = validation && { ...validation, file: validation.file ?? file };
    return { kind: 'npz', file, inputs, targets, validation: given ?? null, ...settings(data.npz) };
  }
  const [kind, written] = 'idx' in data ? (['idx', data.idx] as const) : (['npy', data.npy] as const);
  const { inputs, targets, validation } = written;
  return { kind, inputs, targets, validation: validation ?? null, ...settings(written) };
}

function normalizeImages(written: Extract<WrittenData, { images: unknown }>['images']): ImageFolders {
  const { size } = written;
  return {
    kind: 'images',
    folder: written.folder,
    validation: written.validation ?? null,
    size: size === undefined ? null : typeof size === 'number' ? [size, size] : size,
    channels: written.channels ?? null,
    fit: written.fit ?? 'stretch',
    background: written.background ?? 'black',
    scale: written.scale ?? 'auto',
    limit: written.limit ?? null,
    memory: bytesOf(written.memory),
  };
}

/** Fills in the settings that are missing from a data source written by an earlier version. */
export function completeData(data: DataSource): DataSource {
  if (data.kind === 'mnist') return { ...data, digits: data.digits ?? null, perClass: data.perClass ?? null };
  if (data.kind !== 'csv') return { ...data, memory: data.memory ?? null };
  const complete = { ...data, memory: data.memory ?? null, group: data.group ?? null };
  if (complete.targets as string[] | undefined) return complete;
  const { target } = data as unknown as { target: string };
  return { ...complete, targets: [target], numeric: [], decimal: '.', dates: [], missing: 'reject' };
}

const UNITS = ['KB', 'MB', 'GB', 'TB'];
const MEMORY_TEXT = /^\d+(\.\d+)? ?(KB|MB|GB|TB)$/i;
const MEMORY = 'memory must be a size such as 500MB or 2GB';

function bytesOf(text: string | null | undefined): number | null {
  if (!text) return null;
  const unit = UNITS.indexOf(text.slice(-2).toUpperCase());
  return Math.round(parseFloat(text) * 1000 ** (unit + 1));
}
