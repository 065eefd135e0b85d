/**
 * The supervisor of one run: `node supervisor.cjs <run folder> <umask of the program> <SHA-256 of run.json> [<file with
 * the program's environment>]`. It starts the program, passes messages between the program's clients and the engine,
 * stops the process tree on request, and records how it ended. It is small and independent of the engine, so that a run
 * continues and can be adopted, whatever happens to the engine.
 */
import { closeSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { appendReal, openRealForAppend, sizeReal } from '../../files/real.js';
import { LAUNCH_TAKEN, RUN_ENV, RUN_FILES } from '../../protocol/runFiles.js';
import { ControlFile } from './controlFile.js';
import { Endpoint } from './endpoint.js';
import { GrowthWatch } from './growth.js';
import { Hub } from './hub.js';
import { takeLaunch } from './launch.js';
import { Lease } from './lease.js';
import { markOf, wearMark } from './mark.js';
import { launchRecord, SupervisorJournal } from './journal.js';
import { Program } from './program.js';
import { JournalSync } from './sync.js';
import { syncInterval } from '../../client/syncInterval.js';
import { usableCheckpoint } from '../../client/checkpoints.js';
import type { Control } from '../../protocol/supervisor.js';
import { appendLine, endLine } from '../disk/appendLine.js';
import { readEnvironment } from '../disk/environments.js';
import { untilRoom } from '../disk/room.js';
import { keepFilesPrivate } from '../disk/umask.js';
import { trimJournals } from './trim.js';
import { networkFileSystem } from '../machine/fileSystem.js';
import { thisHost } from '../machine/host.js';
import { LogFiles } from './logs/index.js';
import { observe, type Observers } from './observe/index.js';
import { runRank } from './ranks/agent.js';
import { RANK_FLAG, Ranks } from './ranks/launch.js';
import { recordStart } from './record/index.js';
import { captureOf, findPythonFolder, programEnv, readSpec } from './spec.js';

type Stop = Extract<Control, { type: 'stop' }>;

/** Milliseconds after the end for completing the records of the start. */
const RECORD_MS = 2000;
/** Maximum time between two processes' receiving the same signal. */
const SIGNAL_MS = 500;
/** Time after the end in which the engine can read the last messages. */
const LINGER_MS = 1000;

/**
 * `folder`: absolute, as the program is told. We ourselves stand in it and name our files from there, so that they are
 * found when the workspace is renamed meanwhile. Returns the exit code.
 */
async function supervise(folder: string, askedHash: string | undefined, environment: string): Promise<number> {
  process.chdir(folder);
  const here = '.';
  const journal = new SupervisorJournal(here);
  let spec;
  try {
    spec = readSpec(folder, askedHash);
    journal.launch = spec.launch?.number;
  } catch (error) {
    await journal.writeExit({ code: null, signal: null, requested: null, error: (error as Error).message });
    throw error;
  }
  const launch = spec.launch?.number ?? 1;
  let taken = false;
  await untilRoom(() => void (taken = takeLaunch(folder, launch)));
  if (!taken) return LAUNCH_TAKEN;
  let base: NodeJS.ProcessEnv;
  try {
    base = environment ? readEnvironment(environment) : process.env;
  } catch (error) {
    await journal.writeExit({ code: null, signal: null, requested: null, error: (error as Error).message });
    throw error;
  }
  const mark = markOf(folder, launch);
  wearMark(mark);
  const lease = new Lease(here, launch);
  const cluster = process.env[RUN_ENV.job] !== undefined;
  const ranks = cluster && spec.ranks ? await Ranks.of(spec.ranks, folder, launch) : null;
  // A memory-mapped file shows other hosts its changes only after a long time.
  if (cluster || networkFileSystem(folder) !== null) base = { TUNESMITH_JOURNAL_WRITE: 'plain', ...base };

  let endpoint: Endpoint | null = null;
  let program: Program | null = null;
  let observers: Observers | null = null;
  const warn = (text: string): void => journal.write({ type: 'message', time: Date.now(), level: 'warning', text });
  /** A stop that was requested before there was a program. */
  let stopFirst: Stop | null = null;
  const stop = (asked: Stop): void => {
    if (program) program.stop(asked.reason, asked.grace);
    else stopFirst = asked;
  };
  const asked = (control: Control): void => {
    if (control.type === 'stop') stop(control);
    else if (control.type === 'pause') void program?.pauseTree();
    else if (control.type === 'resume') void program?.resumeTree();
    // Stopping has its own order of requests; the clients only have to know of the others.
    if (control.type === 'stop') return;
    hub.toClients(control);
    ranks?.tell(control);
  };
  let interrupted: 'warning' | 'end' | undefined;
  if (cluster) {
    // The cluster's signals: before the job's time limit, and when the job is ended.
    const interrupt = (what: 'warning' | 'end'): void => {
      interrupted ??= what;
      stop({ type: 'stop', reason: 'pause' });
    };
    process.on('SIGUSR2', () => interrupt('warning'));
    process.on('SIGTERM', () => interrupt('end'));
    const limit = Number(process.env[RUN_ENV.timeLimit]);
    if (limit > 0) setTimeout(() => interrupt('warning'), warnAfter(limit, spec.stopGrace) * 1000).unref();
  }
  const hub: Hub = new Hub({
    get token() {
      return endpoint?.token ?? '';
    },
    welcome: () => ({ pid: program?.pid ?? null, paused: program?.paused ?? false }),
    control: asked,
    relayed: (file, end) => {
      growth.streamed(file, end);
    },
  });
  endpoint = new Endpoint(here, launch, hub.accept);
  await endpoint.open();

  // The experiment file's own `env` comes first.
  const sync = new JournalSync(here, syncInterval({ ...base, ...spec.env }));
  const growth = new GrowthWatch(here, {
    journal: (file, offset) => hub.grown(file, offset),
    output: (bytes) => {
      warn(`The program has printed ${(bytes / 2 ** 30).toFixed(1)} GiB into output.log. It may fill the disk.`);
    },
  });

  await untilRoom(() => closeSync(openRealForAppend(join(here, RUN_FILES.output))));
  // An earlier launch may have been killed in the middle of a line.
  const external = join(here, RUN_FILES.journal, RUN_FILES.externalJournal);
  endLine(external);
  if (spec.launch?.checkpoint) {
    spec.launch.checkpoint = await usableCheckpoint(spec.launch.checkpoint, (name, why) => {
      const instead = 'the run resumes from the one before it, if there is one.';
      warn(`The checkpoint ${name} is damaged (${why}) and is not used: ${instead}`);
    });
  }
  if (spec.launch) {
    const begins = launchRecord(spec.launch);
    await untilRoom(() => appendLine(external, begins));
  }
  const address = { socket: endpoint.path, token: endpoint.token };
  const ours = findPythonFolder(base);
  const env = {
    ...programEnv(base, spec, folder, address, ours),
    ...ranks?.env,
    // Variables of the experiment file come first here, too.
    ...(ranks && spec.env),
    [RUN_ENV.mark]: String(mark),
  };
  const logs = new LogFiles(captureOf(spec, env).files, { folder, here, cwd: spec.cwd });
  const printedFrom = sizeReal(join(here, RUN_FILES.output)) ?? 0;
  program = new Program(
    spec,
    folder,
    env,
    mark,
    {
      ask(reason) {
        const handled = hub.handled('stop');
        hub.toClients({ type: 'stop', reason });
        ranks?.tell({ type: 'stop', reason });
        return handled;
      },
    },
    (pid, started) => {
      journal.write({
        type: 'spawn',
        time: Date.now(),
        pid,
        started,
        supervisor: process.pid,
        launch: journal.launch,
        host: thisHost(),
      });
      hub.grown('supervisor.ndjson', 0);
    },
    ranks,
  );

  logs.begin(program.pid, { mark, begins: spec.launch ? launchRecord(spec.launch) : null, warn });
  const recorded = program.pid === null ? null : recordStart(here, spec, env, ours);
  observers = observe(here, spec, program, { env, mark, printedFrom, warn });
  if (stopFirst) stop(stopFirst);
  const control = new ControlFile(here, launch, asked);
  control.look();
  const { behind, ...end } = await program.ended;
  // All processes of a job are told to end, including the program: it may have ended before our own signal arrived.
  if (cluster && end.requested === null && end.signal === 'SIGTERM') await pause(SIGNAL_MS);
  if (interrupted) end.requested ??= 'pause';
  if (behind) journal.write({ type: 'message', time: Date.now(), ...behind });
  control.close();
  await logs.stop();
  observers.stop();
  growth.look();
  growth.stop();
  trimJournals(here);
  // If a program ends at once, its records of the start get a moment to complete.
  await Promise.race([recorded, pause(RECORD_MS)]);
  await journal.writeExit({ ...end, ...(interrupted && end.requested === 'pause' && { interrupted }) });
  lease.release(true);
  hub.exited();
  const synced = sync.close();
  // A connected engine wants the last frames; a new one finds everything in the files.
  if (hub.engines > 0) await new Promise((done) => setTimeout(done, LINGER_MS));
  await synced;
  endpoint.close();
  hub.close();
  setTimeout(() => hub.destroy(), 500).unref();
  return 0;
}

// Neither a closed terminal nor Ctrl+C in it ends the supervisor or the run; that takes a request on the socket.
for (const name of ['SIGHUP', 'SIGINT', 'SIGPIPE'] as const) process.on(name, () => undefined);

/** Nobody reads our output, so unexpected errors are recorded in the run's folder. */
function report(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  try {
    appendReal('supervisor.log', `${new Date().toISOString()} ${text}\n`);
  } catch {
    // There is nowhere left to report it.
  }
  try {
    // Not through the stream, whose failure on a full disk would be reported here again, endlessly.
    writeSync(2, `${text}\n`);
  } catch {
    // Nobody can read it there.
  }
}

/** Returns the seconds after which the program of a job with a time limit is asked to save a checkpoint. */
function warnAfter(limit: number, grace: number): number {
  return Math.min(limit - Math.min(limit / 2, Math.max(60, grace + 30)), 2 ** 31 / 1000 - 1);
}

/** Resolves to the exit code. */
function work([first, ...rest]: string[]): Promise<number> {
  if (first === RANK_FLAG) return runRank(rest);
  const [umask = '', askedHash, environment = ''] = rest;
  if (!first) {
    process.stderr.write('usage: supervisor.cjs <run folder> <umask> <SHA-256 of run.json> [<environment>]\n');
    return Promise.resolve(2);
  }
  keepFilesPrivate(/^[0-7]{1,4}$/.test(umask) ? Number.parseInt(umask, 8) : undefined);
  return supervise(resolve(first), askedHash, environment);
}

// The program and its end matter more than any one message that failed.
process.on('uncaughtException', report);
process.on('unhandledRejection', report);
work(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    report(error);
    process.exit(1);
  },
);
