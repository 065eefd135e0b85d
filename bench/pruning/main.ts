/** Time of one example before and after networks became smaller, in turns within one process. Started by run.mjs. */
import { performance } from 'node:perf_hooks';
import * as tf from '@tensorflow/tfjs-core';
import { normalizeLayers, type Layer } from '../../src/experiment/network/index.js';
import { backendById, startBackend } from '../../src/training/backends/index.js';
import { decompose } from '../../src/training/decompose/lowRank.js';
import { buildLayers } from '../../src/training/model.js';
import { multiplyAdds } from '../../src/training/prune/cost.js';
import { leastUnits } from '../../src/training/prune/select.js';
import { removeUnits, type Shape } from '../../src/training/prune/shrink.js';
import { unitsOf } from '../../src/training/prune/units.js';
import { Random } from '../../src/training/random.js';

const INPUT = [28, 28, 1];
const BATCH = 64;
const ROUNDS = 15;
const LAYERS = normalizeLayers([
  { conv: { filters: 32, kernel: 5, padding: 'same', activation: 'relu' } },
  'pool',
  { conv: { filters: 64, kernel: 5, padding: 'same', activation: 'relu' } },
  'pool',
  'flatten',
  { dense: { units: 256, activation: 'relu' } },
  { dense: 10 },
]);

async function shapeOf(layers: Layer[]): Promise<Shape> {
  const model = buildLayers(layers, INPUT, new Random(1));
  const weights = await Promise.all(
    model.weights.map(async ({ name, variable }) => ({
      name,
      shape: variable.shape,
      values: Float32Array.from(await variable.data()),
    })),
  );
  model.dispose();
  return { layers, weights };
}

function pruned(shape: Shape, share: number): Shape {
  const units = unitsOf(shape.layers, INPUT);
  const random = new Random(2);
  const scores = Float64Array.from({ length: units.count }, () => random.uniform());
  return removeUnits(shape, units, leastUnits(scores, units, Math.round(share * units.count), 'layer'));
}

async function main(): Promise<void> {
  const backend = process.argv[2] ?? 'wasm';
  await startBackend(backendById(backend));
  const whole = await shapeOf(LAYERS);
  const shapes: [string, Shape][] = [
    ['whole', whole],
    ['half of the units removed', pruned(whole, 0.5)],
    ['three quarters removed', pruned(whole, 0.75)],
    ['factors of a quarter of the rank', (await decompose(whole, { by: 'rank', bound: 0.25 })).shape],
  ];
  const models = shapes.map(([name, { layers }]) => ({
    name,
    layers,
    model: buildLayers(layers, INPUT, new Random(1)),
    times: [] as number[],
  }));
  const inputs = tf.randomUniform([BATCH, ...INPUT]);
  for (let round = -3; round < ROUNDS; round++) {
    for (const { model, times } of models) {
      const before = performance.now();
      const outputs = tf.tidy(() => model.forward(inputs, { training: false, random: new Random(0) }));
      await outputs.data();
      outputs.dispose();
      if (round >= 0) times.push(performance.now() - before);
    }
  }
  const median = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
  const reference = median(models[0]!.times);
  console.log(`${backend}, batches of ${BATCH}, median of ${ROUNDS} rounds in turns`);
  for (const { name, layers, model, times } of models) {
    const weights = model.weights.reduce((sum, { variable }) => sum + variable.size, 0);
    const time = median(times);
    console.log(
      `${name.padEnd(34)} ${String(weights).padStart(8)} weights ${String(multiplyAdds(layers, INPUT)).padStart(9)} multiply-adds ` +
        `${((1000 * time) / BATCH).toFixed(1).padStart(7)} µs per example  ${(reference / time).toFixed(2)} times as fast`,
    );
  }
}
main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
