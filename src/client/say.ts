import { writeSync } from 'node:fs';

/** Errors of a disk without room: it may have some later. `EFBIG` is the limit on a file's size. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export const isFull = (error: unknown): boolean => FULL.has((error as NodeJS.ErrnoException | null)?.code ?? '');

/**
 * Prints a line for the person. Never throws and raises no event: the output may be a file on a full disk, and a
 * warning about that must not end the training.
 */
export function say(text: string): void {
  try {
    writeSync(2, `tunesmith: ${text}\n`);
  } catch {
    // Nobody can read it there.
  }
}

let isListening = false;

/**
 * Lets the program continue when its output can't be written because the disk is full. Otherwise Node ends it with an
 * uncaught exception. Other errors of these streams keep their effect.
 */
export function printDespiteFullDisk(): void {
  if (isListening) return;
  isListening = true;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (!isFull(error) && stream.listenerCount('error') === 1) throw error;
    });
  }
}
