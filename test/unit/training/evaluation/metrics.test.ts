import { inEnglish } from '../../../../src/format/said.js';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { normalizeMetrics, validateNetwork, type MetricSettings } from '../../../../src/experiment/network/index.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { saveConfusion } from '../../../../src/training/metrics/file.js';
import { Confusion, buildMeasure, metricNotes } from '../../../../src/training/metrics/index.js';
import { Notes, plane, rings, training } from '../support.js';

interface ClassCase {
  classes: number;
  truth: number[];
  outputs: number[][];
  accuracy: number;
  precision: number;
  recall: number;
  f1: number;
  perClass: { precision: number[]; recall: number[]; f1: number[] };
  confusion: number[][];
  top?: Record<string, number>;
}
interface NumberCase {
  width: number;
  truth: number[][];
  outputs: number[][];
  mae: number;
  rmse: number;
  r2: number;
}
const reference = JSON.parse(readFileSync('test/unit/training/reference/metrics.json', 'utf8')) as {
  classes: Record<string, ClassCase>;
  numbers: Record<string, NumberCase>;
};

const NONE = normalizeMetrics(null);
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `class ${i}`);

/** Measures the outputs in batches of 7. */
function measured(written: Partial<MetricSettings>, one: ClassCase) {
  const settings = { ...NONE, ...written };
  const examples = { count: one.truth.length, targets: Int32Array.from(one.truth) };
  const dataset = { classes: names(one.classes), outputs: one.classes, targetScale: null };
  const measure = buildMeasure(settings, dataset, examples, one.outputs[0]!.length);
  for (let from = 0; from < examples.count; from += 7) {
    const part = one.outputs.slice(from, from + 7);
    measure.add(Float32Array.from(part.flat()), from, from + part.length);
  }
  return measure;
}

describe('classification metrics agree with scikit-learn', () => {
  it.each(Object.entries(reference.classes))('%s', (_, one) => {
    const { accuracy, precision, recall, f1 } = one;
    const measure = measured(NONE, one);
    const values = measure.values();
    expect(Object.keys(values)).toEqual(['accuracy', 'precision', 'recall', 'f1']);
    for (const [name, value] of Object.entries({ accuracy, precision, recall, f1 })) {
      expect(values[name], name).toBeCloseTo(value, 12);
    }
    expect(measure.confusion!.rows).toEqual(one.confusion);
  });

  it.each(Object.entries(reference.classes))('per class: %s', (_, one) => {
    const values = measured({ topK: null as never, perClass: true }, one).values();
    names(one.classes).forEach((name, i) => {
      const absent = one.confusion.every((row, j) => row[i] === 0 && (j !== i || row.every((count) => count === 0)));
      for (const key of ['precision', 'recall', 'f1'] as const) {
        if (absent) expect(values).not.toHaveProperty([`${key}/${name}`]);
        else expect(values[`${key}/${name}`]).toBeCloseTo(one.perClass[key][i]!, 12);
      }
    });
  });

  it.each(Object.entries(reference.classes).filter(([, one]) => one.top))('top k: %s', (_, one) => {
    for (const [k, value] of Object.entries(one.top!)) {
      const values = measured({ topK: Number(k), perClass: false }, one).values();
      expect(values[`top${k}_accuracy`]).toBeCloseTo(value, 12);
    }
  });

  it('the first of several equally likely classes is predicted, also for top k', () => {
    const one = { classes: 3, truth: [0, 1, 2], outputs: [[1, 1, 1], [1, 1, 1], [1, 1, 1]] } as unknown as ClassCase; // prettier-ignore
    for (const k of [1, 2, 3]) {
      const values = measured({ topK: k, perClass: false }, one).values();
      expect(values[`top${k}_accuracy`]).toBeCloseTo(k / 3, 12);
      expect(values.accuracy).toBeCloseTo(1 / 3, 12);
    }
  });

  it('top k with one output: the correct class for k = 1, any class above', () => {
    const one = reference.classes['two classes, one output']!;
    expect(measured({ topK: 1, perClass: false }, one).values().top1_accuracy).toBeCloseTo(one.accuracy, 12);
    expect(measured({ topK: 2, perClass: false }, one).values().top2_accuracy).toBe(1);
  });
});

