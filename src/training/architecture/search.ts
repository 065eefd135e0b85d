/**
 * Chooses the layers of a chain before the network is trained: by gradients (DARTS), by random choices that share
 * weights (Li & Talwalkar, "Random Search and Reproducibility for Neural Architecture Search", UAI 2019), or by random
 * choices that are trained one by one. All of them take the same number of passes over the training examples.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  chosenLayers,
  placesOf,
  type ArchitectureSettings,
  type Layer,
  type Network,
} from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import { Feed, toTensors, type Batch } from '../loop/batches.js';
import type { TrainingLog } from '../loop/types.js';
import { Random } from '../random.js';
import { firstOrder, gradients, secondOrder } from './gradient.js';
import { Supernet } from './supernet.js';

export interface ArchitectureSearch {
  network: Network;
  settings: ArchitectureSettings;
  dataset: Dataset;
  seed: number;
  log: TrainingLog;
  /** Lets other work run; false: a stop was requested. */
  pause(): Promise<boolean>;
}

export interface FoundArchitecture {
  /** Number of the choice of each place. */
  chosen: number[];
  layers: Layer[];
  /** Sentences about it, and whether they are a warning. */
  said: { level: 'info' | 'warning'; text: string }[];
}

const MOMENTUM = 0.9;
const WEIGHT_DECAY = 3e-4;
/** Largest norm of a gradient of the weights. */
const CLIP = 5;
/** Validation examples by which architectures are ranked. */
const MOST_RANKED = 1000;

/** Resolves to null when a stop was requested. */
export async function searchArchitecture(search: ArchitectureSearch): Promise<FoundArchitecture | null> {
  const { settings } = search;
  const random = new Random(search.seed).fork('architecture');
  const chosen =
    settings.method === 'darts'
      ? await byGradients(search, random)
      : settings.method === 'shared'
        ? await bySharing(search, random)
        : await byTraining(search, random);
  return chosen && { chosen, layers: chosenLayers(settings, chosen), said: said(settings, chosen) };
}

async function byGradients(search: ArchitectureSearch, random: Random): Promise<number[] | null> {
  const { settings, network, dataset, log } = search;
  const net = new Supernet(settings, network, dataset, random.fork('weights'));
  const descent = new Descent(net, settings);
  const optimizer = tf.train.adam(settings.rate, 0.5, 0.999);
  const others = new Cycle(dataset, network.batchSize, random.fork('validation'));
  try {
    for (let epoch = 1; epoch <= settings.epochs; epoch++) {
      const isDone = await eachBatch(search, random, epoch, async (train, step, share) => {
        const context = { training: true, random: random.fork(`step ${step}`) };
        descent.rate = (settings.learningRate * (1 + Math.cos(Math.PI * share))) / 2;
        if (epoch > settings.warmup) {
          const validation = await others.next();
          const own =
            settings.order === 'first'
              ? firstOrder(net, validation, context)
              : await secondOrder(net, { train, validation, xi: descent.rate }, context);
          optimizer.applyGradients(net.alphas.map(({ name }, i) => ({ name, tensor: own[i]! })));
          tf.dispose([...own, validation.inputs, validation.targets]);
        }
        return descent.step(train, context, null);
      });
      if (!isDone) return null;
      logShares(search, await net.shares(), epoch);
    }
    const shares = await net.shares();
    const chosen = shares.map((place) => place.indexOf(Math.max(...place)));
    const mixed = await judged(search, net, null);
    const alone = await judged(search, net, chosen);
    log.log({ 'architecture/val_loss_mixed': mixed, 'architecture/val_loss_chosen': alone }, at(settings.epochs));
    return chosen;
  } finally {
    optimizer.dispose();
    descent.dispose();
    net.dispose();
  }
}

async function bySharing(search: ArchitectureSearch, random: Random): Promise<number[] | null> {
  const { settings, network, dataset } = search;
  const net = new Supernet(settings, network, dataset, random.fork('weights'));
  const descent = new Descent(net, settings);
  const draws = random.fork('draws');
  try {
    for (let epoch = 1; epoch <= settings.epochs; epoch++) {
      const isDone = await eachBatch(search, random, epoch, (train, step, share) => {
        descent.rate = (settings.learningRate * (1 + Math.cos(Math.PI * share))) / 2;
        return descent.step(train, { training: true, random: random.fork(`step ${step}`) }, drawn(settings, draws));
      });
      if (!isDone) return null;
    }
    return await best(search, different(settings, random.fork('ranked')), (chosen) => judged(search, net, chosen));
  } finally {
    descent.dispose();
    net.dispose();
  }
}

