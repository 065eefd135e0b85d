/** Executes one run, from its description to the saved network. */
import type { RunClient } from '../../client/index.js';
import { completeNetwork, validateNetwork, type MetaSettings, type Network } from '../../experiment/network/index.js';
import type { RunSpec } from '../../protocol/run/runFolder.js';
import type { Params } from '../../protocol/values/index.js';
import { knownChoice, notedBackend, noteChoice, timeBackends, type Choice } from '../backends/choosing/choice.js';
import { chooseBackend, startBackend } from '../backends/index.js';
import { architectureOf } from '../architecture/run.js';
import { CrossValidation } from '../evaluation/crossValidation.js';
import { factsOf } from '../data/facts.js';
import { infoOfFacts } from '../../protocol/dataFacts.js';
import { divisionsOf, openData, type Dataset, type OpenData } from '../data/index.js';
import { isHeld } from '../data/types.js';
import { TrainingError } from '../errors.js';
import { saveGraph } from '../graphFile.js';
import { LiveChanges } from './liveChanges.js';
import { saveConfusion } from '../metrics/file.js';
import { metricNotes } from '../metrics/index.js';
import { deviceOf, Workers } from '../parallel/index.js';
import { loadState, saveState } from '../checkpoints/resume.js';
import { loadOwnMetrics, type OwnMetric } from '../metrics/own.js';
import { followData, lossKnown } from './defaults.js';
import { Tasks } from '../meta/tasks.js';
import { Pruning } from '../prune/pruning.js';
import { reshapeOf } from '../prune/reshape.js';
import { Saver } from '../checkpoints/saver.js';
import { saveModel } from './saveModel.js';
import { partsText, sayFinal, sayStart } from './messages.js';
import { TimeLimit } from './timeLimit.js';
import { Training, type TrainingLog } from './train.js';
import { composed, divided, loadStart, loadTeacher, type Trained } from '../transfer/index.js';
import { checkNames } from '../transfer/learning.js';
import { inEnglish, said, verbatim } from '../../format/said.js';

/** Additions by a program that trains by itself. */
export interface Given {
  /** Data set that replaces the one named in the section. */
  dataset?: Dataset;
  onLog?(values: Record<string, number>): void;
  /** Called before the network is disposed; in cross-validation, for the first fold. */
  onTrained?(training: Training): Promise<void>;
}

/** Trains; returns false when stopped early (the weights are saved anyway). Files are relative to `folder`. */
export async function trainRun(
  run: RunClient,
  spec: Pick<RunSpec, 'network' | 'seed'> & Partial<Pick<RunSpec, 'search' | 'params'>>,
  folder: string,
  given: Given = {},
): Promise<boolean> {
  const opened: OpenData[] = [];
  try {
    return await trainOn(run, spec, folder, given, opened);
  } finally {
    // The process may train another network, or the person may want to replace the files.
    for (const one of opened) await one.close();
  }
}