describe('regression metrics agree with scikit-learn', () => {
  it.each(Object.entries(reference.numbers))('%s', (_, { width, truth, outputs, mae, rmse, r2 }) => {
    // The network outputs standardized numbers, but errors are in the targets' unit.
    const targetScale = Array.from({ length: width }, (_, j) => ({ mean: 64 * j, deviation: 2 ** j }));
    const examples = { count: truth.length, targets: Float32Array.from(truth.flat()) };
    const measure = buildMeasure(NONE, { classes: null, outputs: width, targetScale }, examples, width);
    const standardized = outputs.map((row) =>
      row.map((x, j) => (x - targetScale[j]!.mean) / targetScale[j]!.deviation),
    );
    measure.add(Float32Array.from(standardized.slice(0, 4).flat()), 0, 4);
    measure.add(Float32Array.from(standardized.slice(4).flat()), 4, truth.length);
    const values = measure.values();
    expect(values.mae! / mae).toBeCloseTo(1, 5);
    expect(values.rmse! / rmse).toBeCloseTo(1, 5);
    expect(values.r2).toBeCloseTo(r2, 5);
    expect(measure.confusion).toBeNull();
  });

  it('R² needs two examples; for constant targets it is 1 for exact predictions, else 0', () => {
    const r2 = (targets: number[], outputs: number[]) => {
      const examples = { count: targets.length, targets: Float32Array.from(targets) };
      const measure = buildMeasure(NONE, { classes: null, outputs: 1, targetScale: null }, examples, 1);
      measure.add(Float32Array.from(outputs), 0, targets.length);
      return measure.values().r2;
    };
    expect([r2([3], [3]), r2([3, 3], [3, 3]), r2([3, 3], [3, 4])]).toEqual([NaN, 1, 0]);
    const tenth = Array<number>(7).fill(0.1);
    expect(r2(tenth, tenth)).toBe(1);
  });
});

describe('the confusion matrix', () => {
  const matrix = (classes: string[], pairs: [number, number][]) => {
    const confusion = new Confusion(classes);
    for (const [truth, predicted] of pairs) confusion.add(truth, predicted);
    return confusion;
  };

  it('is a table with the true classes as rows', () => {
    const confusion = matrix(['cat', 'a, "b"'], [[0, 1], [0, 1], [1, 1], ...Array(12).fill([0, 0])]); // prettier-ignore
    expect(confusion.text()).toBe(['        cat  a, "b"', 'cat      12       2', 'a, "b"    0       1'].join('\n'));
    expect(confusion.csv()).toBe('true \\ predicted,cat,"a, ""b"""\ncat,12,2\n"a, ""b""",0,1\n');
  });

  it('has no text when there are too many classes for a log, and shortens long names', () => {
    expect(matrix(names(21), []).text()).toBeNull();
    expect(matrix(names(20), []).text()!.split('\n')).toHaveLength(21);
    expect(matrix(['a very long name of a class', 'b'], []).text()).toContain('a very long nam…');
  });

  it('is saved as a file of the run and printed in its log', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tunesmith-metrics-'));
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const media = vi.fn();
    const confusion = matrix(['a', 'b'], [[0, 1]]);
    await saveConfusion({ folder, media, message: vi.fn() }, { confusion, epoch: 3, step: 30 });
    expect(await readdir(join(folder, 'media'))).toEqual(['confusion.csv']);
    expect(await readFile(join(folder, 'media', 'confusion.csv'), 'utf8')).toBe(confusion.csv());
    expect(media).toHaveBeenCalledWith('confusion matrix', 'media/confusion.csv', { mime: 'text/csv', step: 30 });
    expect(log.mock.calls[0]![0]).toContain(
      `after epoch 3 (rows: true class, columns: predicted)\n${confusion.text()}`,
    );
    log.mockRestore();
    await rm(folder, { recursive: true });
  });

  it('causes a warning when it can’t be saved, and does not fail the run', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const message = vi.fn();
    const folder = join(tmpdir(), 'x\0y');
    await saveConfusion({ folder, media: vi.fn(), message }, { confusion: matrix(['a'], []), epoch: 1, step: 1 });
    expect(message).toHaveBeenCalledWith(
      'warning',
      expect.objectContaining({ text: expect.stringContaining('could not be saved') as string }),
    );
    log.mockRestore();
  });
});

