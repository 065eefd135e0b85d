// Installs into the cache: all or nothing, and only once however many ask at the same time.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sleep } from './process.mjs';

/**
 * Fills `folder` by `work(temporary)` unless it is complete. The work happens next to it and is renamed at the end, so that a
 * script killed half-way leaves nothing that looks finished. Python environments can't be moved: for those
 * `inPlace` keeps the folder and only the mark at the end counts.
 */
export async function installOnce(folder, work, { inPlace = false } = {}) {
  const mark = join(folder, '.complete');
  if (existsSync(mark)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const lock = `${folder}.lock`;
  await takeLock(lock);
  try {
    if (existsSync(mark)) return folder;
    await rm(folder, { recursive: true, force: true });
    const target = inPlace ? folder : `${folder}.partial`;
    await rm(target, { recursive: true, force: true });
    await mkdir(target, { recursive: true });
    await work(target);
    await writeFile(join(target, '.complete'), new Date().toISOString());
    if (!inPlace) await rename(target, folder);
    return folder;
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** A folder is the lock (making one is atomic everywhere); its time is refreshed while it is held. */
async function takeLock(lock) {
  for (;;) {
    try {
      await mkdir(lock);
      const beat = setInterval(
        () => void writeFile(join(lock, 'beat'), String(process.pid)).catch(() => clearInterval(beat)),
        2000,
      );
      beat.unref();
      await writeFile(join(lock, 'beat'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const age = await stat(join(lock, 'beat'))
        .catch(() => stat(lock))
        .then(
          (found) => Date.now() - found.mtimeMs,
          () => 0,
        );
      if (age > 15_000) await rm(lock, { recursive: true, force: true });
      else await sleep(500);
    }
  }
}
