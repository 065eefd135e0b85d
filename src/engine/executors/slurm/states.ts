/** Reads what squeue and sacct print. */
import type { JobEnd, JobState } from '../executor.js';

/** Fields of squeue: id, name, state, reason, nodes, partition. Names and reasons of ours have no bar in them. */
export const SQUEUE_FORMAT = '%i|%j|%T|%r|%N|%P';
export const SACCT_FORMAT = 'JobIDRaw,JobName,State';

const ENDS: Record<string, JobEnd> = {
  COMPLETED: 'ended',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  REVOKED: 'cancelled',
  PREEMPTED: 'preempted',
  TIMEOUT: 'timeout',
  DEADLINE: 'timeout',
  NODE_FAIL: 'node failed',
  BOOT_FAIL: 'node failed',
  OUT_OF_MEMORY: 'out of memory',
};
const WAITING = new Set(['PENDING', 'REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'RESV_DEL_HOLD', 'SPECIAL_EXIT']);

/** Also `CANCELLED by 1000`, as sacct says. */
export function endOf(state: string): JobEnd | null {
  const [word = ''] = state.split(' ');
  return Object.hasOwn(ENDS, word) ? ENDS[word]! : null;
}

/** States by name; a name that came twice has the job that is not over. `waiting`: ids in the order in which they start. */
export function readSqueue(
  text: string,
  names: ReadonlySet<string>,
  waiting: readonly string[],
): Map<string, JobState> {
  const states = new Map<string, JobState>();
  for (const line of text.split('\n')) {
    const [id, name, state, reason, node] = line.split('|');
    if (id === undefined || name === undefined || state === undefined || !names.has(name)) continue;
    const how = endOf(state);
    if (how && states.has(name)) continue;
    if (how) states.set(name, { name: 'gone', id, how });
    else if (WAITING.has(state))
      states.set(name, { name: 'queued', id, reason: reason ?? '', position: place(id, waiting) });
    else states.set(name, { name: 'running', id, node: node ?? '' });
  }
  return states;
}

function place(id: string, waiting: readonly string[]): number | null {
  const at = waiting.indexOf(id);
  return at < 0 ? null : at + 1;
}

/** Only jobs that are over; the newest of a name counts. */
export function readSacct(text: string, names: ReadonlySet<string>): Map<string, JobState> {
  const states = new Map<string, JobState>();
  for (const line of text.split('\n')) {
    const [id, name, state] = line.split('|');
    const how = state === undefined ? null : endOf(state);
    if (id !== undefined && name !== undefined && how && names.has(name)) states.set(name, { name: 'gone', id, how });
  }
  return states;
}
