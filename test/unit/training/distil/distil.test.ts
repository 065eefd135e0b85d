import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { validateNetwork } from '../../../../src/experiment/network/index.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { startBackend } from '../../../../src/training/backends/index.js';
import { tensorflowPython } from '../../../../src/training/backends/native/tensorflowPython.js';
import { tfjsNode } from '../../../../src/training/backends/native/tfjsNode.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { loadState, saveState } from '../../../../src/training/checkpoints/resume.js';
import { Student } from '../../../../src/training/distil/student.js';
import { Teacher } from '../../../../src/training/distil/teacher.js';
import { Training } from '../../../../src/training/loop/train.js';
import { divide } from '../../../../src/training/parallel/index.js';
import { trainedOf } from '../../../../src/training/transfer/ours.js';
import type { Trained } from '../../../../src/training/transfer/types.js';
import { Notes, network, rings } from '../support.js';

beforeAll(async () => {
  await cpu.start();
  await tf.setBackend('cpu');
});

const data = rings(96);
const SMALL = [{ dense: { units: 3, activation: 'tanh' } }, { dense: 2 }];
const LARGE = [{ dense: { units: 16, activation: 'tanh' } }, { dense: 2 }];
const made: Training[] = [];
afterEach(() => made.splice(0).forEach((one) => one.dispose()));

function training(section: object, more: object = {}): Training {
  const full = network({ layers: SMALL, loss: 'crossEntropy', epochs: 2, batchSize: 32, ...section });
  const one = new Training({
    network: full,
    dataset: data,
    seed: 5,
    log: new Notes(),
    cheapReads: true,
    evaluationBatch: 100,
    ...more,
  });
  made.push(one);
  return one;
}

async function taught(epochs = 20): Promise<Trained> {
  const one = training({ layers: LARGE, epochs, optimizer: { name: 'adam', learningRate: 0.05 } });
  await one.run();
  const section = network({ layers: LARGE, loss: 'crossEntropy' });
  return trainedOf({ network: section, weights: await one.weights(), data }, 'the teacher');
}
const distil = (settings: object = {}) => ({ distil: { teacher: { run: 'any' }, ...settings } });

describe('a student', () => {
  it('with α = 1 and no targets comes close to the teacher', async () => {
    const teacher = await taught();
    const one = training(
      { layers: LARGE, ...distil({ alpha: 1 }), epochs: 30, optimizer: { name: 'adam', learningRate: 0.03 } },
      { teacher },
    );
    await one.advance();
    const loss = () => (one as unknown as { trained: { loss: number } }).trained.loss;
    const first = loss();
    for (let i = 0; i < 29; i++) await one.advance();
    expect(loss()).toBeLessThan(first / 20);
  });

  it('with α = 0 learns the same as without a teacher', async () => {
    const teacher = await taught(1);
    const [alone, withTeacher] = [training({}), training(distil({ alpha: 0 }), { teacher })];
    await alone.run();
    await withTeacher.run();
    const [a, b] = [await alone.weights(), await withTeacher.weights()];
    a.forEach(({ values }, i) => values.forEach((value, j) => expect(b[i]!.values[j]).toBeCloseTo(value, 6)));
  });

  for (const distance of ['logits', 'probabilities', 'features', 'kl']) {
    it(`resumes exactly, and leaks no tensors (${distance})`, async () => {
      const teacher = await taught(1);
      made.splice(0).forEach((one) => one.dispose());
      const before = tf.memory().numTensors;
      const section = { ...distil({ distance }), epochs: 3 };
      const whole = training(section, { teacher });
      await whole.run();
      const first = training(section, { teacher });
      await first.advance();
      const folder = await mkdtemp(join(tmpdir(), 'tunesmith-state-'));
      await saveState(folder, await first.state());
      const second = training(section, { teacher });
      second.load(await loadState(folder));
      await second.run();
      expect(await second.weights()).toEqual(await whole.weights());
      await rm(folder, { recursive: true });
      made.splice(0).forEach((one) => one.dispose());
      expect(tf.memory().numTensors).toBe(before);
    });
  }
});

const native = [tensorflowPython, tfjsNode].find((backend) => backend.missing() === null);

