/** One run from its description to the saved network. */
import { join } from 'node:path';
import type { RunClient } from '../client/index.js';
import { completeNetwork, validateNetwork, type Network } from '../experiment/network/index.js';
import { RUN_FILES, type RunSpec } from '../protocol/runFolder.js';
import type { Params } from '../protocol/values.js';
import { chooseBackend, requestedBackend, startBackend } from './backends/index.js';
import { saveWeights } from './checkpoint.js';
import { loadDataset, type Dataset } from './data/index.js';
import { TrainingError, messageOf } from './errors.js';
import { saveConfusion } from './metrics/file.js';
import { metricNotes } from './metrics/index.js';
import { loadState } from './resume.js';
import { Saver } from './saver.js';
import { Training } from './train.js';

/** Trains; false when a stop was asked for before the end (what was learned is saved all the same). */
export async function trainRun(run: RunClient, spec: RunSpec, folder: string): Promise<boolean> {
  const network = readNetwork(spec.network);
  run.progress(0, 'starting');
  const [dataset, backend] = await Promise.all([
    loadDataset(network.data, {
      folder,
      validation: network.validation,
      loss: network.loss.name,
      signal: run.stopSignal,
      onProgress: (text) => {
        console.log(text);
        run.progress(null, text);
      },
    }),
    start(network),
  ]);
  for (const note of [...dataset.notes, ...metricNotes(network.metrics, dataset)]) run.message('warning', note);
  if (backend.advice) run.message('info', backend.advice);

  const seed = network.seed ?? spec.seed;
  const { cheapReads, evaluationBatch } = backend.started;
  const saver = network.checkpoint ? new Saver(run) : null;
  const onEpoch = saver ? (now: Training, epoch: number) => saver.save(now, epoch) : undefined;
  const training = new Training({ network, dataset, seed, log: run, cheapReads, evaluationBatch, onEpoch });
  if (run.checkpoint) await goOn(run, training, network);
  run.info({
    backend: backend.id,
    device: `${backend.started.device}: ${backend.started.detail}`,
    parameters: training.parameters.count,
    dataset: dataset.name,
    train_examples: dataset.train.count,
    validation_examples: dataset.validation.count,
    seed,
  });
  console.log(
    `${dataset.name}: ${dataset.train.count} training and ${dataset.validation.count} validation examples; ` +
      `${training.parameters.count} parameters; ${backend.id} (${backend.started.detail})`,
  );
  const listener = run.onSet((params) => setLive(run, training, params));
  try {
    const completed = await training.run();
    if (network.checkpoint) await save(run, network, dataset, training);
    if (training.confusion) await saveConfusion(run, training.confusion);
    return completed;
  } finally {
    listener.dispose();
    training.dispose();
  }
}

/** A run that was interrupted, or that takes over another's state. A learning rate that was changed since then counts. */
async function goOn(run: RunClient, training: Training, network: Network): Promise<void> {
  const state = await loadState(run.checkpoint!);
  const set = training.learningRate;
  training.load(state);
  if (state.setLearningRate !== set) training.learningRate = set;
  const text = `goes on after epoch ${state.epoch} of ${network.epochs}`;
  run.message('info', text);
  console.log(text);
}

function readNetwork(value: unknown): Network {
  if (value === undefined) throw new TrainingError('this run has no "network:" section');
  // In the normal form already when the engine put it there; else as written in a file.
  if (typeof value === 'object' && value !== null && 'data' in value && (value.data as { kind?: unknown })?.kind) {
    return completeNetwork(value as Network);
  }
  const { network, problems } = validateNetwork(value);
  if (network) return network;
  throw new TrainingError(problems.map(({ path, message }) => `network.${path.join('.')}: ${message}`).join('\n'));
}

async function start(network: Network) {
  const backend = await chooseBackend(requestedBackend(network.backend));
  return { id: backend.id, advice: backend.advice, started: await startBackend(backend) };
}

/** Names under which people write the learning rate in their params. */
const LEARNING_RATE = /^(.*\.)?(lr|learning_?rate)$/i;

function setLive(run: RunClient, training: Training, params: Params): void {
  for (const [name, value] of Object.entries(params)) {
    if (LEARNING_RATE.test(name) && typeof value === 'number' && value > 0 && Number.isFinite(value)) {
      training.learningRate = value;
      run.message('info', `learning rate is ${value} from here on`);
    } else if (LEARNING_RATE.test(name)) {
      run.message('warning', `${name} must be a number above 0; it stays ${training.learningRate}`);
    } else {
      run.message('warning', `${name} can't be changed while a network trains: relaunch with the new value`);
    }
  }
}

async function save(run: RunClient, network: Network, dataset: Dataset, training: Training): Promise<void> {
  const name = join(RUN_FILES.checkpoints, 'model.safetensors');
  const { inputShape, classes, inputScale, targetScale, preparation } = dataset;
  try {
    await saveWeights(join(run.folder, name), await training.weights(), {
      format: 'tunesmith',
      network: JSON.stringify(network),
      data: JSON.stringify({ name: dataset.name, inputShape, classes, inputScale, targetScale, preparation }),
    });
    run.media('model', name, { mime: 'application/octet-stream' });
  } catch (error) {
    // The figures are safe in the journal; a full disk must not turn hours of training into a failed run.
    run.message('warning', `the trained network could not be saved: ${messageOf(error)}`);
    console.error(`warning: the trained network could not be saved: ${messageOf(error)}`);
  }
}
