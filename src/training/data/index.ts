/** Registry of data sets: a new kind is one file and one case here. */
import type { DataSource } from '../../experiment/network/index.js';
import { openArrays } from './arrays.js';
import { openCsv } from './csv.js';
import { openImages } from './images/index.js';
import { openMnist } from './mnist.js';
import { DEFAULT_VALIDATION, foldIndexes, splitIndexes, upTo } from './split.js';
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

/** What is to be trained and judged on: one division, or one for each fold. */
export function divisionsOf(
  data: OpenData,
  { validation, folds, fold }: { validation: number | null; folds: number | null; fold: number | null },
): Division[] {
  const { count, classes, given } = data;
  if (folds !== null) {
    const all = foldIndexes(count, folds, classes);
    return fold === null ? all : [all[fold - 1]!];
  }
  // An explicit fraction wins over examples that come with a data set (MNIST's test images).
  if (given !== null && validation === null) return [{ train: upTo(count), validation: null }];
  const [train, judged] = splitIndexes(count, validation ?? DEFAULT_VALIDATION, classes);
  return [{ train, validation: judged }];
}

/** Its files stay open while it is used, and until the process ends. */
export async function loadDataset(source: DataSource, context: LoadContext): Promise<Dataset> {
  const data = await openData(source, context);
  const [division] = divisionsOf(data, { validation: context.validation, folds: null, fold: null });
  return data.dataset(division!, 1);
}
export type { Dataset, Examples, LoadContext, OpenData } from './types.js';
