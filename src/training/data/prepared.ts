/** Prepares files for a trained network, with the columns, classes and scales of its training. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { TrainingError } from '../errors.js';
import type { SavedNetwork } from '../checkpoints/saved.js';
import { ArrayReader, HeldReader, readAll, type ArrayFile, type NumberArray } from './arrayFile.js';
import { openBytes, unpacked, type Bytes } from './bytes.js';
import { isMissing, type Decimal } from './csv/cells.js';
import { columnIndex, type Column } from './csv/columns.js';
import { Encoder } from './csv/encoder.js';
import { openTable, type Table } from './csv/table.js';
import { readTargets, type Target } from './csv/targets.js';
import { openIdx } from './idx.js';
import { listImages, looseImages } from './images/list.js';
import { ImageReader } from './images/reader.js';
import type { Fitting } from './images/resize.js';
import { oneHotClasses, readTargetArray } from './labels.js';
import { memoryFor } from './memory.js';
import { openNpy } from './npy.js';
import { openNpz } from './npz.js';
import type { Examples, InputReader, Targets } from './types.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

export interface Prepared {
  /** Name for messages. */
  name: string;
  examples: Examples;
  /** True when the files contain targets; if not, `examples.targets` are zeros. */
  hasTargets: boolean;
  /** Name of each example, if there is one: image file names. */
  names: string[] | null;
  /** Returns notes; call it after all examples have been read. */
  notes(): Said[];
  close(): Promise<void>;
}

export interface PrepareOptions {
  /** Folder that relative paths start from. */
  folder: string;
  /** True when missing targets are an error. */
  needTargets: boolean;
}

/** Accepts one CSV file; inputs and targets as IDX or NPY files; an NPZ archive; image files; or a folder of images. */
export async function prepare(
  saved: SavedNetwork,
  files: readonly string[],
  options: PrepareOptions,
): Promise<Prepared> {
  const { data } = saved;
  const [first] = files;
  if (first === undefined) throw new TrainingError(said('name the file'));
  if (data.preparation.images) return prepareImages(saved, files, options);
  if (Array.isArray(data.preparation.columns)) {
    if (files.length > 1) throw new TrainingError(said('this network takes one CSV file, not {0} files', files.length));
    return prepareTable(saved, first, options);
  }
  return prepareArrays(saved, files, options);
}

async function prepareTable({ network, data }: SavedNetwork, file: string, options: PrepareOptions): Promise<Prepared> {
  const columns = data.preparation.columns as Column[];
  const delimiter = network.data.kind === 'csv' ? network.data.delimiter : null;
  const wanted = columns.map(({ name }) => name);
  const table = await openTable({ delimiter, wanted, memory: null }, file, options.folder);
  try {
    const targets = targetsFor(data.preparation);
    const hasTargets = options.needTargets || (await haveTargets(table, targets, data.classes !== null));
    const encoder = new Encoder(table, columns);
    const inputs: InputReader = {
      width: encoder.width,
      exampleBytes: 4 * encoder.width,
      make: (examples) => new Float32Array(examples * encoder.width),
      async read(indexes) {
        const values = new Float32Array(indexes.length * encoder.width);
        const rows = await table.at(indexes);
        rows.forEach((row, i) => encoder.encode(row, values, i * encoder.width));
        return values;
      },
    };
    const found = () => targets.map((target) => ({ ...target, index: columnIndex(table, target.name, 'target') }));
    return {
      name: file,
      examples: {
        count: table.count,
        inputs,
        targets: hasTargets ? await readTargets(table, found(), data.classes) : noTargets(table.count, data),
      },
      hasTargets,
      names: null,
      notes: () => [...encoder.notes(false), ...encoder.fillNotes()],
      close: () => table.close(),
    };
  } catch (error) {
    await table.close();
    throw error;
  }
}

function targetsFor({ target, targetDecimals }: Record<string, unknown>): Omit<Target, 'index'>[] {
  const decimals = (targetDecimals ?? []) as Decimal[];
  return (Array.isArray(target) ? target : [target]).map((name, i) => ({
    name: String(name),
    decimal: decimals[i] ?? '.',
  }));
}

/** Returns true when every row has a target. */
async function haveTargets(table: Table, targets: readonly { name: string }[], classes: boolean): Promise<boolean> {
  const places = targets.map(({ name }) => table.header.indexOf(name));
  if (places.includes(-1)) return false;
  let all = true;
  await table.each((row) => (all &&= places.every((place) => !isMissing(row.fields[place]!.trim(), classes))));
  return all;
}

