/** Regret at equal total time, with and without `cost: time`. Started by run.mjs. */
import { createStudy } from '../../src/search/index.js';
import type { Dimension } from '../../src/search/types.js';
import { interval } from '../search/stats.js';

interface Task {
  name: string;
  dimensions: number;
  loss(x: number[]): number;
  seconds(x: number[]): number;
  best: number;
  /** Mean seconds of a random trial. */
  mean: number;
}

const TRIALS = 30;
/** Regret that counts as none. */
const EXACT = 1e-6;

function branin(a: number, b: number): number {
  const [x, y] = [15 * a - 5, 15 * b];
  const bowl = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6;
  return bowl ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
}
const bowl = (x: number[], at: (i: number) => number): number => x.reduce((sum, v, i) => sum + (v - at(i)) ** 2, 0);
/** A training: learning rate, epochs and width, of which the last two cost time. */
const training = ([rate, epochs, width]: number[]): number =>
  2 * (rate! - 0.6) ** 2 + 0.4 * Math.exp(-4 * epochs!) + 0.3 * Math.exp(-3 * width!);

const TASKS: Task[] = [
  task(
    'Branin',
    2,
    ([a, b]) => branin(a!, b!),
    ([a]) => Math.exp(3 * a!),
    0.397887,
  ),
  task('training', 3, training, ([, e, w]) => 10 ** (2 * e! + 1.5 * w!), training([0.6, 1, 1])),
  task(
    'bowl, optimum expensive',
    5,
    (x) => bowl(x, (i) => (i ? 0.4 : 0.8)),
    ([a]) => Math.exp(4 * a!),
    0,
  ),
  task(
    'bowl, optimum cheap',
    5,
    (x) => bowl(x, (i) => (i ? 0.4 : 0.2)),
    ([a]) => Math.exp(4 * a!),
    0,
  ),
  task(
    'time by another parameter',
    4,
    (x) => bowl(x.slice(0, 3), () => 0.4),
    (x) => Math.exp(3 * x[3]!),
    0,
  ),
];

function task(name: string, dimensions: number, loss: Task['loss'], seconds: Task['seconds'], best: number): Task {
  let sum = 0;
  // An additive recurrence fills the cube evenly.
  for (let i = 1; i <= 4096; i++)
    sum += seconds(Array.from({ length: dimensions }, (_, j) => (i * Math.SQRT2 ** (j + 1) * 0.618) % 1));
  return { name, dimensions, loss, seconds, best, mean: sum / 4096 };
}

function play({ dimensions, loss, seconds, best, mean }: Task, sampler: string, seed: number, aware: boolean) {
  const names = Array.from({ length: dimensions }, (_, i) => `x${i}`);
  const float = (name: string): Dimension => ({
    kind: 'float',
    name,
    low: 0,
    high: 1,
    log: false,
    step: null,
    when: null,
  });
  const budget = TRIALS * mean;
  const study = createStudy({
    ...{ space: { dimensions: names.map(float) }, goals: ['minimize'], sampler, pruner: null, seed, trials: null },
    ...(aware && { cost: { seconds: budget } }),
  });
  let [spent, least, count] = [0, Infinity, 0];
  while (count < 10 * TRIALS) {
    const { id, params } = study.ask()!;
    const x = names.map((name) => params[name] as number);
    const took = seconds(x);
    spent += took;
    if (spent > budget) break;
    count++;
    const value = loss(x);
    least = Math.min(least, value);
    study.tell(id, { state: 'completed', values: [value], seconds: took });
  }
  return { regret: Math.max(EXACT, least - best), count };
}

const [samplers = 'gp,tpe,auto', seeds = '10'] = process.argv.slice(2);
console.log('| Sampler | Task | Regret, ratio | Trials without | Trials with |\n| --- | --- | ---: | ---: | ---: |');
for (const sampler of samplers.split(',')) {
  const all: number[][] = [];
  for (const each of TASKS) {
    const counts = [0, 0];
    const ratios = Array.from({ length: Number(seeds) }, (_, seed) => {
      const [without, aware] = [false, true].map((on) => play(each, sampler, seed, on)) as [
        ReturnType<typeof play>,
        ReturnType<typeof play>,
      ];
      counts[0]! += without.count;
      counts[1]! += aware.count;
      return Math.log(aware.regret / without.regret);
    });
    all.push(ratios);
    row(
      sampler,
      each.name,
      [ratios],
      counts.map((count) => (count / Number(seeds)).toFixed(0)),
    );
  }
  row(sampler, 'all', all, ['', '']);
}

function row(sampler: string, name: string, ratios: number[][], counts: string[]): void {
  const { value, low, high } = interval(ratios)!;
  const [mid, from, to] = [value, low, high].map((log) => Math.exp(log).toPrecision(2));
  console.log(`| ${sampler} | ${name} | ${mid} (${from}–${to}) | ${counts.join(' | ')} |`);
}
