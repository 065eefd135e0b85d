/** Parts of a run's page. */
export const RUN_SECTIONS = ['overview', 'charts', 'media', 'log', 'system', 'code', 'environment', 'files'] as const;
export type RunSection = (typeof RUN_SECTIONS)[number];
/** Runs that are compared side by side at most. */
export const MOST_COMPARED = 20;
