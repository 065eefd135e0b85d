/**
 * Changes a network in rounds: trains it (unless `epochs` is 0), then reshapes it or removes its least important parts, and
 * retrains the rest, once per round. Each round trains a network of the new form.
 */
import type { Layer, Network, Part, PruneSettings } from '../../experiment/network/index.js';
import { PRUNING } from '../../protocol/trainer/pruning.js';
import { evaluate } from '../evaluation/evaluate.js';
import { Feed } from '../loop/batches.js';
import { takeRates } from '../loop/liveChanges.js';
import { Training } from '../loop/train.js';
import type { JudgedConfusion, TrainingSetup } from '../loop/types.js';
import { buildLoss } from '../losses/index.js';
import { withoutContained } from '../model.js';
import type { Parameters } from '../loop/parameters.js';
import { movedParts, workedRange, type Range } from '../parts.js';
import { Random } from '../random.js';
import { costOf, type Cost } from './cost.js';
import { cut, removableCount, type Cut } from './choose.js';
import type { Examined } from './gradients.js';
import { RoundLog } from './log.js';
import type { Reshape } from './reshape.js';
import type { Shape } from './shrink.js';
import { loadPruning, savePruning, type PruningState } from './state.js';
import { inEnglish, said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

/** Examples per gradient of the importance. */
const BATCH = 32;

export interface PruningOptions extends Omit<TrainingSetup, 'workers'> {
  prune: PruneSettings | null;
  /** Change of the network's form in the first round. */
  reshape?: Reshape | null;
  /** Called after every epoch and every round with the number of epochs and rounds so far. */
  onPoint?(pruning: Pruning, point: number): Promise<void>;
}

export class Pruning {
  private inner: Training;
  private round = 0;
  /** Costs and results before and after, in words; null before the end. */
  summary: string | null = null;
  /** All values of the latest evaluation, by name. */
  private validated: Record<string, number> = {};
  private total = 0;
  private done = 0;
  private baseline: number | null = null;
  /** Costs before the first round. */
  private before: Cost | null = null;
  /** Parts removed before the current round. */
  private formerDone = 0;
  private former: PruningState['former'] = null;
  /** Number of rounds; the first one reshapes the network, if that is asked for. */
  private readonly rounds: number;
  private readonly log: RoundLog;
  private readonly random: Random;
  /** Settings that a person has changed since the start. */
  private live: Network;

  constructor(private readonly options: PruningOptions) {
    const { network } = options;
    this.random = new Random(options.seed);
    this.live = network;
    this.rounds = (options.reshape ? 1 : 0) + (options.prune?.rounds ?? 0);
    const epochs = Array.from({ length: this.rounds + 1 }, (_, round) => this.epochsOf(round));
    this.log = new RoundLog(
      options.log,
      epochs.reduce((a, b) => a + b, 0),
    );
    this.inner = this.build(network.layers, network.parts, network.epochs);
  }

  /** Training of the current round. */
  get training(): Training {
    return this.inner;
  }

  get parameters(): Parameters {
    return this.inner.parameters;
  }

  get confusion(): JudgedConfusion | null {
    const { confusion } = this.inner;
    const { steps, epochs } = this.log;
    return confusion && { ...confusion, epoch: epochs + confusion.epoch, step: steps + confusion.step };
  }

  /** The network as it is now, as it is saved. */
  get network(): Network {
    const made = { prune: null, decompose: null, split: null, transform: null };
    return { ...this.live, layers: this.layers, parts: this.parts, ...made };
  }

  private layers: Layer[] = [];
  private parts: Part[] = [];

  /** Layers that are worked on; null: all. */
  private get range(): Range | null {
    return workedRange({ from: this.live.from, parts: this.parts });
  }

  private build(layers: Layer[], parts: Part[], epochs: number): Training {
    this.layers = layers;
    this.parts = parts;
    const { prune: _prune, reshape: _reshape, onPoint, ...setup } = this.options;
    const network = { ...this.live, layers: structuredClone(layers), parts, epochs };
    return new Training({
      ...setup,
      log: this.log,
      network,
      // Later rounds continue with the remaining weights.
      start: this.round === 0 ? (setup.start ?? null) : null,
      seed: this.round === 0 ? setup.seed : this.random.fork(`round ${this.round}`).bits(),
      onEpoch: async (_, epoch) => onPoint?.(this, this.log.epochs + this.round + epoch),
    });
  }

  /** Applies settings that a person has changed to this round's training and the later ones. */
  change(network: Network): void {
    this.live = network;
    const layers = structuredClone(this.layers);
    // After layers were removed, the settings no longer match one by one.
    if (layers.length === network.layers.length) takeRates(layers, network.layers);
    this.layers = layers;
    this.inner.change({ ...network, layers, parts: this.parts, epochs: this.epochsOf(this.round) });
  }

  /** Number of epochs of all rounds. */
  get epochs(): number {
    return this.log.total;
  }

  private epochsOf(round: number): number {
    const { reshape, prune } = this.options;
    if (round === 0) return this.live.epochs;
    return this.reshapes(round) ? reshape!.retrain : prune!.retrain;
  }

  private reshapes(round: number): boolean {
    return round === 1 && Boolean(this.options.reshape);
  }

  /** Returns false when stopped early. The weights are then ready to be saved. */
  async run(): Promise<boolean> {
    const { prune, onPoint } = this.options;
    while (await this.inner.run()) {
      this.inner.keep(await this.inner.weights());
      const value = await this.value();
      if (value === null) return false;
      if (this.round > 0) await this.report({ [PRUNING.retrained]: value });
      if (this.round > 0 && this.fell(value)) {
        this.takeBack();
        return this.finish();
      }
      if (prune && prune.maxDrop !== null) this.former = { ...(await this.shape()), parts: this.parts };
      if (this.round === 0) await this.begin(value);
      if (this.round >= this.rounds || !(await this.cut())) return this.finish();
      await onPoint?.(this, this.log.epochs + this.round);
    }
    return false;
  }

  /** Logs the result, and says what was gained. */
  private async finish(): Promise<true> {
    const { log } = this.options;
    const [before, after] = [this.before!, await this.cost()];
    const value = (await this.value()) ?? this.baseline!;
    // Where nothing was trained last, nothing has logged these yet.
    const values = this.epochsOf(this.round) === 0 ? this.validated : {};
    this.log.point({
      ...Object.fromEntries(Object.entries(values).map(([name, one]) => [`val/${name}`, one])),
      [PRUNING.final]: value,
      [PRUNING.share]: after.weights / before.weights,
      [PRUNING.speedUp]: before.microseconds / after.microseconds,
    });
    const changes = (['weights', 'multiplyAdds', 'microseconds'] as const).map(
      (key) => `${Math.round(before[key])} → ${Math.round(after[key])}`,
    );
    const figures = said(
      'weights {0}, multiply-adds {1}, µs per example {2}; {3} {4}',
      ...changes,
      this.metric,
      `${this.baseline!.toPrecision(4)} → ${value.toPrecision(4)}`,
    );
    const { removal } = this;
    const text = removal ? said('{0}; {1}', removal, figures) : figures;
    log.message('info', text);
    this.summary = inEnglish(text);
    log.progress(1, `weights ${changes[0]}`);
    return true;
  }

  private get removal(): Said | null {
    const { prune } = this.options;
    return prune && said('{0} of {1} {2} removed', this.done, this.total, prune.of);
  }

  private get metric(): 'accuracy' | 'loss' {
    return this.options.dataset.classes ? 'accuracy' : 'loss';
  }

  private async begin(value: number): Promise<void> {
    const { prune, log } = this.options;
    this.baseline = value;
    this.before = await this.cost();
    log.info({ [PRUNING.by]: prune?.by ?? this.options.reshape?.name ?? 'unchanged', [PRUNING.value]: this.metric });
    await this.report({ [PRUNING.cut]: value, [PRUNING.retrained]: value });
  }

  /** Layers as the model is built from them. */
  private plain(): Layer[] {
    return withoutContained({ ...this.live, layers: this.layers });
  }

  /** Removes parts and prepares the next round; returns false when nothing is left to remove. */
  private async cut(): Promise<boolean> {
    const round = this.round + 1;
    const result = this.reshapes(round) ? await this.reshaped() : await this.pruned(round);
    if (!result) return false;
    this.formerDone = this.done;
    this.done += result.removed;
    this.log.next();
    this.round = round;
    const learningRate = this.inner.learningRate;
    this.inner.dispose();
    const layers = withLast(result.shape.layers, this.layers);
    // An activation that the loss includes belongs to the last part.
    const came = layers.length > result.came.length ? [...result.came, this.layers.length - 1] : result.came;
    this.inner = this.build(layers, movedParts(this.parts, came), this.epochsOf(round));
    this.inner.learningRate = learningRate;
    this.inner.setWeights(result.shape.weights);
    const value = await this.value();
    if (value !== null) await this.report({ [PRUNING.cut]: value });
    return true;
  }

  /** Removes the parts of one round; null: nothing is left to remove. */
  private async pruned(round: number): Promise<Omit<Cut, 'degenerate'> | null> {
    const { dataset, log, reshape } = this.options;
    const prune = this.options.prune!;
    const shape = { ...(await this.shape()), layers: this.plain() };
    const parts = await this.examined(prune.examples);
    const { range } = this;
    if (this.total === 0)
      this.total = removableCount({ ...dataset, model: parts.model }, shape.layers, prune.of, range);
    const at = { round: round - (reshape ? 1 : 0), total: this.total, done: this.done };
    try {
      const result = await cut(parts, shape, prune, at, this.random.fork(`prune ${round}`), range);
      if (result.degenerate.length > 0 && at.round === 1) {
        log.message(
          'warning',
          said(
            'the curvature of {0} says nothing: they consist of linear pieces (ReLU, maximum pooling), whose second derivative is 0 almost everywhere. Use by: taylor or fisher, or smooth activations such as tanh',
            result.degenerate.join(', '),
          ),
        );
      }
      if (result.removed > 0) return result;
      log.message('info', said('round {0}: nothing is left to remove', round));
      return null;
    } finally {
      parts.loss.dispose();
    }
  }

  /** Changes the network's form. */
  private async reshaped(): Promise<Omit<Cut, 'degenerate'>> {
    const { log } = this.options;
    const reshape = this.options.reshape!;
    let examined: Examined | null = null;
    try {
      const { shape, came, news, values } = await reshape.apply(
        { ...(await this.shape()), layers: this.plain() },
        this.range,
        async () => (examined = await this.examined(reshape.examples)),
      );
      log.message('info', news);
      if (values) this.log.point(values);
      return { shape, came, removed: 0 };
    } finally {
      (examined as Examined | null)?.loss.dispose();
    }
  }

  private async shape(): Promise<Shape> {
    return { layers: this.layers, weights: await this.inner.weights() };
  }

  private async examined(examples: number): Promise<Examined> {
    const { dataset, network } = this.options;
    const { model, parameters } = this.inner;
    this.inner.keep(await this.inner.weights());
    const count = Math.min(examples, dataset.train.count);
    const order = Int32Array.from({ length: dataset.train.count }, (_, i) => i);
    this.random.fork('examples').shuffle(order);
    const feed = new Feed(dataset, dataset.train, order.slice(0, count), BATCH);
    const batches = [];
    for (let from = 0; from < count; from += BATCH) {
      batches.push(await feed.batch(from, Math.min(from + BATCH, count)));
    }
    return { ...dataset, model, parameters, loss: buildLoss(network.loss, dataset, model.outputs), batches };
  }

  /** Accuracy (for numbers, loss) on the validation examples; null when a stop was requested. */
  private async value(): Promise<number | null> {
    const { dataset, network, evaluationBatch, log } = this.options;
    const loss = buildLoss(network.loss, dataset, this.inner.model.outputs);
    const stopped = () => log.stopRequested !== null;
    try {
      // The parts of this evaluation that early stopping and constraints choose are in the weights already.
      const result = await evaluate(this.inner.model, loss, dataset, dataset.validation, {
        batchSize: evaluationBatch,
        metrics: network.metrics,
        pause: () => Promise.resolve(!stopped()),
      });
      this.validated = result?.values ?? {};
      return result && (dataset.classes ? result.values.accuracy! : result.values.loss!);
    } finally {
      loss.dispose();
    }
  }

  private fell(value: number): boolean {
    const maxDrop = this.options.prune?.maxDrop ?? null;
    if (maxDrop === null || this.baseline === null) return false;
    return this.options.dataset.classes ? value < this.baseline - maxDrop : value > this.baseline * (1 + maxDrop);
  }

  /** Restores the network of the round before. */
  private takeBack(): void {
    const { layers, weights, parts } = this.former!;
    this.options.log.message(
      'info',
      said('round {0} exceeded maxDrop: the network of the round before is kept', this.round),
    );
    this.inner.dispose();
    this.inner = this.build(layers, parts, 0);
    this.inner.setWeights(weights);
    this.done = this.formerDone;
  }

  private cost(): Promise<Cost> {
    return costOf(this.inner.model, this.plain(), this.options.dataset.inputShape);
  }

  private async report(values: Record<string, number>): Promise<void> {
    const cost = await this.cost();
    this.log.point({
      [PRUNING.weights]: cost.weights,
      [PRUNING.multiplyAdds]: cost.multiplyAdds,
      [PRUNING.microseconds]: cost.microseconds,
      [PRUNING.removed]: this.done,
      ...values,
    });
  }

  weights(): ReturnType<Training['weights']> {
    return this.inner.weights();
  }

  async save(folder: string): Promise<void> {
    const { round, total, done, formerDone, baseline, before, former, layers, parts } = this;
    const { steps, epochs } = this.log;
    const training = await this.inner.state();
    const state: PruningState = {
      ...{ round, total, done, formerDone, baseline, before, former, layers, parts },
      ...{ steps, epochs, training },
    };
    await savePruning(folder, state);
  }

  /** Restores a checkpoint and returns the number of epochs that are done. */
  async load(folder: string): Promise<number> {
    const { training, layers, parts, steps, epochs, ...plain } = await loadPruning(folder);
    Object.assign(this, plain);
    this.log.load({ steps, epochs });
    this.inner.dispose();
    this.inner = this.build(layers, parts, this.epochsOf(plain.round));
    this.inner.load(training);
    const set = this.live.optimizer.learningRate;
    if (training.setLearningRate !== set) this.inner.learningRate = set;
    return epochs + training.epoch;
  }

  dispose(): void {
    this.inner.dispose();
  }
}

/** Puts back a final activation that the loss includes, which the model is built without. */
function withLast(pruned: Layer[], whole: readonly Layer[]): Layer[] {
  const last = whole.at(-1)!;
  const inner = pruned.at(-1)!;
  if (last.type === 'activation' && inner.type !== 'activation') return [...pruned, last];
  if ('activation' in last && 'activation' in inner) {
    return [...pruned.slice(0, -1), { ...inner, activation: last.activation } as Layer];
  }
  return pruned;
}
