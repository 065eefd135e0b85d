/** Data sets for training programs, either read as in the section or made by the program. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { Feed, toTensors } from '../loop/batches.js';
import { loadDataset } from '../data/index.js';
import { DEFAULT_VALIDATION, splitIndexes } from '../data/split.js';
import type { Dataset, HeldExamples } from '../data/types.js';
import { TrainingError } from '../errors.js';
import { Random } from '../random.js';
import { normal } from './settings.js';
import type { Augmentation, Batch, Data, Examples, OwnData, TrainingApi } from './types.js';
import { inEnglish, said } from '../../format/said.js';

/** Internal data set behind the `Data` that programs receive. */
const SETS = new WeakMap<Data, Dataset>();

export function setOf(data: Data): Dataset {
  const dataset = SETS.get(data);
  if (!dataset) throw new TrainingError(said('data must come from loadData or makeData'));
  return dataset;
}

function given(dataset: Dataset): Data {
  const { name, inputShape, classes, outputs } = dataset;
  const data: Data = {
    name,
    inputShape,
    classes,
    outputs,
    train: { count: dataset.train.count },
    validation: { count: dataset.validation.count },
  };
  SETS.set(data, dataset);
  return data;
}

export const loadData: TrainingApi['loadData'] = async (source, options = {}) => {
  const { data, loss, validation } = normal({
    data: source,
    loss: options.loss ?? 'crossEntropy',
    validation: options.validation,
  });
  const dataset = await loadDataset(data, {
    folder: options.folder ?? process.cwd(),
    validation,
    loss: loss.name,
    signal: new AbortController().signal,
    onProgress: (text) => console.log(text),
  });
  for (const done of dataset.done ?? []) console.log(done);
  for (const note of dataset.notes) console.warn(`warning: ${inEnglish(note)}`);
  return given(dataset);
};

export function makeData(own: OwnData): Data {
  const inputShape = [...own.inputShape];
  const classes = own.classes ? [...own.classes] : null;
  const outputs = classes ? classes.length : (own.outputs ?? 1);
  const width = inputShape.reduce((a, b) => a * b, 1);
  const read = (examples: Examples, what: string) => held(examples, { width, outputs, classes }, what);
  const all = read(own, 'the examples');
  const { validation = DEFAULT_VALIDATION } = own;
  let parts: [HeldExamples, HeldExamples];
  if (typeof validation === 'number') {
    const [train, judged] = splitIndexes(all.count, validation, classes ? all.targets : null);
    parts = [picked(all, train), picked(all, judged)];
  } else {
    parts = [all, read(validation, 'the validation examples')];
  }
  return given({
    name: own.name ?? 'own data',
    task: classes ? 'classification' : 'regression',
    inputShape,
    classes,
    outputs,
    train: parts[0],
    validation: parts[1],
    inputScale: { factor: 1, offset: 0 },
    targetScale: null,
    preparation: {},
    notes: [],
  });
}

interface Form {
  width: number;
  outputs: number;
  classes: readonly string[] | null;
}

function held({ inputs, targets }: Examples, { width, outputs, classes }: Form, what: string): HeldExamples {
  const per = classes ? 1 : outputs;
  const count = targets.length / per;
  if (!Number.isInteger(count) || count === 0 || inputs.length !== count * width) {
    throw new TrainingError(
      said(
        "{0} don't fit each other: {1} inputs, {2} per example, but {3} targets, {4} per example",
        what,
        inputs.length,
        width,
        targets.length,
        per,
      ),
    );
  }
  const labels = classes ? Int32Array.from(targets) : Float32Array.from(targets);
  const wrong = classes ? labels.findIndex((label, i) => !(label in classes) || label !== targets[i]) : -1;
  if (wrong >= 0) {
    throw new TrainingError(
      said(
        '{0}: target {1} is {2}, which is not an index of the {3} classes',
        what,
        wrong,
        targets[wrong],
        classes!.length,
      ),
    );
  }
  return { count, inputs: Float32Array.from(inputs), targets: labels };
}

function picked({ count, inputs, targets }: HeldExamples, indexes: Int32Array): HeldExamples {
  const rows = <T extends Float32Array | Int32Array>(all: T): T => {
    const width = all.length / count;
    const part = new (all.constructor as new (size: number) => T)(indexes.length * width);
    indexes.forEach((from, to) => part.set(all.subarray(from * width, (from + 1) * width), to * width));
    return part;
  };
  return { count: indexes.length, inputs: rows(inputs as Float32Array), targets: rows(targets) };
}

export async function* batches(
  data: Data,
  part: 'train' | 'validation',
  options: { size?: number; seed?: number; augmentation?: Augmentation | null } = {},
): AsyncGenerator<Batch> {
  const { size = 32, seed, augmentation } = options;
  const dataset = setOf(data);
  const examples = dataset[part];
  const order = Int32Array.from({ length: examples.count }, (_, i) => i);
  if (seed !== undefined) new Random(seed).shuffle(order);
  const feed = new Feed(dataset, examples, order, size);
  for (let from = 0; from < examples.count; from += size) {
    const values = await feed.batch(from, Math.min(from + size, examples.count));
    augmentation?.apply(values.inputs, values.targets, values.count);
    const { inputs, targets } = toTensors(values, dataset.inputShape);
    try {
      yield { count: values.count, inputs, targets };
    } finally {
      for (const tensor of [inputs, targets] as Tensor[]) tensor.dispose();
    }
  }
}
