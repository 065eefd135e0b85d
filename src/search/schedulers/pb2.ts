/**
 * PB2's explore step: a Gaussian process over time and params models a member's improvement in an interval; new params
 * maximize its upper confidence bound. Parker-Holder, Nguyen & Roberts, "Provably Efficient Online Hyperparameter
 * Optimization with Population-Based Bandits" (NeurIPS 2020), section 4 and algorithm 2.
 *
 * - Time is a column of the kernel with a length scale of its own, which plays the part of the paper's 1 - ε: values
 *   that were good at first are forgotten as fast as the data suggest.
 * - β_t = 0.2 + ln(0.4 t), as in the paper's appendix, at least 0.2. Running members count with their expected
 *   improvement, so that others keep apart (the paper's batch).
 * - The bound is maximised over `CANDIDATES` draws, half of them near the copied params.
 */
import type { Params } from '../../protocol/values/index.js';
import { feasible } from '../constraints/index.js';
import { Curves, lossOf } from '../curves/curve.js';
import { ABSENT, fitGp, type ColumnKind, type Gp } from '../gp/index.js';
import { drawWithinUnit } from '../maths/normal.js';
import { log } from '../maths/numeric.js';
import { isActive } from '../space/index.js';
import type { History, Random, Space, Trial } from '../types.js';
import { axesOf, type Axis } from '../space/unit.js';
import type { Explore } from './explore.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';

/** Maximum number of intervals to learn from (the latest), and the minimum before the first suggestion. */
const MOST = 120;
const LEAST = 4;
const CANDIDATES = 200;
const NEAR = 0.1;

interface Interval {
  step: number;
  params: Params;
  gain: number;
}

export class Bandit implements Explore {
  private readonly axes: Axis[];
  private readonly kinds: ColumnKind[];
  private readonly curves = new Curves();

  constructor(
    private readonly space: Space,
    private readonly settings: { interval: number; intervalSteps?: number | undefined },
    private readonly otherwise: Explore,
  ) {
    this.axes = axesOf(space);
    const kindOf = (axis: Axis): ColumnKind => {
      if (!axis.ordered) return 'category';
      return axis.dimension.when ? 'optional' : 'ordered';
    };
    this.kinds = ['ordered', ...this.axes.map(kindOf)];
  }

  around(params: Params, fixed: Params, history: History, trial: Trial, random: Random): Params {
    const intervals = this.intervalsOf(history);
    if (intervals.length < LEAST) return this.otherwise.around(params, fixed, history, trial, random);
    const now = this.curves.of(trial, history.goals[0]!).last;
    const end = Math.max(history.maxSteps ?? 0, now, intervals.at(-1)!.step) || 1;
    const rows = intervals.map(({ step, params: at }) => this.rowOf(step / end, at));
    const gp = this.expect(
      history,
      rows,
      Float64Array.from(intervals, ({ gain }) => gain),
      now / end,
      trial,
    );
    const beta = Math.max(0.2, 0.2 + log(0.4 * Math.max(1, intervals.length)));
    let best: { params: Params; bound: number } | null = null;
    for (let i = 0; i < CANDIDATES; i++) {
      const near = i % 2 === 0 ? params : null;
      const candidate = feasible(this.space, random, () => this.draw(near, fixed, random));
      const { mean, variance } = gp.predict(this.rowOf(now / end, candidate));
      const bound = mean + Math.sqrt(beta * variance);
      if (!best || bound > best.bound) best = { params: candidate, bound };
    }
    return best!.params;
  }

  /** Fits the process, treating running members as if they improved by the amount it predicts. */
  private expect({ trials }: History, rows: Float64Array[], gains: Float64Array, time: number, own: Trial): Gp {
    const gp = fitGp({ x: joined(rows), y: gains, kinds: this.kinds, evaluations: 30 });
    const running = trials.filter((trial) => trial.state === 'running' && trial !== own).slice(-16);
    if (running.length === 0) return gp;
    const pending = running.map(({ params }) => this.rowOf(time, params));
    const y = Float64Array.from([...gains, ...pending.map((row) => gp.predict(row).mean)]);
    const { theta } = gp;
    return fitGp({
      x: joined([...rows, ...pending]),
      y,
      kinds: this.kinds,
      start: theta,
      evaluations: 0,
      afresh: false,
    });
  }

  /** Returns the latest intervals of all trials, by step. One that ended with NaN counts as the worst. */
  private intervalsOf(history: History): Interval[] {
    const intervals: Interval[] = [];
    for (const trial of history.trials) {
      const { changes = [], params } = trial;
      if (trial.repeatOf !== undefined || trial.reports.length < 2) continue;
      const began = trial.began ?? (changes.length === 0 ? params : null);
      if (began) this.add(intervals, history, trial, began, -Infinity, changes[0]?.step ?? Infinity);
      for (const [i, change] of changes.entries()) {
        this.add(intervals, history, trial, change.params, change.step, changes[i + 1]?.step ?? Infinity);
      }
    }
    let worst = Infinity;
    for (const { gain } of intervals) if (Number.isFinite(gain)) worst = Math.min(worst, gain);
    for (const interval of intervals) if (!Number.isFinite(interval.gain)) interval.gain = worst;
    if (worst === Infinity) return [];
    return intervals.sort((a, b) => a.step - b.step).slice(-MOST);
  }

  /** Adds the intervals of a stretch with the same params. */
  private add(into: Interval[], history: History, { reports }: Trial, params: Params, from: number, to: number): void {
    const goal = history.goals[0]!;
    const span = this.settings.intervalSteps ?? this.settings.interval * (history.maxSteps ?? Infinity);
    let first: Trial['reports'][number] | null = null;
    for (const [i, report] of reports.entries()) {
      if (report.step <= from || report.step > to) continue;
      first ??= report;
      const next = reports[i + 1];
      const ends = !next || next.step > to || next.step - first.step > span;
      if (!ends || report.step <= first.step) continue;
      const gain = (lossOf(first.value, goal) - lossOf(report.value, goal)) / (report.step - first.step);
      if (Number.isFinite(lossOf(first.value, goal))) into.push({ step: first.step, params, gain });
      first = report;
    }
  }

  private rowOf(time: number, params: Params): Float64Array {
    const row = new Float64Array(this.axes.length + 1);
    row[0] = Math.min(1, time);
    for (const [d, axis] of this.axes.entries()) {
      const value = entryOf(params, axis.dimension.name);
      if (value === undefined) row[d + 1] = ABSENT;
      else row[d + 1] = axis.ordered ? axis.toUnit(value) : axis.indexOf(value);
    }
    return row;
  }

  private draw(near: Params | null, fixed: Params, random: Random): Params {
    const params: Params = {};
    for (const axis of this.axes) {
      const { name } = axis.dimension;
      if (!isActive(axis.dimension, params)) continue;
      const value = entryOf(near, name);
      const given = entryOf(fixed, name);
      if (given !== undefined) setEntry(params, name, given);
      else if (value === undefined) setEntry(params, name, axis.fromUnit(random.next()));
      else if (axis.ordered) setEntry(params, name, axis.fromUnit(drawWithinUnit(axis.toUnit(value), NEAR, random)));
      else setEntry(params, name, random.next() < NEAR ? axis.fromUnit(random.next()) : value);
    }
    return params;
  }
}

function joined(rows: readonly Float64Array[]): Float64Array {
  const width = rows[0]!.length;
  const all = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) all.set(row, i * width);
  return all;
}