async function prepareArrays(
  { network, data }: SavedNetwork,
  files: readonly string[],
  options: PrepareOptions,
): Promise<Prepared> {
  if (files.length > 2)
    throw new TrainingError(
      said('this network takes a file of inputs and one of targets, not {0} files', files.length),
    );
  const memory = memoryFor(null);
  const opened: Bytes[] = [];
  const open = async (file: string): Promise<Bytes> => {
    const bytes = await openBytes(options.folder, file);
    opened.push(bytes);
    return bytes;
  };
  const array = async (file: string): Promise<ArrayFile> => {
    const bytes = await unpacked(await open(file), memory);
    return bytes.size > 0 && (await bytes.read(0, 1))[0] === 0x93 ? openNpy(bytes) : openIdx(bytes);
  };
  const close = async (): Promise<void> => {
    for (const bytes of opened.splice(0)) await bytes.close();
  };
  try {
    const [first, second] = files as [string, string?];
    let inputs: ArrayFile;
    let targets: ArrayFile | null = null;
    if (/\.npz$/i.test(first)) {
      const names = network.data.kind === 'npz' ? network.data : { inputs: 'x', targets: 'y' };
      const archive = await openNpz(await open(first));
      inputs = await archive.array(names.inputs, memory);
      targets = await archive.array(names.targets, memory).catch((error: unknown) => {
        if (options.needTargets) throw error;
        return null;
      });
    } else {
      inputs = await array(first);
      targets = second === undefined ? null : await array(second);
    }
    if (!targets && options.needTargets) {
      throw new TrainingError(said('name the file of targets too: {0} has the inputs only', first));
    }
    const count = inputs.shape[0] ?? 0;
    const shape = inputs.shape.slice(1);
    const plain = (lengths: readonly number[]): string => lengths.filter((length) => length !== 1).join('×');
    if (plain(shape) !== plain(data.inputShape)) {
      throw new TrainingError(
        said(
          '{0} holds examples of {1}, but this network takes {2}',
          first,
          shape.join('×') || '1',
          data.inputShape.join('×'),
        ),
      );
    }
    if (count === 0) throw new TrainingError(said('{0} holds no examples', first));
    const reader = inputs.fortran
      ? new HeldReader(
          (await readAll(inputs)).values,
          shape.reduce((a, b) => a * b, 1),
        )
      : new ArrayReader(inputs);
    return {
      name: first,
      examples: {
        count,
        inputs: reader,
        targets: targets
          ? readArrayTargets(await readTargetArray(targets, data.classes), second ?? first, count, data)
          : noTargets(count, data),
      },
      hasTargets: targets !== null,
      names: null,
      notes: () => [],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function readArrayTargets(
  array: NumberArray,
  file: string,
  count: number,
  { classes, outputs }: SavedNetwork['data'],
): Targets {
  const oneHot = classes && array.shape[1] === classes.length ? oneHotClasses(array) : null;
  const values = oneHot ?? array.values;
  const each = classes ? 1 : outputs;
  if (values.length !== count * each) {
    throw new TrainingError(
      said('{0} holds {1} numbers, but {2} examples need {3}', file, values.length, count, count * each),
    );
  }
  const wrong = classes
    ? values.findIndex((value) => !Number.isInteger(value) || value < 0 || value >= classes.length)
    : values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const wanted = classes ? said('a class from 0 to {0}', classes.length - 1) : said('a number');
    throw new TrainingError(
      said('{0}: example {1} (from 0) is {2}, not {3}', file, Math.floor(wrong / each), values[wrong], wanted),
    );
  }
  return classes ? Int32Array.from(values) : Float32Array.from(values);
}

async function prepareImages(
  { data }: SavedNetwork,
  files: readonly string[],
  options: PrepareOptions,
): Promise<Prepared> {
  const { folder, needTargets } = options;
  const [height, width, channels] = data.inputShape as [number, number, 1 | 3];
  const fitting = data.preparation.images as Fitting;
  let listed: string[] = [];
  let labels: Int32Array | null = null;
  const notes: Said[] = [];
  for (const file of files) {
    const isFolder = await stat(resolve(folder, file)).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder) listed.push(file);
    else if (needTargets) {
      if (files.length > 1) throw new TrainingError(said('name one folder of images, with a subfolder for each class'));
      const found = await listImages(folder, file, data.classes);
      [listed, labels] = [found.files, found.labels];
      notes.push(...found.notes);
    } else {
      const found = await looseImages(folder, file);
      for (const each of found.files) listed.push(each);
      notes.push(...found.notes);
    }
  }
  if (needTargets && !labels)
    throw new TrainingError(said('{0} is not a folder of images with a subfolder for each class', files[0]));
  return {
    name: files[0]!,
    examples: {
      count: listed.length,
      inputs: new ImageReader(folder, listed, { height, width, channels }, fitting),
      targets: labels ?? noTargets(listed.length, data),
    },
    hasTargets: labels !== null,
    names: listed,
    notes: () => notes,
    close: () => Promise.resolve(),
  };
}

const noTargets = (count: number, { classes, outputs }: SavedNetwork['data']): Targets =>
  classes ? new Int32Array(count) : new Float32Array(count * outputs);
