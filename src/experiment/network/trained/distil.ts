/** Schema and normal form of knowledge distillation. */
import { z } from 'zod';
import { normalizeTrained, trainedFields, trainedProblem, type TrainedSource } from './from.js';
import { number, oneOf, path, type Kit } from '../kit.js';
import type { LayerName } from './freeze.js';
import type { NetworkProblem } from '../problems.js';

/** Distances between the mappings of student and teacher. */
export const DISTANCES = ['logits', 'probabilities', 'features', 'kl'] as const;

export interface DistilSettings {
  /** Trained network that teaches. */
  source: TrainedSource;
  /** Weight α of the distance; the loss on the targets has 1 − α. */
  alpha: number;
  distance: (typeof DISTANCES)[number];
  /** Temperature T of the softmax, for `kl` and `probabilities`. */
  temperature: number;
  /** Layers whose outputs are matched, for `features`; null: the layers before the last ones with weights. */
  features: { student: LayerName; teacher: LayerName } | null;
}

export function distilSchema(kit: Kit) {
  const { p, optional } = kit;
  const layer = z.union([z.number().int(), z.string().min(1).max(200)], {
    error: 'a layer is named by its number or a name such as 2.conv',
  });
  const teacher = z.union([p(path('teacher')), z.strictObject(trainedFields(kit))], {
    error: (issue) =>
      issue.input === undefined
        ? 'teacher is missing: name a run or a file, such as teacher: { run: ID }'
        : 'teacher must be a file, or one of { run: ID }, { best: true, experiment: NAME }, { file: PATH }',
  });
  return z.strictObject(
    {
      teacher: teacher.describe('Trained network that teaches: a run or a file, as in `from`.'),
      alpha: optional(number('alpha').min(0, 'alpha must be at least 0').max(1, 'alpha must be at most 1')).describe(
        'Weight α of the distance: the loss is (1 − α)·loss + α·distance. Default: 0.5.',
      ),
      distance: optional(oneOf('distance', DISTANCES)).describe(
        '`logits` (the default), `probabilities`: mean squared distance of the outputs; `kl`: divergence at a temperature; `features`: outputs of a hidden layer.',
      ),
      temperature: optional(number('temperature').positive('temperature must be above 0')).describe(
        'Temperature of the softmax, for `kl` and `probabilities`. Default: 4 for `kl`, else 1.',
      ),
      features: z
        .strictObject({ student: p(layer), teacher: p(layer) })
        .nullish()
        .describe('Layers whose outputs `features` compares. Default: those before the last layers with weights.'),
    },
    { error: 'distil must be a group of settings, such as { teacher: { run: ID }, alpha: 0.5 }' },
  );
}
export type WrittenDistil = z.output<ReturnType<typeof distilSchema>>;

export function distilProblem(written: WrittenDistil | null | undefined): NetworkProblem | null {
  if (!written || typeof written.teacher === 'string') return null;
  return trainedProblem(written.teacher, ['distil', 'teacher']);
}

export function normalizeDistil(written: WrittenDistil | null | undefined): DistilSettings | null {
  if (!written) return null;
  const { teacher, alpha, distance, temperature, features } = written;
  const how = distance ?? 'logits';
  return {
    source: normalizeTrained(typeof teacher === 'string' ? { file: teacher } : teacher),
    alpha: alpha ?? 0.5,
    distance: how,
    temperature: temperature ?? (how === 'kl' ? 4 : 1),
    features: features ?? null,
  };
}
