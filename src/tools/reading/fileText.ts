import * as fs from 'node:fs/promises';
import { ToolError } from '../bench.js';

/** Larger files are not experiment files. */
const LARGEST = 4 * 1024 * 1024;

/** Returns the text of an experiment file. Throws ToolError if it can't be read. */
export async function readFileText(file: string): Promise<string> {
  try {
    if ((await fs.stat(file)).size > LARGEST) throw new ToolError(`${file} is larger than 4 MiB.`);
    return await fs.readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof ToolError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ToolError(code === 'ENOENT' ? `There is no file ${file}.` : `${file} can't be read: ${message}.`);
  }
}
