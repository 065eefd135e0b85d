/** Ten small tuning tasks on the penguins: what is learnt, and what makes it hard. */
export interface Task {
  name: string;
  /** Arguments of `train.mjs` that both agents leave as they are. */
  fixed: Record<string, string | number>;
}

const task = (name: string, target: string, more: Task['fixed'] = {}): Task => ({
  name,
  fixed: { target, epochs: 200, ...more },
});

export const TASKS: readonly Task[] = [
  task('species, a fifth mislabelled', 'species', { noise: 0.2 }),
  task('sex', 'sex'),
  task('island', 'island'),
  task('body mass', 'body_mass_g'),
  task('flipper length', 'flipper_length_mm'),
  task('bill length', 'bill_length_mm'),
  task('bill depth', 'bill_depth_mm'),
  task('species, 40 examples', 'species', { examples: 40 }),
  task('sex, a fifth mislabelled', 'sex', { noise: 0.2 }),
  task('body mass, 60 examples', 'body_mass_g', { examples: 60 }),
];

/** Ranges of the four values that are tuned, from and to; `log`: drawn by their logarithm. */
export const RANGES = {
  lr: { from: 1e-4, to: 0.3, log: true, whole: false },
  width: { from: 4, to: 64, log: true, whole: true },
  l2: { from: 1e-6, to: 0.03, log: true, whole: false },
  momentum: { from: 0, to: 0.95, log: false, whole: false },
} as const;
export type Values = Record<keyof typeof RANGES, number>;

/** Values that the file has before anybody tunes. */
export const DEFAULTS: Values = { lr: 0.001, width: 8, l2: 0, momentum: 0 };
/** Seeds that no trial has used: the result is the mean over them. */
export const FRESH = [101, 102, 103];

export function experimentOf({ name, fixed }: Task, trials: number, seed: number): string {
  const options = Object.entries(fixed).flatMap(([key, value]) => [`--${key}`, String(value)]);
  const tuned = Object.keys(RANGES).flatMap((key) => [`--${key}`, `{${key}}`]);
  const space = Object.entries(RANGES).map(([key, { from, to, log, whole }]) => {
    const kind = whole ? `logInt: [${from}, ${to}]` : `${log ? 'log' : 'uniform'}: [${from}, ${to}]`;
    return `    ${key}: { ${kind} }`;
  });
  return [
    `name: ${JSON.stringify(name)}`,
    `run: ${JSON.stringify(['node', 'train.mjs', ...options, ...tuned, '--seed', '{seed}'])}`,
    'params:',
    ...Object.entries(DEFAULTS).map(([key, value]) => `  ${key}: ${value}`),
    'objective: { metric: val_loss, goal: minimize }',
    'search:',
    `  trials: ${trials}`,
    '  parallel: 2',
    `  seed: ${seed}`,
    '  space:',
    ...space,
    '',
  ].join('\n');
}
