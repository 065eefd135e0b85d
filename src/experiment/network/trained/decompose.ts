/** Schema and normal form of decompositions: low-rank factors of kernels, and named parts of a network. */
import { z } from 'zod';
import { record } from '../../../protocol/values/recordSchema.js';
import type { LayerName } from './freeze.js';
import { number, whole, type Kit } from '../kit.js';

/** A named sub-mapping: a number of consecutive layers. */
export interface Part {
  name: string;
  layers: number;
}

/** A part as it is written: its name and its last layer; null: the end of the network. */
export interface PartEnd {
  name: string;
  last: LayerName | null;
}

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
const KINDS = [...BOUNDS, 'parts'] as const;
const given = (written: Partial<Record<(typeof KINDS)[number], unknown>>) =>
  KINDS.filter((key) => written[key] !== undefined && written[key] !== null);

/** Names of parts become texts such as `stage.part`. */
const PART_NAME = /^[A-Za-z_][\w-]{0,63}$/;
/** Word for the end of the network. */
const END = 'end';

export function decomposeSchema({ p, optional }: Kit) {
  const last = z.union([whole('the last layer of a part'), z.string().min(1, 'a layer needs a name').max(200)], {
    error: 'a part is given by its last layer: a number from 1, a name such as 2.conv, or end',
  });
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
        retrain: optional(whole('retrain', 0)).describe(
          'Low-rank factors: epochs of retraining afterwards. Default: 1.',
        ),
        parts: record(p(last), {
          error: 'parts must name parts and their last layers: { features: 4.flatten, head: end }',
        })
          .nullish()
          .describe(
            'Splits the network into named sub-mappings, each given by its last layer (name, number from 1, or `end`). Later stages take one with `from: STAGE.PART`.',
          ),
      },
      { error: 'decompose must be a group of settings, such as { energy: 0.9, retrain: 2 }' },
    )
    .superRefine((written, context) => {
      const wrong = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path });
      if (given(written).length !== 1) {
        return wrong('decompose needs one of rank, energy, error and parts, such as { energy: 0.9 }');
      }
      const parts = Object.entries(written.parts ?? {});
      if (parts.length === 0) return written.parts ? wrong('parts must name at least two parts', 'parts') : undefined;
      if (written.retrain !== undefined && written.retrain !== null) {
        wrong('retrain is for low-rank factors: naming parts changes no weights', 'retrain');
      }
      const odd = parts.find(([name]) => !PART_NAME.test(name));
      if (odd) wrong('the name of a part consists of letters, digits, "_" and "-"', 'parts', odd[0]);
      if (parts.length < 2) wrong('parts must name at least two parts', 'parts');
      const early = parts.slice(0, -1).find(([, end]) => end === END);
      if (early) wrong(`"${early[0]}" already reaches the end: only the last part can`, 'parts', early[0]);
      const [name, end] = parts.at(-1)!;
      // A placeholder is filled in later.
      if (end !== END && !/^\{/.test(String(end))) {
        wrong(`the last part reaches the end of the network: write ${name}: end`, 'parts', name);
      }
    });
}
export type WrittenDecompose = z.output<ReturnType<typeof decomposeSchema>>;

export function normalizeDecompose(written: WrittenDecompose | null | undefined): DecomposeSettings | null {
  const by = written && BOUNDS.find((key) => written[key] !== undefined && written[key] !== null);
  return by ? { by, bound: written[by]!, retrain: written.retrain ?? 1 } : null;
}

/** Returns the parts that the network is to be split into; null: it is not. */
export function normalizeParts(written: WrittenDecompose | null | undefined): PartEnd[] | null {
  if (!written?.parts) return null;
  return Object.entries(written.parts).map(([name, last]) => ({ name, last: last === END ? null : last }));
}
