/** Pixels in the columns of a table, which `reshape` makes images. */
import { inputsOf, type Column } from '../data/csv/columns.js';
import { isHeld, type Dataset } from '../data/types.js';
import { TrainingError } from '../errors.js';
import type { ImageChange } from './types.js';
import { said } from '../../format/said.js';

/**
 * Returns the change as it applies to a table's inputs: they become pixels in [-1, 1], as those of image files, and then
 * standardized columns again. Throws TrainingError if a column is not numeric.
 */
export function onColumns(change: ImageChange, dataset: Dataset, size: number): ImageChange {
  const columns = dataset.preparation.columns as Column[];
  const odd = columns.find((column) => column.kind !== 'number' || column.marked);
  if (odd) {
    throw new TrainingError(
      said(
        'augment: column "{0}" of {1} is not a pixel: name the columns of pixels under "features"',
        odd.name,
        dataset.name,
      ),
    );
  }
  const scales = columns.flatMap(inputsOf);
  const half = highest(dataset, scales) > 1.5 ? 255 / 2 : 1 / 2;
  return (images, from, random) => {
    for (let i = 0; i < size; i++) {
      images[from + i] = (images[from + i]! * scales[i]!.deviation + scales[i]!.mean) / half - 1;
    }
    change(images, from, random);
    for (let i = 0; i < size; i++) {
      images[from + i] = ((images[from + i]! + 1) * half - scales[i]!.mean) / scales[i]!.deviation;
    }
  };
}

/** Returns the largest value that is known: pixels go up to 1 or to 255. */
function highest({ train }: Dataset, scales: readonly { mean: number; deviation: number }[]): number {
  if (!isHeld(train)) return Math.max(...scales.map(({ mean, deviation }) => mean + deviation));
  let most = 0;
  for (let i = 0; i < train.inputs.length; i++) {
    const { mean, deviation } = scales[i % scales.length]!;
    most = Math.max(most, train.inputs[i]! * deviation + mean);
  }
  return most;
}