describe('in a training', () => {
  beforeAll(async () => {
    await cpu.start();
    await tf.setBackend('cpu');
  });
  const section = {
    layers: [{ dense: { units: 8, activation: 'tanh' } }, { dense: 2 }],
    loss: 'crossEntropy',
    optimizer: { name: 'adam', learningRate: 0.02 },
    batchSize: 20,
    epochs: 2,
  };

  it('a classification logs precision, recall and F1, and the requested metrics', async () => {
    const notes = new Notes();
    const run = training({ ...section, metrics: { topK: 1, perClass: true } }, rings(100), notes);
    await run.run();
    const last = notes.points.at(-1)!;
    expect(Object.keys(last.values)).toEqual(
      'val/loss val/accuracy val/top1_accuracy val/precision val/recall val/f1 val/precision/inner val/recall/inner val/f1/inner val/precision/outer val/recall/outer val/f1/outer'.split(
        ' ',
      ),
    );
    expect(last.values['val/top1_accuracy']).toBe(last.values['val/accuracy']);
    const { confusion, epoch, step } = run.confusion!;
    expect([epoch, step]).toEqual([2, 10]);
    const { rows } = confusion;
    expect(rows.flat().reduce((a, b) => a + b)).toBe(200);
    expect((rows[0]![0]! + rows[1]![1]!) / 200).toBe(last.values['val/accuracy']);
    run.dispose();
  });

  it('a regression logs MAE, RMSE and R², and has no confusion matrix', async () => {
    const notes = new Notes();
    const run = training({ ...section, layers: [{ dense: 1 }], loss: 'mse' }, plane(100), notes);
    await run.run();
    expect(Object.keys(notes.points.at(-1)!.values)).toEqual(['val/loss', 'val/mae', 'val/rmse', 'val/r2']);
    expect(run.confusion).toBeNull();
    run.dispose();
  });

  it('the confusion matrix belongs to the weights that early stopping restores', async () => {
    const notes = new Notes();
    const run = training(
      { ...section, epochs: 30, earlyStopping: { metric: 'val/f1', patience: 1 } },
      rings(100),
      notes,
    );
    // This ruins the weights from the fourth epoch on.
    notes.onPoint = ({ epoch, values }) => {
      if (epoch === 3 && 'val/f1' in values) run.learningRate = 50;
    };
    await run.run();
    const scores = notes.series('val/accuracy');
    const f1 = notes.series('val/f1');
    const best = f1.indexOf(Math.max(...f1)) + 1;
    const { confusion, epoch, step } = run.confusion!;
    expect(best).toBeLessThan(scores.length);
    expect([epoch, step]).toEqual([best, best * 5]);
    const { rows } = confusion;
    expect((rows[0]![0]! + rows[1]![1]!) / 200).toBe(scores[best - 1]);
    run.dispose();
  });
});

describe('the metrics key', () => {
  const section = (metrics: unknown) => ({ data: 'mnist', layers: ['flatten', { dense: 10 }], loss: 'crossEntropy', metrics }); // prettier-ignore

  it('has defaults and reports errors', () => {
    expect(validateNetwork(section(undefined)).network!.metrics).toEqual(NONE);
    expect(validateNetwork(section({ topK: 3, perClass: true })).network!.metrics).toEqual({
      ...NONE,
      topK: 3,
      perClass: true,
    });
    const problem = (metrics: unknown) => validateNetwork(section(metrics)).problems![0];
    expect(problem({ topK: 0 })).toEqual({ path: ['metrics', 'topK'], message: 'topK must be at least 1' });
    expect(problem({ perclass: true })!.message).toBe('unknown key "perclass"; did you mean "perClass"?');
    expect(problem(3)).toEqual({ path: ['metrics'], message: '"metrics" must be a group of settings' });
  });

  it('notes requested metrics that don’t apply', () => {
    expect(metricNotes({ ...NONE, topK: 1, perClass: true }, { classes: ['a', 'b'] })).toEqual([]);
    expect(inEnglish(metricNotes({ ...NONE, topK: 2, perClass: false }, { classes: ['a', 'b'] })[0]!)).toContain(
      'always 1',
    );
    expect(inEnglish(metricNotes({ ...NONE, topK: 2, perClass: true }, { classes: names(101) })[0]!)).toContain(
      'up to 100 classes',
    );
    expect(inEnglish(metricNotes({ ...NONE, topK: 2, perClass: false }, { classes: null })[0]!)).toContain(
      'for classes',
    );
    expect(metricNotes(NONE, { classes: null })).toEqual([]);
  });
});
