import { setTimeout as pause } from 'node:timers/promises';

/** Pause between two attempts on a full disk, in milliseconds. */
const RETRY_MS = 500;

/** Resolves once `write` succeeds, waiting while the disk is full. Rejects with any other error. */
export async function untilRoom(write: () => void): Promise<void> {
  for (;;) {
    try {
      return write();
    } catch (error) {
      if (!['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    await pause(RETRY_MS);
  }
}
