/** Registry of data sets. To add a kind, write one file and add one case here. */
import type { DataSource } from '../../experiment/network/index.js';
import { openArrays } from './arrays.js';
import { openCsv } from './csv/index.js';
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

interface Shares {
  validation: number | null;
  folds: number | null;
  fold: number | null;
  /** Fraction that is left out of all of them. */
  test?: number | null;
}

/** Returns a split into the examples that may be looked at, and as its validation part those of the test. */
function partsOf({ count, classes }: Pick<OpenData, 'count' | 'classes'>, test: number) {
  const [train, judged] = splitIndexes(count, test, classes);
  return { train, validation: judged };
}

/** Returns the split that is evaluated on the test part, with the same training examples as `divisionsOf`. */
export function testDivision(data: OpenData, shares: Shares & { test: number }): Division {
  const [first] = divisionsOf(data, shares);
  return { train: first!.train, validation: partsOf(data, shares.test).validation };
}

/** Returns the splits into training and validation examples: one, or one per fold. */
export function divisionsOf(data: OpenData, { validation, folds, fold, test = null }: Shares): Division[] {
  if (test !== null) {
    const rest = partsOf(data, test).train;
    const classes = data.classes && rest.map((i) => data.classes![i]!);
    const inner = divisionsOf({ ...data, count: rest.length, classes }, { validation, folds, fold });
    const places = (indexes: Int32Array) => indexes.map((i) => rest[i]!);
    return inner.map((one) => ({ train: places(one.train), validation: one.validation && places(one.validation) }));
  }
  const { count, classes, given } = data;
  if (folds !== null) {
    const all = foldIndexes(count, folds, classes);
    return fold === null ? all : [all[fold - 1]!];
  }
  // An explicit fraction overrides examples that come with a data set (MNIST's test images).
  if (given !== null && validation === null) return [{ train: upTo(count), validation: null }];
  const [train, judged] = splitIndexes(count, validation ?? DEFAULT_VALIDATION, classes);
  return [{ train, validation: judged }];
}

/** Loads a data set. Its files stay open while it is used, until the process ends. */
export async function loadDataset(source: DataSource, context: LoadContext): Promise<Dataset> {
  const data = await openData(source, context);
  const { validation, test = null } = context;
  const [division] = divisionsOf(data, { validation, folds: null, fold: null, test });
  return data.dataset(division!, 1);
}
export type { Dataset, Examples, LoadContext, OpenData } from './types.js';
