/**
 * Imports another program's logs as a run. Importing again adds only new records: the run's id is derived from the
 * place of its logs, and `import.json` in its folder says how far they were read.
 */
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { hostname } from 'node:os';
import * as path from 'node:path';
import { z } from 'zod';
import { record } from '../../protocol/values/recordSchema.js';
import { makeFolderReal, openReal, readReal, statReal, writeReal } from '../../files/real.js';
import { toRecord } from '../../files/runPaths.js';
import { WAKE_PREFIX } from '../../protocol/run/handStarted.js';
import { IMPORTED_FROM } from '../../protocol/engine/foreign.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import type { RunSpec } from '../../protocol/run/runFolder.js';
import type { Facts, FoundRun, Place } from '../types.js';
import { JournalLines, type Counts, type LinesTarget } from './lines.js';
import { MediaKeeper } from './keepMedia.js';
import { copyOutput } from './copyOutput.js';

export const IMPORT_FILES = { state: 'import.json', journal: 'import.ndjson' } as const;
const LARGEST_STATE = 64 * 2 ** 20;

const State = z.object({
  version: z.literal(1),
  /** How far the logs were read. */
  place: record(z.unknown()),
  /** Bytes of the journal that belong to it: bytes after them were written by an import that was interrupted. */
  journal: z.number().int().min(0),
  /** Last known status and end, so that they are not recorded twice. */
  ended: z.string().nullable(),
});
type State = z.infer<typeof State>;

export interface Imported {
  id: string;
  name: string;
  what: 'new' | 'grown' | 'unchanged';
  counts: Counts;
  warnings: string[];
}

export interface ImportOptions {
  /** Absolute path of the workspace. */
  workspace: string;
  /** Folder of all runs. */
  runs: string;
  /** Called between pieces of about 8 MiB. */
  progress?: (read: number) => void;
}

const PIECE = 8 * 2 ** 20;
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

/** Always the same for the same logs in the same workspace, also when that was moved. */
export function importedId(found: Pick<FoundRun, 'format' | 'path' | 'inner'>, workspace: string): string {
  const key = JSON.stringify([found.format, toRecord(workspace, found.path), found.inner]);
  return [...createHash('sha256').update(key).digest().subarray(0, 12)].map((byte) => DIGITS[byte % 32]).join('');
}

/** Reads a run's logs without keeping anything. */
export function countRun(found: FoundRun, progress?: (read: number) => void): { counts: Counts; facts: Facts } {
  const lines = new JournalLines({ write: () => undefined, keep: () => '' }, 0);
  readAll(found, null, lines, progress);
  return { counts: lines.counts, facts: lines.known };
}

/** Returns whether a run's logs were imported, and have been written since, by the times of the files. */
export function stateOf(
  found: FoundRun,
  { workspace, runs }: Pick<ImportOptions, 'workspace' | 'runs'>,
): 'new' | 'grown' | 'imported' {
  const imported = statReal(path.join(runs, importedId(found, workspace), IMPORT_FILES.state));
  if (!imported) return 'new';
  return timeOfFiles(found) > imported.mtimeMs ? 'grown' : 'imported';
}

/** Throws the system's error when a file can't be read, or the disk is full. */
export function importRun(found: FoundRun, options: ImportOptions): Imported {
  const id = importedId(found, options.workspace);
  const folder = path.join(options.runs, id);
  return statReal(folder) ? grow(found, id, folder, options) : create(found, id, folder, options);
}

