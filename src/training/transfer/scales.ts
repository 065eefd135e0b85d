/** Compares how a trained network's inputs were scaled with how these data are. */
import { isDeepStrictEqual } from 'node:util';
import type { Dataset } from '../data/types.js';
import type { Trained } from './types.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

/** Returns warnings where the network saw its inputs otherwise than it will now. */
export function scaleNotes({ data, layers, source }: Trained, dataset: Dataset): Said[] {
  const { factor, offset } = dataset.inputScale;
  if (layers?.[0]?.type === 'rescale' && (factor !== 1 || offset !== 0)) {
    return [said('{0} scales its inputs itself, and these data are already scaled: set scale: none in "data"', source)];
  }
  if (!data) return [];
  const notes: Said[] = [];
  const { factor: theirs, offset: shift } = data.inputScale;
  if (Math.abs(theirs - factor) > 1e-9 || Math.abs(shift - offset) > 1e-9) {
    notes.push(
      said(
        '{0} was trained on inputs scaled by {1}, shifted by {2}; these are scaled by {3}, shifted by {4}',
        ...[source, theirs, shift, factor, offset],
      ),
    );
  }
  if (!isDeepStrictEqual(plain(data.preparation.columns), plain(dataset.preparation.columns))) {
    notes.push(
      said(
        '{0} was trained on columns that were prepared otherwise: standardized by other means, or with other categories',
        source,
      ),
    );
  }
  return notes;
}

const plain = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)));