describe.each([cpu, wasm, ...(native ? [native] : [])])('the gradient of a student’s loss on $id', (backend) => {
  beforeAll(() => startBackend(backend));
  afterAll(() => startBackend(cpu));

  const cases = [
    { distance: 'logits', loss: 'crossEntropy' },
    { distance: 'probabilities', loss: 'crossEntropy', temperature: 2 },
    { distance: 'probabilities', loss: 'binaryCrossEntropy' },
    { distance: 'kl', loss: 'crossEntropy', temperature: 3 },
    { distance: 'kl', loss: 'binaryCrossEntropy', temperature: 2 },
    { distance: 'features', loss: 'crossEntropy', width: 3 },
    { distance: 'features', loss: 'crossEntropy', width: 5 },
  ];
  for (const { distance, loss, temperature, width = 3 } of cases) {
    it(`is that of finite differences: ${distance}, ${loss}, width ${width}`, () => {
      const settings = network({ layers: SMALL, loss, ...distil({ distance, temperature, alpha: 0.7 }) });
      const one = training({});
      const student = new Student(settings.distil!, settings, one.model);
      const taughtValues = tf.tensor2d(
        Array.from({ length: 4 * width }, (_, i) => Math.cos(2 * i)),
        [4, width],
      );
      const own = tf.tensor2d(
        Array.from({ length: 12 }, (_, i) => Math.sin(i)),
        [4, 3],
      );
      const value = (x: tf.Tensor) => student.loss(tf.mean(tf.square(x)), x, taughtValues);
      const gradient = tf.grad(value)(own).dataSync();
      const step = 1e-2;
      own.dataSync().forEach((_, i) => {
        const at = (by: number) => {
          const moved = Float32Array.from(own.dataSync(), (x, j) => (i === j ? x + by : x));
          return value(tf.tensor2d(moved, [4, 3])).dataSync()[0]!;
        };
        const slope = (at(step) - at(-step)) / (2 * step);
        expect(Math.abs(gradient[i]! - slope)).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)));
      });
    });
  }
});

describe('a teacher', () => {
  const batch = (value: number) => ({
    count: 2,
    inputs: new Float32Array(4).fill(value),
    targets: new Float32Array(4),
  });
  const teacherFor = async (section: object, dataset = data) => {
    const full = network({ layers: SMALL, loss: 'crossEntropy', ...distil(), ...section });
    return new Teacher(await taught(1), full.distil!, full, dataset);
  };

  it('computes each example once if no layer before it is random', async () => {
    const teacher = await teacherFor({});
    const first = await teacher.teach(batch(0.5), Int32Array.of(3, 7));
    expect(await teacher.teach(batch(0.5), Int32Array.of(7, 3))).toEqual(first);
    expect(teacher.computed).toBe(1);
    await teacher.teach(batch(0.5), Int32Array.of(7, 8));
    expect(teacher.computed).toBe(2);
    teacher.dispose();
  });

  it('sees the very inputs that the student sees when they are mixed', async () => {
    const teacher = await teacherFor({ mixup: 0.2 });
    const [one, other] = [
      await teacher.teach(batch(0.5), Int32Array.of(3, 7)),
      await teacher.teach(batch(1), Int32Array.of(3, 7)),
    ];
    expect(one.teacher).not.toEqual(other.teacher);
    expect(teacher.computed).toBe(2);
    teacher.dispose();
  });

  it('sees inputs in its own scale', async () => {
    const [same, scaled] = [
      await teacherFor({}),
      await teacherFor({}, { ...data, inputScale: { factor: 0.5, offset: 1 } }),
    ];
    const [a, b] = [
      await same.teach(batch(0.5), Int32Array.of(0, 1)),
      await scaled.teach(batch(1.25), Int32Array.of(0, 1)),
    ];
    a.teacher!.forEach((value, i) => expect(b.teacher![i]).toBeCloseTo(value, 6));
    [same, scaled].forEach((one) => one.dispose());
  });

  it('is refused for other data', async () => {
    await expect(teacherFor({}, { ...data, classes: ['a', 'b'] })).rejects.toThrow('trained on other classes');
    await expect(teacherFor({}, { ...data, inputShape: [3] })).rejects.toThrow('takes inputs of 2, but these are 3');
  });

  it('has its share of a batch with every worker', () => {
    const parts = divide({ ...batch(1), teacher: Float32Array.of(1, 2, 3, 4) }, 2);
    expect(parts.map(({ teacher }) => Array.from(teacher!))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});

describe('the section', () => {
  const problems = (settings: unknown) =>
    validateNetwork({ data: 'mnist', layers: [{ dense: 10 }], loss: 'crossEntropy', distil: settings }).problems?.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );

  it('reports errors', () => {
    expect(problems({ teacher: { run: 'a', best: true } })).toEqual([
      'distil.teacher.best: "run" and "best" exclude each other',
    ]);
    expect(problems({ teacher: 'a.keras', alpha: 2 })).toEqual(['distil.alpha: alpha must be at most 1']);
    expect(problems({ alpha: 0.5 })).toEqual([
      'distil.teacher: teacher is missing: name a run or a file, such as teacher: { run: ID }',
    ]);
    expect(problems({ teacher: {} })).toEqual([
      'distil.teacher: name the trained network: run: ID, best: true or file: PATH',
    ]);
    expect(problems({ teacher: 'a', distance: 'logit' })?.[0]).toContain('did you mean "logits"?');
  });
});
