import type { RequestResult } from '../../../src/protocol/engine/index.js';
import type { Run } from '../../../src/protocol/engine/index.js';

export type Best = NonNullable<RequestResult<'best/of'>['best']>;

/** Milliseconds between two questions for the best. */
const PAUSE = 500;

export interface BestParts {
  ask(experiment: string): Promise<Best | null>;
  /** Called when another run is the best, or its value is another one. */
  onNews(): void;
  onError(error: unknown): void;
}

/** The best run of the selected experiment, as the store says: of all its runs, not only of those that the panel has read. */
export class BestOfExperiment {
  private of: string | null = null;
  private known: Best | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private turn = 0;

  constructor(private readonly parts: BestParts) {}

  get best(): Best | null {
    return this.known;
  }

  /** Another experiment, or a complete reading. */
  async show(experiment: string | null): Promise<void> {
    if (experiment !== this.of) this.take(null);
    this.of = experiment;
    const turn = ++this.turn;
    if (experiment === null) return;
    try {
      const best = await this.parts.ask(experiment);
      if (turn === this.turn) this.take(best);
    } catch (error) {
      if (turn === this.turn) this.parts.onError(error);
    }
  }

  /** Rows that changed, or ids of runs that are gone: the best may be another one. */
  changed(runs: readonly Run[], removed: readonly string[] = []): void {
    const isBest = (id: string) => id === this.known?.run;
    const concerns = runs.some(
      ({ id, experiment, objective }) =>
        isBest(id) || (experiment === this.of && objective && objective.value !== null),
    );
    if (!concerns && !removed.some(isBest)) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.show(this.of);
    }, PAUSE);
  }

  private take(best: Best | null): void {
    const same = best?.run === this.known?.run && best?.objective === this.known?.objective;
    this.known = best;
    if (!same) this.parts.onNews();
  }
}
