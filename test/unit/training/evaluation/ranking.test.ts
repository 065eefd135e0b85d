/** Areas under the ROC and precision-recall curves, and metrics of a person's own. */
import { inEnglish } from '../../../../src/format/said.js';
import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { normalizeMetrics } from '../../../../src/experiment/network/index.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { Training } from '../../../../src/training/loop/train.js';
import { buildMeasure, metricNotes } from '../../../../src/training/metrics/index.js';
import { loadOwnMetrics } from '../../../../src/training/metrics/own.js';
import { ranking } from '../../../../src/training/metrics/ranking.js';
import { network, Notes, plane, rings } from '../support.js';

interface Case {
  classes: number;
  truth: number[];
  outputs: number[][];
  roc: number;
  pr: number;
}
const reference = JSON.parse(readFileSync(join(import.meta.dirname, '../reference/ranking.json'), 'utf8')) as Record<
  string,
  Case
>;

let folder: string;
beforeAll(async () => {
  await cpu.start();
  folder = await mkdtemp(join(tmpdir(), 'tunesmith metrics '));
});

describe('agree with scikit-learn', () => {
  it.each(Object.entries(reference))('%s', (_, { classes, truth, outputs, roc, pr }) => {
    const dataset = {
      classes: Array.from({ length: classes }, (__, i) => `c${i}`),
      outputs: classes,
      targetScale: null,
    };
    const examples = { count: truth.length, targets: Int32Array.from(truth) };
    const width = outputs[0]!.length;
    const settings = { ...normalizeMetrics(null), rocAuc: true, prAuc: true };
    const measure = buildMeasure(settings, dataset, examples, width, { contains: width === 1 ? 'sigmoid' : 'softmax' });
    for (let from = 0; from < truth.length; from += 7) {
      const part = outputs.slice(from, from + 7);
      measure.add(Float32Array.from(part.flat()), from, from + part.length);
    }
    expect(measure.values().roc_auc).toBeCloseTo(roc, 12);
    expect(measure.values().pr_auc).toBeCloseTo(pr, 12);
  });
});

describe('ties', () => {
  const of = (scores: number[], truth: number[]) => ranking(Float64Array.from(scores), (i) => truth[i] === 1);
  it('count half', () => {
    expect(of([1, 1, 1, 1], [1, 0, 0, 1])).toEqual({ rocAuc: 0.5, prAuc: 0.5 });
    expect(of([3, 2, 2, 1], [1, 1, 0, 0])).toEqual({ rocAuc: 0.875, prAuc: 0.5 + 0.5 * (2 / 3) });
  });
  it('a perfect and the opposite ranking', () => {
    expect(of([3, 2, 1, 0], [1, 1, 0, 0])!.rocAuc).toBe(1);
    expect(of([0, 1, 2, 3], [1, 1, 0, 0])!.rocAuc).toBe(0);
  });
  it('does not exist if one of the classes is missing', () => {
    expect(of([1, 2], [1, 1])).toBeNull();
    expect(of([1, 2], [0, 0])).toBeNull();
  });
});

it('they are logged with every evaluation, and not for numbers', async () => {
  const section = {
    layers: [{ dense: 8 }, { dense: 2 }],
    loss: 'crossEntropy',
    metrics: { rocAuc: true, prAuc: true },
    epochs: 2,
  };
  const notes = new Notes();
  const settings = network(section);
  await new Training({
    network: settings,
    dataset: rings(40),
    seed: 1,
    log: notes,
    cheapReads: true,
    evaluationBatch: 64,
  }).run();
  expect(notes.series('val/roc_auc')).toHaveLength(2);
  expect(notes.series('val/pr_auc').every((value) => value > 0 && value <= 1)).toBe(true);
  expect(metricNotes(settings.metrics, plane(4)).map(inEnglish)).toEqual([
    expect.stringMatching(/rocAuc and prAuc are for classes/),
  ]);
});

describe('metrics of a person’s own', () => {
  const put = async (name: string, text: string) => writeFile(join(folder, name), text);

  it('are the functions of a module, and see probabilities', async () => {
    await put(
      'own.mjs',
      `export const cost = ({ targets, outputs, count, width, classes }) => {
         let sum = 0;
         for (let i = 0; i < count; i++) sum += 1 - outputs[i * width + targets[i]];
         if (classes.join() !== 'inner,outer') throw new Error('no classes');
         return sum / count;
       };
       export function examples({ count }) { return count; }
       export const notAFunction = 3;`,
    );
    const ownMetrics = await loadOwnMetrics('own.mjs', folder);
    const notes = new Notes();
    const setup = { dataset: rings(40), seed: 1, log: notes, cheapReads: true, evaluationBatch: 64, ownMetrics };
    await new Training({
      network: network({ layers: [{ dense: 2 }], loss: 'crossEntropy', epochs: 2 }),
      ...setup,
    }).run();
    expect(notes.series('val/examples')).toEqual([200, 200]);
    expect(notes.series('val/cost').every((value) => value > 0.2 && value < 0.8)).toBe(true);
  });

  it('numbers are in the targets’ own unit', async () => {
    await put('mean.cjs', 'exports.mean = ({ outputs }) => outputs.reduce((a, b) => a + b, 0) / outputs.length;');
    const ownMetrics = await loadOwnMetrics('mean.cjs', folder);
    const notes = new Notes();
    const setup = { dataset: plane(40), seed: 1, log: notes, cheapReads: true, evaluationBatch: 64, ownMetrics };
    await new Training({ network: network({ layers: [{ dense: 1 }], loss: 'mse', epochs: 1 }), ...setup }).run();
    expect(Math.abs(notes.series('val/mean')[0]! - 1e4)).toBeLessThan(2000);
  });

  it.each([
    ['none.mjs', null, /module none\.mjs can't be loaded \(.*none\.mjs\)/],
    ['broken.mjs', 'export const = 1;', /module broken\.mjs can't be loaded/],
    ['empty.mjs', 'export const a = 1;', /module empty\.mjs exports no function/],
  ])('%s is refused', async (name, text, message) => {
    if (text !== null) await put(name, text);
    await expect(loadOwnMetrics(name, folder)).rejects.toThrow(message);
  });

  it.each([
    ['throws.mjs', 'export const bad = () => { throw new Error("no luck"); };', /metrics: bad failed: no luck/],
    ['text.mjs', 'export const bad = () => "1";', /metrics: bad returned string, not a number/],
  ])('%s: an error names the metric', async (name, text, message) => {
    await put(name, text);
    const ownMetrics = await loadOwnMetrics(name, folder);
    const setup = { dataset: rings(10), seed: 1, log: new Notes(), cheapReads: true, evaluationBatch: 64, ownMetrics };
    const run = new Training({ network: network({ layers: [{ dense: 2 }], loss: 'crossEntropy' }), ...setup });
    await expect(run.run()).rejects.toThrow(message);
  });
});
