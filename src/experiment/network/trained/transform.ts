/** Schema and normal form of transformations: how a mapping is smoothed, its inputs are normalised, or its parts are trained. */
import { z } from 'zod';
import type { LayerName } from './freeze.js';
import { number, oneOf, whole, type Kit } from '../kit.js';

export const SMOOTHINGS = ['softplus', 'gaussian'] as const;
const TRANSFORMS = ['smooth', 'normalise', 'whiten', 'local'] as const;

/** ReLU is replaced by a smooth function of a width that shrinks from epoch to epoch. */
export interface SmoothSettings {
  by: (typeof SMOOTHINGS)[number];
  /** Width in the first and in the last epoch: a temperature, or the standard deviation of the Gaussian. */
  from: number;
  to: number;
}

/** Sub-mappings learn one by one, one per epoch, from targets for their own outputs. */
export interface LocalSettings {
  /** Steps on the squared distance from the local target, for each batch. */
  steps: number;
  /** Distance of the target from the output, as a multiple of the negative gradient. */
  rate: number;
}

export type TransformSettings =
  | ({ kind: 'smooth' } & SmoothSettings)
  | ({ kind: 'local' } & LocalSettings)
  | {
      kind: 'normalise' | 'whiten';
      /** Layers whose inputs change; null: all that can. */
      layers: LayerName[] | null;
      /** Epochs of retraining afterwards. */
      retrain: number;
    };

const given = (written: Partial<Record<(typeof TRANSFORMS)[number], unknown>>) =>
  TRANSFORMS.filter((key) => written[key] !== undefined && written[key] !== null);

export function transformSchema({ p, optional }: Kit) {
  const name = z.union([whole('a layer'), z.string().min(1, 'a layer needs a name').max(200)], {
    error: 'a layer is named by a number from 1 or a name such as 2.dense',
  });
  const layers = (what: string) =>
    z
      .union([z.literal('all'), z.array(p(name)).min(1, `${what} must name at least one layer`).max(1000)], {
        error: `${what} must be all, or a list of layers such as [2.dense]`,
      })
      .nullish();
  const positive = (what: string) => optional(number(what).positive(`${what} must be above 0`));
  return z
    .strictObject(
      {
        smooth: z
          .strictObject(
            {
              by: optional(oneOf('smoothing', SMOOTHINGS)).describe(
                'softplus (the default): τ·log(1 + exp(x/τ)). gaussian: ReLU convolved with a normal distribution of standard deviation τ.',
              ),
              from: positive('from').describe('Width τ in the first epoch. Default: 1.'),
              to: positive('to').describe('Width τ in the last epoch; afterwards it is ReLU again. Default: 0.05.'),
            },
            { error: 'smooth must be a group of settings, such as { from: 1, to: 0.05 }' },
          )
          .nullish()
          .describe('Trains with a smooth function in place of ReLU, whose width shrinks from epoch to epoch.'),
        normalise: layers('normalise').describe(
          'Gives the inputs of these layers mean 0 and variance 1 by a batch norm before each, without changing the mapping.',
        ),
        whiten: layers('whiten').describe(
          'Decorrelates the inputs of these layers by a linear layer before each, without changing the mapping.',
        ),
        local: z
          .strictObject(
            {
              steps: optional(whole('steps')).describe('Steps towards the local target for each batch. Default: 4.'),
              rate: positive('rate').describe(
                'Distance of the target from the output, in gradients of the loss. Default: 0.1.',
              ),
            },
            { error: 'local must be a group of settings, such as { steps: 4 }' },
          )
          .nullish()
          .describe('Trains one sub-mapping per epoch towards targets for its own outputs (block coordinate descent).'),
        retrain: optional(whole('retrain', 0)).describe(
          'normalise and whiten: epochs of training afterwards. Default: 1.',
        ),
      },
      { error: 'transform must be a group of settings, such as { smooth: { from: 1 } }' },
    )
    .superRefine((written, context) => {
      const kinds = given(written);
      const wrong = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path });
      if (kinds.length !== 1) {
        return wrong(`transform needs one of ${TRANSFORMS.join(', ')}, such as { smooth: { from: 1 } }`);
      }
      if (written.retrain !== undefined && written.retrain !== null && !/normalise|whiten/.test(kinds[0]!)) {
        wrong(`retrain is for normalise and whiten; ${kinds[0]} has the epochs of the network`, 'retrain');
      }
    });
}
export type WrittenTransform = z.output<ReturnType<typeof transformSchema>>;

export function normalizeTransform(written: WrittenTransform | null | undefined): TransformSettings | null {
  if (!written) return null;
  const { smooth, local, normalise, whiten } = written;
  if (smooth) {
    return { kind: 'smooth', by: smooth.by ?? 'softplus', from: smooth.from ?? 1, to: smooth.to ?? 0.05 };
  }
  if (local) return { kind: 'local', steps: local.steps ?? 4, rate: local.rate ?? 0.1 };
  const kind = whiten ? 'whiten' : 'normalise';
  const layers = (whiten ?? normalise)!;
  return { kind, layers: layers === 'all' ? null : layers, retrain: written.retrain ?? 1 };
}

/** True for the transformations that change the layers of a trained network. */
export const isReshaping = (
  transform: TransformSettings | null,
): transform is Extract<TransformSettings, { kind: 'normalise' | 'whiten' }> =>
  transform?.kind === 'normalise' || transform?.kind === 'whiten';
