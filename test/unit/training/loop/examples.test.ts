/** Starts every example on WebAssembly with part of its own data. The recipe for MNIST must also reach its accuracy. */
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseExperiment, planRun, toSpace, type Experiment } from '../../../../src/experiment/index.js';
import type { Network } from '../../../../src/experiment/network/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import { saveWeights } from '../../../../src/training/checkpoints/checkpoint.js';
import { MODEL_FILE, savedMetadata } from '../../../../src/training/checkpoints/saved.js';
import { followData, lossKnown } from '../../../../src/training/loop/defaults.js';
import { composed, loadTrained, type Trained } from '../../../../src/training/transfer/index.js';
import type { DistilSettings } from '../../../../src/experiment/network/trained/distil.js';
import type { FromSettings } from '../../../../src/experiment/network/trained/from.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { loadDataset } from '../../../../src/training/data/index.js';
import { mnistFiles } from '../../../../src/training/data/mnist.js';
import { Training } from '../../../../src/training/loop/train.js';
import { Tasks } from '../../../../src/training/meta/tasks.js';
import { Pruning } from '../../../../src/training/prune/pruning.js';
import { Notes } from '../support.js';

function experimentOf(file: string): Experiment {
  const { experiment, problems } = parseExperiment(readFileSync(file, 'utf8'), resolve(file));
  if (!experiment) throw new Error(problems.map(({ message }) => message).join('; '));
  return experiment;
}

const files = globSync('examples/*/*.tune.yaml').sort();
const networks = files.filter((file) => experimentOf(file).program.kind === 'network');
let mnist: string | null = null;

beforeAll(async () => {
  await mnistFiles({ signal: AbortSignal.timeout(45_000), onProgress: () => undefined }).catch(
    (error: Error) => (mnist = error.message),
  );
  await wasm.start();
});

/** Returns the file's network with these hyperparameters. */
function networkOf(file: string, params: Params = {}): Network {
  const plan = planRun(experimentOf(file), params, { dist: '/dist', env: process.env });
  expect(plan.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return plan.network as Network;
}

/** `saved`: where the trained network is written. */
async function trained(file: string, network: Network, saved?: string): Promise<Notes> {
  const whole = await loadDataset(network.data, {
    folder: dirname(resolve(file)),
    validation: network.validation,
    loss: lossKnown(network),
    signal: AbortSignal.timeout(60_000),
    onProgress: () => undefined,
  });
  const tasks = network.meta && new Tasks(network.meta, whole);
  const dataset = tasks?.dataset ?? whole;
  const notes = new Notes();
  const start = network.from && (await sourceOf(file, network.from));
  const teacher = network.distil && (await sourceOf(file, network.distil));
  const complete = followData(composed(network, start, dataset), dataset).network;
  const common = { seed: network.seed ?? 1, log: notes, cheapReads: true, evaluationBatch: 100 };
  const options = { ...common, network: complete, dataset, start, teacher, tasks };
  const training = network.prune ? new Pruning({ ...options, prune: network.prune }) : new Training(options);
  try {
    await training.run();
    if (saved) await saveWeights(saved, await training.weights(), savedMetadata(complete, dataset));
  } finally {
    training.dispose();
  }
  return notes;
}

/** Trains the example of the same folder that another one begins with or learns from, and returns its network. */
async function sourceOf(file: string, { source }: FromSettings | DistilSettings): Promise<Trained> {
  if (source.kind !== 'best') throw new Error(`${file}: the examples begin with the best run of another one`);
  const other = networks.find((one) => dirname(one) === dirname(file) && experimentOf(one).name === source.experiment)!;
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-examples-'));
  try {
    const saved = join(folder, MODEL_FILE);
    await trained(other, short(networkOf(other), 40), saved);
    return await loadTrained({ kind: 'file', file: saved }, { folder, runFolder: null }, []);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const short = (network: Network, limit: number): Network => ({
  ...network,
  data: { ...network.data, limit },
  epochs: 1,
  batchSize: Math.min(network.batchSize, limit / 2),
  open: network.open.filter((key) => key !== 'epochs' && key !== 'schedule'),
  ...(network.meta && {
    meta: {
      ...network.meta,
      ...{ shots: 1, queries: 1, steps: 2, tasks: 1 },
      unseen: { ...network.meta.unseen, tasks: 2 },
    },
  }),
  ...(network.prune && { prune: { ...network.prune, rounds: 2, retrain: 1, examples: 16, probes: 2 } }),
});

/** Returns the values of the file's params, and those at the limits of its search space. */
function variants(file: string): Params[] {
  const experiment = experimentOf(file);
  if (!experiment.search) return [{}];
  const { dimensions } = toSpace(experiment);
  const ends = (pick: (values: unknown[]) => unknown) =>
    Object.fromEntries(
      dimensions.flatMap((dimension) => {
        if (dimension.kind === 'choice') return [[dimension.name, pick(dimension.choices)]];
        if (!('low' in dimension)) return [];
        return [[dimension.name, pick([dimension.low, dimension.high])]];
      }),
    ) as Params;
  return [{}, ends((values) => values[0]), ends((values) => values.at(-1))];
}

describe('examples', () => {
  it('exist', () => expect(networks.length).toBeGreaterThanOrEqual(8));

  it.each(networks)('%s trains, also at the limits of its search space', async (file) => {
    for (const params of variants(file)) {
      const network = short(networkOf(file, params), 40);
      if (network.data.kind === 'mnist' && mnist !== null) return console.warn(`${file}: without MNIST: ${mnist}`);
      const notes = await trained(file, network);
      const { metric } = experimentOf(file).objective!;
      expect(notes.series('loss').every(Number.isFinite)).toBe(true);
      expect(notes.series(metric)).toHaveLength(1);
    }
  });

  it('examples/typescript learns', async () => {
    const { default: train } = (await import(pathToFileURL(resolve('examples/typescript/train.ts')).href)) as {
      default: (run: unknown) => Promise<void>;
    };
    const accuracy: number[] = [];
    await train({
      params: { number: (name: string) => ({ lr: 0.1, l2: 0.001, epochs: 3 })[name] },
      seed: 1,
      stopRequested: false,
      progress: () => undefined,
      log: (values: Record<string, number>) => values['val/accuracy'] && accuracy.push(values['val/accuracy']),
    });
    expect(accuracy).toHaveLength(3);
    expect(accuracy.at(-1)).toBeGreaterThan(0.8);
  });
});

describe('examples/mnist/recipe.tune.yaml', () => {
  it('reaches 95 % after 3 epochs on 2,000 of the 60,000 images', async ({ skip }) => {
    if (mnist !== null) skip(`without MNIST: ${mnist}`);
    const file = 'examples/mnist/recipe.tune.yaml';
    const network = networkOf(file, { epochs: 3 });
    const { data, schedule } = network;
    const notes = await trained(file, {
      ...network,
      data: { ...data, limit: 2000 },
      batchSize: 50,
      schedule: { ...schedule, warmup: 0.6 },
    });
    const accuracy = notes.series('val/accuracy');
    console.log(`accuracy after each epoch: ${accuracy.join(', ')}`);
    expect(accuracy.at(-1)).toBeGreaterThan(0.95);
  }, 240_000);
});
