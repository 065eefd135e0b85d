import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { validateNetwork } from '../../../../src/experiment/network/index.js';
import { backendById, startBackend } from '../../../../src/training/backends/index.js';
import type { Dataset } from '../../../../src/training/data/types.js';
import { Training } from '../../../../src/training/loop/train.js';
import { Tasks } from '../../../../src/training/meta/tasks.js';
import { Random } from '../../../../src/training/random.js';
import { network, Notes, rings } from '../support.js';

beforeAll(async () => void (await startBackend(backendById('wasm'))));

/** Returns a·sin(x + b) with another a and b in each group. */
function sinusoids(groups: number, each = 30): Dataset {
  const random = new Random(5);
  const part = (share: number) => {
    const count = groups * share;
    const examples = { inputs: new Float32Array(count), targets: new Float32Array(count) };
    return { count, ...examples, groups: Int32Array.from({ length: count }, (_, i) => Math.floor(i / share)) };
  };
  const [train, validation] = [part(each), part(5)];
  for (let group = 0; group < groups; group++) {
    const [a, b] = [0.5 + 2 * random.uniform(), 3 * random.uniform()];
    for (const { inputs, targets, groups: of } of [train, validation]) {
      of.forEach((one, i) => {
        if (one !== group) return;
        inputs[i] = 10 * random.uniform() - 5;
        targets[i] = a * Math.sin(inputs[i]! + b);
      });
    }
  }
  return {
    ...rings(2),
    name: 'sinusoids',
    task: 'regression',
    inputShape: [1],
    classes: null,
    groups: Array.from({ length: groups }, (_, i) => `wave ${i}`),
    outputs: 1,
    train,
    validation,
    targetScale: [{ mean: 0, deviation: 1 }],
  };
}

/** Returns points around the centers of many classes, with as many further numbers that say nothing. */
function blobs(classes: number, noise = 0): Dataset {
  const random = new Random(6);
  const centers = Array.from({ length: classes }, () => [3 * random.normal(), 3 * random.normal()]);
  const width = 2 + noise;
  const part = (each: number) => {
    const count = classes * each;
    const targets = Int32Array.from({ length: count }, (_, i) => i % classes);
    const inputs = Float32Array.from(
      { length: width * count },
      (_, i) =>
        (centers[targets[Math.floor(i / width)]!]![i % width] ?? 0) + (i % width < 2 ? 0.3 : 3) * random.normal(),
    );
    return { count, inputs, targets };
  };
  return {
    ...rings(2),
    name: 'blobs',
    inputShape: [width],
    classes: Array.from({ length: classes }, (_, i) => `k${i}`),
    outputs: classes,
    train: part(20),
    validation: part(5),
  };
}

const WAVES = {
  data: { csv: { file: 'waves.csv', target: 'y', group: 'wave' } },
  layers: [{ dense: { units: 32, activation: 'relu' } }, { dense: { units: 32, activation: 'relu' } }, { dense: 1 }],
  loss: 'mse',
  optimizer: { name: 'adam', learningRate: 0.002 },
  epochs: 4,
};

function training(section: Record<string, unknown>, whole: Dataset, notes = new Notes()) {
  const settings = network(section);
  const tasks = new Tasks(settings.meta!, whole);
  return new Training({
    ...{ network: settings, dataset: tasks.dataset, tasks, seed: 3, log: notes, cheapReads: true, evaluationBatch: 64 },
  });
}

async function weightsOf(one: Training): Promise<number[][]> {
  return (await one.weights()).map(({ values }) => [...values]);
}

