/**
 * What a model-based sampler learns from, read from the history step by step: each trial's place on the axes, and
 * which trials have ended, best first. Each trial is read once, so asking stays cheap with thousands of them, and
 * nothing here depends on the order in which trials ended: a restored search sees the same.
 */
import type { History, Trial } from '../types.js';
import type { Axis } from '../unit.js';
import { INACTIVE } from './parzen.js';

interface Ranked {
  id: number;
  /** Completed trials come first, then pruned ones: those that got further first. */
  key: [pruned: number, minusStep: number, loss: number];
}

export class Observations {
  /** By axis and trial. */
  columns: Float64Array[];
  /** Trials read, whatever became of them. */
  count = 0;
  /** Completed and pruned trials, best first. */
  readonly ranked: Ranked[] = [];
  private open: number[] = [];

  constructor(private readonly axes: readonly Axis[]) {
    this.columns = axes.map(() => new Float64Array(64));
  }

  update(history: History): void {
    const { trials } = history;
    while (this.count < trials.length) {
      this.place(trials[this.count]!);
      this.open.push(this.count++);
    }
    this.open = this.open.filter((id) => {
      const trial = trials[id]!;
      if (trial.state === 'running') return true;
      const key = keyOf(trial, history.goals);
      if (key) this.insert({ id, key });
      return false;
    });
    // Which of several objectives' trials is better depends on all the others.
    if (history.goals.length > 1) this.rankByDominance(history);
  }

  private place(trial: Trial): void {
    for (const [d, axis] of this.axes.entries()) {
      let column = this.columns[d]!;
      if (trial.id >= column.length) {
        const larger = new Float64Array(column.length * 2);
        larger.set(column);
        this.columns[d] = column = larger;
      }
      const value = trial.params[axis.dimension.name];
      column[trial.id] = value === undefined ? INACTIVE : axis.count ? axis.indexOf(value) : axis.toUnit(value);
    }
  }

  private insert(ranked: Ranked): void {
    let [low, high] = [0, this.ranked.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.ranked[middle]!, ranked) < 0) low = middle + 1;
      else high = middle;
    }
    this.ranked.splice(low, 0, ranked);
  }

  /** By the number of trials that are better in everything: Fonseca & Fleming, "Genetic Algorithms for
   * Multiobjective Optimization" (ICGA 1993). Among equals the earlier comes first. */
  private rankByDominance({ trials, goals }: History): void {
    const losses = this.ranked.map(({ id }) => trials[id]!.values?.map((v, i) => (goals[i] === 'minimize' ? v : -v)));
    for (const [i, own] of losses.entries()) {
      if (!own) continue;
      let better = 0;
      for (const other of losses) {
        if (other?.every((x, k) => x <= own[k]!) && other.some((x, k) => x < own[k]!)) better++;
      }
      this.ranked[i]!.key[2] = better;
    }
    this.ranked.sort(compare);
  }
}

/** Null: nothing is known of it but that it failed. Of several objectives only the kind of end counts here. */
function keyOf(trial: Trial, goals: History['goals']): Ranked['key'] | null {
  const loss = (value: number) => (Number.isNaN(value) ? Infinity : goals[0] === 'minimize' ? value : -value);
  if (trial.state === 'completed') return [0, 0, goals.length > 1 ? 0 : loss(trial.values![0]!)];
  const last = trial.reports.at(-1);
  return trial.state === 'pruned' && last ? [1, -last.step, loss(last.value)] : null;
}

function compare(a: Ranked, b: Ranked): number {
  for (let i = 0; i < 3; i++) if (a.key[i] !== b.key[i]) return a.key[i]! < b.key[i]! ? -1 : 1;
  return a.id - b.id;
}
