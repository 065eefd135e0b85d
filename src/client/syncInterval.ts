import { RUN_ENV } from '../protocol/runFiles.js';

/** Milliseconds after which what was recorded is forced to the disk itself; 0: when the operating system likes. */
export function syncInterval(env: Record<string, string | undefined>): number {
  const text = env[RUN_ENV.fsync]?.trim();
  const seconds = text ? Number(text) : 1;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3600) * 1000 : 1000;
}
