import { RUN_ENV } from '../../protocol/run/runFiles.js';

/** Returns the milliseconds after which records are synced to the disk; 0: when the operating system does it. */
export function syncInterval(env: Record<string, string | undefined>): number {
  const text = env[RUN_ENV.fsync]?.trim();
  const seconds = text ? Number(text) : 1;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3600) * 1000 : 1000;
}
