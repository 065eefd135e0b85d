/** Decodes image files to network inputs, in this thread or in several others. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TrainingError } from '../../errors.js';
import { openBytes } from '../bytes.js';
import { decodeImage, type Pixels } from './decode.js';
import { fitImage, type Fitting, type ImageShape } from './resize.js';
import { said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

export interface DecodeSettings {
  /** Folder that files are relative to. */
  base: string;
  shape: ImageShape;
  fitting: Fitting;
}

export interface Decoder {
  /** Number of files decoded concurrently. */
  readonly atOnce: number;
  read(file: string): Promise<Uint8Array>;
}

const LARGEST_FILE = 512 * 2 ** 20;

export async function readImage(base: string, file: string): Promise<Pixels> {
  const bytes = await openBytes(base, file);
  try {
    if (bytes.size > LARGEST_FILE) throw new TrainingError(said('{0} is larger than 512 MB', file));
    return await decodeImage(await bytes.read(0, bytes.size), file);
  } finally {
    await bytes.close();
  }
}

export class OwnDecoder implements Decoder {
  readonly atOnce = 4;

  constructor(private readonly settings: DecodeSettings) {}

  async read(file: string): Promise<Uint8Array> {
    const { base, shape, fitting } = this.settings;
    return fitImage(await readImage(base, file), shape, fitting);
  }
}

/** Message from the owner to a thread. */
export interface Wanted {
  id: number;
  file: string;
}
/** `said`: the message of a TrainingError; null: a fault of the program. */
export type Answer = { id: number; values: Uint8Array } | { id: number; error: string; said: Said | null };

/** Smallest number of images for which starting a thread pays off. */
const WORTH = 300;
/** Upper limit on threads: more would take more memory, and cores from runs in parallel. */
const MOST_THREADS = 4;
const PROGRAM = 'images.cjs';

/** Uses threads when they pay off and their program exists, which it does not during development. */
export function buildDecoder(settings: DecodeSettings, images: number): Decoder {
  const program = join(typeof __dirname === 'string' ? __dirname : '', PROGRAM);
  const threads = Math.min(MOST_THREADS, availableParallelism());
  if (images < WORTH || threads < 2 || !existsSync(program)) return new OwnDecoder(settings);
  return new ThreadedDecoder(settings, program, threads);
}

interface Thread {
  worker: Worker;
  waiting: Map<number, Waiting>;
  /** Error that ended the thread. */
  ended: Error | null;
}
type Waiting = { resolve: (values: Uint8Array) => void; reject: (error: Error) => void };

export class ThreadedDecoder implements Decoder {
  readonly atOnce: number;
  private readonly threads: Thread[];
  private ids = 0;

  /** Starts the threads, which end with the process. */
  constructor(settings: DecodeSettings, program: string, count: number) {
    this.atOnce = 2 * count;
    this.threads = Array.from({ length: count }, () => {
      const worker = new Worker(program, { workerData: settings });
      const waiting = new Map<number, Waiting>();
      const thread: Thread = { worker, waiting, ended: null };
      const fail = (error: Error) => {
        thread.ended ??= error;
        for (const { reject } of waiting.values()) reject(error);
        waiting.clear();
      };
      worker.unref();
      worker.on('message', (answer: Answer) => {
        const one = waiting.get(answer.id);
        waiting.delete(answer.id);
        if (waiting.size === 0) worker.unref();
        if ('values' in answer) one?.resolve(answer.values);
        else one?.reject(answer.said ? new TrainingError(answer.said) : new Error(answer.error));
      });
      worker.on('error', fail);
      worker.on('exit', () => fail(new Error('the thread that decodes images ended')));
      return thread;
    });
  }

  read(file: string): Promise<Uint8Array> {
    const id = this.ids++;
    const { worker, waiting, ended } = this.threads.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a));
    if (ended) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, file } satisfies Wanted);
    });
  }
}
