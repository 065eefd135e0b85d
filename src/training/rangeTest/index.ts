/** Learning rate range test: training steps at increasing rates; see `curve.ts`. */
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type { RunClient } from '../../client/index.js';
import type { Network } from '../../experiment/network/index.js';
import { RANGE, type RangeTest } from '../../protocol/trainer/rangeTest.js';
import type { RunSpec } from '../../protocol/run/runFolder.js';
import { buildAugmentation } from '../augment/index.js';
import { Feed } from '../loop/batches.js';
import { buildConstraints } from '../constrained/index.js';
import { loadDataset, type Dataset } from '../data/index.js';
import { PlacedError } from '../errors.js';
import { OwnGradient } from '../loop/gradient.js';
import { buildLoss } from '../losses/index.js';
import { buildModel } from '../model.js';
import { Parameters } from '../loop/parameters.js';
import { Random } from '../random.js';
import { Divergence, rateAt, readCurve, type RangeCurve } from './curve.js';
import { buildRegularizer } from '../regularization/penalties.js';
import { Stepper } from '../loop/stepper.js';
import { composed, fillModel, loadStart, type Trained } from '../transfer/index.js';
import { LayerLearning } from '../transfer/learning.js';
import { followData, lossKnown } from '../loop/defaults.js';
import { readNetwork, start } from '../loop/trainRun.js';
import * as tf from '@tensorflow/tfjs-core';
import { inEnglish, said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

/** Runs the test; returns false when stopped early. */
export async function rangeTestRun(run: RunClient, spec: RunSpec, test: RangeTest, folder: string): Promise<boolean> {
  const written = readNetwork(spec.network);
  if (written.meta)
    throw new PlacedError(['meta'], said('a range test trains on all examples at once: remove meta for it'));
  run.progress(0, 'starting');
  const onProgress = (text: string): void => {
    console.log(text);
    run.progress(null, text);
  };
  const { validation, data } = written;
  const context = {
    folder,
    validation,
    test: written.test,
    loss: lossKnown(written),
    signal: run.stopSignal,
    onProgress,
  };
  const place = { folder, runFolder: run.folder };
  const [dataset, trained] = await Promise.all([
    loadDataset(data, context),
    written.from && loadStart(written.from, place),
  ]);
  const { network } = followData(composed(written, trained, dataset), dataset);
  const backend = await start(network);
  const seed = network.seed ?? spec.seed;
  run.info({
    [RANGE.kind]: RANGE.is,
    backend: backend.id,
    device: `${backend.started.device}: ${backend.started.detail}`,
    dataset: dataset.name,
    train_examples: dataset.train.count,
    seed,
  });
  const curve = await rangeTest({ network, dataset, seed, start: trained, log: run }, test);
  if (!curve) return false;
  run.info({ [RANGE.suggestion]: curve.suggestion, [RANGE.steepest]: curve.steepest, [RANGE.minimum]: curve.minimum });
  const text = words(curve);
  run.message('info', text);
  console.log(inEnglish(text));
  return true;
}

export function words({ suggestion, steepest, minimum }: RangeCurve): Said {
  if (suggestion === null) {
    return said('the loss did not fall at any rate: look at the data and the network, or test with more steps');
  }
  return said(
    'suggested learning rate: {0} (the loss falls steepest at {1}, and is lowest at {2})',
    suggestion,
    steepest!.toPrecision(2),
    minimum!.toPrecision(2),
  );
}

export interface RangeTestOptions {
  network: Network;
  dataset: Dataset;
  seed: number;
  start?: Trained | null;
  log: Pick<RunClient, 'log' | 'progress' | 'stopRequested'>;
}

/** Runs the test; returns null when stopped early. Results are reproducible for a seed and a backend. */
export async function rangeTest(options: RangeTestOptions, test: RangeTest): Promise<RangeCurve | null> {
  const { network, dataset, log } = options;
  const random = new Random(options.seed);
  const model = buildModel(network, dataset, random.fork('weights'));
  if (options.start) fillModel(model, network, options.start);
  const parameters = new Parameters(model.weights);
  const learning = new LayerLearning(model.layers, network, options.start?.aliases ?? []);
  const frozen = learning.frozen(1);
  const loss = buildLoss(network.loss, dataset, model.outputs);
  const stepper = new Stepper(
    network,
    parameters,
    buildRegularizer(model.weights, network.regularization),
    buildConstraints(network.constraints, model.weights),
  );
  stepper.setShares(learning.shares(frozen), 'begin');
  const gradients = new OwnGradient({ ...dataset, model, parameters, loss, frozen }, random);
  const batches = new Batches(network, dataset, random);
  const divergence = new Divergence(1 - 10 / Math.max(20, test.steps));
  const rates: number[] = [];
  const losses: number[] = [];
  let batch = 0;
  try {
    for (let i = 0; i <= test.steps; i++) {
      let sum = 0;
      for (let part = 1; part <= network.accumulate; part++) {
        const { result, gradient } = await gradients.take(await batches.next(++batch), batch);
        stepper.set(i / test.steps, rateAt(test, i), 1);
        tf.tidy(() => stepper.take(gradient, part === network.accumulate));
        gradient.dispose();
        sum += (await result.data())[0]!;
        result.dispose();
      }
      const value = sum / network.accumulate;
      // This batch's loss results from the step before it; the first loss is only the starting point.
      if (i > 0) {
        rates.push(rateAt(test, i - 1));
        losses.push(value);
        log.log({ [RANGE.loss]: value, [RANGE.rate]: rates.at(-1)! }, { step: i });
        log.progress(i / test.steps, `rate ${rates.at(-1)!.toPrecision(2)}`);
      }
      if (divergence.met(value)) break;
      await yieldToEvents();
      if (log.stopRequested !== null) return null;
    }
  } finally {
    stepper.dispose();
    gradients.dispose();
    loss.dispose();
    parameters.dispose();
    model.dispose();
  }
  const curve = readCurve(rates, losses);
  curve.smoothed.forEach((value, i) => log.log({ [RANGE.smoothed]: value }, { step: i + 1 }));
  log.progress(1, `${losses.length} steps`);
  return curve;
}

/** Endless batches, drawn as in training. */
class Batches {
  private feed: Feed | null = null;
  private at = 0;
  private epoch = 0;
  private readonly augmentation;

  constructor(
    private readonly network: Network,
    private readonly dataset: Dataset,
    private readonly random: Random,
  ) {
    this.augmentation = buildAugmentation(network, dataset);
  }

  next(step: number): ReturnType<Feed['batch']> {
    const { count } = this.dataset.train;
    const size = Math.min(this.network.batchSize, count);
    // A smaller batch at an epoch's end would have a noisier loss than the others, so it is skipped.
    if (!this.feed || this.at + size > count) {
      const order = Int32Array.from({ length: count }, (_, i) => i);
      if (this.network.shuffle) this.random.fork(`order ${++this.epoch}`).shuffle(order);
      this.feed = new Feed(this.dataset, this.dataset.train, order, size);
      this.at = 0;
    }
    const from = this.at;
    this.at += size;
    const by = this.augmentation;
    return this.feed.batch(from, this.at, by && { by, random: this.random.fork(`augment ${step}`) });
  }
}
