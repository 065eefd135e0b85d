/** Made-up results of runs: a confusion matrix of digits, histograms and plots, and a learning-rate range test. */
import type { Drawings } from '../../src/protocol/engine/drawings.js';
import type { Confusion, SeriesData } from '../../src/protocol/engine/index.js';
import { PRUNING } from '../../src/protocol/trainer/pruning.js';
import { RANGE } from '../../src/protocol/trainer/rangeNames.js';
import type { FakeRun, World } from './world.js';

const STEPS = 170;

export function confusion(run: string, kind: string | null): Confusion {
  const many = kind === 'many';
  const classes = many
    ? Array.from({ length: 120 }, (_, i) => `species ${i}`)
    : kind === 'words'
      ? ['cat', 'a rather long name of a class', '<b>dog</b>']
      : Array.from({ length: 10 }, (_, i) => String(i));
  const seed = Number(run.slice(1)) + 1;
  const rows = classes.map((_, i) =>
    classes.map((__, j) => {
      if (i === j) return 940 + ((i * 37 * seed) % 60);
      const odd = (i * 7 + j * 13 * seed) % 11;
      return odd < 6 ? 0 : odd === 10 ? 28 : odd - 5;
    }),
  );
  return { classes, rows, step: 100 };
}

export function drawings({ name, step }: { name?: string; step?: number }): Drawings {
  const steps = Array.from({ length: 20 }, (_, i) => i * 50);
  const names = [
    { name: 'gradients/conv1.weight', steps },
    { name: 'roc', steps: [950] },
  ];
  const at = step ?? 950;
  if (name === 'roc') {
    const x = Array.from({ length: 50 }, (_, i) => i / 49);
    const series = ['cat', 'dog', 'eel'].map((each, i) => ({
      name: each,
      x,
      y: x.map((one) => one ** (0.1 + 0.2 * i)),
    }));
    const plot = { kind: 'line' as const, title: 'ROC', x: 'false positive rate', y: 'true positive rate', series };
    return { names, shown: { name, step: at, drawing: { plot } } };
  }
  const width = 1 / (1 + at / 300);
  const edges = Array.from({ length: 65 }, (_, i) => (i / 32 - 1) * width);
  const counts = edges.slice(1).map((_, i) => Math.round(400 * Math.exp(-(((i - 32) / 9) ** 2))));
  return { names, shown: { name: names[0]!.name, step: at, drawing: { histogram: { counts, edges } } } };
}

/** Makes a run a range test. */
export function rangeRun(world: World): FakeRun {
  const run = world.add({ lr: 0.002, optimizer: 'adam' }, null, null, 1);
  const summary = { last: 1, lastStep: STEPS, min: 0, max: 2, count: STEPS };
  return Object.assign(run, {
    name: 'learning rates digits 1',
    objective: null,
    metrics: Object.fromEntries([RANGE.loss, RANGE.rate, RANGE.smoothed].map((name) => [name, summary])),
    info: {
      [RANGE.kind]: RANGE.is,
      backend: 'wasm',
      [RANGE.suggestion]: 0.0041,
      [RANGE.steepest]: 0.0041,
      [RANGE.minimum]: 0.21,
    },
  });
}

export function rangeSeries(query: { run: string; metric: string }): SeriesData {
  const x = Array.from({ length: STEPS }, (_, i) => i + 1);
  const rate = (step: number): number => 1e-7 * 1e8 ** (step / 200);
  const smooth = (step: number): number =>
    0.4 + 1.9 / (1 + rate(step) / 0.005) + Math.max(0, rate(step) - 0.3) ** 2 * 20;
  const y = x.map((step) =>
    query.metric === RANGE.rate
      ? rate(step)
      : smooth(step) + (query.metric === RANGE.loss ? 0.12 * Math.sin(12.9898 * step * step) : 0),
  );
  return { ...query, mode: 'replace', total: STEPS, inRange: STEPS, x, y };
}

const PRUNED = ['taylor', 'fisher', 'magnitude', 'random'];

/** Makes runs prunings, each by another importance. */
export function pruningRuns(world: World): Map<string, number> {
  return new Map(
    PRUNED.map((by, at) => {
      const run = world.add({ by, retrain: 1 }, null, null, 1);
      const summary = { last: 1, lastStep: 13, min: 0, max: 2, count: 13 };
      const names = [PRUNING.weights, PRUNING.cut, PRUNING.retrained, PRUNING.multiplyAdds, PRUNING.microseconds];
      Object.assign(run, {
        name: `pruning ${at + 1}`,
        metrics: Object.fromEntries(names.map((name) => [name, summary])),
        info: { [PRUNING.by]: by, [PRUNING.value]: 'accuracy' },
      });
      return [run.id, at];
    }),
  );
}

/** Points before pruning and after each of six removals (odd steps) and retrainings (even steps). */
export function pruningSeries(query: { run: string; metric: string }, at: number): SeriesData {
  const wanted = (step: number): boolean =>
    query.metric === PRUNING.cut ? step % 2 === 1 || step === 0 : query.metric !== PRUNING.retrained || step % 2 === 0;
  const x = Array.from({ length: 13 }, (_, step) => step).filter(wanted);
  const y = x.map((step) => {
    const round = Math.ceil(step / 2);
    const size = { [PRUNING.weights]: 57000, [PRUNING.multiplyAdds]: 1.4e6 }[query.metric] ?? 240;
    if (query.metric === PRUNING.cut) return 0.94 - 0.003 * (1 + at) * round ** 2.2;
    if (query.metric === PRUNING.retrained) return 0.94 - 0.0012 * (1 + at) * round ** 2;
    return size * 0.55 ** round;
  });
  return { ...query, mode: 'replace', total: x.length, inRange: x.length, x, y };
}
