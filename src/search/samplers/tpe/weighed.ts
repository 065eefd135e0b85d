/** Trials with their weights in a Parzen estimator. */
export interface Weighed {
  /** Ids of the trials. */
  rows: Int32Array;
  weights: Float64Array;
}
