import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { exportNetwork } from '../../../../src/training/export/index.js';
import { buildLayers } from '../../../../src/training/model.js';
import { Random } from '../../../../src/training/random.js';
import { fillModel } from '../../../../src/training/transfer/index.js';
import { readTrainedFile } from '../../../../src/training/transfer/files/index.js';
import { CASES, examplesOf, savedCase } from '../export/exportCases.js';
import { network } from '../support.js';
import { expectSame, outputsOf } from './outputs.js';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const expected = JSON.parse(await readFile(join(FIXTURES, 'outputs.json'), 'utf8')) as {
  models: Record<string, { shape: number[]; inputs: number[]; outputs: number[] }>;
  torch_model: { inputs: number[]; outputs: number[] };
};
let folder: string;
beforeAll(async () => {
  await cpu.start();
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'tunesmith import ☃ '));
});

describe('a network that Keras has saved', () => {
  for (const file of ['images.keras', 'images.h5', 'blocks.keras', 'blocks.h5', 'sequences.keras']) {
    it(`gives the same outputs (${file})`, async () => {
      const { shape, inputs, outputs } = expected.models[file.split('.')[0]!]!;
      const trained = await readTrainedFile(FIXTURES, file);
      expect(trained.inputShape).toEqual(shape);
      expectSame(outputsOf(trained, inputs, shape), outputs);
    });
  }

  it('keeps the names that its layers have', async () => {
    const { layers, aliases } = await readTrainedFile(FIXTURES, 'images.keras');
    expect(layers!.map(({ type }) => type)).toMatchInlineSnapshot(`
      [
        "rescale",
        "conv",
        "batchNorm",
        "pool",
        "depthwiseConv",
        "conv",
        "depthwiseConv",
        "pool",
        "spatialDropout",
        "flatten",
        "dense",
        "dropout",
        "layerNorm",
        "dense",
      ]
    `);
    expect(aliases).toContain('first');
    expect(aliases.at(-1)).toBe('head');
  });
});

describe('a network that TensorFlow.js has saved', () => {
  it('gives the same outputs', async () => {
    const model = tfl.sequential({
      layers: [
        tfl.layers.conv2d({ inputShape: [6, 5, 2], filters: 3, kernelSize: 3, activation: 'relu', padding: 'same' }),
        tfl.layers.batchNormalization(),
        tfl.layers.maxPooling2d({ poolSize: 2 }),
        tfl.layers.flatten(),
        tfl.layers.dense({ units: 4, activation: 'elu' }),
        tfl.layers.dense({ units: 2, activation: 'softmax' }),
      ],
    });
    const random = new Random(4);
    model.setWeights(
      model.getWeights().map((weight) =>
        tf.tensor(
          Float32Array.from({ length: weight.size }, () => 0.2 + random.uniform()),
          weight.shape,
        ),
      ),
    );
    await model.save(
      tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
        const manifest = [{ paths: ['group1-shard1of1.bin'], weights: weightSpecs }];
        await writeFile(join(folder, 'group1-shard1of1.bin'), Buffer.from(weightData as ArrayBuffer));
        await writeFile(
          join(folder, 'model.json'),
          JSON.stringify({ modelTopology, weightsManifest: manifest, format: 'layers-model' }),
        );
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' as const } };
      }),
    );
    const inputs = Array.from({ length: 2 * 60 }, () => random.normal());
    const outputs = Array.from((model.predict(tf.tensor(inputs, [2, 6, 5, 2])) as tf.Tensor).dataSync());
    model.dispose();
    for (const file of ['.', 'model.json']) {
      expectSame(outputsOf(await readTrainedFile(folder, file), inputs, [6, 5, 2]), outputs);
    }
  });

  it('is refused if it names files elsewhere', async () => {
    const manifest = [{ paths: ['../secret.bin'], weights: [] }];
    await writeFile(join(folder, 'elsewhere.json'), JSON.stringify({ modelTopology: {}, weightsManifest: manifest }));
    await expect(readTrainedFile(folder, 'elsewhere.json')).rejects.toThrow('"../secret.bin", which is not beside it');
  });
});

