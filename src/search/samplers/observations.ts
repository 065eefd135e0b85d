/**
 * Training data of model-based samplers, read incrementally from the history: each trial's position on the axes, its
 * loss as far as it is known, and which constraints it met. Each trial is read once when it has ended, so a suggestion
 * stays cheap with thousands of them, and nothing here depends on the order in which trials ended: a restored search
 * sees the same data.
 *
 * Pruned and paused trials count with their predicted final loss (curves/fidelityRank.ts), slightly worse where that is
 * uncertain. A repeated measurement is not a trial of its own: it updates the value of the trial it repeats.
 */
import { FidelityLosses } from '../curves/fidelityRank.js';
import type { History, Trial } from '../types.js';
import type { Params } from '../../protocol/values/index.js';
import type { Tree } from './parzen/tree.js';
import { Ranking } from './tpe/ranking.js';

/**
 * Kinds of trials: running without a known value; with a known value; failed without a value; a repeat of another
 * trial.
 */
export const [PENDING, KNOWN, FAILED, REPEAT] = [0, 1, 2, 3];

export class Observations {
  /** Positions by axis and trial. */
  columns: Float64Array[];
  /** Number of trials read, in whatever state. */
  count = 0;
  /** Number of trials with a known value. */
  known = 0;
  /** Kind of each trial, one of the four above. */
  kinds = new Uint8Array(64);
  /** Loss of each trial, for a single objective; NaN if unknown. */
  losses = new Float64Array(64);
  /** Sum of the constraint violations of each trial; 0 if all were met or none was measured. */
  violations = new Float64Array(64);
  /** Values by constraint and trial; NaN if not measured. */
  constraints: Float64Array[] = [];
  /** True if any completed trial broke a constraint. */
  broken = false;
  /** Loss vector of each trial, for several objectives; null if unknown. */
  readonly vectors: (Float64Array | null)[] = [];

  /** Ranking, created on first use. */
  private ranking: Ranking | null = null;
  private readonly fidelity = new FidelityLosses();
  private readonly repeats = new Map<number, number[]>();
  private version = 0;
  /** Trials stopped before the end. */
  private readonly partial: number[] = [];
  private open: { id: number; params: Params | null }[] = [];

  constructor(private readonly tree: Tree) {
    this.columns = tree.axes.map(() => new Float64Array(64));
  }

  update(history: History): void {
    const { trials, goals } = history;
    this.grow(trials.length);
    while (this.count < trials.length) this.open.push({ id: this.count++, params: null });
    this.fidelity.update(history);
    this.open = this.open.filter((one) => {
      const trial = trials[one.id]!;
      if (trial.params !== one.params) this.place(one.id, (one.params = trial.params));
      if (trial.repeatOf !== undefined) this.kinds[one.id] = REPEAT;
      const ended = trial.state !== 'running' && trial.state !== 'paused';
      if (ended) this.end(trial, one.id, goals);
      if (goals.length === 1) this.value(trial, one.id, trials);
      return !ended;
    });
    // Trials stopped early are re-evaluated when others went further.
    if (goals.length > 1 || this.version === this.fidelity.version) return;
    this.version = this.fidelity.version;
    for (const id of this.partial) this.value(trials[id]!, id, trials);
  }

  /** Returns the best trials with a known value, best first, for a single objective. */
  best(wanted: number): Int32Array {
    if (!this.ranking) {
      this.ranking = new Ranking();
      for (let id = 0; id < this.count; id++) if (this.kinds[id] === KNOWN) this.ranking.touch(id, false);
    }
    return this.ranking.best(wanted, this.losses, this.violations);
  }

  private end(trial: Trial, id: number, goals: History['goals']): void {
    const { repeatOf } = trial;
    if (repeatOf !== undefined) {
      const others = this.repeats.get(repeatOf);
      if (others) others.push(id);
      else this.repeats.set(repeatOf, [id]);
      return;
    }
    if (trial.state === 'pruned') this.partial.push(id);
    if (goals.length > 1) {
      const losses = trial.state === 'completed' ? trial.values! : null;
      this.vectors[id] = losses && Float64Array.from(losses, (v, k) => (goals[k] === 'minimize' ? v : -v));
      this.kinds[id] = losses ? KNOWN : FAILED;
      if (losses) this.known++;
    }
    for (const [k, value] of (trial.constraints ?? []).entries()) {
      while (this.constraints.length <= k) this.constraints.push(new Float64Array(this.kinds.length).fill(NaN));
      const over = Number.isNaN(value) ? Infinity : value;
      this.constraints[k]![id] = over;
      if (!(over > 0)) continue;
      this.violations[id] = this.violations[id]! + over;
      this.broken = true;
    }
  }

  /** Sets the loss, for a single objective. */
  private value(trial: Trial, id: number, trials: readonly Trial[]): void {
    const { state, repeatOf } = trial;
    if (repeatOf !== undefined) {
      if (this.kinds[repeatOf] !== KNOWN) return;
      this.losses[repeatOf] = this.meanOf(repeatOf, trials);
      this.ranking?.touch(repeatOf, true);
      return;
    }
    const loss = this.fidelity.losses[id]!;
    const isKnown = state !== 'running' && state !== 'failed' && !Number.isNaN(loss);
    const wasKnown = this.kinds[id] === KNOWN;
    this.known += (isKnown ? 1 : 0) - (wasKnown ? 1 : 0);
    this.kinds[id] = isKnown ? KNOWN : state === 'running' || state === 'paused' ? PENDING : FAILED;
    this.losses[id] = isKnown ? this.meanOf(id, trials) : NaN;
    if (isKnown || wasKnown) this.ranking?.touch(id, wasKnown);
  }

  private meanOf(id: number, trials: readonly Trial[]): number {
    const { losses, sd } = this.fidelity;
    const own = losses[id]! + (sd[id]! || 0);
    const others = (this.repeats.get(id) ?? []).filter((other) => trials[other]!.state === 'completed');
    if (others.length === 0) return own;
    let sum = own;
    for (const other of others.sort((a, b) => a - b)) sum += losses[other]!;
    return Number.isNaN(sum) ? Infinity : sum / (others.length + 1);
  }

  private place(id: number, params: Params): void {
    for (let d = 0; d < this.columns.length; d++) this.columns[d]![id] = this.tree.placeOf(d, params);
  }

  private grow(count: number): void {
    if (count <= this.kinds.length) return;
    const size = Math.max(count, 2 * this.kinds.length);
    const larger = (old: Float64Array, fill: number) => {
      const array = new Float64Array(size).fill(fill);
      array.set(old);
      return array;
    };
    this.columns = this.columns.map((column) => larger(column, 0));
    this.constraints = this.constraints.map((column) => larger(column, NaN));
    this.losses = larger(this.losses, NaN);
    this.violations = larger(this.violations, 0);
    const kinds = new Uint8Array(size);
    kinds.set(this.kinds);
    this.kinds = kinds;
  }
}
