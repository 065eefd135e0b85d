/**
 * Credit of several samplers for their trials: half for records (better than all trials before), half for the rank
 * among the latest trials, to the power of `STEEP`, so that mediocre trials count little. It uses ranks instead of
 * values, as in Fialho, Schoenauer & Sebag, "Toward comparison-based adaptive operator selection" (GECCO 2010): scale
 * and outliers of the objective make no difference. Older trials count less and less.
 */
import { nonDominatedRanks } from '../../pareto/index.js';
import type { History } from '../../types.js';
import { FAILED, KNOWN, Observations } from '../observations.js';
import { Tree } from '../parzen/tree.js';

const LATEST = 100;
const STEEP = 3;
const FADING = 0.97;

export interface Credit {
  /** Mean reward, between 0 and 1. */
  mean: number;
  /** Number of trials it is based on, with decay. */
  weight: number;
}

export class Credits {
  private readonly observations = new Observations(new Tree({ dimensions: [] }));

  /** Returns the credit of each of `members` samplers; `producers[id]` is the sampler of the trial, or -1. */
  of(history: History, producers: readonly number[], members: number): Credit[] {
    const { observations } = this;
    observations.update(history);
    const ended: number[] = [];
    for (let id = observations.count - 1; id >= 0 && ended.length < LATEST; id--) {
      const kind = observations.kinds[id];
      if (kind === KNOWN || kind === FAILED) ended.push(id);
    }
    const places = this.places(ended, history.goals.length > 1);
    const sums = new Float64Array(members);
    const weights = new Float64Array(members);
    let fade = 1;
    for (const [i, id] of ended.entries()) {
      const member = producers[id] ?? -1;
      if (member >= 0) {
        sums[member] = sums[member]! + fade * rewardOf(places[i]!, this.isRecord(id, history.goals.length > 1));
        weights[member] = weights[member]! + fade;
      }
      fade *= FADING;
    }
    return Array.from(weights, (weight, k) => ({ mean: weight > 0 ? sums[k]! / weight : 0, weight }));
  }

  /** Returns ranks from 0 (worse than all) to 1 (better than all), and -1 for failed trials. */
  private places(ids: readonly number[], several: boolean): Float64Array {
    const { kinds, vectors, violations } = this.observations;
    const known = ids.filter((id) => kinds[id] === KNOWN);
    const ranks = new Map<number, number>();
    if (several) {
      const fronts = nonDominatedRanks(known.map((id) => vectors[id]!));
      const order = known
        .map((_, i) => i)
        .sort((a, b) => violations[known[a]!]! - violations[known[b]!]! || fronts[a]! - fronts[b]!);
      for (const i of order) {
        // All members of a front share its middle rank.
        const alike = order.filter((j) => fronts[j] === fronts[i] && violations[known[j]!] === violations[known[i]!]);
        ranks.set(known[i]!, (order.indexOf(alike[0]!) + order.indexOf(alike.at(-1)!)) / 2);
      }
    } else {
      const order = [...known].sort((a, b) => this.compare(a, b));
      for (const [place, id] of order.entries()) ranks.set(id, place);
    }
    return Float64Array.from(ids, (id) => {
      const rank = ranks.get(id);
      return rank === undefined ? -1 : known.length > 1 ? 1 - rank / (known.length - 1) : 1;
    });
  }

  private isRecord(id: number, several: boolean): boolean {
    const { kinds, vectors, violations } = this.observations;
    if (kinds[id] !== KNOWN) return false;
    const own = vectors[id];
    for (let other = 0; other < id; other++) {
      if (kinds[other] !== KNOWN) continue;
      if (!several || violations[other] !== violations[id]) {
        if (this.compare(other, id) <= 0) return false;
      } else if (vectors[other]!.every((x, k) => x <= own![k]!)) return false;
    }
    return true;
  }

  /** Compares two trials: below 0 if a is better. With several objectives it only looks at the constraints. */
  private compare(a: number, b: number): number {
    const { losses, violations } = this.observations;
    if (violations[a] !== violations[b]) return violations[a]! < violations[b]! ? -1 : 1;
    const [x, y] = [losses[a]!, losses[b]!];
    return x === y || Number.isNaN(x) ? 0 : x < y ? -1 : 1;
  }
}

function rewardOf(place: number, isRecord: boolean): number {
  if (place < 0) return 0;
  let good = 1;
  for (let i = 0; i < STEEP; i++) good *= place;
  return 0.5 * good + (isRecord ? 0.5 : 0);
}
