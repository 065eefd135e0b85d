/** Program of one worker: computes gradients for its part of each batch until the training ends it. */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { backendById, startBackend } from '../backends/index.js';
import { toldOf } from '../errors.js';
import type { GradientParts } from '../loop/gradientTypes.js';
import { buildLoss } from '../losses/index.js';
import { buildModel } from '../model.js';
import { Student } from '../distil/student.js';
import { Parameters } from '../loop/parameters.js';
import { Random } from '../random.js';
import { EXTRA, type FromWorker, type ToWorker, type WorkerStart } from './messages.js';
import { answer, setWeights, sizeOf } from './part.js';

export const WORKER_FLAG = '--gradient-worker';

/** Returns true when this process or thread is a worker, which then runs until it is ended. */
export function gradientWorker(args: readonly string[]): boolean {
  if (!isMainThread) {
    if ((workerData as Partial<WorkerStart> | null)?.tunesmith !== 'gradient-worker' || !parentPort) return false;
    const port = parentPort;
    const worker = new GradientWorker((message) => port.postMessage(message));
    port.on('message', (message: ToWorker) => worker.take(message));
    return true;
  }
  if (args[0] !== WORKER_FLAG || !process.send) return false;
  // The training process is gone, for whatever reason.
  process.on('disconnect', () => process.exit(0));
  const worker = new GradientWorker((message) => process.send!(message));
  process.on('message', (message: ToWorker) => worker.take(message));
  return true;
}

class GradientWorker {
  private rank = 0;
  private readonly networks = new Map<number, { parts: GradientParts; random: Random }>();
  /** Tail of the queue: messages are handled one at a time. */
  private done: Promise<unknown> = Promise.resolve();

  constructor(private readonly send: (message: FromWorker) => void) {}

  take(message: ToWorker): void {
    this.done = this.done
      .then(() => this.handle(message))
      .catch((error: unknown) => this.send({ type: 'failed', ...toldOf(error) }));
  }

  private async handle(message: ToWorker): Promise<void> {
    switch (message.type) {
      case 'start':
        this.rank = message.start.rank;
        await startBackend(backendById(message.start.backend));
        return this.send({ type: 'ready' });
      case 'network': {
        const { network, dataset, seed } = message;
        const random = new Random(seed);
        const model = buildModel(network, dataset, random.fork('weights'));
        const loss = buildLoss(network.loss, dataset, model.outputs);
        const parameters = new Parameters(model.weights);
        const student = network.distil && new Student(network.distil, network, model);
        this.networks.set(message.id, { parts: { ...dataset, model, loss, parameters, student }, random });
        return;
      }
      case 'forget': {
        const { parts } = this.networks.get(message.id)!;
        for (const part of [parts.loss, parts.parameters, parts.model]) part.dispose();
        this.networks.delete(message.id);
        return;
      }
      case 'step': {
        const { parts, random } = this.networks.get(message.id)!;
        setWeights(parts.model.weights, message.weights);
        parts.frozen = message.frozen;
        const into = message.answer ?? new Float32Array(sizeOf(parts.model.weights) + EXTRA);
        await answer(parts, message, randomOf(random, message.step, this.rank), into);
        this.send({ type: 'done', answer: message.answer ? null : into });
      }
    }
  }
}

/** Returns the random numbers for dropout: different for each worker, the same for the same seed. */
export const randomOf = (random: Random, step: number, rank: number): Random =>
  random.fork(rank === 0 ? `step ${step}` : `step ${step} of worker ${rank}`);
