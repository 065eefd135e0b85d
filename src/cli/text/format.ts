/** Runs' facts as short text. */
import { formatParam } from '../../format/numbers.js';
import type { Run, RunStatus } from '../../protocol/engine/index.js';
import { markAt } from '../../protocol/values/floats.js';
import type { Color } from './terminal.js';

export function params(run: Pick<Run, 'params' | 'floats'>, only?: readonly string[]): string {
  return Object.entries(run.params)
    .filter(([name]) => !only || only.includes(name))
    .map(([name, value]) => `${name}=${formatParam(value, markAt(run.floats, name))}`)
    .join(' ');
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
