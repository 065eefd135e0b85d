/** Words and numbers along the horizontal axis of curves. */
import { l10n } from '../format/l10n.js';
import { formatNumber } from '../format/numbers.js';
import { formatDuration } from '../format/times.js';
import type { XAxis } from './series.js';

export function xTitle(x: XAxis): string {
  switch (x) {
    case 'step':
      return l10n.t('step');
    case 'time':
      return l10n.t('time since start');
    case 'epoch':
      return l10n.t('epoch');
    case 'wall':
      return l10n.t('time');
    case 'metric':
      return l10n.t('metric');
  }
}

/** Text of an x value, as on the axis. */
export function formatX(x: XAxis, value: number): string {
  if (x === 'wall') return formatWall(value);
  return x === 'time' ? formatDuration(value) : formatNumber(value);
}

function formatWall(value: number): string {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return '';
  const two = (part: number): string => String(part).padStart(2, '0');
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** 20k and 1.5M: steps soon have many digits. */
export function compact(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${formatNumber(value / 1e6)}M`;
  return size >= 1e4 ? `${formatNumber(value / 1e3)}k` : formatNumber(value);
}

/** Time is in milliseconds, so ticks at round seconds, minutes or hours have to be asked for. */
export function timeStep(span: number): number | undefined {
  const steps = [100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5, 72e5, 216e5, 432e5, 864e5];
  return steps.find((step) => span / step <= 8);
}
