/**
 * Looks after one rank of a distributed training: `supervisor.cjs --rank <run folder> <launch> <umask> <program> …`, started by srun.
 * It gives the program its variables and a log of its own, and brings it the requests that other nodes can't hear.
 */
import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { openRealForAppend } from '../../../files/real.js';
import { outputOfRank, RUN_ENV, RUN_FILES } from '../../../protocol/run/runFiles.js';
import { syncInterval } from '../../../client/journal/syncInterval.js';
import { appendLine, endLine } from '../../disk/appendLine.js';
import { readTail } from '../../disk/files.js';
import { keepFilesPrivate, withPersonsUmask } from '../../disk/umask.js';
import { ControlFile } from '../controlFile.js';
import { Endpoint } from '../endpoint.js';
import { Hub } from '../hub.js';
import { launchRecord } from '../journal.js';
import { wearMark } from '../mark.js';
import { processStartTime } from '../processes.js';
import { JournalSync } from '../sync.js';
import { ProcessTree } from '../tree.js';
import { externalJournalOf, placeOfTask, rankEnv, type RankPlace } from './variables.js';

/** Bytes of a failed rank's log that the run's own log gets, too. */
const TAIL = 4096;
const NOT_STARTED = 127;
/** Only a kill ends us before the program. */
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const;

/** Resolves to the exit code for srun. */
export async function runRank(args: readonly string[]): Promise<number> {
  const [folder, number, umask, ...argv] = args as [string, string, string, ...string[]];
  keepFilesPrivate(Number.parseInt(umask, 8));
  const launch = Number(number);
  const place = placeOfTask(process.env);
  const env = rankEnv(process.env, place, folder);
  for (const name of SIGNALS) process.on(name, () => undefined);
  wearMark(Number(env[RUN_ENV.mark]));
  if (place.rank > 0) beginJournal(folder, place.rank, launch, env);
  const far = place.node > 0 ? await FarNode.open(folder, launch, place, env) : null;
  const [code, signal] = await runProgram(folder, place, argv, env, far);
  const failed = code !== 0 && place.rank > 0;
  if (failed) tellFailure(folder, place.rank);
  await far?.close();
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

function runProgram(
  folder: string,
  { rank }: RankPlace,
  [program, ...args]: string[],
  env: Record<string, string>,
  far: FarNode | null,
): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve) => {
    const log = rank === 0 ? null : openRealForAppend(join(folder, outputOfRank(rank)));
    try {
      const stdio = ['ignore', log ?? 'inherit', log ?? 'inherit'] as const;
      // It leads its own session, so that its whole tree can stand still.
      const child = withPersonsUmask(() => spawn(program!, args, { env, detached: true, stdio: [...stdio] }));
      child.once('error', (error) => {
        process.stderr.write(`[rank ${rank}] ${program} could not be started: ${error.message}\n`);
        resolve([NOT_STARTED, null]);
      });
      child.once('exit', (code, signal) => resolve([code, signal]));
      if (child.pid !== undefined) far?.started(child.pid);
    } finally {
      if (log !== null) closeSync(log);
    }
  });
}

/** A program without a client appends to a file of its rank; its records belong to this launch. */
function beginJournal(folder: string, rank: number, launch: number, env: Record<string, string>): void {
  if (launch < 2) return;
  const path = join(folder, RUN_FILES.journal, externalJournalOf(rank));
  endLine(path);
  appendLine(path, launchRecord({ number: launch, checkpoint: env[RUN_ENV.checkpoint] ?? null }, rank));
}

/** Puts the last lines of a failed rank into the run's own log, where a person looks first. */
function tellFailure(folder: string, rank: number): void {
  const lines = readTail(join(folder, outputOfRank(rank)), TAIL)
    .trimEnd()
    .split('\n')
    .slice(-20);
  writeSync(2, lines.map((line) => `[rank ${rank}] ${line}\n`).join(''));
}

/** A rank on another node than the supervisor's, which its program's client can't reach. */
class FarNode {
  private tree: ProcessTree | null = null;

  private constructor(
    private readonly hub: Hub,
    private readonly endpoint: Endpoint,
    private readonly sync: JournalSync | null,
  ) {}

  /** Puts the address into `env`. */
  static async open(folder: string, launch: number, place: RankPlace, env: Record<string, string>): Promise<FarNode> {
    let node: FarNode | null = null;
    const hub: Hub = new Hub({
      get token() {
        return endpoint.token;
      },
      welcome: () => ({ pid: null, paused: false }),
      control: () => undefined,
      relayed: () => undefined,
    });
    const endpoint: Endpoint = new Endpoint(hub.accept);
    await endpoint.open();
    Object.assign(env, { [RUN_ENV.socket]: endpoint.path, [RUN_ENV.token]: endpoint.token });
    const sync = place.local === 0 ? new JournalSync(folder, syncInterval(env)) : null;
    node = new FarNode(hub, endpoint, sync);
    new ControlFile(
      folder,
      launch,
      (control) => {
        if (control.type === 'pause') void node.tree?.signal('SIGSTOP');
        if (control.type === 'resume') void node.tree?.signal('SIGCONT');
        hub.toClients(control);
      },
      RUN_FILES.ranks,
    ).look();
    return node;
  }

  started(pid: number): void {
    // Other ranks of this node carry the same mark: only the session of this one counts.
    this.tree = new ProcessTree({ pid, started: processStartTime(pid) }, null);
  }

  async close(): Promise<void> {
    await this.sync?.close();
    this.endpoint.close();
    this.hub.destroy();
  }
}
