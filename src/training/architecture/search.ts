/**
 * Chooses the layers of a chain before the network is trained: by gradients (DARTS), by random choices whose weights a
 * hypernetwork makes (SMASH) or that share them (Li & Talwalkar, "Random Search and Reproducibility for Neural Architecture
 * Search", UAI 2019), or by random choices that are trained one by one. All of them take the same number of passes over the
 * training examples.
 */
import * as tf from '@tensorflow/tfjs-core';
import { chosenLayers, placesOf, type ArchitectureSettings, type Layer } from '../../experiment/network/index.js';
import { Random } from '../random.js';
import { firstOrder, secondOrder } from './gradient.js';
import { Hypernetwork } from './hypernetwork.js';
import {
  AlphaAdam,
  at,
  Cycle,
  Descent,
  eachBatch,
  judged,
  lossAndGradients,
  measuredOf,
  rateAt,
  type ArchitectureSearch,
} from './steps.js';
import { Supernet } from './supernet.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

export type { ArchitectureSearch } from './steps.js';

export interface FoundArchitecture {
  /** Number of the choice of each place. */
  chosen: number[];
  layers: Layer[];
  /** Sentences about it, and whether they are a warning. */
  news: { level: 'info' | 'warning'; text: Said }[];
}

/** Resolves to null when a stop was requested. */
export async function searchArchitecture(search: ArchitectureSearch): Promise<FoundArchitecture | null> {
  const { settings } = search;
  const random = new Random(search.seed).fork('architecture');
  const methods = { darts: byGradients, smash: byHypernetwork, shared: bySharing, random: byTraining };
  const chosen = await methods[settings.method](search, random);
  return chosen && { chosen, layers: chosenLayers(settings, chosen), news: newsOf(settings, chosen) };
}

/** Says that a search resumes after `epochs`. */
function sayResumed({ log, settings }: ArchitectureSearch, epochs: number): void {
  if (epochs > 0)
    log.message('info', said('the search for an architecture resumes after epoch {0} of {1}', epochs, settings.epochs));
}

async function byGradients(search: ArchitectureSearch, random: Random): Promise<number[] | null> {
  const { settings, network, dataset, log, keeper } = search;
  const net = new Supernet(settings, network, dataset, random.fork('weights'));
  const descent = new Descent(net.variables, settings.learningRate);
  const adam = new AlphaAdam(net.alphas, settings.rate);
  const others = new Cycle(dataset, network.batchSize, random.fork('validation'));
  const alphas = net.alphas.map((variable, i) => ({ name: `alpha ${i}`, variable }));
  const kept = [...descent.kept(), ...measuredOf(net), ...alphas];
  try {
    const state = (await keeper?.load(kept)) as { epoch: number; place: number; adam: unknown } | null | undefined;
    if (state) {
      adam.load(state.adam);
      others.place = state.place;
    }
    const done = state?.epoch ?? 0;
    sayResumed(search, done);
    for (let epoch = done + 1; epoch <= settings.epochs; epoch++) {
      const isDone = await eachBatch(search, random, epoch, async (train, step, share) => {
        const context = { training: true, random: random.fork(`step ${step}`) };
        descent.rate = rateAt(settings, share);
        if (epoch > settings.warmup) {
          const validation = await others.next();
          const own =
            settings.order === 'first'
              ? firstOrder(net, validation, context)
              : await secondOrder(net, { train, validation, xi: descent.rate }, context);
          await adam.step(own);
          tf.dispose([...own, validation.inputs, validation.targets]);
        }
        const { loss, own } = lossAndGradients(net, net.variables, train, context, null);
        descent.step(own);
        tf.dispose(own);
        return loss;
      });
      if (!isDone) return null;
      logShares(search, await net.shares(), epoch);
      await keeper?.save(kept, { epoch, place: others.place, adam: adam.state() });
    }
    const shares = await net.shares();
    const chosen = shares.map((place) => place.indexOf(Math.max(...place)));
    const mixed = await judged(search, net, null);
    const alone = await judged(search, net, chosen);
    log.log({ 'architecture/val_loss_mixed': mixed, 'architecture/val_loss_chosen': alone }, at(settings.epochs));
    return chosen;
  } finally {
    descent.dispose();
    net.dispose();
  }
}

async function bySharing(search: ArchitectureSearch, random: Random): Promise<number[] | null> {
  const { settings, network, dataset } = search;
  const net = new Supernet(settings, network, dataset, random.fork('weights'));
  const descent = new Descent(net.variables, settings.learningRate);
  try {
    const isDone = await sampled(search, random, descent, net, (train, context, chosen) =>
      lossAndGradients(net, net.variables, train, context, chosen),
    );
    if (!isDone) return null;
    return await best(search, different(settings, random.fork('ranked')), (chosen) => judged(search, net, chosen));
  } finally {
    descent.dispose();
    net.dispose();
  }
}

