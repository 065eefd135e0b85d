import type { Run, RunStatus, SearchStatus } from '../../src/protocol/engine.js';
import { markAt, valueText, withPoint, type FloatMark } from '../../src/protocol/floats.js';
import { entryOf } from '../../src/protocol/records.js';
import type { ParamValue, WireNumber } from '../../src/protocol/values.js';

/** A number as it came over JSON; `"NaN"` and the infinities travel as strings. (Here, and not from protocol/, to keep zod out of the bundle.) */
export function fromWire(value: WireNumber): number {
  return typeof value === 'number' ? value : Number(value);
}

const LIVE: readonly RunStatus[] = ['queued', 'starting', 'running', 'paused', 'stopping', 'elsewhere'];
export const isLive = (run: Pick<Run, 'status'>): boolean => LIVE.includes(run.status);
export const canStop = (status: RunStatus): boolean =>
  LIVE.includes(status) && status !== 'stopping' && status !== 'elsewhere';
export const canPause = (status: RunStatus): boolean => status === 'running' || status === 'starting';
export const canResume = (status: RunStatus): boolean => status === 'paused';
/** A trial that can be done again within its search. */
export const canRetry = (status: RunStatus): boolean => status === 'failed' || status === 'stopped';
export const isSearchLive = (status: SearchStatus): boolean =>
  status === 'running' || status === 'paused' || status === 'stopping';

/** Codicon and word of each status; never colour alone. */
export const STATUS_ICONS: Record<RunStatus | SearchStatus, string> = {
  queued: 'clock',
  starting: 'loading',
  running: 'sync',
  paused: 'debug-pause',
  stopping: 'debug-stop',
  elsewhere: 'remote',
  completed: 'pass',
  failed: 'error',
  stopped: 'circle-slash',
  pruned: 'discard',
};

/** About five significant digits, never longer than eleven characters. */
export function formatNumber(value: number | WireNumber | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const number = fromWire(value);
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number > 0 ? '∞' : '−∞';
  const size = Math.abs(number);
  if (size === 0) return '0';
  if (Number.isInteger(number) && size < 1e9) return String(number);
  if (size >= 1e6 || size < 1e-4)
    return number
      .toExponential(3)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return String(Number(number.toPrecision(5)));
}

export function formatValue(value: ParamValue | undefined, mark: FloatMark = null): string {
  if (value === undefined) return '–';
  return typeof value === 'number' ? withPoint(formatNumber(value), mark) : valueText(value, mark);
}

/** A run's parameter, as it was handed to the program. */
export function formatParam({ params, floats }: Pick<Run, 'params' | 'floats'>, name: string): string {
  return formatValue(entryOf(params, name), markAt(floats, name));
}

/** Whole numbers with separators between the thousands. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1h 02m`, `3m 07s`, `4.2s`, `120ms`. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '–';
  if (milliseconds < 0) return `−${formatDuration(-milliseconds)}`;
  if (milliseconds === 0) return '0s';
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))}s`;
  const pad = (value: number) => String(value).padStart(2, '0');
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${pad(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86_400)}d ${pad(Math.floor((whole % 86_400) / 3600))}h`;
}

export function duration(run: Pick<Run, 'startedAt' | 'endedAt'>, now: number): number | null {
  return run.startedAt === null ? null : (run.endedAt ?? now) - run.startedAt;
}

/** How long ago, in one word. */
export function formatAgo(time: number, now: number): string {
  const age = now - time;
  if (age < 45_000) return 'just now';
  if (age < 3_600_000) return `${Math.max(1, Math.round(age / 60_000))} min ago`;
  if (age < 86_400_000) return `${Math.round(age / 3_600_000)} h ago`;
  return `${Math.round(age / 86_400_000)} d ago`;
}

/** The newest of a run's warnings, and how many there are; '' without any. */
export function warningText({ warnings }: Pick<Run, 'warnings'>): string {
  if (!warnings) return '';
  return `Warning: ${warnings.text}${warnings.count > 1 ? ` (${warnings.count} warnings in all)` : ''}`;
}
