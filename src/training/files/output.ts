/** Output files that a person asked for. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TrainingError } from '../errors.js';

/** Throws TrainingError when the file can't be created, or when it exists and must not be overwritten. */
export async function checkOutput(file: string, overwrite: boolean): Promise<void> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new TrainingError(`${file} is a folder: choose another name`);
    if (!overwrite) {
      throw new TrainingError(`${file} already exists: choose another name, or --force to replace it`);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') throw new TrainingError(`${dirname(file)} is not a folder: choose another name`);
    if (code !== 'ENOENT') throw error;
  }
}
