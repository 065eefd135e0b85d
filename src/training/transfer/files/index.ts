/** Reads a file of a trained network, of any kind that is known. To add a kind, write one file and one case here. */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadModelFile } from '../../checkpoints/checkpoint.js';
import { savedFrom } from '../../checkpoints/saved.js';
import { openBytes, type Bytes } from '../../data/bytes.js';
import { TrainingError, saidOf } from '../../errors.js';
import { trainedOf } from '../ours.js';
import type { Trained } from '../types.js';
import { readOnnx } from './onnx.js';
import { readKerasArchive, readKerasHdf5 } from './keras.js';
import { readTfjs } from './tfjs.js';
import { readNpzWeights, weightsAlone } from './weights.js';
import { said } from '../../../format/said.js';

const KNOWN = 'safetensors, Keras (.keras, .h5), ONNX (.onnx), NPZ, or the model.json of TensorFlow.js';

/** `file`: path as the person wrote it, relative to `folder`. Throws TrainingError. */
export async function readTrainedFile(folder: string, file: string): Promise<Trained> {
  const path = resolve(folder, file);
  if (existsSync(path) && statSync(path).isDirectory()) {
    if (existsSync(join(path, 'model.json'))) return readTfjs(folder, join(file, 'model.json'));
    throw new TrainingError(said('{0} is a folder without a model.json; known are {1}', file, KNOWN));
  }
  const bytes = await openBytes(folder, file);
  try {
    return await readOpened(bytes, path, folder, file);
  } catch (error) {
    throw error instanceof TrainingError
      ? error
      : new TrainingError(said("{0} can't be read: {1}", file, saidOf(error)));
  } finally {
    await bytes.close();
  }
}

/** The first bytes tell the kind of a file; its name decides only between two kinds of ZIP archives. */
async function readOpened(bytes: Bytes, path: string, folder: string, file: string): Promise<Trained> {
  const start = Buffer.from(await bytes.read(0, Math.min(16, bytes.size)));
  if (start.toString('latin1', 0, 4) === 'PK\x03\x04') {
    return /\.keras$/i.test(file) ? readKerasArchive(bytes) : readNpzWeights(bytes);
  }
  if (start.toString('latin1', 0, 8) === '\x89HDF\r\n\x1a\n') return readKerasHdf5(bytes);
  if (/\.json$/i.test(file)) return readTfjs(folder, file);
  if (/\.onnx$/i.test(file)) return readOnnx(bytes);
  // The length of a safetensors header comes first, then the header's brace.
  if (start.length > 8 && start.readBigUInt64LE(0) < BigInt(bytes.size) && start[8] === 0x7b) {
    const { weights, metadata } = await loadModelFile(path);
    if (metadata.format !== 'tunesmith') return weightsAlone(file, weights);
    return trainedOf(savedFrom(weights, metadata), file);
  }
  throw new TrainingError(said('{0} is not a trained network in a known format; known are {1}', file, KNOWN));
}
