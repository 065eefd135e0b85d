/** Requests that start runs and searches. */
import { z } from 'zod';
import { DataFacts } from '../dataFacts.js';
import { Capture } from '../run/capture.js';
import { Placing } from './placing.js';
import { RangeTest } from '../trainer/rangeTest.js';
import { record } from '../values/recordSchema.js';
import { FloatMark, Floats, Params } from '../values/index.js';

/** The person has seen which files would be sent to the SSH host: `digest` of the refusal. */
export const Send = z.string().max(64).optional();

export const StartRun = z
  .object({
    /** Absolute path of the experiment file. */
    file: z.string(),
    /** The file's text if the editor holds unsaved changes; else it is read from disk. */
    text: z.string().optional(),
    /** Laid over the file's `params`. */
    params: Params.optional(),
    /** Marks whole numbers that were written as floats. */
    floats: Floats.optional(),
    name: z.string().optional(),
    seed: z.number().int().min(0).max(2147483647).optional(),
    /** The editor's choice of Python; a `python:` in the file comes before it. */
    python: z.string().optional(),
    /** Replaces the file's `capture`. */
    capture: Capture.optional(),
    /** Tries out learning rates instead of training: for files with a `network:`. */
    rangeTest: RangeTest.optional(),
    /** Where it executes, if not as the file says. */
    place: Placing.optional(),
    /** For a pipeline: the stage that is done again even if nothing has changed. */
    afresh: z.string().optional(),
    send: Send,
  })
  .strict();

export const StartSearch = StartRun.omit({
  params: true,
  floats: true,
  name: true,
  rangeTest: true,
  afresh: true,
}).extend({
  name: z.string().optional(),
  trials: z.number().int().min(1).optional(),
  parallel: z.number().int().min(1).optional(),
  /** Replaces the file's `search.giveUpAfter`. */
  giveUpAfter: z.number().int().min(0).optional(),
  /** Seconds; replaces the file's `search.time`. */
  time: z.number().positive().optional(),
  /** Replaces the file's `search.space`, as written in a file. */
  space: record(z.unknown()).optional(),
  /** Marks the whole numbers of that space that were written as floats. */
  spaceFloats: FloatMark.optional(),
  /** Facts of the data, for `warmStart: { from: [similar] }`. Default: those of the experiment's earlier runs. */
  data: DataFacts.optional(),
});
