/** The columns that a patch sets as they are, and those it sets as JSON. */
export const PLAIN = {
  status: 'status',
  name: 'name',
  note: 'note',
  device: 'device',
  startedAt: 'started_at',
  endedAt: 'ended_at',
  ran: 'ran',
  exitCode: 'exit_code',
  signal: 'signal',
  objectiveMetric: 'objective_metric',
  objectiveGoal: 'objective_goal',
} as const;
export const AS_JSON = { error: 'error', progress: 'progress' } as const;
