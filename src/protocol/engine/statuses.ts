/** The states of runs as plain lists, for the panel, which has no schemas. */

/** In the order in which lists show them. */
export const RUN_STATUSES = [
  'queued',
  'starting',
  'running',
  'paused',
  'stopping',
  /** Running on another host: only its files are visible here. */
  'elsewhere',
  'completed',
  'failed',
  'stopped',
  'pruned',
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const LIVE_STATUSES: readonly RunStatus[] = ['queued', 'starting', 'running', 'paused', 'stopping', 'elsewhere'];
export const ENDED_STATUSES: readonly RunStatus[] = RUN_STATUSES.filter((status) => !LIVE_STATUSES.includes(status));