function create(found: FoundRun, id: string, folder: string, options: ImportOptions): Imported {
  const now = timeOfFiles(found);
  // Written atomically: watchers see all of it or nothing.
  const temporary = path.join(options.runs, `.import-${id}-${randomBytes(4).toString('hex')}`);
  makeFolderReal(path.join(temporary, RUN_FILES.journal));
  try {
    const { lines, state } = append(found, temporary, null, options);
    const spec = specOf(found, id, lines.known, options.workspace, now);
    writeReal(path.join(temporary, IMPORT_FILES.state), JSON.stringify(state));
    writeReal(path.join(temporary, RUN_FILES.spec), JSON.stringify(spec));
    fs.renameSync(temporary, folder);
    return { id, name: spec.name ?? id, what: 'new', counts: lines.counts, warnings: lines.warnings };
  } catch (error) {
    fs.rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}

function grow(found: FoundRun, id: string, folder: string, options: ImportOptions): Imported {
  const before = State.parse(JSON.parse(readReal(path.join(folder, IMPORT_FILES.state), LARGEST_STATE)));
  const { lines, state } = append(found, folder, before, options);
  const what = state.journal > before.journal ? 'grown' : 'unchanged';
  if (JSON.stringify(state) !== JSON.stringify(before)) {
    writeReal(path.join(folder, IMPORT_FILES.state), JSON.stringify(state));
  }
  if (what === 'grown') wake(options.runs, id);
  return { id, name: lines.known.name ?? found.name, what, counts: lines.counts, warnings: lines.warnings };
}

/** Appends the records added to the logs since `before` to the journal in `folder`. */
function append(found: FoundRun, folder: string, before: State | null, options: ImportOptions) {
  const now = timeOfFiles(found);
  const journal = path.join(folder, RUN_FILES.journal, IMPORT_FILES.journal);
  const { O_WRONLY, O_CREAT } = fs.constants;
  const descriptor = openReal(journal, O_WRONLY | O_CREAT);
  try {
    let size = Math.min(before?.journal ?? 0, fs.fstatSync(descriptor).size);
    fs.ftruncateSync(descriptor, size);
    const media = new MediaKeeper(folder);
    const target: LinesTarget = {
      write(text) {
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length;) at += fs.writeSync(descriptor, bytes, at, bytes.length - at, size + at);
        size += bytes.length;
      },
      keep: (each) => media.keep(each),
    };
    const lines = new JournalLines(target, now);
    if (before === null)
      lines.info({ [IMPORTED_FROM]: `${toRecord(options.workspace, found.path)} (${found.format})` });
    const place = readAll(found, before?.place ?? null, lines, options.progress);
    if (media.leftOut > 0) lines.warning(`${media.leftOut} pictures and other files are left out: there are too many.`);
    const ended = endOf(lines.known, before?.ended ?? null);
    if (found.output !== undefined) copyOutput(found.output, path.join(folder, RUN_FILES.output));
    lines.flush();
    const isMore = size > (before?.journal ?? 0);
    if (before === null || isMore || ended !== before.ended) {
      lines.line({ type: 'finish', time: lines.known.endedAt ?? now, ...(JSON.parse(ended) as object) });
      lines.flush();
    }
    fs.fsyncSync(descriptor);
    return { lines, state: { version: 1, place, journal: size, ended } satisfies State };
  } finally {
    fs.closeSync(descriptor);
  }
}

/** When the logs were last written, for records without a time; milliseconds since the epoch. */
export function timeOfFiles({ files }: FoundRun): number {
  const times = files.slice(0, 1000).map((file) => fs.lstatSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.round(Math.max(0, ...times)) || Date.now();
}

function readAll(found: FoundRun, from: Place | null, lines: JournalLines, progress?: (read: number) => void): Place {
  const reader = found.open();
  let place = from;
  for (;;) {
    const { place: next, more } = reader.read(place, lines, PIECE);
    place = next;
    progress?.(lines.counts.points);
    if (!more) return place;
  }
}

/** How the run ended, as JSON of a part of the finish record. Logs that do not say so are taken as whole. */
function endOf({ status, error }: Facts, before: string | null): string {
  if (status === undefined && before !== null) return before;
  // The logs don't say that it ended, and nobody here can check whether its program still works.
  const known = status === 'running' ? 'stopped' : (status ?? 'completed');
  return JSON.stringify({ status: known, ...(error !== undefined && { error: error.slice(0, 4000) }) });
}

export function specOf(found: FoundRun, id: string, facts: Facts, workspace: string, now: number): RunSpec {
  const written = toRecord(workspace, found.path);
  return {
    version: 1,
    id,
    experiment: (facts.experiment ?? found.experiment) || 'imported',
    file: null,
    search: null,
    trial: null,
    params: {},
    argv: facts.argv?.length ? facts.argv : ['tunesmith', 'import', written],
    cwd: '.',
    env: {},
    seed: 0,
    objective: facts.objective ?? null,
    createdAt: Math.round(facts.createdAt ?? now),
    name: facts.name ?? found.name,
    ...(facts.tags && { tags: facts.tags }),
    ...(facts.note !== undefined && { note: facts.note }),
    origin: {
      host: facts.host ?? hostname(),
      by: 'import',
      git: facts.git ?? null,
      source: { format: found.format, path: written, inner: found.inner },
    },
    stopGrace: 0,
  };
}

/** Notifies watchers of the folder of all runs that one of them has grown. */
function wake(runs: string, id: string): void {
  const file = path.join(runs, WAKE_PREFIX + id);
  try {
    fs.closeSync(openReal(file, fs.constants.O_WRONLY | fs.constants.O_CREAT));
    fs.unlinkSync(file);
  } catch {
    // No notification is needed: the next engine finds the files.
  }
}
