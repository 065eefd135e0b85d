/** Data sets: how they are written, and their normal form. */
import { z } from 'zod';
import { describeData } from './dataWords.js';
import { flag, oneOf, path, whole, type Kit } from './kit.js';

export interface ArrayFiles {
  inputs: string;
  targets: string;
}
export type Task = 'classification' | 'regression';
export type DataSource =
  | { kind: 'mnist'; limit: number | null }
  | {
      kind: 'csv';
      file: string;
      target: string;
      features: string[] | null;
      categorical: string[];
      delimiter: string;
      standardize: boolean;
      validation: string | null;
      task: Task | null;
      limit: number | null;
    }
  | ({
      kind: 'idx' | 'npy';
      validation: ArrayFiles | null;
      scale: 'auto' | 'none' | 'standardize';
      task: Task | null;
      limit: number | null;
    } & ArrayFiles);

export function dataSchema({ p, optional }: Kit) {
  const limit = optional(whole('limit')).describe('Use only this many training examples (and as many for validation).');
  const task = optional(oneOf('task', ['classification', 'regression'])).describe(
    'Default: regression with loss mse and numeric targets, else classification.',
  );
  const arrays = z.strictObject({
    inputs: path('inputs').describe('File of the examples, [count, …]; relative to the experiment file.'),
    targets: path('targets').describe('File of the labels or target values, [count] or [count, …].'),
    validation: z
      .strictObject({ inputs: path('inputs'), targets: path('targets') })
      .optional()
      .describe('Files to evaluate on instead of a split of the training files.'),
    scale: optional(oneOf('scale', ['auto', 'none', 'standardize'])).describe(
      '`auto` (the default): bytes become [-1, 1], other numbers stay.',
    ),
    task,
    limit,
  });
  const csv = z.strictObject({
    file: path('file').describe('CSV file with a header line; relative to the experiment file.'),
    target: p(z.string({ error: 'target must be the name of a column' })).describe('Column that is to be predicted.'),
    features: z.array(z.string()).min(1).optional().describe('Columns to predict from. Default: all others.'),
    categorical: z.array(z.string()).optional().describe('Numeric columns that are categories all the same.'),
    delimiter: z.string().length(1, 'delimiter must be one character').optional(),
    standardize: optional(flag('standardize')).describe('Numeric features to mean 0 and deviation 1. Default: true.'),
    validation: path('validation').optional().describe('CSV file to evaluate on instead of a split.'),
    task,
    limit,
  });
  return z.union(
    [
      z.enum(['mnist']),
      z.strictObject({ mnist: z.strictObject({ limit }).nullable() }),
      z.strictObject({ csv }),
      z.strictObject({ idx: arrays }),
      z.strictObject({ npy: arrays }),
    ],
    { error: (issue) => describeData(issue.input) },
  );
}
export type WrittenData = z.output<ReturnType<typeof dataSchema>>;

export function normalizeData(data: WrittenData): DataSource {
  if (typeof data === 'string') return { kind: 'mnist', limit: null };
  if ('mnist' in data) return { kind: 'mnist', limit: data.mnist?.limit ?? null };
  if ('csv' in data) {
    const { csv } = data;
    return {
      kind: 'csv',
      file: csv.file,
      target: csv.target,
      features: csv.features ?? null,
      categorical: csv.categorical ?? [],
      delimiter: csv.delimiter ?? ',',
      standardize: csv.standardize ?? true,
      validation: csv.validation ?? null,
      task: csv.task ?? null,
      limit: csv.limit ?? null,
    };
  }
  const kind = 'idx' in data ? 'idx' : 'npy';
  const files = 'idx' in data ? data.idx : data.npy;
  return {
    kind,
    inputs: files.inputs,
    targets: files.targets,
    validation: files.validation ?? null,
    scale: files.scale ?? 'auto',
    task: files.task ?? null,
    limit: files.limit ?? null,
  };
}
