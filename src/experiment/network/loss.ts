/** Losses: how they are written, and their normal form. */
import { oneOf, type Kit } from './kit.js';

export const LOSSES = ['crossEntropy', 'mse'] as const;
export type LossName = (typeof LOSSES)[number];

export function lossSchema({ p }: Kit) {
  return p(oneOf('loss', LOSSES));
}
