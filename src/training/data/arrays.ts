/** Data sets from pairs of IDX or NPY files in the workspace. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LOSSES } from '../../experiment/network/index.js';
import type { ArrayFiles, DataSource, Task } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { parseIdx, type NumberArray } from './idx.js';
import { parseNpy } from './npy.js';
import { divide } from './split.js';
import { standardization } from './scale.js';
import type { Affine, Dataset, Examples, LoadContext, Numbers } from './types.js';

type Source = Extract<DataSource, { kind: 'idx' | 'npy' }>;

export async function loadArrays(source: Source, context: LoadContext): Promise<Dataset> {
  const read = (files: ArrayFiles) => readPair(source.kind, files, context.folder);
  const main = await read(source);
  const given = source.validation ? await read(source.validation) : null;
  const exampleShape = main.inputs.shape.slice(1);
  if (given && String(given.inputs.shape.slice(1)) !== String(exampleShape)) {
    throw new TrainingError(
      `${source.validation!.inputs} holds examples of ${given.inputs.shape.slice(1).join('×')}, ` +
        `${source.inputs} of ${exampleShape.join('×')}`,
    );
  }
  const task = source.task ?? guessTask(main.targets, context.loss);
  const classes = task === 'classification' ? countClasses(source, main.targets, given?.targets ?? null) : null;
  const outputs = classes ?? main.targets.shape[1] ?? 1;
  const perTarget = classes === null ? outputs : 1;
  const width = exampleShape.reduce((a, b) => a * b, 1);
  const toExamples = (pair: Pair): Examples => ({
    count: pair.inputs.shape[0]!,
    inputs: pair.inputs.values,
    targets: classes === null ? Float32Array.from(pair.targets.values) : Int32Array.from(pair.targets.values),
  });
  const { train, validation } = divide(
    toExamples(main),
    given ? toExamples(given) : null,
    context.validation,
    task,
    width,
    perTarget,
    source.limit,
  );
  return {
    name: source.inputs,
    task,
    // A plane becomes an image of one channel, so that convolutions can follow.
    inputShape: exampleShape.length === 2 ? [...exampleShape, 1] : exampleShape.length ? exampleShape : [1],
    classes: classes === null ? null : Array.from({ length: classes }, (_, i) => String(i)),
    outputs,
    train,
    validation,
    inputScale: inputScale(source.scale, train.inputs),
    targetScale: classes === null ? standardization(train.targets, outputs) : null,
    preparation: {},
    notes: [],
  };
}

interface Pair {
  inputs: NumberArray;
  targets: NumberArray;
}

async function readPair(kind: 'idx' | 'npy', files: ArrayFiles, folder: string): Promise<Pair> {
  const parse = kind === 'idx' ? parseIdx : parseNpy;
  const [inputs, targets] = await Promise.all(
    [files.inputs, files.targets].map(async (file) => parse(await readWorkspaceFile(folder, file), file)),
  );
  const [count, targetCount] = [inputs!.shape[0] ?? 0, targets!.shape[0] ?? 0];
  if (count === 0) throw new TrainingError(`${files.inputs} holds no examples`);
  if (count !== targetCount) {
    throw new TrainingError(
      `${files.inputs} holds ${count} examples, but ${files.targets} holds ${targetCount} targets`,
    );
  }
  for (const [file, array, per] of [
    [files.inputs, inputs!, inputs!.values.length / count],
    [files.targets, targets!, targets!.values.length / count],
  ] as const) {
    if (!(array.values instanceof Float32Array)) continue;
    const at = array.values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) {
      throw new TrainingError(
        `${file}: example ${Math.floor(at / per)} (from 0) holds ${array.values[at]}: clean the data first`,
      );
    }
  }
  return { inputs: inputs!, targets: targets! };
}

/** Reads a file that the person named; `file` is relative to `folder`. */
export async function readWorkspaceFile(folder: string, file: string): Promise<Uint8Array> {
  const path = resolve(folder, file);
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw new TrainingError(`data file ${file} is not there (looked for ${path})`);
    if (code === 'EISDIR') throw new TrainingError(`data file ${file} is a folder`);
    throw new TrainingError(`data file ${file} can't be read: ${(error as Error).message}`);
  }
}

const isWhole = (values: Numbers) => values.every((value) => Number.isInteger(value) && value >= 0);

function guessTask(targets: NumberArray, loss: LoadContext['loss']): Task {
  if (LOSSES[loss] === 'numbers') return 'regression';
  if (targets.shape.length === 1 || targets.shape[1] === 1) return 'classification';
  throw new TrainingError(`loss ${loss} needs one class index an example: targets must have the shape [count]`);
}

/** Number of classes: they are counted from 0. */
function countClasses(source: Source, targets: NumberArray, more: NumberArray | null): number {
  let most = 0;
  for (const [array, file] of [
    [targets, source.targets],
    [more, source.validation?.targets],
  ] as const) {
    if (!array) continue;
    if (!isWhole(array.values) || array.values.length !== array.shape[0]) {
      throw new TrainingError(`${file}: classes must be whole numbers from 0, one an example`);
    }
    for (const value of array.values) if (value > most) most = value;
  }
  if (most >= 100_000) throw new TrainingError(`${source.targets}: class ${most} is too high: count classes from 0`);
  return most + 1;
}

function inputScale(scale: Source['scale'], inputs: Numbers): Affine {
  if (scale === 'standardize') {
    const { mean, deviation } = standardization(inputs, 1)[0]!;
    return { factor: 1 / deviation, offset: -mean / deviation };
  }
  if (scale === 'auto' && inputs instanceof Uint8Array && inputs.some((value) => value > 1)) {
    return { factor: 2 / 255, offset: -1 };
  }
  return { factor: 1, offset: 0 };
}
