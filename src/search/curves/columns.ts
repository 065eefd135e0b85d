/**
 * Sorted best-so-far losses of the ended trials, for any step. A column is built when a step is first queried and kept
 * up as trials end, so a report costs one look-up however many trials there are.
 */
import type { History, Trial } from '../types.js';
import { Curves, type Curve } from './curve.js';
import { SortedNumbers } from './sorted.js';

/** Maximum number of cached values (32 MB). Beyond it, columns are rebuilt on demand. */
const MOST_CELLS = 4_000_000;

export class Columns {
  readonly curves = new Curves();
  /** Steps from the first to the last report of each completed trial. */
  readonly lengths = new SortedNumbers();
  private readonly columns = new Map<number, SortedNumbers>();
  private cells = 0;
  private read = 0;
  private open: Trial[] = [];
  private ended: Curve[] = [];

  update({ trials, goals }: History): void {
    for (; this.read < trials.length; this.read++) this.open.push(trials[this.read]!);
    let kept = 0;
    for (const trial of this.open) {
      const { state } = trial;
      if (state === 'running' || state === 'paused') {
        this.open[kept++] = trial;
        continue;
      }
      if (state === 'failed' || trial.reports.length === 0) continue;
      const curve = this.curves.of(trial, goals[0]!);
      if (state === 'completed') this.lengths.add(curve.last - curve.first);
      this.add(curve);
    }
    this.open.length = kept;
  }

  /** Returns the best losses of the completed and pruned trials that reached this step. */
  at(step: number): SortedNumbers {
    const known = this.columns.get(step);
    if (known) return known;
    if (this.cells > MOST_CELLS) {
      this.columns.clear();
      this.cells = 0;
    }
    const values: number[] = [];
    for (const curve of this.ended) if (curve.last >= step) values.push(curve.bestAt(step));
    const column = new SortedNumbers();
    column.fill(Float64Array.from(values));
    this.columns.set(step, column);
    this.cells += values.length;
    return column;
  }

  private add(curve: Curve): void {
    this.ended.push(curve);
    for (const [step, column] of this.columns) {
      if (curve.last < step) continue;
      column.add(curve.bestAt(step));
      this.cells++;
    }
  }
}
