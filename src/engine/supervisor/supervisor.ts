/**
 * Starts the program of a run, passes messages between its clients and the engine, stops its process tree when asked, and
 * writes down how it ended. A program that takes one trial after the other has one supervisor for all of them.
 */
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { jsonText } from '../../protocol/values/floats.js';
import { LAUNCH_TAKEN, RUN_ENV } from '../../protocol/run/runFiles.js';
import type { Assign, Control } from '../../protocol/run/supervisor.js';
import { readEnvironment } from '../disk/environments.js';
import { networkFileSystem } from '../machine/fileSystem.js';
import { Attendance } from './attendance.js';
import { Endpoint } from './endpoint.js';
import { Hub } from './hub.js';
import { markOf, wearMark } from './mark.js';
import { openLaunch, writeRefusal, type OpenedLaunch } from './opened.js';
import { Program, type ProgramEnd } from './program.js';
import { Ranks } from './ranks/launch.js';
import { findPythonFolder, programEnv } from './spec.js';

type Stop = Extract<Control, { type: 'stop' }>;

/** Time between two processes' hearing of the same signal, in milliseconds. */
const SIGNAL_MS = 500;
/** Milliseconds in which an engine connects to a new run, and between two looks. */
const CONNECT_MS = 2000;
const LOOK_MS = 20;
/** Milliseconds after the end in which the engine reads the last messages. */
const LINGER_MS = 1000;

export interface Supervised {
  /** The supervisor's exit code. */
  code: number;
  /** True if nothing of the run is still being written, so that this process may stand elsewhere. */
  isSettled: boolean;
}

/**
 * `folder`: absolute, as the program is told. We ourselves stand in it and name our files from there, so that they are
 * found when the workspace is renamed meanwhile.
 */
export async function supervise(
  folder: string,
  askedHash: string | undefined,
  environment: string,
): Promise<Supervised> {
  process.chdir(folder);
  const launch = await openLaunch(folder, '.', askedHash);
  if (!launch) return { code: LAUNCH_TAKEN, isSettled: true };
  let base: NodeJS.ProcessEnv;
  try {
    base = environment ? readEnvironment(environment) : process.env;
  } catch (error) {
    await writeRefusal(launch.journal, error);
    throw error;
  }
  const { ranks } = launch.spec;
  const onJob = process.env[RUN_ENV.job] !== undefined;
  const supervisor = new Supervisor(launch, base, onJob && ranks ? await Ranks.of(ranks, folder, launch.number) : null);
  return { code: 0, isSettled: await supervisor.run() };
}

class Supervisor {
  private readonly mark: number;
  private readonly isJob = process.env[RUN_ENV.job] !== undefined;
  private readonly base: NodeJS.ProcessEnv;
  private readonly ours: string | null;
  private readonly hub: Hub;
  private readonly endpoint: Endpoint;
  private readonly first: Attendance;
  /** The launch that the program works for; null while it waits for another. */
  private attended: Attendance | null;
  private program: Program | null = null;
  private env: Record<string, string> = {};
  /** A stop that was requested before there was a program. */
  private stopFirst: Stop | null = null;
  private interrupted: 'warning' | 'end' | undefined;
  /** True if the program waits for another run. */
  private waits = false;
  private dismissed = false;
  /** Resolves once the end of a run, from which the program goes on, is written. */
  private moving: Promise<unknown> = Promise.resolve();
  /** True if the program knows of the attended launch. */
  private isTold = true;

