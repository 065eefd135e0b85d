/** Trials with their weights in a Parzen estimator. */
export interface Weighed {
  /** Trials. */
  rows: Int32Array;
  weights: Float64Array;
}
