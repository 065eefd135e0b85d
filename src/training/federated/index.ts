/**
 * Federated averaging (McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data", AISTATS
 * 2017, algorithm 1). An epoch of the training is one round: some clients begin with the weights of all, train on their own
 * examples with an optimizer of their own, and the new weights are the mean of theirs, weighted by their numbers of examples.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { FederatedSettings } from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import { PlacedError } from '../errors.js';
import type { Parameters } from '../loop/parameters.js';
import type { Pass } from '../loop/passes.js';
import type { Stepper } from '../loop/stepper.js';
import type { Model } from '../model.js';
import type { Random } from '../random.js';
import { byDirichlet, evenly } from './divide.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

export interface FederatedParts {
  dataset: Dataset;
  model: Model;
  parameters: Parameters;
  stepper: Stepper;
  random: Random;
}

/** Values of θ and of the weights that are measured rather than learned. */
type Values = tf.Tensor[];

export class Federated {
  /** Examples of each client. */
  readonly clients: readonly Int32Array[];
  private readonly measured: tf.Variable[];
  private start: Values = [];
  private sum: Values = [];

  constructor(
    private readonly settings: FederatedSettings,
    private readonly parts: FederatedParts,
  ) {
    this.clients = divided(settings, parts);
    this.measured = parts.model.weights.filter(({ trainable }) => !trainable).map(({ variable }) => variable);
  }

  /** Says how the examples are divided. */
  get said(): Said {
    const sizes = this.clients.map(({ length }) => length).filter((size) => size > 0);
    const none = this.clients.length - sizes.length;
    const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
    const count = this.clients.length;
    return none > 0
      ? said(
          '{0} clients with {1} to {2} examples each, {3} of them with none; {4} take part in a round',
          count,
          least,
          most,
          none,
          this.taking,
        )
      : said('{0} clients with {1} to {2} examples each; {3} take part in a round', count, least, most, this.taking);
  }

  /** Number of clients in a round. */
  private get taking(): number {
    const able = this.clients.filter(({ length }) => length > 0).length;
    return Math.min(able, Math.max(1, Math.round(this.settings.share * this.clients.length)));
  }

  /** Returns the passes over examples of one round, in order. */
  passes(epoch: number, shuffle: boolean): Pass[] {
    const { random } = this.parts;
    const able = Int32Array.from(this.clients.keys()).filter((client) => this.clients[client]!.length > 0);
    const chosen = random
      .fork(`clients ${epoch}`)
      .shuffle(able)
      .slice(0, this.taking)
      .sort((a, b) => a - b);
    const total = chosen.reduce((sum, client) => sum + this.clients[client]!.length, 0);
    return Array.from(chosen).flatMap((client, i) => {
      const own = this.clients[client]!;
      return Array.from({ length: this.settings.epochs }, (_, pass): Pass => {
        const order = own.slice();
        if (shuffle) random.fork(`order ${epoch} ${client} ${pass}`).shuffle(order);
        const isLast = pass === this.settings.epochs - 1;
        return {
          order,
          begin: pass > 0 ? undefined : () => (i === 0 ? this.remember() : this.set(this.start)),
          end: isLast ? () => this.add(own.length / total, i === chosen.length - 1) : undefined,
        };
      });
    });
  }

  private values(): Values {
    return [this.parts.parameters.vector, ...this.measured];
  }

  /** Sets the weights and resets the optimizer. */
  private set([theta, ...measured]: Values): void {
    this.parts.stepper.restart();
    this.parts.parameters.assign(theta as tf.Tensor1D);
    measured.forEach((value, i) => this.measured[i]!.assign(value));
  }

  private remember(): void {
    this.parts.stepper.restart();
    this.forget();
    this.start = this.values().map((value) => tf.keep(tf.clone(value)));
    this.sum = this.start.map((value) => tf.keep(tf.zerosLike(value)));
  }

  /** Adds the client's weights to the average; after the last client, it becomes the weights. */
  private add(share: number, isLast: boolean): void {
    // The weights are where the optimizer led them, without what it looks ahead.
    this.parts.stepper.restart();
    const next = tf.tidy(() => this.values().map((value, i) => tf.add(this.sum[i]!, tf.mul(value, share))));
    tf.dispose(this.sum);
    this.sum = next.map((value) => tf.keep(value));
    if (!isLast) return;
    this.set(this.sum);
    this.forget();
  }

  private forget(): void {
    tf.dispose([...this.start, ...this.sum]);
    [this.start, this.sum] = [[], []];
  }

  dispose(): void {
    this.forget();
  }
}

function divided({ clients, alpha }: FederatedSettings, { dataset, random }: FederatedParts): Int32Array[] {
  const { train, classes } = dataset;
  if (clients > train.count) {
    throw new PlacedError(
      ['federated', 'clients'],
      said("{0} clients can't share {1} training examples", clients, train.count),
    );
  }
  const draws = random.fork('clients');
  if (alpha === null) return evenly(train.count, clients, draws);
  if (!classes) {
    throw new PlacedError(
      ['federated', 'alpha'],
      said('alpha divides classes, but the targets are numbers: remove it'),
    );
  }
  return byDirichlet(train.targets, classes.length, clients, alpha, draws);
}
