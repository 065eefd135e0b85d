import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Interval at which a holder touches its lock; a lock untouched for far longer belongs to a process that is gone. */
const BEAT_MS = 2_000;
const STALE_MS = 20_000;

/**
 * Runs `work` while no other process holds the lock file. A lock left by a killed process is taken over. Throws the
 * signal's reason when aborted while waiting.
 */
export async function withLock<T>(
  path: string,
  options: { signal?: AbortSignal; onWait?: () => void },
  work: () => Promise<T>,
): Promise<T> {
  for (let waited = false; !(await take(path)); waited = true) {
    if (!waited) options.onWait?.();
    await sleep(200, undefined, { signal: options.signal });
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (await isAbandoned(path)) {
    // Rename first: of two processes that both find the lock abandoned, only one succeeds.
    const aside = `${path}.${process.pid}`;
    await rename(path, aside).then(
      () => rm(aside, { force: true }),
      () => undefined,
    );
  }
  return false;
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    const [text, info] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const age = Date.now() - info.mtimeMs;
    if (age > STALE_MS) return true;
    const pid = Number(text);
    return age > BEAT_MS && pid > 0 && !isAlive(pid);
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