describe('tasks', () => {
  it('of new classes share no class with those of training', async () => {
    const meta = { ways: 3, shots: 2, queries: 4, unseen: { from: ['k1', 'k4', 'k7'] } };
    const whole = blobs(12);
    const tasks = new Tasks(network({ layers: ['flatten'], loss: 'crossEntropy', meta }).meta!, whole);
    /** Classes of the data by their inputs, which no two examples share. */
    const classOf = new Map<number, number>();
    for (const { inputs, targets, count } of [whole.train, whole.validation]) {
      for (let i = 0; i < count; i++) classOf.set((inputs as Float32Array)[2 * i]!, targets[i]!);
    }
    const random = new Random(1);
    const seen = new Set<number>();
    for (let i = 0; i < 50; i++) {
      const [task, unseen] = [await tasks.draw(random), await tasks.unseenTask(i)];
      expect([...task.support.targets]).toEqual([0, 0, 1, 1, 2, 2]);
      const of = (part: typeof task.support) => [...part.targets].map((_, j) => classOf.get(part.inputs[2 * j]!)!);
      expect(new Set([...of(unseen.support), ...of(unseen.query)])).toEqual(new Set([1, 4, 7]));
      // An example is never in both parts, and a class keeps its place.
      const firsts = [...task.support.inputs, ...task.query.inputs].filter((_, j) => j % 2 === 0);
      expect(new Set(firsts).size).toBe(18);
      expect(of(task.query).filter((_, j) => j % 4 === 0)).toEqual(of(task.support).filter((_, j) => j % 2 === 0));
      of(task.support).forEach((one) => seen.add(one));
    }
    expect(seen).toEqual(new Set([0, 2, 3, 5, 6, 8, 9, 10, 11]));
    expect(await tasks.unseenTask(3)).toEqual(await new Tasks(tasks['settings'], whole).unseenTask(3));
  });

  it('say why there are none', () => {
    const meta = (more: object) => network({ layers: ['flatten'], loss: 'crossEntropy', meta: more }).meta!;
    expect(() => new Tasks(meta({ ways: 3, queries: 50 }), blobs(8))).toThrow(
      /the largest of the classes has 25 examples: 55 are needed/,
    );
    expect(() => new Tasks(meta({ ways: 5, queries: 2 }), blobs(8))).toThrow(
      /3 of them are left for training, but a task needs 5/,
    );
    expect(() => new Tasks(meta({ ways: 2, queries: 2, unseen: { from: ['k1', 'dog'] } }), blobs(4))).toThrow(
      /the data have no "dog"; there are k0, k1, k2, k3/,
    );
    const waves = network({ ...WAVES, meta: {} }).meta!;
    expect(() => new Tasks(waves, blobs(4))).toThrow(/add "group" to the data/);
  });
});

