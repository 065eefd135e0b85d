/** Schema and normal form of low-rank factors for the kernels of a trained network. */
import { z } from 'zod';
import { number, whole, type Kit } from './kit.js';

export interface DecomposeSettings {
  /** Bound that each kernel's factors satisfy with the least rank. */
  by: 'rank' | 'energy' | 'error';
  /**
   * Rank: below 1 a share of the full rank, else the largest rank. Energy: share of the squared singular values that is
   * kept. Error: largest relative error ‖W − AB‖_F / ‖W‖_F.
   */
  bound: number;
  /** Epochs of retraining after the kernels were replaced. */
  retrain: number;
}

const BOUNDS = ['rank', 'energy', 'error'] as const;
const given = (written: Partial<Record<(typeof BOUNDS)[number], unknown>>) =>
  BOUNDS.filter((key) => written[key] !== undefined && written[key] !== null);

export function decomposeSchema({ optional }: Kit) {
  const share = (what: string) =>
    optional(number(what).gt(0, `${what} must be above 0`).lt(1, `${what} must be below 1`));
  return z
    .strictObject(
      {
        rank: optional(number('rank').positive('rank must be above 0')).describe(
          'Rank of the factors: below 1 a share of the full rank, else the largest rank.',
        ),
        energy: share('energy').describe('Share of the squared singular values that the factors keep, such as 0.9.'),
        error: share('error').describe('Largest relative error of a kernel in the Frobenius norm, such as 0.2.'),
        retrain: optional(whole('retrain', 0)).describe('Epochs of retraining afterwards. Default: 1.'),
      },
      { error: 'decompose must be a group of settings, such as { energy: 0.9, retrain: 2 }' },
    )
    .superRefine((written, context) => {
      if (given(written).length === 1) return;
      const message = 'decompose needs one of rank, energy and error, such as { energy: 0.9 }';
      context.addIssue({ code: 'custom', message });
    });
}
export type WrittenDecompose = z.output<ReturnType<typeof decomposeSchema>>;

export function normalizeDecompose(written: WrittenDecompose | null | undefined): DecomposeSettings | null {
  if (!written) return null;
  const by = given(written)[0]!;
  return { by, bound: written[by]!, retrain: written.retrain ?? 1 };
}
