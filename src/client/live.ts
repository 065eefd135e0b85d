import { isAbsolute, join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { readReal, STATE_LIMIT } from '../files/real.js';
import { inEnglish } from '../format/said.js';
import { RUN_ENV, RUN_FILES, untilOf } from '../protocol/run/runFiles.js';
import type { Said } from '../protocol/said.js';
import { floatsOf, markAt, type FloatMark } from '../protocol/values/floats.js';
import type { ParamValue, Params } from '../protocol/values/index.js';
import { entryOf, setEntry } from '../protocol/values/records.js';
import type { Control } from '../protocol/run/supervisor.js';
import { metricsLine, recordLine } from './journal/encode.js';
import { givenCheckpoint, saveCheckpoint } from './checkpoints/index.js';
import { countedSteps, noteSteps } from './checkpoints/manifest.js';
import { JournalFile, type Outage } from './journal/file.js';
import { mimeOf } from './mime.js';
import { RunParams } from './params.js';
import { Received } from './received.js';
import type { Disposable, FinishStatus, RunClient, StopReason, Trial } from './run.js';
import { printDespiteFullDisk, say } from './say.js';
import { StopPoint } from './checkpoints/stopPoint.js';
import { syncInterval } from './journal/syncInterval.js';
import { Stream } from './journal/stream.js';
import { isAlone, moveOutput, OneTrial, succeedInEnvironment } from './trials.js';

/**
 * Returns the run named by the environment; null when there is none or its folder can't be written. `became` is called with each
 * later run of this process.
 */
export function liveRun(became: (run: RunClient) => void, env: NodeJS.ProcessEnv = process.env): RunClient | null {
  const folder = env[RUN_ENV.folder];
  if (!folder) return null;
  try {
    return new LiveRun(folder, env, became);
  } catch (error) {
    say(`nothing will be recorded: ${(error as Error).message}`);
    return null;
  }
}

/** How long a signal waits for the supervisor's greeting, in milliseconds. */
const GREETING_MS = 300;
const ENDS = { stop: 'stopped', prune: 'pruned', pause: 'paused' } as const;

class LiveRun implements RunClient {
  readonly enabled = true;
  readonly id: string;
  readonly params: RunParams;
  readonly seed: number;
  readonly checkpoint: string | null;
  private readonly journal: JournalFile;
  private readonly stream: Stream | null;
  private readonly aborter = new AbortController();
  private readonly stopListeners = new Set<(reason: StopReason) => void>();
  private readonly setListeners = new Set<(params: Params) => void>();
  /** Values that a person has set, and which of their numbers are floats. */
  private readonly givenLive: Record<string, { value: ParamValue; mark: FloatMark }> = {};
  private readonly refused = new Set<string>();
  private readonly stopPoint: StopPoint;
  /** True if the program handles stop requests itself; otherwise the client ends it. */
  private listens = false;
  /** The next step that `log` counts by itself. */
  private steps = 0;
  private newest: string | null = null;
  private readonly syncMs: number;
  private readonly received: Received;
  private finished = false;
  private lastError: string | undefined;
  private readonly spec: SpecPart;
  /** Step after which the search wants it to pause: it does so by itself, however late the request comes. */
  private readonly until: number | undefined;
  private readonly objective: string;

  /** `stream`: the one of an earlier run of this process, which has ended. */
  constructor(
    readonly folder: string,
    env: NodeJS.ProcessEnv,
    private readonly became: (run: RunClient) => void,
    stream: Stream | null = null,
  ) {
    const spec = (this.spec = readSpec(folder));
    this.id = env[RUN_ENV.id] ?? spec.id ?? '';
    // Ranks of a distributed job have to pause together, when they are asked to.
    this.until = isAlone(env) ? untilOf(spec) : undefined;
    this.objective = spec.objective?.metric ?? '';
    this.received = new Received(spec.unpassed, (names) => this.record({ type: 'received', time: Date.now(), names }));
    this.params = new RunParams(parseParams(env[RUN_ENV.params]) ?? spec.params ?? {}, (name) =>
      this.received.read(name),
    );
    this.seed = spec.seed ?? 0;
    this.checkpoint = givenCheckpoint(env);
    this.steps = this.checkpoint === null ? 0 : countedSteps(this.checkpoint);
    this.stopPoint = new StopPoint(this.checkpoint !== null, spec.stopGrace ?? 10, (reason) => this.stop(reason));
    this.syncMs = syncInterval(env);
    const rank = /^\d{1,9}$/.exec(env[RUN_ENV.rank] ?? env.RANK ?? '')?.[0] ?? '0';
    this.journal = JournalFile.create(join(folder, RUN_FILES.journal), `rank${Number(rank)}-${process.pid}`, {
      onRoom: (outage) => this.hadNoRoom(outage),
      // A supervisor syncs everything that is written into the run's journals.
      syncMs: env[RUN_ENV.socket] ? 0 : this.syncMs,
    });
    const socket = env[RUN_ENV.socket];
    const onControl = (control: Control): void => this.control(control);
    stream?.serve(this.journal.name, { folder, onControl });
    this.stream =
      stream ??
      (socket ? new Stream(this.journal.name, { socket, token: env[RUN_ENV.token] ?? '', folder, onControl }) : null);
    const client = `node/${process.env.TUNESMITH_VERSION ?? '0.0.0'}`;
    const { number: launch } = spec.launch ?? {};
    this.record({ type: 'start', time: Date.now(), pid: process.pid, rank: Number(rank), client, launch });
    this.watchProcess();
  }

  log(values: Record<string, number>, at?: { step?: number; epoch?: number }): void {
    if (this.finished) return;
    const step = at?.step ?? this.steps;
    if (step - step !== 0) throw new RangeError(`run.log: the step must be a finite number, not ${step}.`);
    const belongs = this.stopPoint.logs(step);
    if (at?.step === undefined) {
      this.steps++;
      if (belongs && this.newest !== null) noteSteps(this.newest, this.steps);
    }
    const line = metricsLine(values, Date.now(), step, at?.epoch, (name, value) => this.refuse(name, value));
    if (line !== '') this.write(line);
    if (this.until !== undefined && (at?.epoch ?? step) >= this.until && this.objective in values)
      this.stopPoint.askItself('pause');
  }

  progress(fraction: number | null, text?: string): void {
    const bounded = fraction === null || Number.isNaN(fraction) ? null : Math.min(1, Math.max(0, fraction));
    this.record({ type: 'progress', time: Date.now(), fraction: bounded, text });
  }

  info(values: Params): void {
    this.record({ type: 'info', time: Date.now(), values });
  }

  setParams(values: Params): void {
    this.params.update(values);
    // JavaScript can't tell 1.0 from 1: what the person gave as a float stays one.
    const marks = Object.keys(values).flatMap((name) => {
      const given = entryOf(this.givenLive, name);
      return given && isDeepStrictEqual(given.value, values[name]) ? [[name, given.mark] as const] : [];
    });
    const floats = floatsOf(marks);
    this.record({ type: 'params', time: Date.now(), params: values, ...(floats && { floats }) });
  }

  message(level: 'info' | 'warning' | 'error', text: string | Said): void {
    const told = typeof text === 'object' ? { text: inEnglish(text), said: text } : { text };
    this.record({ type: 'message', time: Date.now(), level, ...told });
  }

  media(name: string, path: string, at: { mime?: string; step?: number } = {}): void {
    const inside = isAbsolute(path) ? relative(this.folder, path) : path;
    if (inside.startsWith('..') || isAbsolute(inside))
      throw new Error(`run.media: ${path} is not in the run's folder. Write it under ${this.folder} (run.folder).`);
    const mime = at.mime ?? mimeOf(inside);
    this.record({ type: 'media', time: Date.now(), name, path: inside.replaceAll('\\', '/'), mime, step: at.step });
  }

  onStop(listener: (reason: StopReason) => void): Disposable {
    this.listens = true;
    const { visible } = this.stopPoint;
    if (visible !== null) listener(visible);
    else this.stopListeners.add(listener);
    return { dispose: () => void this.stopListeners.delete(listener) };
  }

  get stopRequested(): StopReason | null {
    this.listens = true;
    return this.stopPoint.visible;
  }

  get checkpointWanted(): boolean {
    return this.stopPoint.waits;
  }

  get stopSignal(): AbortSignal {
    this.listens = true;
    return this.aborter.signal;
  }

  onSet(listener: (params: Params) => void): Disposable {
    this.setListeners.add(listener);
    return { dispose: () => void this.setListeners.delete(listener) };
  }

  finish(status?: FinishStatus, error?: string | Said): void {
    if (this.finished) return;
    const { visible } = this.stopPoint;
    const asked = visible === null ? 'completed' : ENDS[visible];
    this.received.flush();
    const told = typeof error === 'object' ? { error: inEnglish(error), said: error } : { error };
    this.record({ type: 'finish', time: Date.now(), status: status ?? asked, ...told });
    this.journal.retry(true);
    this.finished = true;
  }

  async saveCheckpoint(step: number, write: (folder: string) => unknown, options?: { keep?: number }): Promise<string> {
    this.stopPoint.beginsSave();
    let saved = false;
    try {
      const checkpoints = join(this.folder, RUN_FILES.checkpoints);
      this.newest = await saveCheckpoint(checkpoints, step, write, {
        keep: options?.keep ?? 2,
        steps: () => this.steps,
        sync: this.syncMs > 0,
      });
      saved = true;
      return this.newest;
    } finally {
      this.stopPoint.saved(saved ? step : null);
    }
  }

  trials(): AsyncGenerator<Trial, void, undefined> {
    return trialsFrom(this);
  }

  /** Makes it the run of this process, and returns it as a trial. */
  asTrial(): Trial {
    this.became(this);
    const { objective, trial = null } = this.spec;
    return new OneTrial(this, trial, objective?.metric ?? 'value', () => this.steps);
  }

  /** The run of the next trial; null if no more comes. */
  async next(): Promise<LiveRun | null> {
    const { search } = this.spec;
    // Ranks of a distributed job would have to begin the next trial together.
    if (!this.stream || search === null || search === undefined || !isAlone()) return null;
    this.unwatch();
    this.journal.drain();
    this.journal.close();
    const answer = await this.stream.nextRun();
    if (!answer) return null;
    succeedInEnvironment(answer);
    moveOutput(answer.folder);
    return new LiveRun(answer.folder, process.env, this.became, this.stream);
  }

  async flush(timeoutMs = 1000): Promise<void> {
    this.journal.retry(true);
    await this.stream?.flush(timeoutMs);
  }

  private record(record: object): void {
    if (!this.finished) this.write(recordLine(record));
  }

  private write(line: string): void {
    const start = this.journal.append(line);
    if (start >= 0) this.stream?.push(line, start);
    else this.stream?.grown();
  }

  private refuse(name: string, value: unknown): void {
    if (this.refused.has(name) || this.refused.size > 100) return;
    this.refused.add(name);
    const text = `run.log: "${name}" was given ${typeof value} ${String(value).slice(0, 60)} and is left out; only numbers are metrics.`;
    say(text);
    this.message('warning', text);
  }

  private hadNoRoom({ reason, seconds, waited, lost }: Outage): void {
    this.stream?.grown();
    const then = lost > 0 ? `${lost} more records are lost: too many had to wait.` : 'Nothing is missing.';
    this.message(
      lost > 0 ? 'error' : 'warning',
      `The journal could not be written for ${seconds.toFixed(1)} s (${reason}). ${waited} records waited in memory and are written now. ${then}`,
    );
  }

  private control(control: Control): void {
    if (control.type === 'stop') this.stopPoint.ask(control.reason, control.grace);
    else if (control.type === 'set') {
      this.params.update(control.params);
      for (const [name, value] of Object.entries(control.params))
        setEntry(this.givenLive, name, { value, mark: markAt(control.floats, name) });
      for (const listener of [...this.setListeners]) listener(control.params);
    }
  }

  private stop(reason: StopReason): void {
    // The program's own SIGTERM handler, in addition to ours, counts as a listener, too.
    if (!this.listens && process.listenerCount('SIGTERM') <= 1) {
      this.finish();
      process.exit(143);
    }
    this.aborter.abort(reason);
    for (const listener of [...this.stopListeners]) listener(reason);
    this.stopListeners.clear();
  }

  private watchProcess(): void {
    printDespiteFullDisk();
    process.on('exit', this.onExit);
    process.on('uncaughtExceptionMonitor', this.onError);
    // A worker thread can't listen to signals.
    if (isMainThread) process.on('SIGTERM', this.onSignal);
  }

  private unwatch(): void {
    process.off('exit', this.onExit);
    process.off('uncaughtExceptionMonitor', this.onError);
    process.off('SIGTERM', this.onSignal);
  }

  private readonly onExit = (code: number): void => {
    this.finish(code === 0 ? undefined : this.failure(), this.lastError);
    this.journal.drain();
  };
  private readonly onError = (error: unknown): void => {
    this.lastError = error instanceof Error ? (error.stack ?? error.message) : String(error);
  };
  private readonly onSignal = (): void => this.hurry();

  /** A client that has just begun hears of a signal before it is connected, and only then why it is to end. */
  private hurry(): void {
    const act = (): void => this.stopPoint.hurry();
    if (this.stream) this.stream.afterGreeting(GREETING_MS, act);
    else act();
  }

  private failure(): FinishStatus | undefined {
    return this.stopPoint.visible === null || this.lastError !== undefined ? 'failed' : undefined;
  }
}

async function* trialsFrom(first: LiveRun): AsyncGenerator<Trial, void, undefined> {
  for (let run: LiveRun | null = first; run; run = await run.next()) {
    yield run.asTrial();
    run.finish();
  }
}

/** Replaces the client if Tunesmith did not start the program. */
export function silentRun(): RunClient {
  const nothing = (): void => undefined;
  const disposable = { dispose: nothing };
  return {
    enabled: false,
    id: '',
    folder: '',
    params: new RunParams({}),
    seed: 0,
    checkpoint: null,
    saveCheckpoint: () => Promise.resolve(''),
    log: nothing,
    progress: nothing,
    info: nothing,
    setParams(values) {
      this.params.update(values);
    },
    message: nothing,
    media: nothing,
    onStop: () => disposable,
    stopRequested: null,
    checkpointWanted: false,
    stopSignal: new AbortController().signal,
    onSet: () => disposable,
    finish: nothing,
    async *trials() {
      yield new OneTrial(this, null, 'value', () => 0);
    },
    flush: () => Promise.resolve(),
  };
}

function parseParams(text: string | undefined): Params | null {
  if (!text) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Params) : null;
  } catch {
    return null;
  }
}

interface SpecPart {
  id?: string;
  params?: Params;
  unpassed?: unknown;
  seed?: number;
  stopGrace?: number;
  launch?: { number: number; until?: number };
  until?: number;
  search?: string | null;
  trial?: number | null;
  objective?: { metric: string } | null;
}

function readSpec(folder: string): SpecPart {
  try {
    return JSON.parse(readReal(join(folder, RUN_FILES.spec), STATE_LIMIT));
  } catch {
    return {};
  }
}
