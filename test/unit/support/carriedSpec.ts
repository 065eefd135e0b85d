/** The run.json of a run that a folder carries, and that nobody has asked for here. */

/** `marker`: file that the run's program would write if it ever started. */
export const carriedSpec = (id: string, marker: string, more: object = {}): object => ({
  ...{ version: 1, id, experiment: 'e', file: null, search: null, trial: null, params: {}, cwd: '.', env: {}, seed: 1 },
  argv: ['node', '-e', `require('fs').writeFileSync(${JSON.stringify(marker)}, '')`],
  ...{ objective: null, createdAt: 1, stopGrace: 1, ...more },
});
