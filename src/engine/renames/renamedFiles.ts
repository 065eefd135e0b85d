/**
 * Renames of experiment files, `.tunesmith/files.ndjson`, one per line: runs are recorded under the path that their file had
 * when they began, and this list says where it is now. It is data like everything in the folder: it decides what is shown
 * together, and never what is started.
 */
import * as path from 'node:path';
import { z } from 'zod';
import { appendReal, readReal, statReal } from '../../files/real.js';
import { fromRecord, toRecord } from '../../files/runPaths.js';
import { Time } from '../../protocol/values/time.js';

const LARGEST = 1024 * 1024;
const MOST = 5000;
/** Milliseconds for which the list is not looked at again. */
const LOOK_MS = 500;

const Line = z.object({
  /** Paths in the form of records: relative to the workspace. */
  from: z.string().min(1),
  to: z.string().min(1),
  /** Runs that were made later belong to another file of the old name. */
  time: Time,
  /** The experiment's name followed the file's. */
  experiment: z.object({ from: z.string(), to: z.string() }).optional(),
});

/** A rename with absolute paths. */
export type FileRename = z.infer<typeof Line>;

/** Something that was made for an experiment file at a time. */
export interface OfFile {
  file: string | null;
  experiment: string;
  createdAt: number;
}

export class RenamedFiles {
  private readonly list: string;
  private size = -1;
  private lookAgainAt = -Infinity;
  private known: readonly FileRename[] = [];

  constructor(private readonly workspace: string) {
    this.list = path.join(workspace, '.tunesmith', 'files.ndjson');
  }

  /** All renames, oldest first; read again when the list has changed. Links are not followed. */
  get all(): readonly FileRename[] {
    if (performance.now() < this.lookAgainAt) return this.known;
    this.lookAgainAt = performance.now() + LOOK_MS;
    const size = statReal(this.list)?.size ?? 0;
    if (size !== this.size) {
      this.size = size;
      this.known = size === 0 ? [] : this.read();
    }
    return this.known;
  }

  /** Returns the file and the experiment that a record belongs to now. */
  now({ file, experiment, createdAt }: OfFile): { file: string | null; experiment: string } {
    if (file === null) return { file, experiment };
    let [path, name] = [file, experiment];
    for (const rename of this.all) {
      if (rename.from !== path || createdAt > rename.time) continue;
      path = rename.to;
      if (rename.experiment?.from === name) name = rename.experiment.to;
    }
    return { file: path, experiment: name };
  }

  /** Throws if the list can't be written. */
  add(rename: FileRename): void {
    const line = { ...rename, from: toRecord(this.workspace, rename.from), to: toRecord(this.workspace, rename.to) };
    appendReal(this.list, `${JSON.stringify(line)}\n`);
    this.lookAgainAt = -Infinity;
  }

  private read(): FileRename[] {
    let text: string;
    try {
      text = readReal(this.list, LARGEST);
    } catch {
      return [];
    }
    const lines = text.split('\n').slice(0, MOST);
    return lines.flatMap((line) => {
      const parsed = parse(line);
      if (!parsed) return [];
      const [from, to] = [fromRecord(this.workspace, parsed.from), fromRecord(this.workspace, parsed.to)];
      return [{ ...parsed, from, to }];
    });
  }
}

/** Null for a line that another program has left half-written. */
function parse(line: string): FileRename | null {
  try {
    return Line.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