  constructor(
    private readonly launch: OpenedLaunch,
    base: NodeJS.ProcessEnv,
    private readonly ranks: Ranks | null,
  ) {
    this.mark = markOf(launch.folder, launch.number);
    wearMark(this.mark);
    // A memory-mapped file shows other hosts its changes only after a long time.
    const isShared = this.isJob || networkFileSystem(launch.folder) !== null;
    this.base = isShared ? { TUNESMITH_JOURNAL_WRITE: 'plain', ...base } : base;
    this.ours = findPythonFolder(this.base);
    if (this.isJob) this.listenToCluster();
    const token = (): string => this.endpoint.token;
    this.hub = new Hub({
      get token() {
        return token();
      },
      welcome: () => this.welcome(),
      control: (control) => this.asked(control),
      relayed: (file, end) => this.attended?.growth.streamed(file, end),
      ready: () => void this.ready().catch((error: unknown) => this.lost(error)),
      assign: (run, answer) => void this.assign(run).then((taken) => answer(taken ? this.welcome() : null)),
      dismissed: () => this.dismiss(),
    });
    this.endpoint = new Endpoint(this.hub.accept);
    this.first = this.attended = this.attend(launch);
  }

  /** Resolves to whether nothing of the run is still being written. */
  async run(): Promise<boolean> {
    const { launch, first, endpoint, hub, ranks } = this;
    await endpoint.serve(launch.here, launch.number);
    await first.prepare();
    this.env = this.environment(launch);
    first.rememberLogs(this.env);
    const ask: ConstructorParameters<typeof Program>[4] = {
      ask(reason) {
        const handled = hub.handled('stop');
        hub.toClients({ type: 'stop', reason });
        ranks?.tell({ type: 'stop', reason });
        return handled;
      },
    };
    const onStart = (pid: number, started: string | null): void => first.spawned(pid, started);
    this.program = new Program(launch.spec, launch.folder, this.env, this.mark, ask, onStart, ranks);
    first.begin(this.program, this.env);
    if (this.stopFirst) this.program.stop(this.stopFirst.reason, this.stopFirst.grace);
    return this.end(await this.program.ended);
  }

  private attend(launch: OpenedLaunch): Attendance {
    const { hub, base, ours, mark } = this;
    return new Attendance(launch, { hub, base, ours, mark, asked: (control) => this.asked(control) });
  }

  private environment({ spec, folder }: OpenedLaunch): Record<string, string> {
    const address = { socket: this.endpoint.path, token: this.endpoint.token };
    return {
      ...programEnv(this.base, spec, folder, address, this.ours),
      ...this.ranks?.env,
      // Variables of the experiment file come first here, too.
      ...(this.ranks && spec.env),
      [RUN_ENV.mark]: String(this.mark),
    };
  }

  private welcome(): { pid: number | null; paused: boolean } {
    return { pid: this.program?.pid ?? null, paused: this.program?.paused ?? false };
  }

  private asked(control: Control): void {
    // It was meant for a run that has just ended.
    if (!this.attended) return;
    if (control.type === 'stop') this.stop(control);
    else if (control.type === 'pause') void this.program?.pauseTree();
    else if (control.type === 'resume') void this.program?.resumeTree();
    // Stopping has its own order of requests; the clients only have to know of the others.
    if (control.type === 'stop') return;
    this.hub.toClients(control);
    this.ranks?.tell(control);
  }

  private stop(asked: Stop): void {
    if (this.program) this.program.stop(asked.reason, asked.grace);
    else this.stopFirst = asked;
  }

  /** The cluster's signals: before the job's time is over, and when the job is ended. */
  private listenToCluster(): void {
    const interrupt = (what: 'warning' | 'end'): void => {
      this.interrupted ??= what;
      this.stop({ type: 'stop', reason: 'pause' });
    };
    process.on('SIGUSR2', () => interrupt('warning'));
    process.on('SIGTERM', () => interrupt('end'));
    const limit = Number(process.env[RUN_ENV.timeLimit]);
    if (limit > 0) setTimeout(() => interrupt('warning'), warnAfter(limit, this.launch.spec.stopGrace) * 1000).unref();
  }

