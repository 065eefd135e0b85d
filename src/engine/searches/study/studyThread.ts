/** A study in a separate thread, which answers messages in order. */
import * as path from 'node:path';
import { Worker } from 'node:worker_threads';
import { SearchError } from '../../../search/errors.js';
import type { StudyCall, StudyCalls, StudyMessage, StudyOpened, StudyReply, StudyStart } from './messages.js';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class StudyThread {
  private readonly waiting = new Map<number, Waiting>();
  private seq = 0;
  private failure: Error | null = null;

  private constructor(private readonly worker: Worker) {
    worker.on('message', (reply: StudyReply) => this.received(reply));
    worker.on('error', (error) => this.fail(clear(error)));
    worker.on('exit', (code) => this.fail(new Error(`the search's thread ended with ${code}`)));
  }

  /** Rejects with SearchError when the options make no sense or the saved state can't be read. */
  static async open(distFolder: string, start: StudyStart): Promise<{ thread: StudyThread; opened: StudyOpened }> {
    const thread = new StudyThread(new Worker(path.join(distFolder, 'study.cjs'), { workerData: start }));
    const opened = await new Promise((resolve, reject) => thread.waiting.set(0, { resolve, reject }));
    return { thread, opened: opened as StudyOpened };
  }

  call<C extends StudyCall>(call: C, params: StudyCalls[C]['params']): Promise<StudyCalls[C]['result']> {
    if (this.failure) return Promise.reject(this.failure);
    const seq = ++this.seq;
    this.worker.postMessage({ seq, call, params } satisfies StudyMessage);
    return new Promise((resolve, reject) => {
      this.waiting.set(seq, { resolve: resolve as (result: unknown) => void, reject });
    });
  }

  dispose(): void {
    this.fail(new Error('the search has ended'));
    void this.worker.terminate();
  }

  private received(reply: StudyReply): void {
    const waiting = this.waiting.get(reply.seq);
    this.waiting.delete(reply.seq);
    if ('result' in reply) return waiting?.resolve(reply.result);
    const { name, message } = reply.error;
    waiting?.reject(name === 'SearchError' || name === 'SpaceError' ? new SearchError(message) : new Error(message));
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }
}

function clear(error: Error): Error {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new Error('The search ran out of memory. Its results are kept; resume it, or start one with fewer trials.');
}
