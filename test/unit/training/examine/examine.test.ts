import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExamineSettings } from '../../../../src/protocol/trainer/examined.js';
import { backendById, startBackend } from '../../../../src/training/backends/index.js';
import { SavedModel } from '../../../../src/training/checkpoints/savedModel.js';
import type { Dataset } from '../../../../src/training/data/types.js';
import { windowsOf } from '../../../../src/training/examine/attributions.js';
import { bestTemperature, bins, calibrate, expectedError } from '../../../../src/training/examine/calibration.js';
import { examine } from '../../../../src/training/examine/index.js';
import { Training } from '../../../../src/training/loop/train.js';
import { Random } from '../../../../src/training/random.js';
import { network, Notes, plane, rings, stripes } from '../support.js';

beforeAll(async () => void (await startBackend(backendById('wasm'))));

async function trained(section: Record<string, unknown>, dataset: Dataset): Promise<SavedModel> {
  const settings = network(section);
  const options = { network: settings, dataset, seed: 1, log: new Notes(), cheapReads: true, evaluationBatch: 64 };
  const training = new Training(options);
  await training.run();
  const weights = await training.weights();
  training.dispose();
  return new SavedModel({ network: settings, data: dataset, weights });
}

const SETTINGS: ExamineSettings = { explain: 0, attack: [], corrupt: false, calibrate: false, examples: 100 };

function runFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tunesmith-examine-'));
  mkdirSync(join(folder, 'journal'));
  return folder;
}

const context = { batch: 16, signal: new AbortController().signal, onProgress: () => undefined };

describe('a network that reads images', () => {
  const dataset = stripes(80);
  const CNN = {
    layers: [{ conv: { filters: 6, kernel: 3, activation: 'tanh' } }, 'flatten', { dense: 2 }],
    loss: 'crossEntropy',
    optimizer: { name: 'adam', learningRate: 0.01 },
    epochs: 12,
  };

  it('is explained by pictures whose attributions add up to the output', async () => {
    const model = await trained(CNN, dataset);
    const folder = runFolder();
    for (let again = 0; again < 2; again++) {
      const found = await examine(model, folder, dataset.validation, { ...SETTINGS, explain: 5 }, context);
      expect(found.explained).toHaveLength(5);
      for (const { gap, output, baseline } of found.explained) {
        expect(output).not.toBeCloseTo(baseline, 1);
        expect(gap).toBeLessThan(0.01);
      }
      expect(found.media).toBe(5);
    }
    const lines = readFileSync(join(folder, 'journal', 'examined.ndjson'), 'utf8')
      .trim()
      .split('\n');
    // The second examination tells of no file again.
    expect(lines).toHaveLength(5);
    const { path, step, mime } = JSON.parse(lines[0]!) as { path: string; step: number; mime: string };
    expect([step, mime]).toEqual([1, 'image/png']);
    const png = PNG.sync.read(readFileSync(join(folder, path)));
    expect(png.width).toBeGreaterThan(2.9 * png.height);
    model.dispose();
  });

  it('loses accuracy under attacks, the more the stronger they are', async () => {
    const model = await trained(CNN, dataset);
    const settings = { ...SETTINGS, attack: [0.001, 0.1, 0.4], corrupt: true };
    const found = await examine(model, runFolder(), dataset.validation, settings, context);
    expect(found.clean!.accuracy).toBeGreaterThan(0.95);
    for (const { levels } of found.attacks) {
      const accuracies = levels.map(({ accuracy }) => accuracy);
      expect(accuracies).toEqual([...accuracies].sort((a, b) => b - a));
      expect(accuracies.at(-1)).toBeLessThan(found.clean!.accuracy - 0.3);
    }
    expect(found.corruptions.map(({ kind }) => kind)).toEqual(['noise', 'missing', 'blur', 'contrast', 'brightness']);
    model.dispose();
  });
});

describe('a network that reads numbers', () => {
  it('is explained by the importance of its inputs, here of one of two', async () => {
    const dataset = plane(60);
    const model = await trained(
      { layers: [{ dense: 1 }], loss: 'mse', optimizer: { name: 'adam', learningRate: 0.05 }, epochs: 20 },
      dataset,
    );
    const found = await examine(model, runFolder(), dataset.validation, { ...SETTINGS, explain: 4 }, context);
    expect(found.explained.every(({ gap, predicted }) => gap < 0.01 && predicted === null)).toBe(true);
    // A linear network has one weight for each input.
    const weights = model.model.weights[0]!.variable.dataSync();
    expect(found.inputs).toHaveLength(weights.length);
    model.dispose();
  });

  it('is refused where the question has no answer', async () => {
    const numbers = await trained({ layers: [{ dense: 1 }], loss: 'mse', epochs: 1 }, plane(20));
    const scores = await trained({ layers: [{ dense: 2 }], loss: 'categoricalHinge', epochs: 1 }, rings(20));
    const ask = (model: SavedModel, settings: Partial<ExamineSettings>) =>
      examine(model, runFolder(), rings(20).validation, { ...SETTINGS, ...settings }, context);
    await expect(ask(numbers, { attack: [0.1] })).rejects.toThrow(/this network predicts numbers/);
    await expect(ask(numbers, { calibrate: true })).rejects.toThrow(/this network predicts numbers/);
    await expect(ask(scores, { calibrate: true })).rejects.toThrow(/calibration needs probabilities/);
    numbers.dispose();
    scores.dispose();
  });
});

describe('calibration', () => {
  /** Outputs whose true classes are drawn from their probabilities at a temperature. */
  function drawn(temperature: number) {
    const random = new Random(3);
    const logits = Array.from({ length: 4000 }, () => [0, 4 * random.normal()]);
    const actual = logits.map(([, z]) => (random.uniform() < 1 / (1 + Math.exp(-z! / temperature)) ? 1 : 0));
    return { logits, actual };
  }

  it('finds no error where probabilities are right', () => {
    expect(expectedError(bins(drawn(1), 1))).toBeLessThan(0.02);
    expect(bestTemperature(drawn(1))).toBeCloseTo(1, 0);
  });

  it('finds the temperature that corrects too much confidence', () => {
    const found = calibrate(drawn(3));
    expect(found.ece).toBeGreaterThan(0.1);
    expect(found.scaledEce).toBeLessThan(0.03);
    expect(Math.abs(found.temperature - 3)).toBeLessThan(0.4);
  });

  it('counts a single output as the difference of two', () => {
    const { logits, actual } = drawn(2);
    const single = { logits: logits.map(([, z]) => [z!]), actual };
    expect(calibrate(single)).toEqual(calibrate({ logits, actual }));
  });
});

it('occluding windows cover every input', () => {
  for (const shape of [[7], [6, 3], [9, 5, 2], [1, 1, 1]]) {
    const seen = new Set(windowsOf(shape).flat());
    expect(seen.size).toBe(shape.reduce((a, b) => a * b, 1));
  }
});
