/**
 * Logs of other programs: how a format is recognized and read. Readers get bounded pieces of files that anyone may have
 * written, and emit records; they execute nothing and follow no links.
 */
import * as path from 'node:path';
import type { Floats } from '../protocol/values/floats.js';
import type { RunSpec } from '../protocol/run/runFolder.js';
import type { Params } from '../protocol/values/index.js';

export type FormatId =
  'tensorboard' | 'mlflow' | 'wandb' | 'csv' | 'transformers' | 'optuna' | 'trackio' | 'dvclive' | 'dvc';

/** One folder of a bounded walk: the names in it, links and special files left out. */
export interface Listing {
  /** Absolute. */
  path: string;
  /** Relative to where the walk began, with slashes; empty for the root. */
  relative: string;
  files: readonly string[];
  folders: readonly string[];
}

/** One run in the logs of another program. */
export interface FoundRun {
  format: FormatId;
  /** Absolute path of the folder or file that has it. */
  path: string;
  /** Distinguishes it from others in the same file or folder; empty if there are none. */
  inner: string;
  experiment: string;
  name: string;
  /** Absolute paths of the files whose growth is the run's growth. */
  files: readonly string[];
  /** Absolute path of the file with the program's output; absent if there is none. */
  output?: string;
  /** Everything from the start, or from where an earlier reading ended. */
  open(): Reader;
}

/** Name and experiment of a run after the path of its folder or file. */
export function labelsOf(place: string): { name: string; experiment: string } {
  return { name: path.basename(place), experiment: path.basename(path.dirname(place)) };
}

/** How far a run was read: JSON of the reader's own making. */
export type Place = Record<string, unknown>;

export interface Reader {
  /**
   * Emits records added since `place` (null: all), until about `budget` bytes were read. `more`: there is more to read
   * at once. Never throws for a file's contents; throws the system's error for a file that can't be read.
   */
  read(place: Place | null, sink: Sink, budget?: number): { place: Place; more: boolean };
}

/** Known facts of a run besides its values. Absent: unknown. */
export interface Facts {
  name?: string;
  experiment?: string;
  /** Milliseconds since the epoch. */
  createdAt?: number;
  endedAt?: number;
  status?: 'running' | 'completed' | 'failed' | 'stopped' | 'pruned';
  error?: string;
  tags?: string[];
  note?: string;
  argv?: string[];
  host?: string;
  git?: { commit: string; branch: string | null; dirty: boolean };
  objective?: NonNullable<RunSpec['objective']>;
}

/** Receives a reader's records, in the order of the files. Times are milliseconds since the epoch, NaN if unknown. */
export interface Sink {
  /** `step` null: the next of this run. */
  scalar(name: string, value: number, step: number | null, time: number, epoch?: number): void;
  params(params: Params, floats?: Floats): void;
  /** Facts for the details of the run. */
  info(values: Params): void;
  media(media: ForeignMedia): void;
  facts(facts: Facts): void;
  /** Something that could not be read, for the person. */
  warning(text: string): void;
}

export interface ForeignMedia {
  name: string;
  step: number | null;
  time: number;
  mime: string;
  bytes: Uint8Array;
  /**
   * Returns the bytes of a file that refers to others: `keep` keeps one of them and returns its path in the run's
   * folder, null if it is not kept.
   */
  compose?: (keep: (part: ForeignMedia) => string | null) => Uint8Array;
}

export interface Format {
  id: FormatId;
  /** As people know it. */
  title: string;
  find(listings: readonly Listing[]): FoundRun[];
}
