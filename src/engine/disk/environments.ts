/**
 * The environment of the person who requested a run or a search. It may contain secrets, so it is stored in the
 * engine's own folder in the Tunesmith home, and only as long as something may still start with it.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { writeReal } from '../../files/real.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';
import { ID_PATTERN } from '../../protocol/run/runFiles.js';
import { readReal, STATE_LIMIT } from '../../files/real.js';

export type Environment = Readonly<Record<string, string>>;

/** Environment variables that a run's record shows; none of them is a secret. */
const SHOWN = [
  'CUDA_VISIBLE_DEVICES',
  'VIRTUAL_ENV',
  'CONDA_DEFAULT_ENV',
  'PYTHONHASHSEED',
  'OMP_NUM_THREADS',
  'SLURM_JOB_ID',
] as const;
const SHOWN_LENGTH = 1000;
const ENDING = '.json';

export class Environments {
  /** `folder`: in the engine's own folder; made when it is needed. */
  constructor(private readonly folder: string) {}

  /**
   * Saves the environment of a run or a search, replacing its earlier one. Null removes it. Throws when the disk is
   * full.
   */
  keep(id: string, environment: Environment | null): void {
    const file = this.path(id);
    if (environment === null) return this.forget(id);
    fs.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    writeReal(file, JSON.stringify(environment));
  }

  /** Returns the file with the environment of a run: its own, else its search's. Null: none was sent. */
  file(id: string, search: string | null = null): string | null {
    const files = [id, ...(search === null ? [] : [search])].map((each) => this.path(each));
    return files.find((file) => fs.existsSync(file)) ?? null;
  }

  /** Returns null if none was recorded, so the engine's own is used. Throws if it exists but can't be read. */
  of(id: string, search: string | null = null): Environment | null {
    const file = this.file(id, search);
    return file === null ? null : readEnvironment(file);
  }

  /** Returns CUDA_VISIBLE_DEVICES of a run or a search, the engine's own if none was sent; undefined: not set. */
  visibleGpus(id: string, search: string | null = null): string | undefined {
    try {
      return (this.of(id, search) ?? process.env).CUDA_VISIBLE_DEVICES;
    } catch {
      return undefined;
    }
  }

  forget(id: string): void {
    fs.rmSync(this.path(id), { force: true });
  }

  /** Removes files that no run or search needs any more, including those half written by a killed engine. */
  tidy(needed: (id: string) => boolean): void {
    for (const name of fs.existsSync(this.folder) ? fs.readdirSync(this.folder) : []) {
      if (!name.endsWith(ENDING) || !needed(name.slice(0, -ENDING.length)))
        fs.rmSync(path.join(this.folder, name), { recursive: true, force: true });
    }
  }

  private path(id: string): string {
    if (!ID_PATTERN.test(id)) throw new Error(`${JSON.stringify(id)} is not the id of a run or a search`);
    return path.join(this.folder, id + ENDING);
  }
}

/** Throws with a sentence for the person. No message contains a value. */
export function readEnvironment(file: string): Environment {
  const environment: Record<string, string> = {};
  try {
    for (const [name, value] of Object.entries(JSON.parse(readReal(file, STATE_LIMIT)) as object)) {
      if (typeof value !== 'string') throw new Error();
      setEntry(environment, name, value);
    }
  } catch {
    throw new Error(`The environment that the program was to get can't be read from ${file}. Start it again.`);
  }
  return environment;
}

/** The few variables that a run's record names; undefined when none is set. */
export function shownOf(environment: Environment | null): Record<string, string> | undefined {
  const shown: Record<string, string> = {};
  for (const name of SHOWN) {
    const value = entryOf(environment ?? {}, name);
    if (value !== undefined) shown[name] = value.slice(0, SHOWN_LENGTH);
  }
  return Object.keys(shown).length > 0 ? shown : undefined;
}
