/** How well scores rank the examples of a class before the others; definitions as in scikit-learn's `metrics`. */

/** Area under the ROC curve and average precision; null when all or no examples are of the class. */
export interface Ranking {
  /** Probability that a random example of the class scores higher than one that is not; ties count half. */
  rocAuc: number;
  /** Σ (recallᵢ − recallᵢ₋₁) · precisionᵢ over all thresholds: the area under the precision-recall curve. */
  prAuc: number;
}

/** Computes both exactly. Examples with equal scores share a threshold. */
export function ranking(scores: Float64Array, positive: (example: number) => boolean): Ranking | null {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  let total = 0;
  for (let i = 0; i < scores.length; i++) if (positive(i)) total++;
  if (total === 0 || total === scores.length) return null;
  let [hits, seen, pairs, area] = [0, 0, 0, 0];
  for (let at = 0; at < order.length;) {
    let [found, end] = [0, at];
    for (; end < order.length && scores[order[end]!] === scores[order[at]!]; end++) if (positive(order[end]!)) found++;
    const others = end - at - found;
    pairs += others * (hits + found / 2);
    hits += found;
    seen = end;
    area += (found / total) * (hits / seen);
    at = end;
  }
  return { rocAuc: pairs / (total * (scores.length - total)), prAuc: area };
}

/** Mean over the classes of each class against the others; of two classes, that of the second. Null: none counts. */
export function macroRanking(
  scoresOf: (code: number) => Float64Array,
  classes: number,
  truth: (example: number) => number,
): Ranking | null {
  const codes = classes === 2 ? [1] : Array.from({ length: classes }, (_, code) => code);
  const found = codes
    .map((code) => ranking(scoresOf(code), (example) => truth(example) === code))
    .filter((one) => one !== null);
  if (found.length === 0) return null;
  const mean = (key: keyof Ranking): number => found.reduce((sum, one) => sum + one[key], 0) / found.length;
  return { rocAuc: mean('rocAuc'), prAuc: mean('prAuc') };
}