describe('meta-learning', () => {
  it.each(['reptile', 'maml'])('%s finds weights from which new sinusoids are learned in few steps', async (method) => {
    const notes = new Notes();
    const meta = { method, shots: 10, queries: 10, inner: { rate: 0.02, steps: 8 }, unseen: { tasks: 20 }, steps: 150 };
    const one = training({ ...WAVES, meta }, sinusoids(60), notes);
    const before = tf.memory().numTensors;
    expect(await one.run()).toBe(true);
    // The optimizer’s two moments.
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(2);
    const [learned, scratch] = [notes.series('new_tasks/loss'), notes.series('scratch/loss')];
    const counts = notes.points.filter(({ values }) => 'scratch/loss' in values).map(({ step }) => step);
    expect(counts).toEqual([0, 1, 2, 3, 5, 8, 10, 20, 50]);
    const at = counts.indexOf(8);
    expect(notes.series('val/loss').at(-1)).toBeCloseTo(learned[at]!, 5);
    expect(learned[at]!).toBeLessThan(0.6 * learned[0]!);
    expect(learned[at]!).toBeLessThan(0.6 * Math.min(...scratch));
    one.dispose();
  });

  it('learns classes from examples that it has not seen', async () => {
    const notes = new Notes();
    const section = {
      layers: [{ dense: { units: 32, activation: 'relu' } }, { dense: 3 }],
      loss: 'crossEntropy',
      optimizer: { name: 'adam', learningRate: 0.005 },
      epochs: 6,
      meta: { ways: 3, shots: 3, queries: 5, inner: { rate: 0.3 }, unseen: { tasks: 20 } },
    };
    const one = training(section, blobs(40, 10), notes);
    await one.run();
    const best = Math.max(...notes.series('scratch/accuracy'));
    expect(notes.series('val/accuracy').at(-1)).toBeGreaterThan(best + 0.15);
    expect(notes.series('accuracy').every((value) => value >= 0 && value <= 1)).toBe(true);
    one.dispose();
  });

  it('of one inner step is a step on the mean gradient of the tasks', async () => {
    // A linear model, so that every gradient is known: L = mean (w·x + b − y)².
    const whole = sinusoids(10);
    const [rate, outer] = [0.05, 0.1];
    for (const method of ['reptile', 'maml'] as const) {
      const meta = { method, shots: 6, queries: 24, tasks: 2, steps: 1, inner: { rate, steps: 1 } };
      const section = {
        ...{ ...WAVES, meta, layers: [{ dense: 1 }], epochs: 1 },
        optimizer: { name: 'sgd', learningRate: outer },
      };
      const one = training(section, whole);
      const [[w], [b]] = (await weightsOf(one)) as [[number], [number]];
      const random = new Random(3);
      const tasks = new Tasks(network(section).meta!, whole);
      let [dw, db] = [0, 0];
      for (let i = 0; i < 2; i++) {
        const draws = random.fork(`task 1 ${i}`);
        const { support, query } = await tasks.draw(draws);
        let examples = [...support.inputs].map((x, j) => [x, support.targets[j]!]);
        if (method === 'reptile') {
          const all = [...examples, ...[...query.inputs].map((x, j) => [x, query.targets[j]!])];
          const order = draws.shuffle(Int32Array.from(all.keys())).subarray(0, 6);
          examples = [...order].map((j) => all[j]!);
        }
        const slope = (points: number[][], u: number, v: number) => {
          const errors = points.map(([x, y]) => u * x! + v - y!);
          const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
          return [mean(errors.map((e, j) => 2 * e * points[j]![0]!)), mean(errors.map((e) => 2 * e))] as const;
        };
        const [gw, gb] = slope(examples, w, b);
        const others = [...query.inputs].map((x, j) => [x, query.targets[j]!]);
        const found = method === 'reptile' ? [rate * gw, rate * gb] : slope(others, w - rate * gw, b - rate * gb);
        dw += found[0]! / 2;
        db += found[1]! / 2;
      }
      await one.run();
      const [[newW], [newB]] = (await weightsOf(one)) as [[number], [number]];
      expect(newW).toBeCloseTo(w - outer * dw, 5);
      expect(newB).toBeCloseTo(b - outer * db, 5);
      one.dispose();
    }
  });

  it('resumes exactly where it stopped', async () => {
    // With the averages of batch normalization, which no gradient moves.
    const meta = { ways: 2, shots: 5, queries: 5, steps: 5, unseen: { tasks: 3 } };
    const layers = [{ dense: 8 }, 'batchNorm', { activation: 'tanh' }, { dense: 2 }];
    const section = { layers, loss: 'crossEntropy', optimizer: { name: 'adam', learningRate: 0.01 }, meta, epochs: 3 };
    const make = () => training(section, blobs(12));
    const [one, other] = [make(), make()];
    await one.advance();
    other.load(await one.state());
    await one.run();
    await other.run();
    expect(await weightsOf(other)).toEqual(await weightsOf(one));
    one.dispose();
    other.dispose();
  });

  it('is refused where it can’t work', () => {
    const problem = (more: object) =>
      validateNetwork({ ...WAVES, ...more }).problems?.map(({ path, message }) => `${path.join('.')}: ${message}`);
    const meta = { shots: 2 };
    expect(problem({ meta })).toBeUndefined();
    expect(problem({ meta: { ways: 5 } })).toEqual([
      'meta.ways: each group of the table is a task: remove ways, or "group" from the data',
    ]);
    expect(problem({ meta, data: 'mnist' })?.[0]).toContain('add "group: COLUMN" to the data');
    expect(problem({ meta, federated: { clients: 2 } })?.[0]).toContain('can’t be combined with federated');
    expect(problem({ meta, folds: 3 })?.[0]).toContain('can’t be combined with folds');
    expect(problem({ meta: { inner: { rate: -1 } } })).toEqual(['meta.inner.rate: rate must be above 0']);
    expect(problem({ meta: { method: 'anil' } })?.[0]).toContain('method');
    expect(problem({ meta: { unseen: { from: {} } } })).toEqual([
      'meta.unseen.from: from must be a number of classes or groups, or a list of their names',
    ]);
  });
});
