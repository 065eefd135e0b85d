/** Reads files of weights alone: safetensors of other programs, and NPZ. */
import { readAll } from '../../data/arrayFile.js';
import type { Bytes } from '../../data/bytes.js';
import { openNpz } from '../../data/npz.js';
import type { SavedWeight } from '../../checkpoints/checkpoint.js';
import { TrainingError } from '../../errors.js';
import { MOST_NUMBERS, type Trained } from '../types.js';
import { said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

export function weightsAlone(source: string, weights: SavedWeight[]): Trained {
  return { source, layers: null, aliases: [], weights, inputShape: null, data: null, notes: [] };
}

export async function readNpzWeights(bytes: Bytes): Promise<Trained> {
  const archive = await openNpz(bytes);
  const weights: SavedWeight[] = [];
  const notes: Said[] = [];
  let taken = 0;
  for (const name of archive.names) {
    const file = await archive.array(name, 4 * MOST_NUMBERS);
    if (file.text) {
      notes.push(said('{0}: "{1}" is text, not weights', bytes.name, name));
      continue;
    }
    const count = file.shape.reduce((a, b) => a * b, 1);
    if ((taken += count) > MOST_NUMBERS)
      throw new TrainingError(said('{0}: its arrays have more than {1} numbers', bytes.name, MOST_NUMBERS));
    const { shape, values } = await readAll(file);
    weights.push({ name, shape, values: Float32Array.from(values) });
  }
  return { ...weightsAlone(bytes.name, weights), notes };
}
