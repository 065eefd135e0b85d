/** Simple facts of a data set. */
import { kindOfShape } from '../../experiment/network/index.js';
import type { DataFacts } from '../../protocol/dataFacts.js';
import type { Column } from './csv/columns.js';
import type { Dataset } from './types.js';

export function factsOf({ task, inputShape, outputs, classes, train, preparation }: Dataset): DataFacts {
  const columns = (Array.isArray(preparation.columns) ? preparation.columns : []) as Column[];
  const share = (counts: (column: Column) => boolean): number =>
    columns.length > 0 ? columns.filter(counts).length / columns.length : 0;
  const counts = new Map<number, number>();
  if (classes) for (const target of train.targets) counts.set(target, (counts.get(target) ?? 0) + 1);
  return {
    task,
    kind: kindOfShape(inputShape),
    examples: train.count,
    inputs: inputShape.reduce((a, b) => a * b, 1),
    outputs,
    categories: share(({ kind }) => kind === 'category'),
    missing: share(({ marked }) => marked === true),
    largest: counts.size > 0 ? Math.max(...counts.values()) / train.count : 0,
  };
}
