/** Files written whole: a reader, or a crash, sees the old or the new content and never a part. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

export interface WholeOptions {
  /** Mode of the new file. Default: 0o666, less the umask. */
  mode?: number;
  /** Waits until the content has reached the disk, so that it survives a power cut. Default: true. */
  sync?: boolean;
}

/** Returns a new name next to the file. Files with such names are ours, and no link waits there. */
const temporaryOf = (file: string): string =>
  path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(4).toString('hex')}.tmp`);

/** Writes a file whole. Its folder must exist. */
export function writeWholeSync(file: string, content: string | Uint8Array, options: WholeOptions = {}): void {
  const temporary = temporaryOf(file);
  try {
    const descriptor = fs.openSync(temporary, 'wx', options.mode);
    try {
      fs.writeFileSync(descriptor, content);
      if (options.sync ?? true) fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(temporary, file);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** Writes a file whole, by `write` if its content comes in parts. Creates its folder. */
export async function writeWhole(
  file: string,
  content: string | Uint8Array | ((handle: fs.promises.FileHandle) => Promise<unknown>),
  options: WholeOptions = {},
): Promise<void> {
  const { mkdir, open, rename, rm } = fs.promises;
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = temporaryOf(file);
  try {
    const handle = await open(temporary, 'wx', options.mode);
    try {
      await (typeof content === 'function' ? content(handle) : handle.writeFile(content));
      if (options.sync ?? true) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
