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
  if (milliseconds === 0) return l10n.t('{0}s', 0);
  if (milliseconds < 999.5) return l10n.t('{0}ms', Math.round(milliseconds));
  if (milliseconds < 9950) return l10n.t('{0}s', withSeparator(String(Number((milliseconds / 1000).toFixed(1)))));
  // Rounded first: 59.9 s is a minute, never "60s".
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return l10n.t('{0}s', seconds);
  const pad = (value: number) => String(Math.floor(value)).padStart(2, '0');
  if (seconds < 3600) return l10n.t('{0}m {1}s', Math.floor(seconds / 60), pad(seconds % 60));
  if (seconds < 86_400) return l10n.t('{0}h {1}m', Math.floor(seconds / 3600), pad((seconds % 3600) / 60));
  return l10n.t('{0}d {1}h', Math.floor(seconds / 86_400), pad((seconds % 86_400) / 3600));
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
