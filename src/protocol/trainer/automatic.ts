/**
 * Tasks that `tunesmith auto` gives the trainer: `node dist/trainer.cjs --automatic TASK_FILE`. The answers are lines (NDJSON)
 * on standard output; the last one is `looked`, `found`, `predictedTogether` or `error`.
 */
import { z } from 'zod';
import { Note, Said } from '../said.js';
import { DataFacts } from '../dataFacts.js';

const Run = z.object({ id: z.string(), folder: z.string() });

export const AutoTask = z.discriminatedUnion('type', [
  /** `network`: the section of the file, filled in. `folder`: what its paths start from. */
  z.object({ type: z.literal('look'), network: z.unknown(), folder: z.string() }),
  /** `refit`: seconds for training the best networks again, on all examples but the test's. */
  z.object({ type: z.literal('find'), runs: z.array(Run), refit: z.number().min(0) }),
  z.object({
    type: z.literal('predict'),
    /** `copies`: trainings on all examples; 0 or absent: the run's own network. */
    members: z
      .array(Run.extend({ weight: z.number().positive(), copies: z.number().int().min(0).max(100).optional() }))
      .min(1),
    files: z.array(z.string()).min(1),
    folder: z.string(),
    output: z.string(),
    force: z.boolean(),
  }),
]);
export type AutoTask = z.infer<typeof AutoTask>;

const score = z.number().nullable();
const Looked = z.object({
  type: z.literal('looked'),
  name: z.string(),
  task: z.enum(['classification', 'regression']),
  kind: z.enum(['rows', 'pictures', 'sequences']),
  inputShape: z.array(z.number()),
  classes: z.array(z.string()).nullable(),
  outputs: z.number(),
  train: z.number(),
  validation: z.number(),
  test: z.number(),
  facts: DataFacts,
  notes: z.array(Note),
});
const Found = z.object({
  type: z.literal('found'),
  metric: z.enum(['accuracy', 'r2']),
  ranking: z.array(z.object({ run: z.string(), loss: z.number(), validation: z.number() })),
  best: z.object({ run: z.string(), loss: z.number().nullable(), validation: score, test: score }),
  ensemble: z
    .object({
      members: z.array(z.object({ run: z.string(), weight: z.number() })),
      loss: z.number(),
      validation: score,
      test: score,
    })
    .nullable(),
  /** The best network or the ensemble, trained again on all examples but the test's; null: there was no time. */
  whole: z
    .object({
      members: z.array(z.object({ run: z.string(), weight: z.number(), copies: z.number() })),
      test: score,
    })
    .nullable(),
  baseline: score,
  examples: z.object({ validation: z.number(), test: z.number() }),
  /** Normal form of the best network. */
  network: z.looseObject({ epochs: z.number() }),
  data: z.object({ inputShape: z.array(z.number()), outputs: z.number(), classes: z.array(z.string()).nullable() }),
  left: z.array(z.object({ run: z.string(), why: z.string() })),
});
export type LookedLine = z.infer<typeof Looked>;
export type FoundLine = z.infer<typeof Found>;

export const AutoLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), fraction: z.number().min(0).max(1).nullable(), text: z.string() }),
  Looked,
  Found,
  z.object({
    type: z.literal('predictedTogether'),
    file: z.string(),
    examples: z.number(),
    columns: z.array(z.string()),
    notes: z.array(Note),
  }),
  z.object({ type: z.literal('error'), message: z.string(), said: Said.optional().catch(undefined) }),
]);
export type AutoLine = z.infer<typeof AutoLine>;
