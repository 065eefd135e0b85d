/**
 * Two questions about hypergradients: what does a step cost beside a plain one, and is one tuned training worth more than the
 * trials that fit into the same time? Started by hypergradient.mjs, which says how.
 */
import { parseArgs } from 'node:util';
import { backendById, startBackend } from '../../src/training/backends/index.js';
import { validateNetwork, type Network } from '../../src/experiment/network/index.js';
import type { ParamValue } from '../../src/protocol/values/index.js';
import { createStudy, type Space } from '../../src/search/index.js';
import { loadDataset } from '../../src/training/data/index.js';
import type { Dataset, HeldExamples } from '../../src/training/data/types.js';
import { evaluate } from '../../src/training/evaluation/evaluate.js';
import { buildLoss } from '../../src/training/losses/index.js';
import { Training } from '../../src/training/loop/train.js';

const { values: given } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    seeds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '5' },
  },
});
const IMAGES = 300;
const JUDGED = 2000;
type Section = Record<string, unknown>;

const dense = (units: number) => ({ dense: { units, activation: 'relu' } });
const perceptron: Section = { layers: ['flatten', dense(256), dense(256), { dense: 10 }], batchSize: 20 };
const conv = (filters: number) => ({ conv: { filters, kernel: 3, activation: 'relu' } });
const convolutions: Section = {
  layers: [conv(8), 'pool', conv(16), 'pool', 'flatten', { dense: 10 }],
  batchSize: 20,
};

function network(section: Section): Network {
  const { network: found, problems } = validateNetwork({
    ...{ data: 'mnist', loss: 'crossEntropy', warnings: false, epochs: 1 },
    ...section,
  });
  if (!found) throw new Error(problems.map(({ message }) => message).join('; '));
  return found;
}

const quiet = {
  log: () => undefined,
  progress: () => undefined,
  info: () => undefined,
  message: () => undefined,
  stopRequested: null,
};
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const deviation = (values: number[]) =>
  Math.sqrt(values.reduce((sum, v) => sum + (v - mean(values)) ** 2, 0) / (values.length - 1));

