/** Schema and normal form of meta-learning: starting weights from which few examples of a new task are learned. */
import { z } from 'zod';
import { number, oneOf, whole, type Kit } from '../kit.js';
import type { NetworkProblem } from '../problems.js';

export const META_METHODS = ['reptile', 'maml'] as const;
export const INNER_OPTIMIZERS = ['sgd', 'adam'] as const;

export interface MetaSettings {
  method: (typeof META_METHODS)[number];
  /** Classes of a task; null: the tasks are groups of rows. */
  ways: number | null;
  /** Examples of each class, or of a group, that a task is learned from. */
  shots: number;
  /** Other examples of each class, or of a group, on which what was learned is evaluated. */
  queries: number;
  /** Training of one task. */
  inner: { optimizer: (typeof INNER_OPTIMIZERS)[number]; rate: number; steps: number };
  /** Tasks whose results are averaged for one step of the starting weights. */
  tasks: number;
  /** Steps of the starting weights in an epoch. */
  steps: number;
  /** Tasks that only the evaluation sees. */
  unseen: {
    /** Names of the classes or groups that only these tasks have, or how many; null: a fifth, enough for one task. */
    from: (string | number)[] | number | null;
    tasks: number;
    /** Inner steps on each of them. */
    steps: number;
  };
}

export function metaSchema({ p, optional }: Kit) {
  const name = z.union([z.string(), z.number()]);
  return z.strictObject(
    {
      method: optional(oneOf('method', META_METHODS)).describe(
        'reptile (the default): the starting weights move towards those that each task leads to. maml: they follow the gradient after the inner steps, of first order.',
      ),
      ways: optional(whole('ways', 2)).describe(
        'Classes of a task, drawn from the data’s. Default: 5. Not for tables with a `group` column, where each group is a task.',
      ),
      shots: optional(whole('shots')).describe(
        'Examples of each class (of a group) that a task is learned from. Default: 5.',
      ),
      queries: optional(whole('queries')).describe(
        'Other examples of each class (of a group) on which what was learned is evaluated. Default: 15.',
      ),
      inner: z
        .strictObject({
          optimizer: optional(oneOf('optimizer', INNER_OPTIMIZERS)).describe('sgd (the default) or adam.'),
          rate: optional(number('rate').positive('rate must be above 0')).describe(
            'Learning rate of the inner steps. Default: 0.05; adam: 0.001.',
          ),
          steps: optional(whole('steps').max(1000, 'steps must be at most 1000')).describe(
            'Inner steps on each task. Default: 5.',
          ),
        })
        .nullish()
        .describe('Training of one task. The optimizer of the section moves the starting weights.'),
      tasks: optional(whole('tasks')).describe('Tasks for one step of the starting weights. Default: 4.'),
      steps: optional(whole('steps')).describe('Steps of the starting weights in an epoch. Default: 100.'),
      unseen: z
        .strictObject({
          from: z
            .union([p(whole('from')), z.array(name).min(1, 'from must name at least one')], {
              error: 'from must be a number of classes or groups, or a list of their names',
            })
            .nullish()
            .describe('Classes (groups) that only the evaluation sees: a number or names. Default: a fifth of them.'),
          tasks: optional(whole('tasks')).describe('Tasks of the evaluation. Default: 50.'),
          steps: optional(whole('steps').max(1000, 'steps must be at most 1000')).describe(
            'Inner steps on each of them. Default: as in training.',
          ),
        })
        .nullish()
        .describe('New tasks, on which `val/…` is measured after every epoch.'),
    },
    { error: 'meta must be a group of settings, such as { method: reptile, ways: 5, shots: 1 }' },
  );
}
export type WrittenMeta = z.output<ReturnType<typeof metaSchema>>;

export function normalizeMeta(written: WrittenMeta | null | undefined, hasGroups: boolean): MetaSettings | null {
  if (!written) return null;
  const { inner, unseen } = written;
  const optimizer = inner?.optimizer ?? 'sgd';
  const steps = inner?.steps ?? 5;
  return {
    method: written.method ?? 'reptile',
    ways: written.ways ?? (hasGroups ? null : 5),
    shots: written.shots ?? 5,
    queries: written.queries ?? 15,
    inner: { optimizer, rate: inner?.rate ?? (optimizer === 'adam' ? 0.001 : 0.05), steps },
    tasks: written.tasks ?? 4,
    steps: written.steps ?? 100,
    unseen: { from: unseen?.from ?? null, tasks: unseen?.tasks ?? 50, steps: unseen?.steps ?? steps },
  };
}

/** Settings of the section that meta-learning depends on. */
interface Around {
  meta: MetaSettings | null;
  data: { kind: string; group?: string | null };
  loss: { name: string; classWeights?: unknown };
  folds: number | null;
  workers: number;
  accumulate: number;
  mixup: number;
  diagnostics: boolean;
  test: number | null;
  constraints: readonly unknown[];
  [other: string]: unknown;
}

/** Keys that say how one network is trained on all examples. */
const OTHERS = [
  'federated',
  'hypergradient',
  'distil',
  'freeze',
  'augment',
  'architecture',
  ...(['prune', 'decompose', 'transform', 'quantise'] as const),
];
const NUMBERS = ['mse', 'mae', 'huber'];

/** Returns why the section's training can't be meta-learning, or null. */
export function metaProblem(network: Around): NetworkProblem | null {
  const { meta, data } = network;
  if (!meta) return null;
  const wrong = (message: string, ...path: string[]) => ({ path: ['meta', ...path], message });
  const other =
    OTHERS.find((key) => network[key] !== null && network[key] !== undefined) ??
    (network.constraints.length > 0 ? 'constraint' : null) ??
    (network.mixup > 0 ? 'mixup' : null) ??
    (network.diagnostics ? 'diagnostics' : null) ??
    (network.test !== null ? 'test' : null) ??
    (network.folds !== null ? 'folds' : null);
  if (other) return wrong(`meta learns from many small tasks and can’t be combined with ${other}: remove one of them`);
  if (network.workers > 1) return wrong('meta needs one worker: remove workers');
  if (network.accumulate > 1) return wrong('meta averages over tasks: remove accumulate and set meta.tasks');
  if (network.loss.classWeights) return wrong('the classes of a task are drawn anew each time: remove classWeights');
  const hasGroups = (data.group ?? null) !== null;
  if (hasGroups && meta.ways !== null) {
    return wrong('each group of the table is a task: remove ways, or "group" from the data', 'ways');
  }
  if (!hasGroups && NUMBERS.includes(network.loss.name)) {
    return wrong('tasks with numbers to predict are groups of rows: add "group: COLUMN" to the data');
  }
  return null;
}
