/**
 * Decides when a run of CMA-ES has converged, and how the next one starts: N. Hansen, "Benchmarking a BI-Population
 * CMA-ES on the BBOB-2009 Function Testbed" (GECCO 2009), section 2; `ipop` is the large regime alone (Auger & Hansen,
 * "A Restart CMA Evolution Strategy With Increasing Population Size", CEC 2005).
 */
import { exp, log } from '../../maths/numeric.js';
import type { Random } from '../../types.js';

export type Restarts = 'bipop' | 'ipop' | 'none';

/**
 * A run has ended when the spread of a generation's better half is below this share of the widest spread, for this many
 * generations in a row.
 */
const SAME = 1e-7;
const GENERATIONS = 3;
/** A run is also over when the whole distribution is shorter than this share of the ranges. */
const SHORTEST = 1e-9;

export class Regimes {
  size: number;
  private larger = 0;
  private small = false;
  private spent = { small: 0, large: 0 };
  private widest = 0;
  private alike = 0;

  constructor(
    private readonly restarts: Restarts,
    readonly first: number,
    private readonly sigma: number,
  ) {
    this.size = first;
  }

  /**
   * Returns whether the run has ended, given each generation's loss spread in the better half, its reach and its trials.
   */
  isOver(spread: number, reach: number, trials: number): boolean {
    this.spent[this.small ? 'small' : 'large'] += trials;
    if (spread < Infinity) this.widest = Math.max(this.widest, spread);
    this.alike = spread <= SAME * this.widest ? this.alike + 1 : 0;
    return this.restarts !== 'none' && (this.alike >= GENERATIONS || reach < SHORTEST);
  }

  /** Starts the next run and returns its initial standard deviation; `size` is its population. */
  next(random: Random): number {
    [this.widest, this.alike] = [0, 0];
    this.small = this.restarts === 'bipop' && this.larger > 0 && this.spent.small < this.spent.large;
    if (!this.small) {
      this.larger++;
      this.size = this.first * 2 ** Math.min(this.larger, 6);
      return this.sigma;
    }
    const u = random.next();
    const factor = 2 ** (Math.min(this.larger, 6) - 1);
    this.size = Math.floor(this.first * exp(log(factor) * u * u));
    return this.sigma * exp(-2 * Math.LN10 * random.next());
  }

  save() {
    const { size, larger, small, spent, widest, alike } = this;
    return { size, larger, small, spent: { ...spent }, widest, alike };
  }
  load({ spent, ...state }: ReturnType<Regimes['save']>): void {
    Object.assign(this, state, { spent: { ...spent } });
  }
}
