/** Chooses the least important parts. */
import type { Units } from './units.js';

/** Returns how many of `total` parts are removed by the end of a round, counted from 1. */
export function removedBy(round: number, rounds: number, remove: number, total: number): number {
  const share = Math.min(1, remove < 1 ? remove : remove / total);
  // Each round removes the same share of what remains.
  return Math.min(total, Math.round(total * (1 - (1 - share) ** (round / rounds))));
}

/** Returns the `count` least important units among `candidates` (all by default); each layer keeps at least one. */
export function leastUnits(
  scores: Float64Array,
  units: Units,
  count: number,
  scope: 'network' | 'layer',
  candidates?: ReadonlySet<number>,
): ReadonlySet<number> {
  const left = [...units.made.values()].map((made) => ({ made, count: made.length }));
  const layersOf = Array.from({ length: units.count }, (): number[] => []);
  left.forEach(({ made }, layer) => {
    for (const unit of made) if (unit >= 0 && !layersOf[unit]!.includes(layer)) layersOf[unit]!.push(layer);
  });
  const removed = new Set<number>();
  const remove = (unit: number): boolean => {
    // A layer may make a unit that a recurrent block repeats; it counts once for each index that it owns.
    const costs = layersOf[unit]!.map((layer) => ({
      layer: left[layer]!,
      of: left[layer]!.made.reduce((sum, one) => sum + (one === unit ? 1 : 0), 0),
    }));
    if (costs.some(({ layer, of }) => layer.count - of < 1)) return false;
    for (const { layer, of } of costs) layer.count -= of;
    removed.add(unit);
    return true;
  };
  const rank = (some: readonly number[]): number[] => [...some].sort((a, b) => scores[a]! - scores[b]! || a - b);
  const all = Array.from({ length: units.count }, (_, unit) => unit).filter((unit) => candidates?.has(unit) ?? true);
  if (scope === 'network') {
    for (const unit of rank(all)) if (removed.size < count) remove(unit);
    return removed;
  }
  const groups = new Map<string, number[]>();
  for (const unit of all) {
    const key = layersOf[unit]!.join();
    groups.set(key, [...(groups.get(key) ?? []), unit]);
  }
  for (const group of groups.values()) {
    const wanted = removed.size + Math.round((group.length * count) / all.length);
    for (const unit of rank(group)) if (removed.size < wanted) remove(unit);
  }
  return removed;
}

/** Returns the `count` least important layers. */
export function leastLayers(scores: Float64Array, removable: readonly number[], count: number): ReadonlySet<number> {
  const ranked = removable.map((layer, i) => ({ layer, score: scores[i]! }));
  ranked.sort((a, b) => a.score - b.score || a.layer - b.layer);
  return new Set(ranked.slice(0, count).map(({ layer }) => layer));
}
