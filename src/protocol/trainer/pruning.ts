/** Names of the metrics and facts that pruning logs; one point per round, the first for the network before pruning. */
export const PRUNING = {
  /** Number of weights, of multiply-adds for one example, and the time of one example in microseconds. */
  weights: 'pruned/weights',
  multiplyAdds: 'pruned/multiply_adds',
  microseconds: 'pruned/microseconds',
  /** Parts removed so far. */
  removed: 'pruned/removed',
  /** Accuracy (for numbers, loss) on the validation examples right after parts were removed, and after retraining. */
  cut: 'pruned/before_retraining',
  retrained: 'pruned/after_retraining',
  /** The last value, logged once at the end; weights left as a share; how many times as fast one example is. */
  final: 'pruned/final',
  share: 'pruned/share',
  speedUp: 'pruned/speed_up',
  /** `info[by]` is the importance, `info[value]` the metric that the two above are. */
  by: 'pruned_by',
  value: 'pruned_value',
} as const;