describe('what we export', () => {
  for (const format of ['keras', 'tfjs'] as const) {
    for (const one of CASES.filter(({ not }) => !not?.includes(format))) {
      it(`can be begun with again: ${one.name} as ${format}`, async () => {
        const saved = savedCase(one);
        const path = join(folder, `${one.name}.${format}`);
        await exportNetwork(saved, format, path, true);
        const { inputs, outputs } = examplesOf(saved);
        const got = outputsOf(await readTrainedFile('/', path), Array.from(inputs), saved.data.inputShape);
        const scale = Math.max(...outputs.map(Math.abs));
        expectSame(
          got.map((value) => value / scale),
          Array.from(outputs, (value) => value / scale),
        );
      });
    }
  }
});

describe('weights alone', () => {
  const layers = [{ conv: { filters: 3, kernel: [2, 3], activation: 'tanh' } }, 'flatten', { dense: 2 }];
  const names = {
    '1.conv/kernel': 'conv.weight',
    '1.conv/bias': 'conv.bias',
    '3.dense/kernel': 'fc.weight',
    '3.dense/bias': 'fc.bias',
  };
  const fill = async (settings: object) => {
    const section = network({ from: { file: 'torch.safetensors', ...settings }, layers, loss: 'crossEntropy' });
    const trained = await readTrainedFile(FIXTURES, 'torch.safetensors');
    const model = buildLayers(section.layers, [5, 5, 1], new Random(1));
    return { model, table: fillModel(model, section, trained) };
  };

  it('of PyTorch are matched by the names given, in our order of axes', async () => {
    const { model, table } = await fill({ names });
    const { inputs, outputs } = expected.torch_model;
    const got = model.forward(tf.tensor(inputs, [2, 5, 5, 1]), { training: false, random: new Random(1) });
    expectSame(Array.from(got.dataSync()), outputs);
    expect(table.left).toEqual([]);
    expect(table.matched[0]).toEqual({ name: '1.conv/kernel', shape: [2, 3, 1, 3], from: 'conv.weight' });
  });

  it('are refused with a table when a name is missing', async () => {
    const { '3.dense/bias': _left, ...fewer } = names;
    await expect(fill({ names: fewer })).rejects.toThrowErrorMatchingInlineSnapshot(`
      [TrainingError: torch.safetensors does not fit: 1 weights are not there: give their names under "names", or set missing: init
        1.conv/kernel   [2, 3, 1, 3]  from conv.weight
        1.conv/bias     [3]  from conv.bias
        3.dense/kernel  [36, 2]  from fc.weight
        3.dense/bias    [2]  random
        (left)          [2]  fc.bias]
    `);
    const { table } = await fill({ names: fewer, missing: 'init' });
    expect(table.matched.at(-1)!.from).toBeNull();
    expect(table.left.map(({ name }) => name)).toEqual(['fc.bias']);
  });

  it('may be of half the precision', async () => {
    const { weights } = await readTrainedFile(FIXTURES, 'types.safetensors');
    const values = Object.fromEntries(weights.map((one) => [one.name, Array.from(one.values)]));
    expect(values).toEqual({ half: [1.5, -2.25], brain: [1.5, -3] });
  });
});

describe('a damaged file', () => {
  it.each(['images.keras', 'images.h5', 'torch.safetensors'])('is refused wherever it ends (%s)', async (file) => {
    const whole = await readFile(join(FIXTURES, file));
    for (const share of [0.05, 0.3, 0.6, 0.95]) {
      const cut = join(folder, `cut-${file}`);
      await writeFile(cut, whole.subarray(0, Math.floor(whole.length * share)));
      await expect(readTrainedFile('/', cut)).rejects.toThrow(/cut-|Keras|layer/);
    }
  });
});
