import { beforeAll, describe, expect, it } from 'vitest';
import { validateNetwork } from '../../../../src/experiment/network/index.js';
import { backendById, startBackend } from '../../../../src/training/backends/index.js';
import { byDirichlet, evenly } from '../../../../src/training/federated/divide.js';
import { Training } from '../../../../src/training/loop/train.js';
import { Random } from '../../../../src/training/random.js';
import { network, Notes, plane, rings } from '../support.js';

beforeAll(async () => void (await startBackend(backendById('wasm'))));

const SECTION = {
  layers: [{ dense: { units: 8, activation: 'tanh' } }, 'batchNorm', { dense: 2 }],
  loss: 'crossEntropy',
  optimizer: { name: 'adam', learningRate: 0.02 },
  batchSize: 16,
  epochs: 4,
};

function training(more: Record<string, unknown>, dataset = rings(120), notes = new Notes()): Training {
  const settings = network({ ...SECTION, ...more });
  return new Training({ network: settings, dataset, seed: 2, log: notes, cheapReads: true, evaluationBatch: 64 });
}

async function weightsOf(one: Training): Promise<number[][]> {
  return (await one.weights()).map(({ values }) => [...values]);
}

describe('examples', () => {
  it('are divided evenly, each to one client', () => {
    const parts = evenly(103, 10, new Random(1));
    expect(new Set(parts.map(({ length }) => length))).toEqual(new Set([10, 11]));
    expect(parts.flatMap((part) => [...part]).sort((a, b) => a - b)).toEqual([...Array(103).keys()]);
  });

  it('are divided by class, the more unevenly the smaller alpha is', () => {
    const classes = Int32Array.from({ length: 1000 }, (_, i) => i % 10);
    /** Mean share of the most frequent class of a client. */
    const purity = (alpha: number): number => {
      const parts = byDirichlet(classes, 10, 20, alpha, new Random(3)).filter(({ length }) => length > 0);
      expect(parts.flatMap((part) => [...part]).sort((a, b) => a - b)).toEqual([...Array(1000).keys()]);
      const shares = parts.map((part) => {
        const counts = Array.from({ length: 10 }, (_, kind) => part.filter((i) => classes[i] === kind).length);
        return Math.max(...counts) / part.length;
      });
      return shares.reduce((a, b) => a + b, 0) / parts.length;
    };
    expect(purity(0.05)).toBeGreaterThan(0.6);
    expect(purity(1000)).toBeLessThan(0.25);
  });
});

describe('federated averaging', () => {
  it('with one client and plain gradient descent is ordinary training', async () => {
    const sgd = { optimizer: { name: 'sgd', learningRate: 0.1 }, shuffle: false, epochs: 2 };
    const dataset = rings(40);
    // A client's examples are shuffled once, so the batch is the whole data set.
    const batch = { batchSize: dataset.train.count };
    const [whole, apart] = [
      training({ ...sgd, ...batch }, dataset),
      training({ ...sgd, ...batch, federated: { clients: 1 } }, dataset),
    ];
    await whole.run();
    await apart.run();
    const [a, b] = [await weightsOf(whole), await weightsOf(apart)];
    a.forEach((values, i) => values.forEach((value, j) => expect(b[i]![j]).toBeCloseTo(value, 5)));
    for (const one of [whole, apart]) one.dispose();
  });

  it('with one step per client averages their gradients', async () => {
    const dataset = rings(40);
    const settings = { optimizer: { name: 'sgd', learningRate: 0.1 }, epochs: 1, batchSize: 1000 };
    const layers = [{ dense: { units: 8, activation: 'tanh' } }, { dense: 2 }];
    const [pooled, federated] = [
      training({ ...settings, layers }, dataset),
      training({ ...settings, layers, federated: { clients: 4 } }, dataset),
    ];
    await pooled.run();
    await federated.run();
    const [a, b] = [await weightsOf(pooled), await weightsOf(federated)];
    a.forEach((values, i) => values.forEach((value, j) => expect(b[i]![j]).toBeCloseTo(value, 5)));
    pooled.dispose();
    federated.dispose();
  });

  it('learns from uneven clients', async () => {
    const notes = new Notes();
    const layers = [{ dense: { units: 16, activation: 'tanh' } }, { dense: 2 }];
    const optimizer = { name: 'adam', learningRate: 0.05 };
    const one = training(
      { layers, optimizer, epochs: 10, federated: { clients: 4, alpha: 1, epochs: 2 } },
      rings(200),
      notes,
    );
    await one.run();
    expect(notes.series('val/accuracy').at(-1)).toBeGreaterThan(0.8);
    one.dispose();
  });

  it('of some clients in each round resumes exactly where it stopped', async () => {
    const settings = {
      federated: { clients: 8, share: 0.5, epochs: 2, alpha: 0.5 },
      optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true },
    };
    const [one, other] = [training(settings), training(settings)];
    await one.advance();
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
      validateNetwork({ ...SECTION, data: 'mnist', ...more }).problems?.map(
        ({ path, message }) => `${path.join('.')}: ${message}`,
      );
    expect(problem({ federated: { clients: 0 } })).toEqual(['federated.clients: clients must be at least 1']);
    expect(problem({ federated: { clients: 3, share: 2 } })).toEqual(['federated.share: share must be at most 1']);
    expect(problem({ federated: { clients: 3 }, ema: 0.9 })?.[0]).toContain('remove ema');
    expect(() => training({ federated: { clients: 1000 } })).toThrow(/1000 clients can't share \d+ training examples/);
    const numbers = { layers: [{ dense: 1 }], loss: 'mse', federated: { clients: 2, alpha: 1 } };
    expect(() => training(numbers, plane(20))).toThrow(/alpha divides classes/);
  });
});
