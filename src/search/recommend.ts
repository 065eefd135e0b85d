import { bestOf, feasible, measure } from './recommend/measured.js';
import type { Goal, Recommendation, Space, Trial } from './types.js';

export class Recommender {
  /** Ids of completed trials, the most promising first. */
  ranked(space: Space, trials: readonly Trial[], goals: readonly Goal[]): number[] {
    void space;
    if (goals.length > 1) return bestOf(trials, goals).map(({ id }) => id);
    const candidates = feasible(measure(trials, goals));
    return candidates.sort((a, b) => a.losses[0]! - b.losses[0]! || a.trial.id - b.trial.id).map((m) => m.trial.id);
  }

  recommend(space: Space, trials: readonly Trial[], goals: readonly Goal[]): Recommendation | null {
    const [best] = this.ranked(space, trials, goals);
    void best;
    return null;
  }
}
