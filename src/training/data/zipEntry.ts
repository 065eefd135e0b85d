/** Single entries of a ZIP archive, read whole. */
import * as zip from 'yauzl';
import { TrainingError, saidOf } from '../errors.js';
import { MOST_GROWTH, type Bytes } from './bytes.js';
import { inflate, ZipBytes } from './npz.js';
import { said } from '../../format/said.js';

/** Reads an entry of at most `limit` bytes. Throws TrainingError when it is missing, larger or damaged. */
export async function readEntry(bytes: Bytes, name: string, limit: number): Promise<Uint8Array> {
  try {
    const archive = await zip.fromRandomAccessReaderPromise(new ZipBytes(bytes), bytes.size, { autoClose: false });
    for await (const entry of archive.eachEntry()) {
      if (entry.fileName !== name) continue;
      const { uncompressedSize: size, compressedSize: packed } = entry;
      if (size > limit) throw new Error(`${name} has ${size} bytes; at most ${limit} are read`);
      if (size > MOST_GROWTH * packed + 64)
        throw new Error(`${packed} bytes can't hold the ${size} that ${name} is said to have`);
      return await inflate(archive, entry);
    }
    throw new Error(`it holds no ${name}`);
  } catch (error) {
    throw new TrainingError(said('{0}: {1}', bytes.name, saidOf(error)));
  }
}
