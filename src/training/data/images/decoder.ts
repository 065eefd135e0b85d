/** Image files as a network's inputs: in this thread, or in several others beside it. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TrainingError } from '../../errors.js';
import { openBytes } from '../bytes.js';
import { decodeImage, type Pixels } from './decode.js';
import { fitImage, type Fitting, type ImageShape } from './resize.js';

export interface DecodeSettings {
  /** Folder that files are relative to. */
  base: string;
  shape: ImageShape;
  fitting: Fitting;
}

export interface Decoder {
  /** Files that it works on at once. */
  readonly atOnce: number;
  read(file: string): Promise<Uint8Array>;
}

const LARGEST_FILE = 512 * 2 ** 20;

export async function readImage(base: string, file: string): Promise<Pixels> {
  const bytes = await openBytes(base, file);
  try {
    if (bytes.size > LARGEST_FILE) throw new TrainingError(`${file} is larger than 512 MB`);
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

/** Between a thread and its owner. */
export interface Wanted {
  id: number;
  file: string;
}
export type Answer = { id: number; values: Uint8Array } | { id: number; error: string; mistake: boolean };

/** A thread is worth its start from so many images on. */
const WORTH = 300;
/** More would take the memory of as many images, and the cores of the runs beside this one. */
const MOST_THREADS = 4;
const PROGRAM = 'images.cjs';

/** Threads where they pay and their program is there: not in development. */
export function buildDecoder(settings: DecodeSettings, images: number): Decoder {
  const program = join(typeof __dirname === 'string' ? __dirname : '', PROGRAM);
  const threads = Math.min(MOST_THREADS, availableParallelism());
  if (images < WORTH || threads < 2 || !existsSync(program)) return new OwnDecoder(settings);
  return new ThreadedDecoder(settings, program, threads);
}

interface Thread {
  worker: Worker;
  waiting: Map<number, Waiting>;
  /** Why it ended. */
  ended: Error | null;
}
type Waiting = { resolve: (values: Uint8Array) => void; reject: (error: Error) => void };

export class ThreadedDecoder implements Decoder {
  readonly atOnce: number;
  private readonly threads: Thread[];
  private ids = 0;

  /** The threads end with the process. */
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
        else one?.reject(answer.mistake ? new TrainingError(answer.error) : new Error(answer.error));
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
