/** Names of the metrics, with one point per step, and of the facts. Rates that could not be determined are null. */
export const RANGE = {
  rate: 'learning_rate',
  loss: 'loss',
  smoothed: 'smoothed_loss',
  /** `info[kind]` is `lr-range` in runs that are tests. */
  kind: 'kind',
  is: 'lr-range',
  suggestion: 'lr_suggestion',
  steepest: 'lr_steepest',
  minimum: 'lr_minimum',
} as const;
