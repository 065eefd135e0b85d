/** Turns open files into data sets: split, scaled, and held in memory or read during training. */
import type { Task } from '../../experiment/network/index.js';
import { HeldReader } from './arrayFile.js';
import { memoryFor, sizeText } from './memory.js';
import { Moments, standardization } from './scale.js';
import { limited, upTo } from './split.js';
import type {
  Affine,
  Dataset,
  Division,
  Examples,
  InputReader,
  LoadContext,
  Numbers,
  OpenData,
  Targets,
} from './types.js';
import type { Said } from '../../protocol/said.js';

export type Scale = 'auto' | 'none' | 'standardize';

/** Examples that can be accessed at random. */
export interface Pool {
  inputs: InputReader;
  targets: Targets;
}

export interface Opened {
  name: string;
  task: Task;
  inputShape: number[];
  classes: string[] | null;
  outputs: number;
  /** Main examples. When `scale` is null, their `inputs` are already as the network needs them. */
  main: Pool;
  given: Pool | null;
  scale: Scale;
  limit: number | null;
  /** Memory limit in bytes; null: a share of the free memory. */
  memory: number | null;
  preparation?: Record<string, unknown>;
  notes?: Said[];
  close?(): Promise<void>;
}

/** Share of the memory for a reader's cache, if it has one. */
const KEPT = 0.8;
/** Number of values read at once when all are needed. */
const CHUNK = 8 * 2 ** 20;

export function openParts(opened: Opened, context: Pick<LoadContext, 'signal' | 'onProgress'>): OpenData {
  const { main, given, task, limit, outputs } = opened;
  const perTarget = opened.classes ? 1 : outputs;
  const countOf = ({ targets }: Pool) => targets.length / perTarget;
  const memory = memoryFor(opened.memory);
  let isTold = false;
  const leaveOnDisk = (size: number, pools: Pool[]): void => {
    if (isTold) return;
    isTold = true;
    pools.forEach((pool) => pool.inputs.keep?.((KEPT * memory) / pools.length));
    context.onProgress(
      `${opened.name} takes ${sizeText(size)}, more than ${sizeText(memory)}: it is read from the disk while training`,
    );
  };
  return {
    count: countOf(main),
    classes: task === 'classification' ? main.targets : null,
    given: given && countOf(given),
    close: () => opened.close?.() ?? Promise.resolve(),

    async dataset({ train, validation }: Division, parts: number): Promise<Dataset> {
      const wanted = [
        { pool: main, rows: limited(train, limit) },
        validation
          ? { pool: main, rows: limited(validation, limit) }
          : { pool: given!, rows: limited(upTo(countOf(given!)), limit) },
      ] as const;
      const pools = [main, ...(given ? [given] : [])];
      // Several splits share one copy of all examples and select from it.
      const shared = parts > 1 && limit === null;
      const size = shared
        ? pools.reduce((sum, pool) => sum + countOf(pool) * pool.inputs.exampleBytes, 0)
        : parts * wanted.reduce((sum, { pool, rows }) => sum + rows.length * pool.inputs.exampleBytes, 0);
      if (size > memory) leaveOnDisk(size, pools);
      const inputsOf = async ({ pool, rows }: (typeof wanted)[number]) => {
        if (size > memory) return new SelectedReader(pool.inputs, rows);
        if (!shared) return hold(pool.inputs, rows, context);
        if (!(pool.inputs instanceof HeldReader)) {
          pool.inputs = new HeldReader(await hold(pool.inputs, upTo(countOf(pool)), context), pool.inputs.width);
        }
        return new SelectedReader(pool.inputs, rows);
      };
      const take = async ({ pool, rows }: (typeof wanted)[number]): Promise<Examples> => ({
        count: rows.length,
        inputs: await inputsOf({ pool, rows }),
        targets: takeTargets(pool.targets, rows, perTarget),
      });
      const [trainExamples, validationExamples] = [await take(wanted[0]), await take(wanted[1])];
      return {
        name: opened.name,
        task,
        inputShape: opened.inputShape,
        classes: opened.classes,
        outputs,
        train: trainExamples,
        validation: validationExamples,
        inputScale: await inputScale(opened.scale, trainExamples, context),
        targetScale: opened.classes ? null : standardization(trainExamples.targets, outputs),
        preparation: opened.preparation ?? {},
        notes: opened.notes ?? [],
      };
    },
  };
}

/** Selection of another reader's examples. */
class SelectedReader implements InputReader {
  readonly width: number;
  readonly exampleBytes: number;

  constructor(
    private readonly reader: InputReader,
    private readonly rows: Int32Array,
  ) {
    this.width = reader.width;
    this.exampleBytes = reader.exampleBytes;
  }

  make(examples: number) {
    return this.reader.make(examples);
  }

  read(indexes: Int32Array) {
    return this.reader.read(indexes.map((index) => this.rows[index]!));
  }
}

/** Reads examples into memory. */
async function hold(
  reader: InputReader,
  rows: Int32Array,
  context: Pick<LoadContext, 'signal' | 'onProgress'>,
): Promise<Numbers> {
  const all = rows.every((row, i) => row === i);
  if (all && reader instanceof HeldReader && reader.values.length === rows.length * reader.width) return reader.values;
  const values = reader.make(rows.length);
  await eachChunk(new SelectedReader(reader, rows), rows.length, context, (chunk, from) => {
    values.set(chunk, from * reader.width);
    return true;
  });
  return values;
}

/** Visits all examples in order until `see` returns false. */
async function eachChunk(
  reader: InputReader,
  count: number,
  context: Pick<LoadContext, 'signal' | 'onProgress'>,
  see: (values: ArrayLike<number>, from: number) => boolean,
): Promise<void> {
  const step = Math.max(1, Math.floor(CHUNK / Math.max(1, reader.exampleBytes)));
  let shown = performance.now();
  for (let from = 0; from < count; from += step) {
    context.signal.throwIfAborted();
    const indexes = upTo(Math.min(step, count - from)).map((i) => from + i);
    if (!see(await reader.read(indexes), from)) return;
    if (performance.now() - shown < 1000) continue;
    shown = performance.now();
    context.onProgress(`reading the data: ${Math.round((100 * (from + indexes.length)) / count)} %`);
  }
}

function takeTargets(targets: Targets, rows: Int32Array, width: number): Targets {
  const result = new (targets.constructor as new (length: number) => Targets)(rows.length * width);
  rows.forEach((row, i) => result.set(targets.subarray(row * width, (row + 1) * width), i * width));
  return result;
}

/** Computes the scale from the training examples alone. */
async function inputScale(
  scale: Scale,
  { count, inputs }: Examples,
  context: Pick<LoadContext, 'signal' | 'onProgress'>,
): Promise<Affine> {
  const reader = ArrayBuffer.isView(inputs) ? new HeldReader(inputs, inputs.length / count) : inputs;
  if (scale === 'standardize') {
    const moments = new Moments(1);
    await eachChunk(reader, count, context, (values) => (moments.add(values), true));
    const { mean, deviation } = moments.read()[0]!;
    return { factor: 1 / deviation, offset: -mean / deviation };
  }
  if (scale === 'auto' && reader.make(0) instanceof Uint8Array) {
    let bytes = false;
    await eachChunk(reader, count, context, (values) => {
      for (let i = 0; i < values.length && !bytes; i++) bytes = values[i]! > 1;
      return !bytes;
    });
    if (bytes) return { factor: 2 / 255, offset: -1 };
  }
  return { factor: 1, offset: 0 };
}
