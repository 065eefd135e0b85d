/** Trials of a search, one after the other in one process. */
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_ENV, RUN_FILES } from '../protocol/run/runFiles.js';
import type { Assigned } from '../protocol/run/supervisor.js';
import type { RunParams } from './params.js';
import type { RunClient, Trial } from './run.js';
import { say } from './say.js';

export class OneTrial implements Trial {
  private isOver = false;
  private last = -1;

  constructor(
    readonly run: RunClient,
    readonly number: number | null,
    /** The metric that the search compares trials by. */
    private readonly metric: string,
    /** The step that `log` would count next. */
    private readonly nextStep: () => number,
  ) {}

  get params(): RunParams {
    return this.run.params;
  }

  get pruned(): boolean {
    return this.run.stopRequested !== null;
  }

  report(step: number, value: number): boolean {
    this.last = Math.max(this.last, step);
    this.run.log({ [this.metric]: value }, { step });
    return this.pruned;
  }

  tell(value?: number): void {
    if (this.isOver) return;
    this.isOver = true;
    if (value !== undefined) this.run.log({ [this.metric]: value }, { step: Math.max(this.last + 1, this.nextStep()) });
    this.run.finish();
  }

  fail(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text}\n`);
    this.run.finish('failed', text);
  }
}

/** Sets the variables of the next run, for libraries and for programs that this one starts. */
export function succeedInEnvironment({ id, folder, params, checkpoint }: Assigned): void {
  Object.assign(process.env, {
    [RUN_ENV.id]: id,
    [RUN_ENV.folder]: folder,
    [RUN_ENV.journal]: join(folder, RUN_FILES.journal, RUN_FILES.externalJournal),
    [RUN_ENV.params]: params,
  });
  if (checkpoint === null) delete process.env[RUN_ENV.checkpoint];
  else process.env[RUN_ENV.checkpoint] = checkpoint;
}

/** The open output of the present run, if it is not the one that the process was started with. */
let output: number | null = null;
let isRedirected = false;

/**
 * Sends later output to that run's file. Node can't replace its descriptors, so only what is written through its
 * own streams does; what native code prints stays in the first trial's file.
 */
export function moveOutput(folder: string): void {
  let file: number;
  try {
    // Only if it is the file of a run: under a debugger, it is not.
    if (!isRedirected && !fstatSync(1).isFile()) return;
    file = openSync(join(folder, RUN_FILES.output), 'a', 0o600);
  } catch (error) {
    say(`what this trial prints goes to the file of an earlier one: ${(error as Error).message}`);
    return;
  }
  if (output !== null) closeSync(output);
  output = file;
  if (isRedirected) return;
  isRedirected = true;
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = ((chunk: string | Uint8Array, encoding?: unknown, done?: unknown): boolean => {
      const then = typeof encoding === 'function' ? encoding : done;
      const bytes =
        typeof chunk === 'string'
          ? Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
          : chunk;
      let problem: unknown = null;
      try {
        for (let at = 0; at < bytes.length;) at += writeSync(output!, bytes, at);
      } catch (error) {
        // A full disk must not end the program.
        problem = error;
      }
      if (typeof then === 'function') process.nextTick(then, problem);
      return true;
    }) as typeof stream.write;
  }
}

/** False in a distributed job, as launchers tell it. */
export function isAlone(env: NodeJS.ProcessEnv = process.env): boolean {
  return ['WORLD_SIZE', 'OMPI_COMM_WORLD_SIZE', 'PMI_SIZE'].every((name) => !(Number(env[name]) > 1));
}
