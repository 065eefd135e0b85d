/** Registry of data sets: a new kind is one file and one case here. */
import type { DataSource } from '../../experiment/network/index.js';
import { loadArrays } from './arrays.js';
import { loadCsv } from './csv.js';
import { loadMnist } from './mnist.js';
import type { Dataset, LoadContext } from './types.js';

export function loadDataset(source: DataSource, context: LoadContext): Promise<Dataset> {
  switch (source.kind) {
    case 'mnist':
      return loadMnist(source, context);
    case 'csv':
      return loadCsv(source, context);
    case 'idx':
    case 'npy':
      return loadArrays(source, context);
  }
}
export type { Dataset, Examples, LoadContext } from './types.js';
