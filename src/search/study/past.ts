/**
 * Trials of earlier searches, and those of this one that no longer fit its space. Each search is a group of its own:
 * values are comparable only within a group.
 */
import type { Earlier, Space, Trial } from '../types.js';
import { adapt } from '../widen/adapt.js';

export interface Past {
  /** Version that changes with every added trial; the same again after the study was restored. */
  readonly version: number;
  /** Returns the original params, whether or not they fit the space. */
  groups(): readonly (readonly Trial[])[];
}

export class PastTrials implements Past {
  private readonly imported: Trial[][] = [];
  /** Trials that fit the space. */
  earlier: Trial[] = [];
  private count = 0;
  private outsiders = 0;

  /** `trials` are the study's; `widened` tells whether its space was changed after the first of them. */
  constructor(
    private readonly space: Space,
    searches: readonly (readonly Earlier[])[],
    private readonly trials: readonly Trial[],
    private readonly widened: boolean,
  ) {
    for (const search of searches) this.add(search);
    this.outsiders = this.outside().length;
  }

  get version(): number {
    return this.count + this.outsiders;
  }

  add(search: readonly Earlier[]): void {
    const group = search.map(({ params, values, constraints }): Trial => {
      const id = -1 - this.count++;
      const more = constraints ? { constraints } : {};
      return { id, params, state: 'completed', values, reports: [], enqueued: false, ...more };
    });
    this.imported.push(group);
    // Creates a new list, so that it is not mistaken for the one already read.
    this.earlier = [...this.earlier, ...this.fitting(group)];
  }

  /** Must be called once when a trial has ended. */
  follow(trial: Trial): void {
    if (this.isOutside(trial)) this.outsiders++;
  }

  groups(): Trial[][] {
    const outside = this.outside();
    return outside.length > 0 ? [...this.imported, outside] : this.imported;
  }

  private outside(): Trial[] {
    return this.widened ? this.trials.filter((trial) => this.isOutside(trial)) : [];
  }

  private isOutside({ state, params }: Trial): boolean {
    return this.widened && state === 'completed' && !adapt(this.space, params).fits;
  }

  private fitting(group: readonly Trial[]): Trial[] {
    return group.flatMap((trial) => {
      const { params, fits } = adapt(this.space, trial.params);
      return fits ? [{ ...trial, params }] : [];
    });
  }
}
