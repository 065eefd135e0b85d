/**
 * A history as seen from another space, usually a part of its own: the trials that fit there, renumbered. A sampler
 * created for that space then works as if there were no other. Trials are copied once and followed until they end.
 */
import type { History, Space, Trial } from '../types.js';
import { adapt } from './adapt.js';

export class View {
  readonly trials: Trial[] = [];
  /** Index here by index in the whole history, or -1. */
  private readonly places: number[] = [];
  /** Indices in the whole history of trials that may still change. */
  private open: number[] = [];
  private earlier: { of: readonly Trial[] | undefined; count: number; trials: Trial[] } | null = null;

  /** `shown` tells which trials of the whole history may be seen at all. */
  constructor(
    readonly space: Space,
    private readonly shown: (id: number) => boolean = () => true,
  ) {}

  /**
   * Returns the view of the history. `left` is the number of suggestions still to be made, if it differs from the whole
   * history's.
   */
  of(history: History, left?: number | null): History {
    this.update(history.trials);
    const { planned = null, trials } = history;
    const remaining = left === undefined ? planned && Math.max(0, planned - trials.length) : left;
    return {
      ...history,
      space: this.space,
      trials: this.trials,
      earlier: this.earlierOf(history.earlier),
      planned: remaining === null ? null : this.trials.length + remaining,
    };
  }

  /** Returns the trial's index here; -1 if it does not fit. */
  placeOf(id: number): number {
    return this.places[id] ?? -1;
  }

  private update(trials: readonly Trial[]): void {
    while (this.places.length < trials.length) {
      const trial = trials[this.places.length]!;
      const { params, fits: possible } = adapt(this.space, trial.params);
      const fits = possible && this.shown(trial.id);
      this.places.push(fits ? this.trials.length : -1);
      if (!fits) continue;
      this.open.push(trial.id);
      const { enqueued } = trial;
      this.trials.push({ id: this.trials.length, params, state: 'running', values: null, reports: [], enqueued });
    }
    this.open = this.open.filter((id) => {
      const trial = trials[id]!;
      this.follow(trial, this.trials[this.places[id]!]!);
      return trial.state === 'running' || trial.state === 'paused';
    });
  }

  private follow(trial: Trial, copy: Trial): void {
    const { state, values, reports, constraints, seconds, until, bracket } = trial;
    Object.assign(copy, { state, values, reports });
    if (constraints) copy.constraints = constraints;
    if (seconds !== undefined) copy.seconds = seconds;
    if (until !== undefined) copy.until = until;
    else delete copy.until;
    if (bracket !== undefined) copy.bracket = bracket;
    if (trial.changes) copy.params = adapt(this.space, trial.params).params;
    const repeated = trial.repeatOf === undefined ? -1 : this.places[trial.repeatOf]!;
    if (repeated >= 0) copy.repeatOf = repeated;
  }

  private earlierOf(earlier: readonly Trial[] | undefined): Trial[] {
    if (this.earlier?.of !== earlier || this.earlier?.count !== earlier?.length) {
      const trials: Trial[] = [];
      for (const trial of earlier ?? []) {
        const { params, fits } = adapt(this.space, trial.params);
        if (fits) trials.push({ ...trial, params });
      }
      this.earlier = { of: earlier, count: earlier?.length ?? 0, trials };
    }
    return this.earlier!.trials;
  }
}
