/**
 * Trains one network on one backend, an epoch of so many examples for each number that comes as a line on standard
 * input, and answers each with a line of JSON: { examples, seconds, cpu }. The whole training loop is measured, with all that
 * it logs, but not the validation.
 */
import { createInterface } from 'node:readline';
import { backendById, startBackend } from '../../src/training/backends/index.js';
import { validateNetwork } from '../../src/experiment/network/index.js';
import type { Dataset, Examples } from '../../src/training/data/types.js';
import { Random } from '../../src/training/random.js';
import { Training } from '../../src/training/loop/train.js';
import { NETS } from './nets.js';

const [backendId, netId] = process.argv.slice(2) as [string, string];
const net = NETS[netId]!;
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);
const wishes = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Bytes, as images are; so are the MLP's. */
function examples(count: number): Examples {
  const random = new Random(1);
  const width = net.inputShape.reduce((a, b) => a * b, 1);
  return {
    count,
    inputs: Uint8Array.from({ length: count * width }, () => random.bits() & 255),
    targets: Int32Array.from({ length: count }, () => random.bits() % 10),
  };
}

const train = examples(20_000);
const dataset: Dataset = {
  name: 'bench',
  task: 'classification',
  inputShape: net.inputShape,
  classes: Array.from({ length: 10 }, (_, i) => `${i}`),
  outputs: 10,
  train,
  validation: examples(1),
  inputScale: { factor: 2 / 255, offset: -1 },
  targetScale: null,
  preparation: {},
  notes: [],
};

async function main(): Promise<void> {
  const { device, detail, cheapReads, evaluationBatch } = await startBackend(backendById(backendId));
  const { network, problems } = validateNetwork({
    data: 'mnist',
    layers: net.layers,
    loss: 'crossEntropy',
    optimizer: { name: 'adam', learningRate: 0.0001 },
    batchSize: net.batch,
    epochs: 1_000_000,
  });
  if (!network) throw new Error(problems.map(({ message }) => message).join('; '));
  let rate = 0;
  const log = {
    log(values: Record<string, number>) {
      rate = values.samples_per_second ?? rate;
    },
    progress: () => undefined,
    info: () => undefined,
    message: () => undefined,
    stopRequested: null,
  };
  const next = async (): Promise<void> => {
    const { value, done } = await wishes.next();
    if (done) process.exit(0);
    train.count = Number(value);
  };
  say({ ready: true, device, detail });
  await next();
  let used = process.cpuUsage();
  const onEpoch = async (): Promise<void> => {
    const { user, system } = process.cpuUsage(used);
    say({ examples: train.count, seconds: train.count / rate, cpu: (user + system) / 1e6 });
    await next();
    used = process.cpuUsage();
  };
  await new Training({ network, dataset, seed: 1, log, cheapReads, evaluationBatch, onEpoch }).run();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