/** Data that it opens are added to `opened`. */
async function trainOn(
  run: RunClient,
  spec: Parameters<typeof trainRun>[1],
  folder: string,
  given: Given,
  opened: OpenData[],
): Promise<boolean> {
  const kept = run.enabled ? run.folder : null;
  const live = await LiveChanges.open(kept, spec.params ?? {}, readNetwork(spec.network));
  let { network } = live;
  // A process that was killed may have kept a change without recording it.
  if (Object.keys(live.values).length > 0) run.setParams(live.values);
  run.progress(0, 'starting');
  const env = { ...process.env };
  if (network.workers > 1) Object.assign(process.env, deviceOf(0, env));
  const ownMetrics = network.metrics.module === null ? [] : await loadOwnMetrics(network.metrics.module, folder);
  const reading = given.dataset ? [given.dataset] : load(run, network, folder, opened);
  const { meta } = network;
  const tasks = meta ? divideIntoTasks(meta, reading) : null;
  tasks?.catch(() => undefined);
  const begin = network.from && loadStart(network.from, { folder, runFolder: kept });
  const teaching = network.distil && loadTeacher(network.distil, { folder, runFolder: kept });
  // They are awaited later; until then their errors must not end the process.
  begin?.catch(() => undefined);
  teaching?.catch(() => undefined);
  const [datasets, backend, start] = await ready(
    ...([run, network, spec.search ?? null] as const),
    tasks ? tasks.then(({ dataset }) => [dataset]) : reading,
    begin,
  );
  const dataset = datasets[0]!;
  const found = network.architecture && (await architectureOf(run, network, dataset, network.seed ?? spec.seed));
  if (network.architecture && !found) return false;
  const chosen = (one: Network): Network => (found ? { ...one, layers: structuredClone(found) } : one);
  const { choices } = followData(composed(network, start, dataset), dataset);
  live.complete((one) => {
    const whole = chosen(composed(one, start, dataset));
    checkNames(whole, start?.aliases ?? []);
    return divided(followData(whole, dataset).network, start?.aliases ?? []);
  });
  ({ network } = live);
  for (const one of choices) run.message('info', said('chosen for these data: {0}', one));
  const notes = [...datasets.flatMap((one) => one.notes), ...metricNotes(network.metrics, dataset)];
  for (const done of dataset.done ?? []) run.message('info', done);
  // Folds have the same notes.
  for (const note of new Map(notes.map((one) => [inEnglish(one), one])).values()) run.message('warning', note);
  if (backend.advice) run.message('info', backend.advice);

  const workers =
    network.workers > 1 ? await Workers.start({ count: network.workers, backend: backend.id, env }) : null;
  try {
    return await trainWith(run, {
      live,
      network,
      seed: network.seed ?? spec.seed,
      datasets,
      backend,
      workers,
      given,
      ownMetrics,
      start,
      teacher: await teaching,
      tasks: await tasks,
    });
  } finally {
    await workers?.close();
  }
}

/**
 * Loads the data and starts the backend: both at once when the backend is known, otherwise after timing backends with
 * the data.
 */
async function ready(
  run: RunClient,
  network: Network,
  search: string | null,
  reading: Dataset[] | Promise<Dataset[]>,
  begin: Promise<Trained> | null,
): Promise<[Dataset[], Awaited<ReturnType<typeof startChosen>>, Trained | null]> {
  const context = { folder: run.enabled ? run.folder : null, search };
  const startKnown = async () => {
    // The layers of a trained network are not known yet.
    if (begin) return null;
    const known = await knownChoice(network, context);
    return known && startChosen(known);
  };
  // All are started before any is awaited, so that a missing file fails at once.
  const [datasets, trained, early, former] = await Promise.all([
    reading,
    begin,
    startKnown(),
    context.folder === null ? null : notedBackend(context.folder),
  ]);
  const onProgress = (text: string) => run.progress(null, text);
  const timing = { ...context, signal: run.stopSignal, onProgress };
  const whole = composed(network, trained, datasets[0]!);
  const backend =
    early ??
    (await startChosen(
      (begin && (await knownChoice(whole, context))) ??
        (await timeBackends(followData(whole, datasets[0]!).network, datasets[0]!, timing)),
    ));
  if (context.folder !== null) await noteChoice(backend.choice, context.folder);
  if (former !== null && former !== backend.id && run.checkpoint) {
    run.message(
      'warning',
      said('this run began on {0} and resumes on {1}: its results will differ slightly', former, backend.id),
    );
  }
  return [datasets, backend, trained];
}

interface Prepared {
  live: LiveChanges;
  network: Network;
  seed: number;
  /** Data sets: one, or one per fold. */
  datasets: Dataset[];
  backend: Awaited<ReturnType<typeof startChosen>>;
  workers: Workers | null;
  given: Given;
  ownMetrics: OwnMetric[];
  /** Trained network to begin with; null: the weights are random. */
  start: Trained | null;
  /** Trained network that teaches; null: none. */
  teacher: Trained | null;
  /** Small tasks to learn from; null: none. */
  tasks: Tasks | null;
}

/** Divides the examples into tasks. */
async function divideIntoTasks(meta: MetaSettings, reading: Dataset[] | Promise<Dataset[]>): Promise<Tasks> {
  return new Tasks(meta, (await reading)[0]!);
}

