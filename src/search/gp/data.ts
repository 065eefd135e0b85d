/**
 * Training data of the model, read from the history. Each trial is encoded once, so a suggestion stays cheap with
 * thousands of them, and nothing here depends on the order in which trials ended.
 *
 * - Completed trials count with their values, including repeated measurements of the same params.
 * - Pruned and paused trials count with their predicted final loss (curves/fidelityRank.ts) and its standard error.
 * - Failed trials (including those with NaN) have no value, but show where trials fail; infinite values are worst or
 *   best.
 * - Completed trials of earlier searches count as observations of a similar function, in a group of their own.
 */
import { FidelityLosses } from '../curves/fidelityRank.js';
import { lastVector } from '../curves/vectors.js';
import type { Params } from '../../protocol/values/index.js';
import type { History, Trial } from '../types.js';
import type { Coding } from './coding.js';

export interface Row {
  /** The row as `Coding.encode` returns it. */
  at: Float64Array;
  /** Losses to minimise, by objective; null if the trial failed. */
  losses: number[] | null;
  /** Standard error of a loss that is only a prediction. */
  sd: number;
  /** Values of the constraints, met if at most 0. */
  constraints: readonly number[] | null;
  /** Time that the trial took; null if it did not complete, or the time is not known. */
  seconds: number | null;
  earlier: boolean;
}

export class Data {
  /** Rows of the ended trials, in the order of their start; those of earlier searches come first. */
  rows: Row[] = [];
  /** Rows of the running trials. */
  pending: Float64Array[] = [];
  private readonly places: { params: Params; at: Float64Array }[] = [];
  private readonly fidelity = new FidelityLosses();
  private earlier: { from: History['earlier']; rows: Row[] } = { from: undefined, rows: [] };

  constructor(private readonly coding: Coding) {}

  update(history: History): void {
    const { trials, goals } = history;
    this.fidelity.update(history);
    if (history.earlier !== this.earlier.from) this.readEarlier(history);
    this.rows = this.earlier.rows.slice();
    this.pending = [];
    for (const trial of trials) {
      const at = this.placeOf(trial);
      const losses = this.lossesOf(trial, goals);
      if (losses === undefined) this.pending.push(at);
      else {
        const sd = this.fidelity.sd[trial.id]!;
        const seconds = trial.state === 'completed' ? (trial.seconds ?? null) : null;
        this.rows.push({ at, losses, sd, constraints: trial.constraints ?? null, seconds, earlier: false });
      }
    }
  }

  private placeOf({ id, params }: Trial): Float64Array {
    const known = this.places[id];
    if (known?.params === params) return known.at;
    const at = this.coding.encode(params);
    this.places[id] = { params, at };
    return at;
  }

  /** Returns undefined if nothing is known yet. */
  private lossesOf(trial: Trial, goals: History['goals']): number[] | null | undefined {
    const { state, values, id } = trial;
    if (state === 'running') return undefined;
    if (state === 'completed') return values!.map((v, k) => (goals[k] === 'minimize' ? v : -v));
    if (state === 'failed') return null;
    // A pruned trial counts with its last values, which longer training would mostly improve.
    if (goals.length > 1) return state === 'paused' ? undefined : lastVector(trial, goals);
    const loss = this.fidelity.losses[id]!;
    if (!Number.isNaN(loss)) return [loss];
    return state === 'paused' ? undefined : null;
  }

  private readEarlier({ earlier = [], goals }: History): void {
    const rows: Row[] = [];
    for (const { params, values, constraints } of earlier) {
      if (!values || values.length !== goals.length || values.some(Number.isNaN)) continue;
      const at = this.coding.encode(params);
      if (this.coding.tasks) at[this.coding.width - 1] = 1;
      const losses = values.map((v, k) => (goals[k] === 'minimize' ? v : -v));
      rows.push({ at, losses, sd: 0, constraints: constraints ?? null, seconds: null, earlier: true });
    }
    this.earlier = { from: earlier, rows };
  }
}
