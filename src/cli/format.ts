/** Runs' facts as short text. */
import type { Run, RunStatus } from '../protocol/engine.js';
import { markAt, valueText, withPoint, type FloatMark } from '../protocol/floats.js';
import { fromWire, type ParamValue, type WireNumber } from '../protocol/values.js';
import type { Color } from './terminal.js';

/** Four significant digits; very small and very large numbers in scientific notation. */
export function number(value: WireNumber | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const n = fromWire(value);
  if (!Number.isFinite(n)) return String(n);
  if (Number.isInteger(n) && Math.abs(n) < 1e7) return String(n);
  const size = Math.abs(n);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return n.toExponential(3).replace(/\.?0+e/, 'e');
  return String(Number(n.toPrecision(5)));
}

export function param(value: ParamValue, mark: FloatMark = null): string {
  return typeof value === 'number' ? withPoint(number(value), mark) : valueText(value, mark);
}

export function params(run: Pick<Run, 'params' | 'floats'>, only?: readonly string[]): string {
  return Object.entries(run.params)
    .filter(([name]) => !only || only.includes(name))
    .map(([name, value]) => `${name}=${param(value, markAt(run.floats, name))}`)
    .join(' ');
}

export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${String(seconds % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}

export function runTime(run: Pick<Run, 'startedAt' | 'endedAt'>, now: number): string {
  return run.startedAt === null ? '–' : duration((run.endedAt ?? now) - run.startedAt);
}

export const STATUS_COLORS: Record<RunStatus, Color> = {
  queued: 'dim',
  starting: 'cyan',
  running: 'cyan',
  paused: 'yellow',
  stopping: 'yellow',
  elsewhere: 'cyan',
  completed: 'green',
  failed: 'red',
  stopped: 'yellow',
  pruned: 'magenta',
};

export function statusColor(status: string): Color | null {
  return STATUS_COLORS[status.trim() as RunStatus] ?? null;
}