async function byTraining(search: ArchitectureSearch, random: Random): Promise<number[] | null> {
  const { settings, network, dataset } = search;
  const candidates = different(settings, random.fork('ranked'));
  // The passes are divided among the architectures, at least one for each.
  const epochs = Math.max(1, Math.round(settings.epochs / candidates.length));
  return best(search, candidates, async (chosen) => {
    const own = { ...settings, epochs, chain: [{ layers: chosenLayers(settings, chosen) }] };
    const net = new Supernet(own, network, dataset, random.fork('weights'));
    const descent = new Descent(net, own);
    try {
      for (let epoch = 1; epoch <= epochs; epoch++) {
        const isDone = await eachBatch({ ...search, settings: own }, random, epoch, (train, step, share) => {
          descent.rate = (settings.learningRate * (1 + Math.cos(Math.PI * share))) / 2;
          return descent.step(train, { training: true, random: random.fork(`step ${step}`) }, []);
        });
        if (!isDone) return null;
      }
      return await judged(search, net, []);
    } finally {
      descent.dispose();
      net.dispose();
    }
  });
}

/** Returns the architecture of the lowest value; null when a stop was requested. */
async function best(
  { settings, log, pause }: ArchitectureSearch,
  candidates: number[][],
  value: (chosen: number[]) => Promise<number | null>,
): Promise<number[] | null> {
  let found: { loss: number; chosen: number[] } | null = null;
  for (const [i, chosen] of candidates.entries()) {
    const loss = await value(chosen);
    if (loss === null || !(await pause())) return null;
    found ??= { loss: Infinity, chosen };
    if (loss < found.loss) found = { loss, chosen };
    log.log(
      { 'architecture/sampled_val_loss': loss, 'architecture/best_val_loss': found.loss },
      at(settings.epochs, i),
    );
  }
  return found!.chosen;
}

/** Takes steps on the weights: momentum, weight decay and a bound on the gradient's norm, as in the paper. */
class Descent {
  rate: number;
  private readonly velocities: tf.Variable[];

  constructor(
    private readonly net: Supernet,
    { learningRate }: ArchitectureSettings,
  ) {
    this.rate = learningRate;
    this.velocities = net.variables.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable), false)));
  }

  /** Returns the loss before the step. */
  step(batch: Batch, context: Parameters<Supernet['lossOf']>[1], chosen: number[] | null): tf.Scalar {
    const { net, velocities, rate } = this;
    const { variables } = net;
    let loss: tf.Scalar | null = null;
    const own = gradients(() => (loss = tf.keep(net.lossOf(batch, context, chosen))), variables);
    tf.tidy(() => {
      const norm = tf.sqrt(tf.addN(own.map((one) => tf.sum(tf.square(one)))));
      const factor = tf.minimum(1, tf.div(CLIP, tf.add(norm, 1e-12)));
      for (const [i, variable] of variables.entries()) {
        const gradient = tf.add(tf.mul(own[i]!, factor), tf.mul(variable, WEIGHT_DECAY));
        velocities[i]!.assign(tf.add(tf.mul(velocities[i]!, MOMENTUM), gradient));
        variable.assign(tf.sub(variable, tf.mul(velocities[i]!, rate)));
      }
    });
    tf.dispose(own);
    return loss!;
  }

  dispose(): void {
    tf.dispose(this.velocities);
  }
}

