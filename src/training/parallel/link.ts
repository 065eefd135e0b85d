/** The training's connection to one worker: a thread where the backend allows it, otherwise a process. */
import { fork, type ChildProcess } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { TrainingError } from '../errors.js';
import type { FromWorker, ToWorker, WorkerStart } from './messages.js';
import { WORKER_FLAG } from './worker.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

export interface Link {
  /** True when both sides can share memory. */
  readonly shares: boolean;
  send(message: ToWorker): void;
  /** Returns the next message; rejects with TrainingError when the worker fails or exits. */
  next(): Promise<FromWorker>;
  close(): Promise<void>;
}

/** Starts a worker. `entry` is the program that can act as one. */
export function openLink(kind: 'thread' | 'process', entry: string, start: WorkerStart, env: NodeJS.ProcessEnv): Link {
  return kind === 'thread' ? new ThreadLink(entry, start) : new ProcessLink(entry, start, env);
}

/** Queue of messages that remembers when the worker ended. */
class Inbox {
  private readonly messages: FromWorker[] = [];
  private ended: TrainingError | null = null;
  private waiting: { resolve(message: FromWorker): void; reject(error: TrainingError): void } | null = null;

  constructor(private readonly rank: number) {}

  readonly put = (message: FromWorker): void => {
    if (message.type === 'failed') return this.fail(message.said ?? message.message);
    if (this.waiting) this.waiting.resolve(message);
    else this.messages.push(message);
    this.waiting = null;
  };

  readonly fail = (reason: string | Said): void =>
    this.end(said('worker {0} of the training failed: {1}', this.rank, reason));

  readonly exit = (how: string): void =>
    this.end(
      said(
        'worker {0} of the training ended by itself ({1}): resume the run from its last checkpoint with "tunesmith resume"',
        this.rank,
        how,
      ),
    );

  readonly notStarted = (reason: string): void =>
    this.end(said('worker {0} of the training could not be started: {1}', this.rank, reason));

  private end(reason: Said): void {
    this.ended ??= new TrainingError(reason);
    this.waiting?.reject(this.ended);
    this.waiting = null;
  }

  next(): Promise<FromWorker> {
    const message = this.messages.shift();
    if (message) return Promise.resolve(message);
    if (this.ended) return Promise.reject(this.ended);
    return new Promise((resolve, reject) => (this.waiting = { resolve, reject }));
  }
}

class ThreadLink implements Link {
  readonly shares = true;
  private readonly worker: Worker;
  private readonly inbox: Inbox;

  constructor(entry: string, start: WorkerStart) {
    this.inbox = new Inbox(start.rank);
    this.worker = new Worker(entry, { workerData: start });
    this.worker.on('message', this.inbox.put);
    this.worker.on('error', (error: Error) => this.inbox.fail(error.message));
    this.worker.on('exit', (code) => this.inbox.exit(`code ${code}`));
    this.send({ type: 'start', start });
  }

  send(message: ToWorker): void {
    // The examples are no longer needed here, so they are transferred.
    const given = message.type === 'step' ? [message.inputs.buffer, message.targets.buffer] : [];
    this.worker.postMessage(message, given as ArrayBuffer[]);
  }

  next(): Promise<FromWorker> {
    return this.inbox.next();
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

class ProcessLink implements Link {
  readonly shares = false;
  private readonly child: ChildProcess;
  private readonly inbox: Inbox;

  constructor(entry: string, start: WorkerStart, env: NodeJS.ProcessEnv) {
    this.inbox = new Inbox(start.rank);
    this.child = fork(entry, [WORKER_FLAG], {
      env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child.on('message', (message) => this.inbox.put(message as FromWorker));
    this.child.on('error', (error) => this.inbox.notStarted(error.message));
    this.child.on('exit', (code, signal) => this.inbox.exit(signal ?? `code ${code}`));
    this.send({ type: 'start', start });
  }

  send(message: ToWorker): void {
    // The inbox reports an error here as the end of the worker.
    this.child.send(message, () => undefined);
  }

  next(): Promise<FromWorker> {
    return this.inbox.next();
  }

  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await gone;
  }
}
