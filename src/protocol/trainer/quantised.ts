/** Names of the metrics that quantisation logs. */
export const QUANTISED = {
  /** Relative error of all weights together, in the Frobenius norm. */
  error: 'quantised/error',
  /** Bytes of the weights, and their share of those before. */
  bytes: 'quantised/bytes',
  share: 'quantised/share',
} as const;
