/** Data sets from pairs of arrays in the workspace: IDX and NPY files, and NPZ archives of NPY files. */
import { LOSSES } from '../../experiment/network/index.js';
import type { ArrayFiles, DataSource, NpzArrays, Task } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { ArrayReader, HeldReader, sizeOf, type ArrayFile, type NumberArray } from './arrayFile.js';
import { openBytes, unpacked } from './bytes.js';
import { idxSize, openIdx } from './idx.js';
import { oneHotClasses, readTargetArray, type LabelArray } from './labels.js';
import { memoryFor, sizeText } from './memory.js';
import { npySize, openNpy } from './npy.js';
import { openNpz, type Archive } from './npz.js';
import { openParts, type Pool } from './parts.js';
import { differentValues, taskOfNumbers } from './task.js';
import type { InputReader, LoadContext, OpenData, Targets } from './types.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

type Source = Extract<DataSource, { kind: 'idx' | 'npy' | 'npz' }>;

export async function openArrays(source: Source, context: LoadContext): Promise<OpenData> {
  const files = new Files(source, context.folder);
  try {
    return await openPairs(source, context, files);
  } catch (error) {
    await files.close();
    throw error;
  }
}

async function openPairs(source: Source, context: LoadContext, files: Files): Promise<OpenData> {
  const main = await readPair(source, files);
  const given = source.validation ? await readPair(source.validation as Source, files, main.names) : null;
  const exampleShape = main.shape;
  if (given && String(given.shape) !== String(exampleShape)) {
    throw new TrainingError(
      said(
        '{0} holds examples of {1}, {2} of {3}',
        given.name,
        given.shape.join('×'),
        main.name,
        exampleShape.join('×'),
      ),
    );
  }
  const task = source.task ?? (main.names ? 'classification' : guessTask(context.loss, main.targets));
  const width = task === 'classification' ? takeOneHot(main, given) : null;
  const classes = task === 'classification' ? (width ?? countClasses(main, given)) : null;
  const pool = ({ inputs, targets: { values } }: Pair): Pool => ({
    inputs,
    targets: classes === null ? Float32Array.from(values) : (Int32Array.from(values) satisfies Targets),
  });
  return openParts(
    {
      name: main.name,
      task,
      // A plane becomes an image with one channel, so that convolutions can follow.
      inputShape: exampleShape.length === 2 ? [...exampleShape, 1] : exampleShape.length ? exampleShape : [1],
      classes: classes === null ? null : (main.names ?? Array.from({ length: classes }, (_, i) => String(i))),
      outputs: classes ?? main.targets.shape.slice(1).reduce((a, b) => a * b, 1),
      main: pool(main),
      given: given && pool(given),
      scale: source.scale,
      limit: source.limit,
      memory: source.memory,
      close: () => files.close(),
    },
    context,
  );
}

/** Files opened for a data set. */
class Files {
  readonly memory: number;
  private readonly opened: { close(): Promise<void> }[] = [];
  private readonly archives = new Map<string, Promise<Archive>>();

  constructor(
    private readonly source: Source,
    private readonly folder: string,
  ) {
    this.memory = memoryFor(source.memory);
  }

  /** Opens an array: `name` in the archive `file`, or the file `name`. */
  async open(name: string, file: string | null): Promise<ArrayFile> {
    if (file === null) {
      const packed = this.keep(await openBytes(this.folder, name));
      const [open, size] = this.source.kind === 'idx' ? [openIdx, idxSize] : [openNpy, npySize];
      return open(await unpacked(packed, this.memory, size));
    }
    let archive = this.archives.get(file);
    if (!archive) {
      archive = openBytes(this.folder, file).then((bytes) => openNpz(this.keep(bytes)));
      this.archives.set(file, archive);
    }
    return (await archive).array(name, this.memory);
  }

  private keep<T extends { close(): Promise<void> }>(one: T): T {
    this.opened.push(one);
    return one;
  }

  async close(): Promise<void> {
    for (const each of this.opened.splice(0)) await each.close();
  }
}

interface Pair {
  /** Name of the inputs, for messages. */
  name: string;
  targetsName: string;
  /** Shape of one example. */
  shape: number[];
  inputs: InputReader;
  targets: NumberArray;
  /** Names of the classes, if the targets are text. */
  names: string[] | null;
}

