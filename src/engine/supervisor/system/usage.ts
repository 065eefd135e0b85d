/** Reads how much processor, memory and disk a process tree uses. Linux by /proc, macOS by `ps`. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { partIn } from '../mark.js';

export interface Usage {
  /** By process, as `pid started`: seconds of processor time so far. */
  cpu: Map<string, number>;
  /** Bytes of physical memory; pages that processes share count for each. */
  memory: number;
  /** By process, bytes read from disks and written to them so far. Null: the system does not tell. */
  disk: Map<string, { read: number; written: number }> | null;
}

interface Process {
  pid: number;
  parent: number;
  group: number;
  session: number;
  started: string;
  /** Seconds. */
  cpu: number;
  /** Bytes. */
  memory: number;
}

/** Linux reports processor time in hundredths of a second, whatever its own clock is. */
const TICKS = 100;
const run = promisify(execFile);

export class TreeUsage {
  /** Members that have left the tree of parents, by pid. */
  private members = new Map<number, string>();
  /** Processes that are known not to belong to the run, by pid. */
  private strangers = new Map<number, string>();
  private readonly pageSize = pageSize();
  /** When the root started. NaN: the system does not tell. */
  private rootStarted = Number.NaN;

  constructor(
    /** Leads a separate session and process group. */
    private readonly root: number,
    private readonly mark: number,
  ) {}

  /** Null: the system does not tell. */
  async read(): Promise<Usage | null> {
    if (process.platform === 'win32') return null;
    const all = process.platform === 'linux' ? this.fromProc() : await fromPs();
    const tree = this.treeOf(all);
    if (tree.length === 0) return null;
    const name = ({ pid, started }: Process): string => `${pid} ${started}`;
    return {
      cpu: new Map(tree.map((each) => [name(each), each.cpu])),
      memory: tree.reduce((sum, { memory }) => sum + memory, 0),
      disk: process.platform === 'linux' ? new Map(tree.flatMap((each) => diskOf(each.pid, name(each)))) : null,
    };
  }

  private treeOf(all: readonly Process[]): Process[] {
    const members = new Map<number, string>();
    const strangers = new Map<number, string>();
    for (const { pid, started, group, session } of all) {
      const isKnown = this.members.get(pid) === started || pid === this.root;
      if (pid === this.root) this.rootStarted = Number(started);
      if (isKnown || group === this.root || session === this.root) members.set(pid, started);
      else strangers.set(pid, started);
    }
    // Parents may come after their children in the list.
    for (let before = -1; before !== members.size;) {
      before = members.size;
      for (const { pid, parent, started } of all) if (members.has(parent)) members.set(pid, started);
    }
    // A process that has left its parent and its session still carries the mark. Each process is checked once.
    for (const [pid, started] of strangers) {
      if (members.has(pid) || this.strangers.get(pid) === started || pid === process.pid) continue;
      if (Number(started) < this.rootStarted) continue;
      if (partIn(pid, this.mark) === 'member') members.set(pid, started);
    }
    this.members = members;
    this.strangers = strangers;
    return all.filter(({ pid }) => members.has(pid) && pid !== process.pid);
  }

  private fromProc(): Process[] {
    const found: Process[] = [];
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const text = readText(`/proc/${name}/stat`);
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      if (fields.length < 22) continue;
      found.push({
        pid: Number(name),
        parent: Number(fields[1]),
        group: Number(fields[2]),
        session: Number(fields[3]),
        cpu: (Number(fields[11]) + Number(fields[12])) / TICKS,
        started: fields[19]!,
        memory: Number(fields[21]) * this.pageSize,
      });
    }
    return found;
  }
}

/** Returns '' when the process is gone or is none of ours. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Determined by comparing our own memory in bytes with the same in pages. */
function pageSize(): number {
  const pages = Number(readText('/proc/self/statm').split(' ')[1]);
  const bytes = process.memoryUsage.rss() / pages;
  return pages > 0 && Number.isFinite(bytes) ? 2 ** Math.max(12, Math.round(Math.log2(bytes))) : 4096;
}

function diskOf(pid: number, name: string): [string, { read: number; written: number }][] {
  const text = readText(`/proc/${pid}/io`);
  const [, read] = /^read_bytes: (\d+)/m.exec(text) ?? [];
  const [, written] = /^write_bytes: (\d+)/m.exec(text) ?? [];
  return read === undefined || written === undefined ? [] : [[name, { read: Number(read), written: Number(written) }]];
}

async function fromPs(): Promise<Process[]> {
  const env = { ...process.env, LC_ALL: 'C' };
  const args = ['-A', '-o', 'pid=,ppid=,pgid=,rss=,time='];
  const { stdout } = await run('ps', args, { maxBuffer: 32 << 20, timeout: 5000, env });
  return parsePs(stdout);
}

/** Reads lines of `ps -o pid=,ppid=,pgid=,rss=,time=`; memory there is in KiB. */
export function parsePs(text: string): Process[] {
  return text.split('\n').flatMap((line) => {
    const [pid, parent, group, memory, time, more] = line.trim().split(/\s+/);
    const cpu = cpuSeconds(time ?? '');
    if (cpu === null || more !== undefined) return [];
    const numbers = { pid: Number(pid), parent: Number(parent), group: Number(group) };
    return [{ ...numbers, session: 0, started: '', cpu, memory: Number(memory) * 1024 }];
  });
}

/** Reads `1-02:03:04`, `2:03:04` and `3:04.56`. */
function cpuSeconds(text: string): number | null {
  const found = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text);
  if (!found) return null;
  const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
