import type { Said } from '../protocol/said.js';
import type { Params } from '../protocol/values/index.js';
import type { RunParams } from './params.js';

/** `pause`: the run will be launched again and should leave a checkpoint, from which it then continues. */
export type StopReason = 'stop' | 'prune' | 'pause';
export type FinishStatus = 'completed' | 'failed' | 'stopped' | 'pruned' | 'paused';
export interface Disposable {
  dispose(): void;
}

/** One trial of a search, in a program that takes one after the other. */
export interface Trial {
  /** Its run. `run.params` has the values to try. */
  readonly run: RunClient;
  readonly params: RunParams;
  /** Number in the search, from 0; null outside a search. */
  readonly number: number | null;
  /** True once the trial is to end early: a pruner has decided so, or a person has stopped it. */
  readonly pruned: boolean;
  /** Records the objective at a step. Returns true if the trial is to end now. */
  report(step: number, value: number): boolean;
  /** Ends the trial. `value`: its objective, if it was not reported or logged before. */
  tell(value?: number): void;
  /** Ends the trial, which has failed; the next ones are not affected. */
  fail(error: unknown): void;
}

/** The training program's side of its run: logs to it and receives requests. */
export interface RunClient {
  /** False when the program was not started by Tunesmith: every call then works and records nothing. */
  readonly enabled: boolean;
  readonly id: string;
  /** Absolute path of the run's folder; checkpoints belong in its `checkpoints/`. Empty if not enabled. */
  readonly folder: string;
  /**
   * Absolute path of the checkpoint to continue from: this run was paused or interrupted, or continues from the state
   * of another. Null at the beginning. Load it before training, and continue with the step after the saved one.
   */
  readonly checkpoint: string | null;
  /**
   * Saves a checkpoint, after the step was logged: `write` fills the empty folder that it is given, and the checkpoint
   * counts once `write` has resolved. The newest `keep` (2) are kept. Resolves to the checkpoint's folder. If no run is
   * recorded, `write` is not called.
   */
  saveCheckpoint(step: number, write: (folder: string) => unknown, options?: { keep?: number }): Promise<string>;
  /** Hyperparameters of this run. */
  readonly params: RunParams;
  /** Seed of this run, in [0, 2^31). */
  readonly seed: number;
  /**
   * Records scalars at one step. They are in the file when it returns: killing the process loses nothing. Steps may
   * come in any order; without one, the client counts its own calls without a step from 0, and continues the count if
   * the run resumes from a checkpoint. NaN and infinities are kept.
   */
  log(values: Record<string, number>, at?: { step?: number; epoch?: number }): void;
  /** How far the work has come: `fraction` in [0, 1] or null when unknown, and a text for the person. */
  progress(fraction: number | null, text?: string): void;
  /** Records facts other than metrics, such as the number of weights. */
  info(values: Params): void;
  /** Hyperparameters the program states itself; merged over those it was started with. */
  setParams(values: Params): void;
  /** A message for the person; the last one of level `error` explains a failed run. */
  message(level: 'info' | 'warning' | 'error', text: string | Said): void;
  /**
   * Records a file that belongs to the run. `path` is absolute (inside the run's folder) or relative to that folder.
   */
  media(name: string, path: string, at?: { mime?: string; step?: number }): void;
  /**
   * Called once when the person, or a pruner, asks this run to stop; at once if that has happened. A program that
   * listens (with this, `stopSignal` or `stopRequested`) must end by itself; any other is ended with `process.exit`.
   */
  onStop(listener: (reason: StopReason) => void): Disposable;
  /**
   * The reason, once a stop request has taken effect; null before. Check it between batches. A pause, and a stop of a
   * program that saves checkpoints, take effect when the newest checkpoint contains everything that was logged, so that
   * nothing is repeated when the run resumes.
   */
  readonly stopRequested: StopReason | null;
  /** A stop was asked for and waits for the next checkpoint. A program that saves seldom can save now. */
  readonly checkpointWanted: boolean;
  /** Aborted when a stop takes effect. */
  readonly stopSignal: AbortSignal;
  /** Called with the changed values when the person edits hyperparameters during the run; `params` has them already. */
  onSet(listener: (params: Params) => void): Disposable;
  /** Last record. Without a status: `completed`, or `stopped`/`pruned`/`paused` when that was asked for. Later calls do nothing. */
  finish(status?: FinishStatus, error?: string | Said): void;
  /**
   * The trials of the search that this program was started for, one after the other, without a new process for each:
   * `for await (const trial of run.trials()) …`. Each is a run of its own; this run is the first one's. In a program that was
   * started otherwise, there is one.
   */
  trials(): AsyncGenerator<Trial, void, undefined>;
  /** Resolves when what was logged has been handed to the engine, or after `timeoutMs`. Never needed for safety. */
  flush(timeoutMs?: number): Promise<void>;
}
