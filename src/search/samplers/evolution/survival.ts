/**
 * Selects the trials with several objectives that survive. Trials that completed and met all constraints come first,
 * front by front; then the others as in standing.ts (Deb's constrained domination). The last front that does not fit is
 * cut:
 *
 * - NSGA-II keeps the points with the largest crowding distance. Deb, Pratap, Agarwal & Meyarivan (IEEE TEC 2002),
 *   section III.
 * - NSGA-III keeps those near the least populated reference directions. Deb & Jain, "An Evolutionary Many-Objective
 *   Optimization Algorithm Using Reference-Point-Based Nondominated Sorting Approach, Part I" (IEEE TEC 2014), section
 *   IV.
 */
import { crowdingDistances, nonDominatedSort } from '../../pareto/index.js';
import type { Random } from '../../types.js';
import { associate } from './niches.js';
import { compareStandings, COMPLETED, type Standing } from './standing.js';

/** Returns groups of indices, best first; members of a group don't dominate each other. */
export function frontsOf(standings: readonly Standing[]): number[][] {
  const good: number[] = [];
  const rest: number[] = [];
  for (const [i, { kind }] of standings.entries()) (kind === COMPLETED ? good : rest).push(i);
  const fronts = nonDominatedSort(good.map((i) => standings[i]!.losses)).map((front) => front.map((k) => good[k]!));
  rest.sort((a, b) => compareStandings(standings[a]!, standings[b]!) || a - b);
  for (const i of rest) {
    const last = fronts.at(-1)?.[0];
    const equal = last !== undefined && standings[last]!.kind !== COMPLETED && same(standings[last]!, standings[i]!);
    if (equal) fronts.at(-1)!.push(i);
    else fronts.push([i]);
  }
  return fronts;
}

/** Returns, for tournaments between parents, the front and the crowding distance of each index. */
export function rate(standings: readonly Standing[]): { front: Int32Array; crowding: Float64Array } {
  const front = new Int32Array(standings.length);
  const crowding = new Float64Array(standings.length);
  for (const [f, members] of frontsOf(standings).entries()) {
    const distances = distancesOf(members, standings);
    for (const [k, i] of members.entries()) [front[i], crowding[i]] = [f, distances[k]!];
  }
  return { front, crowding };
}

export function surviveByCrowding(standings: readonly Standing[], keep: number): number[] {
  return survive(standings, keep, (last, _chosen, room) => {
    const distances = distancesOf(last, standings);
    const order = [...last.keys()].sort((a, b) =>
      distances[a] === distances[b] ? a - b : distances[a]! > distances[b]! ? -1 : 1,
    );
    return order.slice(0, room).map((k) => last[k]!);
  });
}

export function surviveByNiche(
  standings: readonly Standing[],
  keep: number,
  directions: readonly Float64Array[],
  random: Random,
): number[] {
  return survive(standings, keep, (last, chosen, room) => {
    const losses = (i: number) => standings[i]!.losses;
    if (standings[last[0]!]!.kind !== COMPLETED) return last.slice(0, room);
    const { niche, distance } = associate([...chosen, ...last].map(losses), chosen.length || last.length, directions);
    const counts = new Int32Array(directions.length);
    for (let k = 0; k < chosen.length; k++) counts[niche[k]!]!++;
    const left = new Set(last.keys());
    const picked: number[] = [];
    while (picked.length < room) {
      // The least populated direction near one of them; ties are broken at random.
      let least = Infinity;
      let best: number[] = [];
      for (const k of left) {
        const own = niche[chosen.length + k]!;
        if (counts[own]! < least) [least, best] = [counts[own]!, [own]];
        else if (counts[own] === least && !best.includes(own)) best.push(own);
      }
      const direction = best[random.int(best.length)]!;
      const near = [...left].filter((k) => niche[chosen.length + k] === direction);
      let pick = near[random.int(near.length)]!;
      if (least === 0)
        for (const k of near) if (distance[chosen.length + k]! < distance[chosen.length + pick]!) pick = k;
      counts[direction]!++;
      left.delete(pick);
      picked.push(last[pick]!);
    }
    return picked;
  });
}

/** Keeps whole fronts as long as they fit; `fromLast` picks from the next one. The result is ascending. */
function survive(
  standings: readonly Standing[],
  keep: number,
  fromLast: (last: number[], chosen: number[], room: number) => number[],
): number[] {
  const chosen: number[] = [];
  for (const front of frontsOf(standings)) {
    const room = keep - chosen.length;
    if (room <= 0) break;
    chosen.push(...(front.length <= room ? front : fromLast(front, chosen, room)));
  }
  return chosen.sort((a, b) => a - b);
}

function distancesOf(members: readonly number[], standings: readonly Standing[]): Float64Array {
  if (standings[members[0]!]!.kind !== COMPLETED) return new Float64Array(members.length);
  return crowdingDistances(members.map((i) => standings[i]!.losses));
}

function same(a: Standing, b: Standing): boolean {
  return compareStandings(a, b) === 0;
}