async function trainWith(run: RunClient, prepared: Prepared): Promise<boolean> {
  const { live, network, seed, datasets, backend, workers, given, ownMetrics, start, teacher, tasks } = prepared;
  const dataset = datasets[0]!;
  const { cheapReads, evaluationBatch } = backend.started;
  // A program that was not started by Tunesmith has no folder for checkpoints.
  const saves = network.checkpoint && run.enabled;
  const saver = saves ? new Saver(run) : null;
  const log = given.onLog ? overheard(run, given.onLog) : run;
  const options = { network, seed, log, cheapReads, evaluationBatch, workers, ownMetrics, start, teacher, tasks };
  if (tasks) run.message('info', tasks.said);
  const folds =
    datasets.length > 1
      ? new CrossValidation({
          ...options,
          datasets,
          onEpoch: async (all, epoch) => saver?.save(epoch, (into) => all.save(into)),
        })
      : null;
  const limit = network.seconds === null ? null : new TimeLimit(network.seconds);
  const reshape = reshapeOf(network);
  const training =
    folds ??
    (network.prune || reshape || network.epochs === 0
      ? new Pruning({
          ...options,
          prune: network.prune,
          reshape,
          dataset,
          onPoint: async (now, point) => saver?.save(point, (into) => now.save(into)),
        })
      : new Training({
          ...options,
          dataset,
          onEpoch: async (now, epoch) => {
            const epochs = limit?.after(epoch, live.network) ?? null;
            if (epochs !== null) shorten(run, now, live.shorten(epochs));
            await saver?.save(epoch, async (into) => saveState(into, await now.state()));
          },
        }));
  // Each round of a pruning trains another network.
  const all = () => (training instanceof CrossValidation ? training.trainings : [trainingOf(training)]);
  if (start && !run.checkpoint) sayStart(run, start, all()[0]!, dataset);
  if (network.split) run.message('info', partsText(network.parts, all()[0]!));
  if (run.enabled && !run.checkpoint) await saveGraph(run, all()[0]!.model.layers);
  if (run.checkpoint) await goOn(run, training, network);
  run.info({
    backend: backend.id,
    device: `${backend.started.device}: ${backend.started.detail}`,
    ...(backend.choice.why !== null && { backend_choice: backend.choice.why }),
    parameters: all()[0]!.parameters.count,
    dataset: dataset.name,
    ...infoOfFacts(factsOf(dataset)),
    train_examples: dataset.train.count,
    validation_examples: dataset.validation.count,
    seed,
    ...(network.workers > 1 && { workers: network.workers }),
    ...(network.folds !== null && { folds: network.folds }),
    ...(network.fold !== null && { fold: network.fold }),
  });
  console.log(
    `${dataset.name}: ${dataset.train.count} training and ${dataset.validation.count} validation examples; ` +
      `${all()[0]!.parameters.count} parameters; ${backend.id} (${backend.started.detail})`,
  );
  if (backend.choice.why !== null) console.log(`${backend.id}: ${backend.choice.why}`);
  const listener = run.onSet((params) => void setLive(run, training, live, params));
  try {
    const completed = await training.run();
    await given.onTrained?.(all()[0]!);
    if (saves) {
      for (const [i, one] of all().entries()) {
        // Settings may have changed meanwhile, such as the number of epochs that the schedule is for.
        const trained = training instanceof Pruning ? training.network : one.network;
        const epoch = completed ? one.keptEpoch : Math.max(1, one.epochs);
        await saveModel(run, trained, datasets[i]!, one, { fold: folds ? i + 1 : null, epoch });
      }
    }
    if (folds && completed) sayFinal(run, folds);
    if (training instanceof Pruning && training.summary) console.log(training.summary);
    if (training.confusion && run.enabled) await saveConfusion(run, training.confusion);
    return completed;
  } finally {
    listener.dispose();
    training.dispose();
  }
}

const trainingOf = (training: Training | Pruning): Training =>
  training instanceof Pruning ? training.training : training;

