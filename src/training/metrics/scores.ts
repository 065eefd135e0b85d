/** Precision, recall and F1 (van Rijsbergen, "Information Retrieval", 1979, chapter 7; F with equal weights). */

export interface Scores {
  /** Of what was taken for this class, how much was of it. */
  precision: number;
  /** Of what is of this class, how much was found. */
  recall: number;
  /** Harmonic mean of the two. */
  f1: number;
}

/** What one class has to do with the examples. */
export interface ClassCounts {
  /** Examples of the class that were taken for it. */
  hits: number;
  /** Examples that were taken for it. */
  predicted: number;
  /** Examples of the class. */
  actual: number;
}

/** Where nothing was predicted or nothing is there, 0. Null for a class that has nothing to do with the examples. */
export function scoresOf({ hits, predicted, actual }: ClassCounts): Scores | null {
  if (predicted + actual === 0) return null;
  return {
    precision: predicted > 0 ? hits / predicted : 0,
    recall: actual > 0 ? hits / actual : 0,
    f1: (2 * hits) / (predicted + actual),
  };
}

/** Every class counts the same, however rare it is; one that has nothing to do with the examples does not count. */
export function macroMean(scores: readonly (Scores | null)[]): Scores {
  const present = scores.filter((one) => one !== null);
  const mean = (key: keyof Scores): number => present.reduce((sum, one) => sum + one[key], 0) / present.length;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}