/** Makes one pass over the training examples; false: a stop was requested. `share`: the completed share of the search. */
async function eachBatch(
  { network, dataset, settings, log, pause }: ArchitectureSearch,
  random: Random,
  epoch: number,
  work: (batch: Batch, step: number, share: number) => tf.Scalar | Promise<tf.Scalar>,
): Promise<boolean> {
  const { count } = dataset.train;
  const size = Math.min(network.batchSize, count);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  random.fork(`order ${epoch}`).shuffle(order);
  const feed = new Feed(dataset, dataset.train, order, size);
  const steps = Math.ceil(count / size);
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const share = (epoch - 1 + i / steps) / settings.epochs;
    const values = await feed.batch(i * size, Math.min((i + 1) * size, count));
    const batch = toTensors(values, dataset.inputShape);
    const loss = await work(batch, (epoch - 1) * steps + i, share);
    sum += (await loss.data())[0]! * values.count;
    tf.dispose([batch.inputs, batch.targets, loss]);
    log.progress(null, `architecture: epoch ${epoch} of ${settings.epochs}`);
    if (!(await pause())) return false;
  }
  log.log({ 'architecture/loss': sum / count }, at(epoch));
  return true;
}

/** Validation batches, one after the other, over and over. */
class Cycle {
  private readonly order: Int32Array;
  private readonly size: number;
  private place = 0;

  constructor(
    private readonly dataset: Dataset,
    batchSize: number,
    random: Random,
  ) {
    const { count } = dataset.validation;
    this.order = random.shuffle(Int32Array.from({ length: count }, (_, i) => i));
    this.size = Math.min(batchSize, count);
  }

  async next(): Promise<Batch> {
    const { dataset, order, size } = this;
    if (this.place + size > order.length) this.place = 0;
    const values = await new Feed(dataset, dataset.validation, order, size).batch(this.place, this.place + size);
    this.place += size;
    return toTensors(values, dataset.inputShape);
  }
}

/** Mean loss over the validation examples, or the first of them. */
async function judged({ dataset, network }: ArchitectureSearch, net: Supernet, chosen: number[] | null) {
  const count = Math.min(MOST_RANKED, dataset.validation.count);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const size = Math.max(network.batchSize, 100);
  const feed = new Feed(dataset, dataset.validation, order, size);
  let sum = 0;
  for (let from = 0; from < count; from += size) {
    const values = await feed.batch(from, Math.min(from + size, count));
    const loss = tf.tidy(() =>
      net.lossOf(toTensors(values, dataset.inputShape), { training: false, random: new Random(0) }, chosen),
    );
    sum += (await loss.data())[0]! * values.count;
    loss.dispose();
  }
  return sum / count;
}

const drawn = (settings: ArchitectureSettings, random: Random): number[] =>
  placesOf(settings).map((choices) => Math.floor(random.uniform() * choices.length));

/** Returns `samples` different architectures, or all there are. */
function different(settings: ArchitectureSettings, random: Random): number[][] {
  const all = placesOf(settings).reduce((product, choices) => product * choices.length, 1);
  const found = new Map<string, number[]>();
  while (found.size < Math.min(settings.samples, all)) {
    const chosen = drawn(settings, random);
    found.set(String(chosen), chosen);
  }
  return [...found.values()];
}

const at = (epoch: number, more = 0) => ({ step: epoch + more, epoch: 0 });

function logShares({ settings, log }: ArchitectureSearch, shares: number[][], epoch: number): void {
  const places = placesOf(settings);
  const values = shares.flatMap((place, i) =>
    place.map((share, j) => [`architecture/${i + 1}/${places[i]![j]!.name}`, share] as const),
  );
  log.log(Object.fromEntries(values), at(epoch));
}

/** Share of skip connections from which a choice of DARTS is suspicious. */
const COLLAPSED = 0.5;

function said(settings: ArchitectureSettings, chosen: number[]): FoundArchitecture['said'] {
  const places = placesOf(settings);
  const names = chosen.map((choice, i) => places[i]![choice]!.name);
  const skips = chosen.filter((choice, i) => places[i]![choice]!.layers.length === 0).length;
  const found: FoundArchitecture['said'] = [
    { level: 'info', text: `architecture found by ${settings.method}: ${names.join(', ')}` },
  ];
  if (settings.method === 'darts' && places.length > 1 && skips / places.length > COLLAPSED) {
    found.push({
      level: 'warning',
      text:
        `${skips} of ${places.length} places are skip connections: a known failure of DARTS, which prefers what trains fast ` +
        '(Zela et al., ICLR 2020). Compare with method: shared and random, search fewer epochs, or remove "skip"',
    });
  }
  return found;
}
