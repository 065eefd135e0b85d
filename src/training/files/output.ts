/** Output files that a person asked for. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TrainingError } from '../errors.js';
import { said } from '../../format/said.js';

/** Throws TrainingError when the file can't be created, or when it exists and must not be overwritten. */
export async function checkOutput(file: string, overwrite: boolean): Promise<void> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new TrainingError(said('{0} is a folder: choose another name', file));
    if (!overwrite) {
      throw new TrainingError(said('{0} already exists: choose another name, or --force to replace it', file));
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') throw new TrainingError(said('{0} is not a folder: choose another name', dirname(file)));
    if (code !== 'ENOENT') throw error;
  }
}
