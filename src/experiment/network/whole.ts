/** Checks of the `network:` section that concern several keys at once. */
import type { NetworkProblem } from './problems.js';

/** The keys that are checked together; null and undefined both mean that a key is absent. */
interface WrittenNetwork {
  data: unknown;
  layers?: unknown;
  from?: unknown;
  body?: unknown;
  architecture?: unknown;
  loss?: unknown;
  folds?: number | null | undefined;
  fold?: number | null | undefined;
  validation?: number | null | undefined;
  prune?: { remove?: number | null | undefined } | null | undefined;
  decompose?: unknown;
  quantise?: unknown;
  transform?: Record<string, unknown> | null | undefined;
  hypergradient?: unknown;
  federated?: unknown;
  distil?: unknown;
  workers?: number | null | undefined;
  epochs?: number | undefined;
}

/** Only tables have a default network, and only a trained network brings its own. */
export function layersProblem({
  data,
  layers,
  from,
  body,
  architecture,
}: Pick<WrittenNetwork, 'data' | 'layers' | 'from' | 'body' | 'architecture'>): NetworkProblem | null {
  if (layers && body) return { path: ['body'], message: 'body replaces layers: remove "layers" or "body"' };
  const other = (['layers', 'from', 'body'] as const).find((key) => Boolean({ layers, from, body }[key]));
  if (architecture && other) {
    return {
      path: ['architecture'],
      message: `architecture replaces the network: remove "${other}" or "architecture"`,
    };
  }
  if (layers || from || body || architecture || (typeof data === 'object' && data !== null && 'csv' in data))
    return null;
  return { path: ['layers'], message: 'layers is missing' };
}

export function foldsProblem({ folds = null, fold = null, validation = null }: WrittenNetwork): NetworkProblem | null {
  if (folds !== null && validation !== null) {
    return {
      path: ['validation'],
      message: 'folds already are the validation examples: remove "validation" or "folds"',
    };
  }
  if (fold === null) return null;
  if (folds === null) return { path: ['fold'], message: 'fold needs the number of folds, such as folds: 5' };
  return fold > folds ? { path: ['fold'], message: `fold must be from 1 to ${folds}, the number of folds` } : null;
}

/** Checks of what is done to a trained network: factors, parts, pruning, quantisation, transformations. */
export function reshapeProblem(network: WrittenNetwork): NetworkProblem | null {
  const { prune, folds = null, workers, epochs, transform, from } = network;
  const inserts = transform?.normalise || transform?.whiten;
  const keys = (['prune', 'decompose', 'quantise'] as const).filter((key) => network[key]);
  const key = keys[0] ?? (inserts ? 'transform' : null);
  const joins = typeof from === 'object' && from !== null && 'join' in from;
  if (epochs === 0 && key === null && !joins) return { path: ['epochs'], message: 'epochs must be at least 1' };
  if (transform && !inserts) return trainedProblem(network);
  if (key === null) return null;
  if (folds !== null) return { path: [key], message: `${key} is for a single network: remove "folds" or "${key}"` };
  if ((workers ?? 1) > 1) return { path: [key], message: `${key} needs workers: 1` };
  const two = [...keys, ...(inserts ? ['transform'] : [])].filter((one) => one !== 'prune');
  if (two.length > 1) {
    return {
      path: [two[1]!],
      message: `"${two[1]}" can't be combined with "${two[0]}": make them stages of a pipeline`,
    };
  }
  if (network.quantise && prune) {
    return {
      path: ['quantise'],
      message: 'the weights would be rounded before they are pruned: make them stages of a pipeline',
    };
  }
  return null;
}

/** The transformations that are trainings of their own kind. */
function trainedProblem({
  transform,
  workers,
  hypergradient,
  federated,
  distil,
}: WrittenNetwork): NetworkProblem | null {
  const kind = transform!.local ? 'local' : 'smooth';
  const problem = (message: string) => ({ path: ['transform', kind], message });
  if ((workers ?? 1) > 1) return problem(`${kind} needs workers: 1`);
  if (hypergradient) return problem(`${kind} can't be combined with "hypergradient"`);
  if (kind === 'local' && federated) return problem('local can\'t be combined with "federated"');
  if (kind === 'local' && distil) return problem('local can\'t be combined with "distil"');
  return null;
}

/** Only the layers that follow the data have a default loss. */
export function lossProblem({ loss, body }: Pick<WrittenNetwork, 'loss' | 'body'>): NetworkProblem | null {
  return loss === undefined && !body ? { path: ['loss'], message: 'loss is missing' } : null;
}

/** The same for a section whose shape is wrong elsewhere. */
export function missingLoss(section: unknown): NetworkProblem[] {
  if (typeof section !== 'object' || section === null) return [];
  return [lossProblem(section as { loss?: unknown; body?: unknown })].filter((problem) => problem !== null);
}