async function readPair(names: ArrayFiles | NpzArrays, files: Files, known: string[] | null = null): Promise<Pair> {
  const file = 'file' in names ? names.file : null;
  const inputs = await files.open(names.inputs, file);
  const targets = await files.open(names.targets, file);
  const [name, targetsName] = [inputs.bytes.name, targets.bytes.name];
  const [count, targetCount] = [inputs.shape[0] ?? 0, targets.shape[0] ?? 0];
  if (count === 0) throw new TrainingError(said('{0} holds no examples', name));
  if (count !== targetCount) {
    throw new TrainingError(
      said('{0} holds {1} examples, but {2} holds {3} targets', name, count, targetsName, targetCount),
    );
  }
  if (count > 2 ** 31 - 1) throw new TrainingError(said('{0} holds {1} examples, more than 2147483647', name, count));
  const empty = [inputs, targets].find(({ shape }) => shape.includes(0));
  if (empty) {
    throw new TrainingError(said('{0} holds examples without a number: {1}', empty.bytes.name, empty.shape.join('×')));
  }
  if (inputs.text) throw new TrainingError(said('{0} holds text: inputs must be numbers', name));
  const held = await readWhole(targets, files.memory, said('targets stay in memory'), known);
  // In Fortran order, the values of an example are not contiguous.
  const reader = inputs.fortran ? heldReader(await readWhole(inputs, files.memory, FORTRAN)) : new ArrayReader(inputs);
  return { name, targetsName, shape: inputs.shape.slice(1), inputs: reader, targets: held, names: held.names };
}

const heldReader = ({ values, shape }: NumberArray) => new HeldReader(values, values.length / shape[0]!);

const FORTRAN = said("arrays in Fortran's order can't be read example by example: save numpy.ascontiguousarray of it");

async function readWhole(
  file: ArrayFile,
  memory: number,
  why: Said,
  known: string[] | null = null,
): Promise<LabelArray> {
  const size = sizeOf(file) - file.start;
  const { name } = file.bytes;
  if (size > memory) {
    throw new TrainingError(
      said('{0} takes {1}, more than {2}; {3}, or raise "memory"', name, sizeText(size), sizeText(memory), why),
    );
  }
  const held = await readTargetArray(file, known);
  if (!(held.values instanceof Float32Array)) return held;
  const at = held.values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return held;
  const example = Math.floor(at / (held.values.length / held.shape[0]!));
  throw new TrainingError(
    said('{0}: example {1} (from 0) holds {2}: clean the data first', name, example, held.values[at]),
  );
}

function guessTask(loss: LoadContext['loss'], targets: NumberArray): Task {
  if (loss !== null) return LOSSES[loss] === 'numbers' ? 'regression' : 'classification';
  if (targets.values.length !== targets.shape[0]) return oneHotClasses(targets) ? 'classification' : 'regression';
  const values = differentValues(targets.values);
  // Classes of arrays are indexes.
  return values?.every((value) => value >= 0) ? taskOfNumbers(values, targets.values.length) : 'regression';
}

/** Replaces one-hot targets by class indexes and returns the number of classes; null: they are indexes already. */
function takeOneHot(main: Pair, given: Pair | null): number | null {
  const width = main.targets.shape[1];
  if (width === undefined || width === 1) return null;
  for (const pair of given ? [main, given] : [main]) {
    const { targets, targetsName } = pair;
    const classes = targets.shape[1] === width ? oneHotClasses(targets) : null;
    if (!classes) {
      throw new TrainingError(
        said(
          '{0}: targets of classes must be one index per example, or one-hot rows: a single 1 among {1} zeros',
          targetsName,
          width - 1,
        ),
      );
    }
    pair.targets = { shape: [classes.length], values: classes };
  }
  return width;
}

/** Returns the number of classes, whose labels start at 0. */
function countClasses(main: Pair, given: Pair | null): number {
  const most = highestClass(main);
  if (most >= 100_000)
    throw new TrainingError(said('{0}: class {1} is too high: count classes from 0', main.targetsName, most));
  if (given && highestClass(given) > most) {
    const at = given.targets.values.findIndex((value) => value > most);
    throw new TrainingError(
      said(
        '{0}: example {1} (from 0) is of class {2}, which no training example is of ({3} has 0 to {4})',
        given.targetsName,
        at,
        given.targets.values[at],
        main.targetsName,
        most,
      ),
    );
  }
  return most + 1;
}

function highestClass({ targets: { values, shape }, targetsName }: Pair): number {
  if (values.length !== shape[0] || !values.every((value) => Number.isInteger(value) && value >= 0)) {
    throw new TrainingError(said('{0}: classes must be whole numbers from 0, one per example', targetsName));
  }
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}
