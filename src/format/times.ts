/** Durations and ages as people read them, the same in the panel, the editor and the terminal. */
import type { Run } from '../protocol/engine/index.js';
import { l10n } from './l10n.js';
import { formatTime, formatTimeOfDay, withSeparator } from './locale.js';

export { formatTime, formatTimeOfDay };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `120ms`, `4.2s`, `42s`, `3m 07s`, `1h 02m`, `1d 04h`. Takes milliseconds; a negative duration gets a minus sign. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '–';
  if (milliseconds < 0) return `−${formatDuration(-milliseconds)}`;
  if (milliseconds === 0) return '0s';
  if (milliseconds < 999.5) return `${Math.round(milliseconds)}ms`;
  if (milliseconds < 9950) return `${withSeparator(String(Number((milliseconds / 1000).toFixed(1))))}s`;
  // Rounded first: 59.9 s is a minute, never "60s".
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds}s`;
  const pad = (value: number) => String(Math.floor(value)).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ${pad((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d ${pad((seconds % 86_400) / 3600)}h`;
}

type Times = Pick<Run, 'startedAt' | 'endedAt' | 'ran'>;

/**
 * Returns how long a run has run by `now`, in milliseconds; null before it starts. For an ended run, this is the time
 * that its programs took, which stays correct when someone sets a clock.
 */
export function runDuration({ startedAt, endedAt, ran }: Times, now: number): number | null {
  if (startedAt === null) return null;
  if (endedAt !== null && ran !== undefined) return ran;
  return Math.max(0, (endedAt ?? now) - startedAt);
}

/** `formatDuration` of `runDuration`; an en dash before the run starts. */
export function formatRunTime(run: Times, now: number): string {
  const milliseconds = runDuration(run, now);
  return milliseconds === null ? '–' : formatDuration(milliseconds);
}

/** `just now`, `5 min ago`, `3 h ago`, `2 d ago`. */
export function formatAgo(time: number, now: number): string {
  const age = now - time;
  if (age < 45_000) return l10n.t('just now');
  if (age < HOUR) return l10n.t('{0} min ago', Math.max(1, Math.round(age / MINUTE)));
  if (age < DAY) return l10n.t('{0} h ago', Math.round(age / HOUR));
  return l10n.t('{0} d ago', Math.round(age / DAY));
}