async function main(): Promise<void> {
  const { cheapReads, evaluationBatch } = await startBackend(backendById(given.backend));
  const start = (section: Section, dataset: Dataset, seed: number) =>
    new Training({ network: network(section), dataset, seed, log: quiet, cheapReads, evaluationBatch });
  const data = await loadDataset(network(perceptron).data, {
    ...{ folder: process.cwd(), validation: null, loss: 'crossEntropy' as const },
    ...{ signal: new AbortController().signal, onProgress: () => undefined },
  });
  const part = (of: HeldExamples, from: number, count: number): HeldExamples => ({
    ...{ count, inputs: of.inputs.subarray(from * 784, (from + count) * 784) },
    targets: of.targets.subarray(from, from + count),
  });
  const train = data.train as HeldExamples;
  const held = data.validation as HeldExamples;
  const test = part(held, JUDGED, JUDGED);

  /** Cost of a hypergradient step, as a multiple of a plain one: the median of several rounds. */
  const ratio = async (section: Section, hypergradient: unknown): Promise<number> => {
    const few = { ...data, train: part(train, 0, 1000), validation: part(held, 0, 20) };
    const [plain, tuned] = [
      start({ ...section, epochs: 1000 }, few, 1),
      start({ ...section, epochs: 1000, hypergradient }, few, 1),
    ];
    const seconds = async (run: Training) => {
      // Processor time, which other programs change little.
      const from = process.cpuUsage();
      await run.advance();
      const { user, system } = process.cpuUsage(from);
      return user + system;
    };
    const ratios: number[] = [];
    for (let i = -1; i < Number(given.rounds); i++) {
      const one = await seconds(plain);
      const other = await seconds(tuned);
      if (i >= 0) ratios.push(other / one);
    }
    plain.dispose();
    tuned.dispose();
    return median(ratios);
  };
  const settings: [string, unknown][] = [
    ['learning rate', 'learningRate'],
    ['weight decay by layer, at every step', { tune: 'weightDecayByLayer', every: 1 }],
    ['weight decay and label smoothing, at every step', { tune: ['weightDecay', 'labelSmoothing'], every: 1 }],
    ['both, every 10 steps', ['weightDecay', 'labelSmoothing']],
    [
      'implicit with 5 terms, every 10 steps',
      { tune: ['weightDecay', 'labelSmoothing'], method: 'implicit', every: 10 },
    ],
  ];
  console.log(`processor time of a training step, as a multiple of that of a plain one (${given.backend}):`);
  for (const [name, hypergradient] of settings) {
    const costs = [await ratio(perceptron, hypergradient), await ratio(convolutions, hypergradient)];
    console.log(`  ${name}: perceptron ${costs[0]!.toFixed(2)}, convolutions ${costs[1]!.toFixed(2)}`);
  }

  const space: Space = {
    dimensions: [
      { kind: 'float', name: 'decay', when: null, low: 1e-4, high: 10, log: true, step: null },
      { kind: 'float', name: 'smoothing', when: null, low: 0, high: 0.3, log: false, step: null },
      { kind: 'float', name: 'strength', when: null, low: 0.1, high: 2, log: true, step: null },
    ],
  };
  const sectionOf = (decay: number, smoothing: number, strength: number): Section => ({
    ...perceptron,
    epochs: Number(given.epochs),
    loss: { name: 'crossEntropy', labelSmoothing: smoothing },
    optimizer: { name: 'adam', learningRate: 0.0005, weightDecay: decay },
    augment: { shift: 2 * strength, rotate: 15 * strength },
  });
  const trained = async (section: Section, dataset: Dataset, seed: number) => {
    const from = performance.now();
    const run = start(section, dataset, seed);
    await run.run();
    const seconds = (performance.now() - from) / 1000;
    const loss = buildLoss(network(section).loss, dataset, 10);
    const options = {
      batchSize: evaluationBatch,
      metrics: network(section).metrics,
      pause: () => Promise.resolve(true),
    };
    const on = async (examples: HeldExamples) => (await evaluate(run.model, loss, dataset, examples, options))!.values;
    const result = {
      ...{ seconds, validation: (await on(dataset.validation as HeldExamples)).loss!, test: await on(test) },
      values: run.hyper?.logged(),
    };
    loss.dispose();
    run.dispose();
    return result;
  };
  const first = sectionOf(0.01, 0.05, 0.3);
  const found = new Map<string, { loss: number[]; accuracy: number[]; trials: number[] }>();
  const note = (name: string, trials: number, { test: { loss, accuracy } }: Awaited<ReturnType<typeof trained>>) => {
    const all = found.get(name) ?? { loss: [], accuracy: [], trials: [] };
    found.set(name, all);
    all.loss.push(loss!);
    all.accuracy.push(100 * accuracy!);
    all.trials.push(trials);
  };
  for (let seed = 1; seed <= Number(given.seeds); seed++) {
    const dataset = { ...data, train: part(train, 1000 * seed, IMAGES), validation: part(held, 0, JUDGED) };
    note('one plain training from the same values', 1, await trained(first, dataset, seed));
    const hypergradient = { tune: ['weightDecay', 'labelSmoothing', 'augment'], rate: 0.02 };
    const tuned = await trained({ ...first, hypergradient }, dataset, seed);
    note('one training with hypergradients', 1, tuned);
    console.log(`seed ${seed}: ${tuned.seconds.toFixed(1)} s, ends at ${JSON.stringify(tuned.values)}`);
    for (const sampler of ['random', 'auto']) {
      for (const times of [1, 4]) {
        const study = createStudy({ space, sampler, seed, ...{ goals: ['minimize'], pruner: null, trials: null } });
        let [left, trials] = [times * tuned.seconds, 0];
        let best: Awaited<ReturnType<typeof trained>> | null = null;
        while (left > 0) {
          const asked = study.ask()!;
          const { decay, smoothing, strength } = asked.params as Record<string, ParamValue & number>;
          const result = await trained(sectionOf(decay!, smoothing!, strength!), dataset, seed);
          study.tell(asked.id, { state: 'completed', values: [result.validation] });
          left -= result.seconds;
          trials++;
          if (!best || result.validation < best.validation) best = result;
        }
        note(`${sampler} in ${times === 1 ? 'the same time' : `${times} times the time`}`, trials, best!);
      }
    }
  }
  console.log(`\nloss and accuracy on ${JUDGED} test images, ${given.seeds} seeds of ${IMAGES} training images:`);
  for (const [name, { loss, accuracy, trials }] of found) {
    console.log(
      `  ${name} (${mean(trials).toFixed(1)} trainings): loss ${mean(loss).toFixed(3)} ± ${deviation(loss).toFixed(3)}, ` +
        `accuracy ${mean(accuracy).toFixed(1)} ± ${deviation(accuracy).toFixed(1)} %`,
    );
  }
}

void main().then(() => process.exit(0));
