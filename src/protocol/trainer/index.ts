/**
 * Lines (NDJSON) that the trainer prints when it is asked for something about a trained network:
 *
 *   node dist/trainer.cjs --export RUN_FOLDER FORMAT PATH FORCE FOLD
 *   node dist/trainer.cjs --evaluate RUN_FOLDER CWD FOLD [FILE …]
 *   node dist/trainer.cjs --examine RUN_FOLDER CWD FOLD SETTINGS [FILE …]
 *   node dist/trainer.cjs --predict RUN_FOLDER CWD OUT FORCE FOLD FILE …
 *
 * FILE of --evaluate and --examine may be `--test`. FORCE is `--force` or empty, FOLD a number from 1 or empty.
 * SETTINGS are `ExamineSettings` as JSON. The last line is `exported`, `evaluated`, `examined`, `predicted` or `error`.
 */
import { z } from 'zod';
import { Note, Said } from '../said.js';
import { Examined } from './examined.js';
import { record } from '../values/recordSchema.js';

/** Used in place of a FILE: the test part of the run's own examples. */
export const TEST_PART = '--test';

export const EXPORT_FORMATS = ['keras', 'tfjs', 'onnx', 'safetensors', 'npz'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** File name ending of each export format; '' for a folder. */
export const EXPORT_ENDINGS: Record<ExportFormat, string> = {
  keras: '.keras',
  tfjs: '',
  onnx: '.onnx',
  safetensors: '.safetensors',
  npz: '.npz',
};

/** A name for the file, from the run's. */
export function fileNameOf(run: string, format: ExportFormat): string {
  const name = run.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '');
  return `${name.slice(0, 60) || 'network'}${EXPORT_ENDINGS[format]}`;
}

export const TrainerLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), fraction: z.number().min(0).max(1).nullable(), text: z.string() }),
  z.object({ type: z.literal('exported'), files: z.array(z.string()) }),
  z.object({
    type: z.literal('evaluated'),
    /** Name of the evaluated data. */
    data: z.string(),
    examples: z.number().int(),
    metrics: record(z.number().nullable()),
    /** A row for each true class, a column for each predicted one. */
    confusion: z.object({ classes: z.array(z.string()), rows: z.array(z.array(z.number().int())) }).nullable(),
    notes: z.array(Note),
  }),
  z.object({
    type: z.literal('examined'),
    data: z.string(),
    examples: z.number().int(),
    found: Examined,
    notes: z.array(Note),
  }),
  z.object({
    type: z.literal('predicted'),
    file: z.string(),
    examples: z.number().int(),
    columns: z.array(z.string()),
    notes: z.array(Note),
  }),
  z.object({ type: z.literal('error'), message: z.string(), said: Said.optional().catch(undefined) }),
]);
export type TrainerLine = z.infer<typeof TrainerLine>;
