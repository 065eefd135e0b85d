/** Files that a person wants to have written. */
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileHandle } from 'node:fs/promises';
import { TrainingError } from '../errors.js';

/** Throws TrainingError where a file can't be, or is and is to be kept. */
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

/** The file is there whole or not at all; its folder is made. */
export async function writeWhole(path: string, write: (file: FileHandle) => Promise<unknown>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  // Left by a killed process of the same number. What others put here is not followed, whatever it leads to.
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
