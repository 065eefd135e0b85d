/** Codes of the engine's refusals, and the data that some of them carry. */
import { z } from 'zod';

export const ErrorCode = {
  /** A file has mistakes; data is FileProblem[]. */
  invalidFile: -32050,
  notFound: -32051,
  /** The request cannot be carried out in the current state, such as resuming a finished run. */
  conflict: -32052,
  unauthorized: -32053,
  incompatible: -32054,
  /** The person has not requested this on this machine: it came with its folder. With `trust` it is run anyway. */
  foreign: -32055,
  /** The person has not agreed to send these files to that host. With `send` they are sent. */
  send: -32056,
} as const;

/** Number of files that a refusal of kind `send` names. */
export const MOST_SHOWN_FILES = 200;

/** Data of the error `send`: what would be sent where. */
export const SendRefusal = z.object({
  host: z.string(),
  port: z.number().nullable(),
  folder: z.string(),
  /** Names the list of files. */
  digest: z.string(),
  /** Number of files, their bytes, and the number of those that are new since the last consent; null: there was none. */
  count: z.number(),
  bytes: z.number(),
  fresh: z.number().nullable(),
  /** The largest ones of those that are new. */
  files: z.array(z.object({ path: z.string(), size: z.number() })),
  /** Files that are never sent, because they are likely to hold secrets. */
  leftOut: z.array(z.string()),
  /** False: the folder is not a git repository, so nothing says which files are not code. */
  byGit: z.boolean(),
});
export type SendRefusal = z.infer<typeof SendRefusal>;

/** Data of the error `foreign`: what would be run, and where. Empty if it is not known. */
export const ForeignRefusal = z.object({
  kind: z.enum(['run', 'search']),
  name: z.string(),
  command: z.string(),
  folder: z.string(),
});
export type ForeignRefusal = z.infer<typeof ForeignRefusal>;
