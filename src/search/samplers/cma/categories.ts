/**
 * Probabilities of each choice, learned alongside the normal distribution: Hamano, Saito, Nomura, Uchida & Shirakawa,
 * "CatCMA: Stochastic Optimization for Mixed-Category Problems" (GECCO 2024), section 3, with a fixed learning rate in
 * place of the adaptive one, which needs more trials than a search has. Every value keeps the margin of section 3.3.
 */
import { exp, log } from '../../maths/numeric.js';
import type { Random } from '../../types.js';
import type { Axis } from '../../space/unit.js';

/** Maximum share of the old probabilities that one generation replaces. */
const RATE = 0.35;

export class Categories {
  readonly shares: Float64Array[];
  private readonly least: number[];

  constructor(axes: readonly Axis[]) {
    this.shares = axes.map(({ edges, count }) =>
      Float64Array.from({ length: count }, (_, k) => edges![k + 1]! - edges![k]!),
    );
    const margin = axes.length ? 1 - exp(log(0.73) / axes.length) : 0;
    // Values with weight 0 are never tried.
    for (const [c, { dimension }] of axes.entries()) {
      const believed = dimension.prior ? axes[c]!.indexOf(dimension.prior.value) : -1;
      if (believed < 0) continue;
      const own = this.shares[c]!;
      for (let k = 0; k < own.length; k++) own[k] = own[k]! / 2 + (k === believed ? 0.5 : 0);
    }
    this.least = this.shares.map((own) => margin / Math.max(1, own.filter((share) => share > 0).length - 1));
  }

  draw(random: Random, picks: Int32Array): void {
    for (const [c, own] of this.shares.entries()) {
      let left = random.next();
      let pick = -1;
      for (let k = 0; k < own.length; k++) {
        if (own[k]! <= 0) continue;
        pick = k;
        if ((left -= own[k]!) < 0) break;
      }
      picks[c] = pick;
    }
  }

  /** Starts from the frequencies in these places, plus one observation of each value. */
  lean(places: readonly { picks: Int32Array }[]): void {
    for (const [c, own] of this.shares.entries()) {
      const votes = own.map((share) => share * own.length);
      let sum = own.length;
      for (const { picks } of places) {
        if (picks[c]! < 0) continue;
        votes[picks[c]!]!++;
        sum++;
      }
      for (let k = 0; k < own.length; k++) own[k] = own[k]! > 0 ? votes[k]! / sum : 0;
      this.keepMargin(own, this.least[c]!);
    }
  }

  /** Updates the probabilities. `members` come best first; -1 marks an inactive choice. */
  learn(members: readonly { picks: Int32Array }[], weights: Float64Array): void {
    for (const [c, own] of this.shares.entries()) {
      const wanted = new Float64Array(own.length);
      let sum = 0;
      for (const [i, { picks }] of members.entries()) {
        const w = weights[i]!;
        if (w <= 0 || picks[c]! < 0) continue;
        wanted[picks[c]!]! += w;
        sum += w;
      }
      for (let k = 0; k < own.length; k++) own[k]! += RATE * (wanted[k]! - sum * own[k]!);
      this.keepMargin(own, this.least[c]!);
    }
  }

  private keepMargin(own: Float64Array, least: number): void {
    let [raised, rest] = [0, 0];
    for (const share of own) {
      if (share <= 0) continue;
      if (share < least) raised += least;
      else rest += share - least;
    }
    const free = 1 - raised;
    let open = 0;
    for (const share of own) if (share >= least) open += least;
    for (let k = 0; k < own.length; k++) {
      if (own[k]! <= 0) continue;
      own[k] = own[k]! < least ? least : least + ((own[k]! - least) * (free - open)) / Math.max(1e-300, rest);
    }
  }
}
