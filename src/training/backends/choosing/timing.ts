/** Times a step of a network on the current backend: the training loop on synthetic examples of the right shape. */
import { normalizeMetrics } from '../../../experiment/network/index.js';
import type { TimingTask } from './choice.js';
import type { Started } from '../types.js';
import type { Dataset, HeldExamples } from '../../data/types.js';
import { Random } from '../../random.js';
import { Training } from '../../loop/train.js';

/** Warm-up steps; steps that determine how many are timed, and for how long. */
const WARM_UP = 3;
const TRIAL = 4;
const TIMED_MS = 250;
const MOST_STEPS = 200;

/** Returns the time of a step in milliseconds. */
export async function timeStep({ network, data }: TimingTask, started: Started): Promise<number> {
  const batch = Math.min(network.batchSize, data.examples);
  const random = new Random(1);
  const width = data.inputShape.reduce((a, b) => a * b, 1);
  // Zeros and ones are valid inputs for embeddings, too.
  const inputs = Uint8Array.from({ length: batch * width }, () => random.bits() & 1);
  const classes = data.classes;
  const targets = classes
    ? Int32Array.from({ length: batch }, () => random.bits() % classes)
    : Float32Array.from({ length: batch * data.outputs }, () => random.uniform());
  /** Repeats the same batch. */
  const examples = (steps: number): HeldExamples => {
    const repeated = <T extends Uint8Array | Int32Array | Float32Array>(part: T): T => {
      const all = new (part.constructor as new (length: number) => T)(part.length * steps);
      for (let i = 0; i < steps; i++) all.set(part, i * part.length);
      return all;
    };
    return { count: batch * steps, inputs: repeated(inputs), targets: repeated(targets) };
  };
  const dataset: Dataset = {
    name: 'timing',
    task: data.task,
    inputShape: data.inputShape,
    classes: classes === null ? null : Array.from({ length: classes }, (_, i) => `${i}`),
    outputs: data.outputs,
    train: examples(WARM_UP),
    validation: { count: 1, inputs: inputs.slice(0, width), targets: targets.slice(0, classes ? 1 : data.outputs) },
    inputScale: { factor: 1, offset: 0 },
    targetScale: null,
    preparation: {},
    notes: [],
  };
  let milliseconds = 0;
  const log = {
    log(values: Record<string, number>) {
      if (values.samples_per_second) milliseconds = (1000 * batch) / values.samples_per_second;
    },
    progress: () => undefined,
    info: () => undefined,
    message: () => undefined,
    stopRequested: null,
  };
  const training = new Training({
    network: {
      ...network,
      epochs: 3,
      batchSize: batch,
      logEvery: null,
      accumulate: 1,
      workers: 1,
      augment: null,
      mixup: 0,
      earlyStopping: null,
      folds: null,
      fold: null,
      constraints: [],
      diagnostics: false,
      warnings: false,
      checkpoint: false,
      metrics: normalizeMetrics(null),
      loss: { ...network.loss, classWeights: null },
    },
    dataset,
    seed: 1,
    log,
    cheapReads: started.cheapReads,
    evaluationBatch: 1,
  });
  try {
    await training.advance();
    dataset.train = examples(TRIAL);
    await training.advance();
    const steps = Math.min(MOST_STEPS, Math.max(2, Math.ceil(TIMED_MS / milliseconds)));
    dataset.train = examples(steps);
    await training.advance();
    return milliseconds;
  } finally {
    training.dispose();
  }
}
