/** Output files that a person asked for. */
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileHandle } from 'node:fs/promises';
import { TrainingError } from '../errors.js';

/** Throws TrainingError when the file can't be created, or when it exists and must not be overwritten. */
export async function checkOutput(file: string, overwrite: boolean): Promise<void> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new TrainingError(`${file} is a folder: choose another name`);
    if (!overwrite) {
      throw new TrainingError(`${file} is there already: choose another name, or --force to replace it`);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') throw new TrainingError(`${dirname(file)} is no folder: choose another name`);
    if (code !== 'ENOENT') throw error;
  }
}

/** Writes the file atomically and creates its folder. */
export async function writeWhole(path: string, write: (file: FileHandle) => Promise<unknown>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  // Removes a leftover of a killed process with the same process ID. A link that others put here is not followed.
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx');
  try {
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
