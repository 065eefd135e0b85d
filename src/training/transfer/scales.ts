/** Compares how a trained network's inputs were scaled with how these data are. */
import { isDeepStrictEqual } from 'node:util';
import type { Dataset } from '../data/types.js';
import type { Trained } from './types.js';

/** Returns warnings where the network saw its inputs otherwise than it will now. */
export function scaleNotes({ data, layers, source }: Trained, dataset: Dataset): string[] {
  const { factor, offset } = dataset.inputScale;
  if (layers?.[0]?.type === 'rescale' && (factor !== 1 || offset !== 0)) {
    return [`${source} scales its inputs itself, and these data are already scaled: set scale: none in "data"`];
  }
  if (!data) return [];
  const notes: string[] = [];
  const { factor: theirs, offset: shift } = data.inputScale;
  if (Math.abs(theirs - factor) > 1e-9 || Math.abs(shift - offset) > 1e-9) {
    notes.push(
      `${source} was trained on inputs scaled by ${theirs}, shifted by ${shift}; these are scaled by ${factor}, shifted by ${offset}`,
    );
  }
  if (!isDeepStrictEqual(plain(data.preparation.columns), plain(dataset.preparation.columns))) {
    notes.push(
      `${source} was trained on columns that were prepared otherwise: standardized by other means, or with other categories`,
    );
  }
  return notes;
}

const plain = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)));
