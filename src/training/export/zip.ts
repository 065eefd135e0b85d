/** ZIP archives with uncompressed entries, the container of NumPy's NPZ and Keras files. */
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

export interface ZipEntry {
  name: string;
  bytes: Uint8Array;
}

/** Fixed time, so that the same files give the same bytes. ZIP's times have no zone: this is local time. */
const NO_TIME = new Date(1980, 0, 1);
const OPTIONS = { compress: false, mtime: NO_TIME, forceDosTimestamp: true, mode: 0o100644 };

/** Returns an archive of the entries, in order. */
export function zip(entries: readonly ZipEntry[]): Promise<Buffer> {
  const archive = new ZipFile();
  for (const { name, bytes } of entries) {
    archive.addBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), name, OPTIONS);
  }
  archive.end();
  return buffer(archive.outputStream);
}
