/** Small real trainings, tabulated by make_tables.py; between the levels of a numeric axis the losses are interpolated. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Params, ParamValue } from '../../src/protocol/values/index.js';
import { Keyed } from './keyed.js';
import type { Problem, Task } from './tasks.js';

interface Table {
  axes: { name: string; levels: (number | string)[] }[];
  steps: number;
  seeds: number;
  rows: Float32Array[];
}

/** A diverged training is as bad as this one. */
const WORST = 5;

const tables = new Map<string, Table>();
function load(name: string): Table {
  let table = tables.get(name);
  if (!table) {
    const folder = join(process.env.BENCH_ROOT ?? '.', 'bench/search/data');
    const [head, ...lines] = readFileSync(join(folder, `${name}.txt`), 'utf8')
      .trim()
      .split('\n');
    const rows = lines.map((line) => Float32Array.from(line.split(','), (text) => Math.min(WORST, Number(text))));
    table = { ...(JSON.parse(head!) as Omit<Table, 'rows'>), rows };
    const expected = table.axes.reduce((count, { levels }) => count * levels.length, table.seeds);
    if (rows.length !== expected)
      throw new Error(`${name}.txt has ${rows.length} rows, not ${expected}; make it again`);
    tables.set(name, table);
  }
  return table;
}

/** Between which levels of each axis, and how far; numeric axes in their logarithm where `log`. */
type Corner = [low: number, share: number];
function cornerOf(levels: readonly (number | string)[], value: ParamValue, log: boolean): Corner {
  const exact = levels.findIndex((level) => String(level) === String(value));
  if (exact >= 0) return [exact, 0];
  const scale = (v: number): number => (log ? Math.log(v) : v);
  for (let i = 1; i < levels.length; i++) {
    const [a, b] = [Number(levels[i - 1]), Number(levels[i])];
    if ((value as number) <= b) return [i - 1, (scale(value as number) - scale(a)) / (scale(b) - scale(a))];
  }
  return [levels.length - 1, 0];
}

/** Loss after a step, of one seed or (null) of their mean. */
function lookUp(table: Table, corners: Corner[], step: number, seed: number | null): number {
  let total = 0;
  const visit = (axis: number, row: number, weight: number): void => {
    if (weight === 0) return;
    if (axis === corners.length) {
      for (let s = 0; s < table.seeds; s++) {
        if (seed === null) total += (weight / table.seeds) * table.rows[row * table.seeds + s]![step - 1]!;
        else if (s === seed) total += weight * table.rows[row * table.seeds + s]![step - 1]!;
      }
      return;
    }
    const [low, share] = corners[axis]!;
    const count = table.axes[axis]!.levels.length;
    visit(axis + 1, row * count + low, weight * (1 - share));
    if (share > 0) visit(axis + 1, row * count + low + 1, weight * share);
  };
  visit(0, 0, 1);
  return total;
}

const NETWORK = {
  optimizer: { choice: ['adam', 'sgd'] },
  momentum: { uniform: [0, 0.9], when: { optimizer: 'sgd' } },
  lr: { log: [1e-4, 1] },
  hidden: { choice: [8, 24, 72, 216] },
  batch: { choice: [16, 64, 256] },
  decay: { log: [1e-6, 1e-1] },
};
const TREES = {
  lr: { log: [0.01, 1] },
  leaves: { logInt: [2, 32] },
  leaf: { logInt: [1, 36] },
  l2: { log: [1e-3, 10] },
  features: { uniform: [0.2, 1] },
};

function problemOf(name: string, seed: number, curves: boolean): Problem {
  const table = load(name);
  const isLog = (axis: string): boolean => axis !== 'optimizer' && axis !== 'features';
  const corners = (p: Params): Corner[] =>
    table.axes.map(({ name: axis, levels }) => {
      // The optimizer's axis holds adam, and then the momentums of SGD.
      if (axis !== 'optimizer') return cornerOf(levels, p[axis]!, isLog(axis));
      if (p.optimizer === 'adam') return [0, 0];
      const [low, share] = cornerOf(levels.slice(1), p.momentum!, false);
      return [low + 1, share];
    });
  const at = (p: Params, step: number, of: number | null): number => lookUp(table, corners(p), step, of);
  let best = Infinity;
  for (let row = 0; row < table.rows.length; row += table.seeds) {
    let mean = 0;
    for (let s = 0; s < table.seeds; s++) mean += table.rows[row + s]![table.steps - 1]! / table.seeds;
    best = Math.min(best, mean);
  }
  const drawn = (p: Params, repeat: number): number =>
    new Keyed(`${name} ${seed} ${JSON.stringify(p)} ${repeat}`).int(table.seeds);
  return {
    space: name === 'digits' ? NETWORK : TREES,
    truth: (p) => [at(p, table.steps, null)],
    measure: (p, repeat) => [at(p, table.steps, drawn(p, repeat))],
    best,
    ...(curves && { curve: { steps: table.steps, at: (p: Params, step: number) => at(p, step, drawn(p, 0)) } }),
  };
}

const NAMES = ['digits', 'cancer', 'diabetes'];
const task = (name: string, curves: boolean): Task => ({
  id: curves ? `${name}-steps` : name,
  group: curves ? 'fidelity' : 'real',
  version: 1,
  floor: 1e-3,
  objectives: 1,
  problem: (seed) => problemOf(name, seed, curves),
});
export const REAL: Task[] = NAMES.map((name) => task(name, false));
export const REAL_CURVES: Task[] = NAMES.map((name) => task(name, true));
