/** Schema and normal form of quantised weights: whole numbers of few bits, times a scale. */
import { z } from 'zod';
import { oneOf, whole, type Kit } from '../kit.js';

export const QUANTISE_SCOPES = ['channel', 'layer'] as const;

export interface QuantiseSettings {
  /** Bits of each weight, its sign included. */
  bits: number;
  /** `channel`: each output of a kernel has its own scale; `layer`: the whole kernel has one. */
  per: (typeof QUANTISE_SCOPES)[number];
}

export function quantiseSchema({ optional }: Kit) {
  return z.strictObject(
    {
      bits: optional(whole('bits', 2).max(8, 'bits must be at most 8')).describe(
        'Bits of each weight, from 2 to 8. Each is stored in one byte. Default: 8.',
      ),
      per: optional(oneOf('scope', QUANTISE_SCOPES)).describe(
        'channel (the default): each output of a kernel has its own scale. layer: the whole kernel has one.',
      ),
    },
    { error: 'quantise must be a group of settings, such as { bits: 8 }' },
  );
}
export type WrittenQuantise = z.output<ReturnType<typeof quantiseSchema>>;

export function normalizeQuantise(written: WrittenQuantise | null | undefined): QuantiseSettings | null {
  return written ? { bits: written.bits ?? 8, per: written.per ?? 'channel' } : null;
}
