/** Code, environment and data of a run, as recorded at its first start, in `recorded/` of its folder. */
import { z } from 'zod';
import { record } from '../values/recordSchema.js';
import { ID_PATTERN } from '../run/runFiles.js';

const Text = z.string().max(10_000);

/** State of the git repository that the program's working folder is in. */
export const RecordedCode = z.object({
  version: z.literal(1),
  /** Milliseconds since the epoch. */
  time: z.number(),
  commit: z.string().regex(/^[0-9a-f]{40,64}$/),
  branch: Text.nullable(),
  /** URL of the remote `origin`, else of the first; without user and password. */
  remote: Text.nullable(),
  /** The working folder within the repository, with slashes; empty at its top. */
  folder: Text,
  /** Files that differ from the commit. */
  changed: z.array(Text).max(10_000),
  /** Bytes of `changes.diff`; null: it is not kept. */
  diff: z.number().int().nullable(),
  /** Files that git does not track; those with `kept` have their content in `untracked.json`. */
  untracked: z.array(z.object({ path: Text, size: z.number().nullable(), kept: z.boolean() })).max(10_000),
  /** Missing parts and why they are missing, in sentences. */
  leftOut: z.array(Text).max(100),
});
export type RecordedCode = z.infer<typeof RecordedCode>;

/** Contents of files that git does not track. */
export const RecordedUntracked = z.array(z.object({ path: Text, text: z.string() })).max(1000);
export type RecordedUntracked = z.infer<typeof RecordedUntracked>;

export const RecordedEnvironment = z.object({
  version: z.literal(1),
  time: z.number(),
  /** The system and its version, such as `Linux 6.1.0 x64`. */
  system: Text,
  cpu: Text,
  cores: z.number().int(),
  memoryMiB: z.number(),
  gpus: z.array(z.object({ name: Text, memoryMiB: z.number().nullable(), driver: Text.nullable() })).max(64),
  /** Variables of the program that affect its behavior and are not secret. */
  variables: record(Text),
  interpreter: z.object({ language: z.enum(['python', 'node']), path: Text, version: Text }).nullable(),
  /** Installed packages with their versions. */
  packages: record(Text),
});
export type RecordedEnvironment = z.infer<typeof RecordedEnvironment>;

/** Files that the experiment file names, in its command, its parameters or as data. */
export const RecordedData = z
  .array(
    z.object({
      path: Text,
      size: z.number(),
      /** Last change, in milliseconds since the epoch. */
      changed: z.number(),
      /** Null: too large, or there were too many. */
      sha256: z.string().nullable(),
    }),
  )
  .max(1000);
export type RecordedData = z.infer<typeof RecordedData>;

/** Null: not recorded. */
export const Recorded = z.object({
  code: RecordedCode.nullable(),
  environment: RecordedEnvironment.nullable(),
  data: RecordedData.nullable(),
});
export type Recorded = z.infer<typeof Recorded>;

const Id = z.string().regex(ID_PATTERN, 'is not the id of a run');

/** Requests to the engine about these records; part of `Requests`. */
export const RecordedRequests = {
  /** Its code, environment and data, as written down when it first started. */
  'runs/recorded': { params: z.object({ id: Id }).strict(), result: Recorded },
  /** The contents of its recorded code: changes since the commit (null: not kept) and untracked files. */
  'runs/code': {
    params: z.object({ id: Id }).strict(),
    result: z.object({ changes: z.string().nullable(), untracked: RecordedUntracked }),
  },
  /**
   * Makes `folder` (absolute, not there yet) a git worktree with the code of a run. `toRun`: it is going to be started from
   * there, which the person must trust.
   */
  'runs/checkout': {
    params: z
      .object({ id: Id, folder: z.string(), toRun: z.boolean().optional(), trust: z.boolean().optional() })
      .strict(),
    /** `cwd`: the program's working folder there. `notes`: what differs from the code that it had. */
    result: z.object({ folder: z.string(), cwd: z.string(), notes: z.array(z.string()) }),
  },
} as const;
