/** Reads what squeue and sacct print. */
import type { JobEnd, JobState } from '../executor.js';

/** Fields of squeue: id, name, state, reason, nodes, partition. Names and reasons of ours have no bar in them. */
export const SQUEUE_FORMAT = '%i|%j|%T|%r|%N|%P';
export const SACCT_FORMAT = 'JobIDRaw,JobName,State,ExitCode,NodeList';
/** Fields of squeue for jobs that it calls cancelled: id and how the script ended. */
export const EXITS_FORMAT = 'JobID:.40,exit_code:.40';
/** Fields of squeue for jobs that have vanished: id, time of the start and first node, which may be a long name. */
export const BEGUN_FORMAT = 'JobID:.40,StartTime:.40,BatchHost:.256';

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

/** How a job ended that Slurm calls cancelled, as far as it says. */
export interface Cancelled {
  /** Nodes that it had; empty: it was still waiting. */
  nodes: string;
  /** Number of the signal that ended its script; 0: none. */
  signal: number;
  /** Number of the user who cancelled it, if Slurm says that. */
  by?: number;
}

/** Users who may have cancelled a job, by their numbers. */
export interface Users {
  own: number | undefined;
  /** Users of Slurm's own programs besides root; null: not known. */
  daemons: ReadonlySet<number> | null;
}
const ONLY_OWN: Users = { own: process.getuid?.(), daemons: null };

/**
 * Slurm also calls a job cancelled if its script is gone from a node that was restarted or had lost the controller. `scancel`
 * leaves a signal as the job's end, unless the job was still waiting, and in the accounts the number of its user, who may be an
 * administrator. The daemons themselves work as root or as a user of theirs.
 */
export function endOfCancelled({ nodes, signal, by = 0 }: Cancelled, { own, daemons } = ONLY_OWN): JobEnd {
  const isDaemons = by === 0 || (by !== own && (daemons === null || daemons.has(by)));
  return nodes === '' || signal !== 0 || !isDaemons ? 'cancelled' : 'vanished';
}

/** Reads the users of Slurm's programs from what `scontrol show config` prints: `SlurmUser = slurm(64030)`. */
export function readDaemons(text: string): Set<number> {
  const found = text.matchAll(/^Slurmd?User\s*=.*\((\d+)\)\s*$/gm);
  return new Set([...found].map(([, number]) => Number(number)));
}

/** Returns the signals that ended scripts, by job. `15` and `0:15` are the same: Slurm's versions differ. */
export function readExits(text: string): Map<string, number> {
  const found = text.matchAll(/^\s*(\d+)\s+(?:\d+:)?(\d+)\s*$/gm);
  // The lower seven bits of a process's status, or the number itself.
  return new Map([...found].map(([, id, status]) => [id!, Number(status) & 0x7f]));
}

/** Also `CANCELLED by 1000`, as sacct says. */
export function endOf(state: string): JobEnd | null {
  const [word = ''] = state.split(' ');
  return Object.hasOwn(ENDS, word) ? ENDS[word]! : null;
}

/** Returns the jobs of these names that had a node and that squeue calls cancelled. */
export function cancelledIn(text: string, names: ReadonlySet<string>): string[] {
  return text.split('\n').flatMap((line) => {
    const [id = '', name = '', state = '', , nodes = ''] = line.split('|');
    return endOf(state) === 'cancelled' && names.has(name) && nodes !== '' ? [id] : [];
  });
}

/**
 * States by name; a name that came twice has the job that is not over. `waiting`: ids in the order in which they start.
 * `exits`: signals that ended cancelled jobs.
 */
export function readSqueue(
  text: string,
  names: ReadonlySet<string>,
  { waiting = [], exits = new Map() }: { waiting?: readonly string[]; exits?: ReadonlyMap<string, number> } = {},
): Map<string, JobState> {
  const states = new Map<string, JobState>();
  for (const line of text.split('\n')) {
    const [id, name, state, reason, node] = line.split('|');
    if (id === undefined || name === undefined || state === undefined || !names.has(name)) continue;
    const said = endOf(state);
    if (said && states.has(name)) continue;
    const how = said === 'cancelled' ? endOfCancelled({ nodes: node ?? '', signal: exits.get(id) ?? 0 }) : said;
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
export function readSacct(text: string, names: ReadonlySet<string>, users = ONLY_OWN): Map<string, JobState> {
  const states = new Map<string, JobState>();
  for (const line of text.split('\n')) {
    const [id, name, state, exit = '', nodes = ''] = line.split('|');
    const said = state === undefined ? null : endOf(state);
    const signal = Number(/^\d+:(\d+)$/.exec(exit)?.[1] ?? 0);
    const by = Number(/^CANCELLED by (\d+)/.exec(state ?? '')?.[1] ?? 0);
    // Accounts write out that a job had no nodes.
    const had = /^none/i.test(nodes) ? '' : nodes;
    const end = said === 'cancelled' ? endOfCancelled({ nodes: had, signal, by }, users) : said;
    // Accounts name the user of every cancellation; a queue does not.
    const isDaemons = by !== users.own && /^CANCELLED by/.test(state ?? '');
    const how = end === 'vanished' && isDaemons ? 'restarted' : end;
    if (id !== undefined && name !== undefined && how && names.has(name)) states.set(name, { name: 'gone', id, how });
  }
  return states;
}

/** When a job began, in seconds; NaN: it has not. `host`: its first node; '' if it had none. */
export interface Begun {
  start: number;
  host: string;
}

/** Reads what squeue prints in `BEGUN_FORMAT` with `SLURM_TIME_FORMAT=%s`, by job. */
export function readBegun(text: string): Map<string, Begun> {
  const found = text.matchAll(/^\s*(\d+)\s+(\S+)(?:\s+(\S+))?\s*$/gm);
  return new Map([...found].map(([, id, start, host = '']) => [id!, { start: Number(start), host: named(host) }]));
}

const named = (host: string): string => (/^(n\/a|\(?null\)?|none.*)$/i.test(host) ? '' : host);

/** Reads when nodes were booted, in seconds, from `scontrol show node … --oneliner`; null: a node has not said. */
export function readNodes(text: string): Map<string, number | null> {
  const booted = new Map<string, number | null>();
  for (const line of text.split('\n')) {
    const name = fieldOf(line, 'NodeName');
    if (name !== '') booted.set(name, Number(fieldOf(line, 'BootTime')) || null);
  }
  return booted;
}

/** Returns the value of a field in what `scontrol show … --oneliner` prints; '' if it is not there. */
export const fieldOf = (text: string, name: string): string =>
  new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(text)?.[1] ?? '';

/**
 * Returns whether a job's node has booted since the job began: then nobody cancelled the job, however orderly its processes
 * were told to end.
 */
export const bootedSince = ({ start }: Begun, booted: number | null): boolean =>
  start > 0 && booted !== null && booted > start;
