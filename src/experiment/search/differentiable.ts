/** Parameters of a `network:` section that gradients can tune while it trains. */
import { hasEntry } from '../../protocol/values/records.js';
import type { Tunable } from '../network/index.js';
import type { Experiment, Named } from '../types.js';

export interface Differentiable {
  /** Name of the parameter. */
  name: string;
  tunes: Tunable;
  /** Metric that has its value. */
  metric: string;
  /** True if the metric is a factor of the value that the trial began with. */
  isFactor: boolean;
}

/** Settings of the augmentation whose common strength is tuned. */
const STRENGTHS = ['shift', 'rotate', 'scale', 'brightness', 'noise'];

/** Returns the parameters that stand alone where a setting with a gradient is, in the order of the section. */
export function differentiableOf(network: unknown): Differentiable[] {
  const found = new Map<string, Differentiable>();
  const visit = (value: unknown, path: string[]): void => {
    if (typeof value === 'string') {
      const name = /^\{([A-Za-z_][\w.\-/]*)\}$/.exec(value)?.[1];
      const kind = name === undefined ? null : kindAt(path);
      if (kind) found.set(name!, { name: name!, ...kind });
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) visit(inner, [...path, key]);
    }
  };
  visit(network, []);
  return [...found.values()];
}

function kindAt(path: readonly string[]): Omit<Differentiable, 'name'> | null {
  const plain = (tunes: Tunable, metric: string) => ({ tunes, metric, isFactor: false });
  const [section, key, inner] = path;
  if (path.length === 3 && section === 'loss' && key === 'classWeights')
    return plain('classWeights', `hyper/class_weight/${inner!}`);
  switch (path.join('.')) {
    case 'optimizer.learningRate':
      return plain('learningRate', 'hyper/learning_rate');
    case 'optimizer.weightDecay':
      return plain('weightDecay', 'hyper/weight_decay');
    case 'loss.labelSmoothing':
      return plain('labelSmoothing', 'hyper/label_smoothing');
  }
  const isStrength = path.length === 2 && section === 'augment' && STRENGTHS.includes(key!);
  return isStrength ? { tunes: 'augment', metric: 'hyper/augment', isFactor: true } : null;
}

/** Returns the sampler with the parameters that its trials tune, if it leaves some to gradients and names none. */
export function withTuned(
  sampler: Named,
  { program, search }: { program: Experiment['program']; search: { space: Record<string, unknown> } | null },
): Named {
  const given = typeof sampler === 'string' ? { name: sampler } : sampler;
  if (given.name !== 'hypergradient' || 'tuned' in given || program.kind !== 'network') return sampler;
  const names = differentiableOf(program.value).map(({ name }) => name);
  return { ...given, tuned: names.filter((name) => hasEntry(search?.space ?? {}, name)) };
}

/** Returns the settings that a trial tunes by gradients, for its `hypergradient`; empty: none. */
export function tunedBy(experiment: Pick<Experiment, 'program' | 'search'>): Tunable[] {
  const { search, program } = experiment;
  const sampler = search && withTuned(search.sampler, experiment);
  if (!sampler || typeof sampler === 'string' || sampler.name !== 'hypergradient' || program.kind !== 'network')
    return [];
  const names = (sampler as { tuned?: string[] }).tuned ?? [];
  const found = differentiableOf(program.value).filter(({ name }) => names.includes(name));
  return [...new Set(found.map(({ tunes }) => tunes))];
}
