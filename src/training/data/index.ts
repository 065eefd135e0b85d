/** Registry of data sets: a new kind is one file and one case here. */
import type { DataSource } from '../../experiment/network/index.js';
import { openArrays } from './arrays.js';
import { openCsv } from './csv.js';
import { openImages } from './images/index.js';
import { openMnist } from './mnist.js';
import { DEFAULT_VALIDATION, splitIndexes, upTo } from './split.js';
import type { Dataset, Division, LoadContext, OpenData } from './types.js';

export function openData(source: DataSource, context: LoadContext): Promise<OpenData> {
  switch (source.kind) {
    case 'mnist':
      return openMnist(source, context);
    case 'csv':
      return openCsv(source, context);
    case 'idx':
    case 'npy':
    case 'npz':
      return openArrays(source, context);
    case 'images':
      return openImages(source, context);
  }
}

/** The training and validation examples. An explicit fraction wins over files that come with a data set (MNIST's test images). */
export function divisionOf({ count, classes, given }: OpenData, fraction: number | null): Division {
  if (given !== null && fraction === null) return { train: upTo(count), validation: null };
  const [train, validation] = splitIndexes(count, fraction ?? DEFAULT_VALIDATION, classes);
  return { train, validation };
}

/** Its files stay open while it is used, and until the process ends. */
export async function loadDataset(source: DataSource, context: LoadContext): Promise<Dataset> {
  const data = await openData(source, context);
  return data.dataset(divisionOf(data, context.validation), 1);
}
export type { Dataset, Examples, LoadContext, OpenData } from './types.js';