function shorten(run: RunClient, training: Training, network: Network): void {
  training.change(network);
  run.message('info', said('{0} epochs: more would take longer than {1} seconds', network.epochs, network.seconds));
}

function overheard(run: RunClient, onLog: (values: Record<string, number>) => void): TrainingLog {
  return {
    log(values, at) {
      onLog(values);
      run.log(values, at);
    },
    progress: (...all) => run.progress(...all),
    info: (values) => run.info(values),
    message: (...all) => run.message(...all),
    get stopRequested() {
      return run.stopRequested;
    },
  };
}

/** Loads the data set, or one per fold of a cross-validation. */
async function load(run: RunClient, network: Network, folder: string, opened: OpenData[]): Promise<Dataset[]> {
  const data = await openData(network.data, {
    folder,
    validation: network.validation,
    loss: lossKnown(network),
    signal: run.stopSignal,
    onProgress: (text) => {
      console.log(text);
      run.progress(null, text);
    },
  });
  opened.push(data);
  const divisions = divisionsOf(data, network);
  if (network.folds !== null && data.given !== null) {
    run.message(
      'info',
      divisions.length > 1
        ? said('folds divide the training examples; the separate validation examples are not used')
        : said('fold is of the training examples; the separate validation examples are not used'),
    );
  }
  const datasets: Dataset[] = [];
  for (const division of divisions) datasets.push(await data.dataset(division, divisions.length));
  // Files that are no longer needed are closed, because Windows does not allow changes to open files.
  if (datasets.every(({ train, validation }) => isHeld(train) && isHeld(validation))) await data.close();
  return datasets;
}

/**
 * Resumes an interrupted run, or starts from another run's checkpoint. A learning rate changed since then takes effect.
 */
async function goOn(run: RunClient, training: Training | CrossValidation | Pruning, network: Network): Promise<void> {
  let epoch: number;
  if (training instanceof Training) {
    const state = await loadState(run.checkpoint!);
    const set = training.learningRate;
    training.load(state);
    if (state.setLearningRate !== set) training.learningRate = set;
    epoch = state.epoch;
  } else {
    epoch = await training.load(run.checkpoint!);
  }
  const total = training instanceof Pruning ? training.epochs : network.epochs;
  const text = said('resumes after epoch {0} of {1}', epoch, total);
  run.message('info', text);
  console.log(inEnglish(text));
}

export function readNetwork(value: unknown): Network {
  if (value === undefined) throw new TrainingError(said('this run has no "network:" section'));
  // The engine stores the normal form; a file contains the section as written.
  if (typeof value === 'object' && value !== null && 'data' in value && (value.data as { kind?: unknown })?.kind) {
    return completeNetwork(value as Network);
  }
  const { network, problems } = validateNetwork(value);
  if (network) return network;
  throw new TrainingError(
    verbatim(problems.map(({ path, message }) => `network.${path.join('.')}: ${message}`).join('\n')),
  );
}

/** Starts a backend for work that is too short to time backends for. */
export async function start(network: Network) {
  const known = await knownChoice(network, { folder: null, search: null });
  return startChosen(known ?? { backend: await chooseBackend(null), why: null });
}

async function startChosen(choice: Choice) {
  const { backend } = choice;
  return { id: backend.id, advice: backend.advice, choice, started: await startBackend(backend) };
}

async function setLive(
  run: RunClient,
  training: Training | CrossValidation | Pruning,
  live: LiveChanges,
  params: Params,
): Promise<void> {
  const rate = live.network.optimizer.learningRate;
  const names = Object.entries(params).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const result = await live.set(params);
  if ('problem' in result)
    return run.message('warning', said('{0} was not taken: {1}', names.join(', '), result.problem));
  training.change(result.network);
  // Curves are marked where a hyperparameter changed.
  run.setParams(params);
  const now = result.network.optimizer.learningRate;
  const when =
    now === rate || training instanceof CrossValidation
      ? said('from the next epoch on')
      : said('the learning rate is {0} from here on', now);
  run.message('info', said('{0}: {1}', names.join(', '), when));
}
