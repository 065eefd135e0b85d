/**
 * Hyperparameters that a person changes during a training. The `network:` section is filled in again as if the run had
 * started with the new values. Differences are applied where possible (`refusal`): the learning rate at once, others
 * from the next epoch on. Changes are saved in the run's folder, so that a resumed run has them too.
 */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { fillNetwork } from '../../experiment/start/fillNetwork.js';
import type { Experiment } from '../../experiment/types.js';
import { validateNetwork, type Layer, type Network } from '../../experiment/network/index.js';
import { RUN_FILES } from '../../protocol/run/runFiles.js';
import type { Params, ParamValue } from '../../protocol/values/index.js';
import { messageOf } from '../errors.js';
import { writeWhole } from '../../files/whole.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';
import { readReal, STATE_LIMIT } from '../../files/real.js';

/**
 * Keys that may change; any other change would mean another network or other data. In `layers`, only dropout rates may.
 */
const LIVE: readonly (keyof Network)[] = [
  ...(['optimizer', 'schedule', 'clip', 'accumulate', 'ema', 'regularization', 'augment', 'mixup'] as const),
  ...([
    'distil',
    'freeze',
    'rates',
    'hypergradient',
    'earlyStopping',
    'batchSize',
    'epochs',
    'shuffle',
    'logEvery',
    'layers',
    'open',
  ] as const),
];
const CAN = LIVE.filter((key) => key !== 'open')
  .map((key) => (key === 'layers' ? 'dropout rates' : key))
  .join(', ');
const FILE = 'changed.json';
/** Names that people use for the learning rate, when nothing else tells what a parameter is for. */
const LEARNING_RATE = /^(.*\.)?(lr|learning_?rate)$/i;

/** Changes by name: the new value, and the one that the run was started with. */
type Changed = Record<string, { value: ParamValue; instead: ParamValue }>;

export class LiveChanges {
  private changed: Changed = {};
  /** Fills in what a network leaves open, once the data are known. */
  private follow: (network: Network) => Network = (network) => network;
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly folder: string | null,
    /** Parameters that the run was started with. */
    private readonly params: Params,
    private readonly experiment: Experiment | null,
    private now: Network,
  ) {}

  /** Opens the changes in the run's `folder`; null: changes are not saved. */
  static async open(folder: string | null, params: Params, network: Network): Promise<LiveChanges> {
    const read = (name: string): unknown => {
      try {
        const text = folder === null ? null : readReal(join(folder, name), STATE_LIMIT);
        return text === null ? null : JSON.parse(text);
      } catch {
        return null;
      }
    };
    const experiment = (await read(RUN_FILES.experiment)) as Experiment | null;
    const live = new LiveChanges(folder, params, experiment?.program.kind === 'network' ? experiment : null, network);
    for (const [name, one] of Object.entries(((await read(FILE)) ?? {}) as Record<string, Changed[string] | null>)) {
      // If the run was started again with another value, that value takes precedence.
      if (one && isDeepStrictEqual(one.instead, entryOf(params, name) ?? null)) setEntry(live.changed, name, one);
    }
    const filled = Object.keys(live.changed).length > 0 ? live.networkOf(live.changed) : null;
    if (filled?.network) live.now = filled.network;
    return live;
  }

  /** Completes the network by the data, as well as every one that changes lead to. */
  complete(follow: (network: Network) => Network): void {
    this.follow = follow;
    this.now = follow(this.now);
  }

  /** Limits the epochs from now on, whatever else changes: there is no time for more. */
  shorten(epochs: number): Network {
    const { follow } = this;
    this.follow = (network) => {
      const whole = follow(network);
      return { ...whole, epochs: Math.min(whole.epochs, epochs) };
    };
    return (this.now = { ...this.now, epochs });
  }

  /** Values that a person has set. */
  get values(): Params {
    return Object.fromEntries(Object.entries(this.changed).map(([name, { value }]) => [name, value]));
  }

  /** Network with the changes applied. */
  get network(): Network {
    return this.now;
  }

  /** Returns the network with these values, or why they can't be applied. */
  async set(params: Params): Promise<{ network: Network } | { problem: string }> {
    const changed = { ...this.changed };
    for (const [name, value] of Object.entries(params)) {
      // When several names refer to the learning rate, the last one wins.
      delete changed[name];
      setEntry(changed, name, { value, instead: entryOf(this.params, name) ?? null });
    }
    const filled = this.networkOf(changed);
    if (!filled.network) return { problem: filled.problem! };
    let wanted: Network;
    try {
      wanted = this.follow(filled.network);
    } catch (error) {
      return { problem: messageOf(error) };
    }
    const problem = refusal(this.now, wanted);
    if (problem) return { problem };
    this.now = wanted;
    this.changed = changed;
    await (this.writing = this.writing.then(() => this.keep()));
    return { network: this.now };
  }

  private networkOf(changed: Changed): { network?: Network; problem?: string } {
    const values = Object.fromEntries(Object.entries(changed).map(([name, { value }]) => [name, value]));
    return this.experiment ? this.filled(this.experiment, values) : this.byName(values);
  }

  private filled({ program, params }: Experiment, values: Params): { network?: Network; problem?: string } {
    try {
      const all = { ...params, ...this.params, ...values };
      const { network, problems } = validateNetwork(
        fillNetwork((program as { value: unknown }).value, all, process.env),
      );
      return network ? { network } : { problem: problems.map(({ message }) => message).join('; ') };
    } catch (error) {
      return { problem: messageOf(error) };
    }
  }

  private byName(params: Params): { network?: Network; problem?: string } {
    let rate = this.now.optimizer.learningRate;
    for (const [name, value] of Object.entries(params)) {
      if (!LEARNING_RATE.test(name)) return { problem: `the trainer does not know what ${name} is for` };
      if (typeof value !== 'number' || !(value > 0 && value < Infinity))
        return { problem: 'it must be a number above 0' };
      rate = value;
    }
    return { network: { ...this.now, optimizer: { ...this.now.optimizer, learningRate: rate } } };
  }

  /** Saves the changes atomically. They take effect even when they can't be saved. */
  private async keep(): Promise<void> {
    if (this.folder === null) return;
    try {
      await writeWhole(join(this.folder, FILE), JSON.stringify(this.changed));
    } catch {
      // The disk is full; the training reports it when it saves.
    }
  }
}

