/** Looks at a data set before networks are searched for it: what it is, and whether it can be learned from at all. */
import { kindOfShape, type Network } from '../../experiment/network/index.js';
import { factsOf } from '../data/facts.js';
import type { DataFacts } from '../../protocol/dataFacts.js';
import { divisionsOf, openData, testDivision } from '../data/index.js';
import { TrainingError } from '../errors.js';
import { followData, lossKnown } from '../loop/defaults.js';

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
  notes: string[];
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
      throw new TrainingError(`${dataset.name}: the target is always ${only}: there is nothing to learn`);
    }
    const present = dataset.classes && new Set(dataset.train.targets);
    if (present && present.size < 2) {
      throw new TrainingError(`${dataset.name}: all examples are of one class, ${dataset.classes![[...present][0]!]}`);
    }
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
      notes: [...followData(network, dataset).said, ...(dataset.done ?? []), ...dataset.notes],
    };
  } finally {
    await data.close();
  }
}
