/** Losses of the first steps of a network on a backend, as a line of JSON: `losses.cjs BACKEND NET`. */
import { backendById, startBackend } from '../../src/training/backends/index.js';
import { validateNetwork } from '../../src/experiment/network/index.js';
import { Random } from '../../src/training/random.js';
import { Training } from '../../src/training/loop/train.js';
import { NETS } from '../training/nets.js';

const STEPS = 6;

async function main(): Promise<void> {
  const [backendId, netId] = process.argv.slice(2) as [string, string];
  const net = NETS[netId]!;
  const { cheapReads, evaluationBatch } = await startBackend(backendById(backendId));
  const { network, problems } = validateNetwork({
    data: 'mnist',
    layers: net.layers,
    loss: 'crossEntropy',
    batchSize: net.batch,
    epochs: 1,
    logEvery: 1,
    optimizer: { name: 'sgd', learningRate: 0.05 },
  });
  if (!network) throw new Error(problems.map(({ message }) => message).join('; '));
  const random = new Random(1);
  const width = net.inputShape.reduce((a, b) => a * b, 1);
  const examples = (count: number) => ({
    count,
    inputs: Uint8Array.from({ length: count * width }, () => random.bits() & 255),
    targets: Int32Array.from({ length: count }, () => random.bits() % 10),
  });
  const dataset = {
    name: 'check',
    task: 'classification' as const,
    inputShape: net.inputShape,
    outputs: 10,
    classes: Array.from({ length: 10 }, (_, i) => `${i}`),
    train: examples(STEPS * net.batch),
    validation: examples(net.batch),
    inputScale: { factor: 2 / 255, offset: -1 },
    targetScale: null,
    preparation: {},
    notes: [],
  };
  const losses: number[] = [];
  const log = {
    log(values: Record<string, number>) {
      const loss = values.loss ?? values['val/loss'];
      if (loss !== undefined) losses.push(loss);
    },
    progress: () => undefined,
    info: () => undefined,
    message: () => undefined,
    stopRequested: null,
  };
  await new Training({ network, dataset, seed: 1, log, cheapReads, evaluationBatch }).run();
  console.log(`\n${JSON.stringify(losses)}`);
  process.exit(0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
