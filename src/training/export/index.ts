/** Exports a trained network to other programs' formats. To add a format, write one file and add one case here. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { saveWeights } from '../checkpoints/checkpoint.js';
import { TrainingError } from '../errors.js';
import { writeWhole } from '../../files/whole.js';
import { checkOutput } from '../files/output.js';
import { savedMetadata, type SavedNetwork } from '../checkpoints/saved.js';
import type { ExportFormat } from '../../protocol/trainer/index.js';
import { cardOf } from './card.js';
import { graphOf } from './graph.js';
import { kerasFile } from './keras.js';
import { npz } from './npz.js';
import { onnxModel } from './onnx/index.js';
import { tfjsModel } from './tfjs.js';
import { said } from '../../format/said.js';

const VERSION = process.env.TUNESMITH_VERSION ?? '0.0.0';

/** A name that is valid in every format. */
const NAME = 'network';

/** Writes the network to `path` (a folder for `tfjs`, else a file) and returns what was written. */
export async function exportNetwork(
  saved: SavedNetwork,
  format: ExportFormat,
  path: string,
  overwrite: boolean,
): Promise<string[]> {
  if (format === 'safetensors') {
    await checkOutput(path, overwrite);
    await saveWeights(path, saved.weights, {
      ...savedMetadata(saved.network, saved.data),
      model: JSON.stringify(cardOf(saved, saved.data.outputs, true)),
    });
    return [path];
  }
  const files = await contents(saved, format, path);
  for (const [file] of files) await checkOutput(file, overwrite);
  // Old parts are deleted first, so that they never stand beside new ones as if they were one network.
  for (const [file] of files.slice(1)) await rm(file, { force: true });
  for (const [file, bytes] of files) await writeWhole(file, bytes);
  return files.map(([file]) => file);
}

async function contents(
  saved: SavedNetwork,
  format: Exclude<ExportFormat, 'safetensors'>,
  path: string,
): Promise<[string, Buffer][]> {
  if (format === 'npz') {
    const metadata = { ...savedMetadata(saved.network, saved.data), model: cardOf(saved, saved.data.outputs, true) };
    return [[path, await npz(saved.weights, JSON.stringify(metadata))]];
  }
  const nodes = graphOf(saved);
  const card = cardOf(saved, nodes.at(-1)!.shape[0]!, false);
  switch (format) {
    case 'keras':
      return [[path, await kerasFile(nodes, NAME, card)]];
    case 'onnx':
      return [[path, withinTwoGigabytes(onnxModel(nodes, NAME, card, VERSION))]];
    case 'tfjs': {
      const { json, weights } = tfjsModel(nodes, NAME, card, VERSION);
      // The model description is written last: when it exists, the export is complete.
      return [
        [join(path, 'weights.bin'), weights],
        [join(path, 'model.json'), Buffer.from(json, 'utf8')],
      ];
    }
  }
}

/** Throws above two gigabytes, the limit of Protocol Buffers. */
function withinTwoGigabytes(bytes: Buffer): Buffer {
  if (bytes.length < 2 ** 31) return bytes;
  throw new TrainingError(said('the network is too large for one ONNX file (2 GB): export it as safetensors'));
}
