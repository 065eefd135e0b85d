/** Precision, recall and F1 (van Rijsbergen, "Information Retrieval", 1979, chapter 7; F with equal weights). */

export interface Scores {
  /** Precision: the share of predictions of this class that are correct. */
  precision: number;
  /** Recall: the share of this class's examples that are predicted as such. */
  recall: number;
  /** Harmonic mean of precision and recall. */
  f1: number;
}

/** Counts for one class. */
export interface ClassCounts {
  /** True positives. */
  hits: number;
  /** Examples predicted as this class. */
  predicted: number;
  /** Examples of this class. */
  actual: number;
}

/**
 * Computes the scores; a ratio with an empty denominator is 0. Returns null for a class that is neither present nor
 * predicted.
 */
export function scoresOf({ hits, predicted, actual }: ClassCounts): Scores | null {
  if (predicted + actual === 0) return null;
  return {
    precision: predicted > 0 ? hits / predicted : 0,
    recall: actual > 0 ? hits / actual : 0,
    f1: (2 * hits) / (predicted + actual),
  };
}

/**
 * Averages over classes with equal weight, however rare they are; skips classes that are neither present nor predicted.
 */
export function macroMean(scores: readonly (Scores | null)[]): Scores {
  const present = scores.filter((one) => one !== null);
  const mean = (key: keyof Scores): number => present.reduce((sum, one) => sum + one[key], 0) / present.length;
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}