/** Returns why a training of `now` can't become one of `wanted`; null: it can. */
export function refusal(now: Network, wanted: Network): string | null {
  const differ = (Object.keys(wanted) as (keyof Network)[]).filter((key) => !isDeepStrictEqual(now[key], wanted[key]));
  if (differ.every((key) => key === 'open')) return 'the network does not depend on it';
  const fixed = differ.find((key) => !LIVE.includes(key));
  if (fixed) {
    return `${fixed} can't change while the network trains (what can: ${CAN}): relaunch with the new value`;
  }
  if (differ.includes('distil')) {
    const problem = distilRefusal(now, wanted);
    if (problem) return problem;
  }
  if (now.optimizer.name !== wanted.optimizer.name) return 'another optimizer needs a new run: relaunch with it';
  if (!isDeepStrictEqual(now.hypergradient?.tune, wanted.hypergradient?.tune)) {
    return "values tuned by hypergradient can't be set: relaunch with the new value";
  }
  if (wanted.batchSize < wanted.workers) {
    return `a batchSize of ${wanted.batchSize} can't be shared by ${wanted.workers} workers`;
  }
  if (!differ.includes('layers')) return null;
  if (!isDeepStrictEqual(withoutRates(now.layers), withoutRates(wanted.layers))) {
    return 'of the layers only the rates of dropout can change while the network trains: relaunch with the new value';
  }
  return now.workers > 1 ? "with several workers, dropout rates can't change: relaunch with the new value" : null;
}

/** Only α and the temperature are numbers that every step rereads. */
function distilRefusal({ distil: now, workers }: Network, { distil: wanted }: Network): string | null {
  const fixed = (one: Network['distil']) => one && { ...one, alpha: 0, temperature: 0 };
  if (!isDeepStrictEqual(fixed(now), fixed(wanted))) {
    return 'of distil only alpha and temperature can change while the network trains: relaunch with the new value';
  }
  return workers > 1 ? "with several workers, alpha and temperature can't change: relaunch with the new value" : null;
}

const rateOf = (layer: Layer): layer is Extract<Layer, { rate: number }> => 'rate' in layer;

function withoutRates(layers: readonly Layer[]): unknown {
  return JSON.parse(JSON.stringify(layers), (_, value: unknown) => {
    const layer = value as Layer | null;
    return typeof layer === 'object' && layer !== null && rateOf(layer) ? { ...layer, rate: 0 } : value;
  });
}

/** Copies the dropout rates of other layers to those that a model was built from. */
export function takeRates(own: readonly Layer[], other: readonly Layer[]): void {
  own.forEach((layer, i) => {
    const from = other[i]!;
    if (rateOf(layer) && rateOf(from)) layer.rate = from.rate;
    if ('layers' in layer && 'layers' in from) takeRates(layer.layers, from.layers);
  });
}