  /** The program has ended its run and waits for another. */
  private async ready(): Promise<void> {
    const { attended, program } = this;
    if (!attended || !program) return;
    // A busy engine may not have connected before the first trial is over, and would not once the end is written.
    for (let waited = 0; this.hub.engines === 0 && waited < CONNECT_MS && !this.isJob; waited += LOOK_MS)
      await pause(LOOK_MS);
    if (this.attended !== attended) return;
    this.attended = null;
    await (this.moving = attended.end(program.endRun(), true));
    this.endpoint.withdraw();
    this.waits = true;
    // An engine that comes later starts a program of its own.
    if (this.hub.engines === 0 || this.isJob) this.dismiss();
    this.hub.exited(!this.dismissed);
  }

  /** The run's folder is gone: the program must not wait for ever. Throws the error again, to be reported. */
  private lost(error: unknown): never {
    this.waits = true;
    this.dismiss();
    throw error;
  }

  /** Takes a run for the program that waits. Resolves to false if it can't. */
  private async assign({ folder, hash }: Assign): Promise<boolean> {
    const { program } = this;
    if (!this.waits || this.dismissed || !program || dirname(folder) !== dirname(this.launch.folder)) return false;
    this.waits = false;
    const launch = await openLaunch(folder, folder, hash).catch(() => null);
    if (!launch) {
      this.waits = true;
      // It has left meanwhile.
      if (this.hub.engines === 0) this.dismiss();
      return false;
    }
    this.isTold = false;
    const next = (this.attended = this.attend(launch));
    try {
      await this.endpoint.serve(folder, launch.number);
      await next.prepare();
    } catch (error) {
      return this.giveUp(next, error);
    }
    next.rememberLogs(this.env, true);
    if (program.pid !== null) next.spawned(program.pid, program.started);
    next.begin(program, this.env, this.first);
    program.beginRun();
    const { spec } = launch;
    this.hub.next({
      type: 'assigned',
      id: spec.id,
      folder,
      params: jsonText(spec.params, spec.floats),
      checkpoint: spec.launch?.checkpoint ?? null,
    });
    this.isTold = true;
    return true;
  }

  /** Ends a launch whose files can't be written. Its program takes no more. */
  private async giveUp(launch: Attendance, error: unknown): Promise<false> {
    this.attended = null;
    this.isTold = true;
    const { message } = error as Error;
    await launch.end({ code: null, signal: null, requested: null, error: message }, true);
    this.endpoint.withdraw();
    this.waits = true;
    this.dismiss();
    return false;
  }

  /** No run comes any more: the program may do what it does after its trials, and is then asked to end. */
  private dismiss(): void {
    if (!this.waits || this.dismissed) return;
    this.dismissed = true;
    this.hub.next(null);
    setTimeout(() => this.program?.stop('stop'), this.launch.spec.stopGrace * 1000).unref();
  }

  private async end(end: ProgramEnd): Promise<boolean> {
    const { attended, hub, endpoint } = this;
    this.attended = null;
    // All processes of a job are told to end, the program too: it may have gone before we have heard of it.
    if (this.isJob && end.requested === null && end.signal === 'SIGTERM') await pause(SIGNAL_MS);
    const { interrupted } = this;
    if (interrupted) end.requested ??= 'pause';
    await this.moving;
    const ended = await attended?.end({
      ...end,
      ...(!this.isTold && { error: 'The program ended before it took this trial.' }),
      ...(interrupted && end.requested === 'pause' && { interrupted }),
    });
    hub.exited();
    // An engine that is here wants the last frames; a new one finds everything in the files.
    await Promise.race([pause(LINGER_MS, undefined, { ref: false }), hub.withoutEngine()]);
    await ended?.synced;
    endpoint.close();
    hub.close();
    setTimeout(() => hub.destroy(), 500).unref();
    return Promise.race([this.first.recorded.then(() => true), pause(0, false)]);
  }
}

/** Returns the seconds after which the program of a job with a time limit is asked to save a checkpoint. */
function warnAfter(limit: number, grace: number): number {
  return Math.min(limit - Math.min(limit / 2, Math.max(60, grace + 30)), 2 ** 31 / 1000 - 1);
}
