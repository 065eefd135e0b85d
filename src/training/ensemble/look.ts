/** Looks at a data set before networks are searched for it: what it is, and whether it can be learned from at all. */
import { kindOfShape, type Network } from '../../experiment/network/index.js';
import { factsOf } from '../data/facts.js';
import type { DataFacts } from '../../protocol/dataFacts.js';
import { divisionsOf, openData, testDivision } from '../data/index.js';
import type { Dataset } from '../data/types.js';
import { TrainingError } from '../errors.js';
import { followData, lossKnown } from '../loop/defaults.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

export interface Looked {
  name: string;
  task: 'classification' | 'regression';
  kind: 'rows' | 'pictures' | 'sequences';
  inputShape: number[];
  classes: string[] | null;
  outputs: number;
  train: number;
  validation: number;
  test: number;
  /** Facts by which similar data are found. */
  facts: DataFacts;
  /** Sentences about how the files were read, and about what follows from the data. */
  notes: Said[];
}

/** Throws TrainingError when the data can't be learned from. */
export async function lookAt(network: Network, folder: string, signal: AbortSignal): Promise<Looked> {
  const data = await openData(network.data, {
    folder,
    validation: network.validation,
    loss: lossKnown(network),
    signal,
    onProgress: () => undefined,
  });
  try {
    const [division] = divisionsOf(data, network);
    const dataset = await data.dataset(division!, 1);
    const { test } = network;
    const tested = test === null ? 0 : testDivision(data, { ...network, test }).validation!.length;
    const constant = dataset.targetScale?.findIndex(({ deviation }) => deviation === 0 || !Number.isFinite(deviation));
    const only = dataset.train.targets[0];
    const same = dataset.targetScale?.length === 1 && dataset.train.targets.every((value) => value === only);
    if (same || (constant !== undefined && constant >= 0)) {
      throw new TrainingError(said('{0}: the target is always {1}: there is nothing to learn', dataset.name, only));
    }
    const rare = dataset.classes && checkClasses(dataset, dataset.classes);
    const { body } = network;
    return {
      name: dataset.name,
      task: dataset.task,
      kind: body && body.kind !== 'auto' ? body.kind : kindOfShape(dataset.inputShape),
      inputShape: dataset.inputShape,
      classes: dataset.classes,
      outputs: dataset.outputs,
      train: dataset.train.count,
      validation: dataset.validation.count,
      test: tested,
      facts: factsOf(dataset),
      notes: [
        ...followData(network, dataset).choices,
        ...(dataset.done ?? []),
        ...dataset.notes,
        ...(rare ? [rare] : []),
      ],
    };
  } finally {
    await data.close();
  }
}

/** Returns a warning if most classes have too few examples, or null. Throws TrainingError if there is only one to learn. */
function checkClasses({ name, train }: Dataset, classes: readonly string[]): Said | null {
  const counts = new Map<number, number>();
  for (const target of train.targets) counts.set(target, (counts.get(target) ?? 0) + 1);
  if (counts.size < 2) {
    const [only] = [...counts.keys()].map((i) => classes[i]!);
    throw new TrainingError(
      train.count === 1
        ? said(
            '{0}: the only training example is of one class, {1}, of {2}: more examples are needed',
            ...[name, only, classes.length],
          )
        : said(
            '{0}: all {1} training examples are of one class, {2}, of {3}: more examples are needed',
            ...[name, train.count, only, classes.length],
          ),
    );
  }
  const single = [...counts.values()].filter((count) => count === 1).length;
  if (2 * single <= counts.size) return null;
  return said(
    '{0}: {1} of {2} classes have a single training example, which is too little to learn them: is the target a number, or a name of each row?',
    ...[name, single, counts.size],
  );
}
