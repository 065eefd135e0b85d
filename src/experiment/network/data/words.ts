/** Error messages for an invalid data set. */
import { suggest } from '../../suggest.js';
import { entryOf } from '../../../protocol/values/records.js';

export function describeData(value: unknown): string {
  const names = ['mnist', 'csv', 'idx', 'npy', 'npz', 'images'];
  const word = typeof value === 'string' ? value : Object.keys((value as object | null) ?? {})[0];
  if (value === undefined) return `data is missing: name what to train on (${names.join(', ')})`;
  if (typeof value === 'string' && /\.csv$/i.test(value)) {
    return `to train on a CSV file, name its target column: data: { csv: { file: ${value}, target: COLUMN } }`;
  }
  if (word && names.includes(word)) return `data "${word}" needs its settings, such as ${entryOf(DATA_EXAMPLES, word)}`;
  const near = word ? suggest(word, names) : null;
  return `unknown data${word ? ` "${word}"` : ''}; ${near ? `did you mean "${near}"?` : `it must be mnist, or one of ${names.slice(1).join(', ')} with the files' names`}`;
}
const DATA_EXAMPLES: Record<string, string> = {
  mnist: 'data: mnist',
  csv: 'data: { csv: { file: data.csv, target: price } }',
  idx: 'data: { idx: { inputs: images.idx, targets: labels.idx } }',
  npy: 'data: { npy: { inputs: x.npy, targets: y.npy } }',
  npz: 'data: { npz: { file: data.npz, inputs: x, targets: y } }',
  images: 'data: { images: { folder: pictures, size: 64 } }',
};