async function byHypernetwork(search: ArchitectureSearch, random: Random): Promise<number[] | null> {
  const { settings, network, dataset } = search;
  const net = new Supernet(settings, network, dataset, random.fork('weights'));
  const hyper = await Hypernetwork.of(net, settings, random.fork('hypernetwork'));
  const descent = new Descent(hyper.variables, settings.learningRate);
  try {
    const isDone = await sampled(search, random, descent, net, (train, context, chosen) => {
      hyper.make(chosen);
      const { loss, own } = lossAndGradients(net, hyper.used(chosen), train, context, chosen);
      const back = tf.tidy(() => hyper.back(chosen, own).map((one) => tf.clone(one)));
      tf.dispose(own);
      return { loss, own: back };
    });
    if (!isDone) return null;
    return await best(search, different(settings, random.fork('ranked')), (chosen) => {
      hyper.make(chosen);
      return judged(search, net, chosen);
    });
  } finally {
    descent.dispose();
    hyper.dispose();
    net.dispose();
  }
}

type Sampled = Parameters<typeof lossAndGradients>;

/** Trains with a random architecture at each step; false: a stop was requested. */
async function sampled(
  search: ArchitectureSearch,
  random: Random,
  descent: Descent,
  net: Supernet,
  slopes: (train: Sampled[2], context: Sampled[3], chosen: number[]) => ReturnType<typeof lossAndGradients>,
): Promise<boolean> {
  const { settings, keeper } = search;
  const kept = [...descent.kept(), ...measuredOf(net)];
  const done = ((await keeper?.load(kept)) as { epoch: number } | null | undefined)?.epoch ?? 0;
  sayResumed(search, done);
  for (let epoch = done + 1; epoch <= settings.epochs; epoch++) {
    const isDone = await eachBatch(search, random, epoch, (train, step, share) => {
      descent.rate = rateAt(settings, share);
      const chosen = drawn(settings, random.fork(`draw ${step}`));
      const { loss, own } = slopes(train, { training: true, random: random.fork(`step ${step}`) }, chosen);
      descent.step(own);
      tf.dispose(own);
      return loss;
    });
    if (!isDone) return false;
    await keeper?.save(kept, { epoch });
  }
  return true;
}

async function byTraining(search: ArchitectureSearch, random: Random): Promise<number[] | null> {
  const { settings, network, dataset, keeper } = search;
  const candidates = different(settings, random.fork('ranked'));
  // The passes are divided among the architectures, at least one for each.
  const epochs = Math.max(1, Math.round(settings.epochs / candidates.length));
  const known = ((await keeper?.load([])) as { losses: number[] } | null | undefined)?.losses ?? [];
  const losses = [...known];
  let at = 0;
  return best(search, candidates, async (chosen) => {
    const earlier = known[at++];
    if (earlier !== undefined) return earlier;
    const own = { ...settings, epochs, chain: [{ layers: chosenLayers(settings, chosen) }] };
    const net = new Supernet(own, network, dataset, random.fork('weights'));
    const descent = new Descent(net.variables, own.learningRate);
    try {
      for (let epoch = 1; epoch <= epochs; epoch++) {
        const isDone = await eachBatch({ ...search, settings: own }, random, epoch, (train, step, share) => {
          descent.rate = rateAt(settings, share);
          const context = { training: true, random: random.fork(`step ${step}`) };
          const { loss, own: slopes } = lossAndGradients(net, net.variables, train, context, []);
          descent.step(slopes);
          tf.dispose(slopes);
          return loss;
        });
        if (!isDone) return null;
      }
      const loss = await judged(search, net, []);
      losses.push(loss);
      await keeper?.save([], { losses });
      return loss;
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

function logShares({ settings, log }: ArchitectureSearch, shares: number[][], epoch: number): void {
  const places = placesOf(settings);
  const values = shares.flatMap((place, i) =>
    place.map((share, j) => [`architecture/${i + 1}/${places[i]![j]!.name}`, share] as const),
  );
  log.log(Object.fromEntries(values), at(epoch));
}

/** Share of skip connections from which a choice of DARTS is suspicious. */
const COLLAPSED = 0.5;

function newsOf(settings: ArchitectureSettings, chosen: number[]): FoundArchitecture['news'] {
  const places = placesOf(settings);
  const names = chosen.map((choice, i) => places[i]![choice]!.name);
  const skips = chosen.filter((choice, i) => places[i]![choice]!.layers.length === 0).length;
  const found: FoundArchitecture['news'] = [
    { level: 'info', text: said('architecture found by {0}: {1}', settings.method, names.join(', ')) },
  ];
  if (settings.method === 'darts' && places.length > 1 && skips / places.length > COLLAPSED) {
    found.push({
      level: 'warning',
      text: said(
        '{0} of {1} places are skip connections: a known failure of DARTS, which prefers what trains fast (Zela et al., ICLR 2020). Compare with method: shared and random, search fewer epochs, or remove "skip"',
        skips,
        places.length,
      ),
    });
  }
  return found;
}
