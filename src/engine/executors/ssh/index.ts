/**
 * A machine of the person's own, reached by SSH. The code is copied there, and a program of ours on the host (`src/remote`) gives
 * its devices to the jobs, starts their supervisors and sends what they record. When the connection is lost, everything there
 * goes on; when it is back, the records that are missing here are sent.
 */
import * as path from 'node:path';
import { workspaceOf } from '../../../files/runPaths.js';
import { readReal, sizeReal } from '../../../files/real.js';
import type { SshPlace } from '../../../protocol/run/cluster.js';
import {
  StatesAnswer,
  type RemoteFacts,
  type RemoteJob,
  type RemoteRun,
  type RemoteState,
} from '../../../protocol/engine/remote.js';
import { newSocket, removeSocket, type SocketKind } from '../../disk/sockets.js';
import type { Log } from '../../disk/log.js';
import { listRunFiles } from '../../runs/shown/runFiles.js';
import { SubmitRefused, type Executor, type HeldJob, type JobRequest, type JobState } from '../executor.js';
import { outside } from '../outside.js';
import { HOST_PROGRAM } from './bring.js';
import { endShared, startSsh } from './client.js';
import { Connection, HostError, type Sent } from './connection.js';
import { hostSpec, hostText } from './hostSpec.js';
import { Mirror } from './mirror.js';
import { SentCode } from './sentCode.js';
import { setUp, UnusableHost, type Host } from './setUp.js';
import { placeName } from './placeName.js';
import { quoted } from '../shell.js';
import { l10n } from '../../../format/l10n.js';

const CONTROL_SOCKET: SocketKind = { prefix: 'tssh-', leaf: 'c' };
const SLOWEST_MS = 30_000;
const PUSH_MS = 200;
/** Variables of the person's environment that reach the host: settings of ours that are no secrets. */
const PASSED = ['TUNESMITH_CAPTURE', 'TUNESMITH_FSYNC_SECONDS', 'TUNESMITH_LEASE_SECONDS'];

interface Carried {
  job: HeldJob;
  mirror: Mirror;
  /** Bytes of `control.ndjson` that the host has; null: it has not said. */
  told: number | null;
}

export interface SshOptions {
  place: SshPlace;
  /** Folder of our bundles. */
  dist: string;
  log: Pick<Log, 'info' | 'warn'>;
  /** Returns the files that the person has agreed to send. */
  consented(place: SshPlace): ReadonlySet<string>;
  /** The person's environment as long as no run has brought one. */
  env?: NodeJS.ProcessEnv;
  /** Called when the host has said what it has. */
  known?: () => void;
}

export class SshHost implements Executor {
  readonly title = 'SSH';
  private readonly carried = new Map<string, Carried>();
  private connection: Connection | null = null;
  private connecting: Promise<Connection> | null = null;
  private host: Host | null = null;
  private control: string | null = null;
  private timer: NodeJS.Timeout | undefined;
  private wait = 1000;
  private retryAt = 0;
  private env: NodeJS.ProcessEnv;
  private closed = false;
  private readonly code: SentCode;
  facts: RemoteFacts | null = null;

  constructor(private readonly options: SshOptions) {
    this.code = new SentCode(options);
    this.env = options.env ?? process.env;
  }

  attach(job: HeldJob): void {
    const { folder, launch, env } = job.request;
    this.env = env;
    this.carried.set(job.request.spec.id, { job, mirror: new Mirror(folder, launch), told: null });
    this.timer ??= outside(() => setInterval(() => this.tick(), PUSH_MS).unref());
    if (this.connection?.isOpen) this.follow(job.request.spec.id);
  }

  detach(job: HeldJob): void {
    const { id } = job.request.spec;
    if (this.carried.get(id)?.job !== job) return;
    this.carried.delete(id);
    this.connection?.tell({ type: 'unfollow', run: id });
  }

  async submit(request: JobRequest): Promise<string> {
    this.env = request.env;
    try {
      const connection = await this.connect();
      await this.send(connection, request);
    } catch (error) {
      if (error instanceof UnusableHost || error instanceof HostError) throw new SubmitRefused(error.message);
      throw error;
    }
    return request.name;
  }

  async poll(names: ReadonlySet<string>): Promise<Map<string, JobState>> {
    const connection = await this.connect();
    const jobs = [...this.carried.values()]
      .map(({ job }) => ({ ...this.runOf(job.request), name: job.request.name }))
      .filter(({ name }) => names.has(name));
    const states = StatesAnswer.parse(await connection.ask({ type: 'states', jobs }));
    const known = new Map<string, JobState>();
    for (const { name } of jobs) {
      const state = states[name] && this.stateOf(name, states[name]);
      if (state) known.set(name, state);
    }
    return known;
  }

  /** Nothing to do: the request to stop is in `control.ndjson`, and ends a job that waits, too. */
  cancel(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    this.connection?.close();
    if (this.control === null) return;
    endShared(this.options.place, this.control, this.env);
    removeSocket(CONTROL_SOCKET, this.control);
  }

  /** Resolves to what the host has, asked for in this person's environment. Rejects if it can't be reached or used. */
  async look(env: NodeJS.ProcessEnv): Promise<RemoteFacts> {
    if (!this.connection?.isOpen && !this.connecting) this.env = env;
    await this.connect();
    return this.facts!;
  }

  /** Says in words what the host has. */
  describe(): string {
    const { place } = this.options;
    const { host, facts } = this;
    if (!host || !facts) return place.host;
    const gpus = [...new Set(facts.gpuNames)].map(
      (name) => `${facts.gpuNames.filter((each) => each === name).length} × ${name}`,
    );
    const parts = [
      host.probe.system,
      // It was sent because the host has none that is new enough.
      host.probe.node === null ? l10n.t('Node of this machine') : `Node ${host.probe.nodeVersion}`,
      facts.cores === 1 ? l10n.t('1 core') : l10n.t('{0} cores', facts.cores),
      ...gpus,
    ];
    return `${place.host} (${parts.join(', ')})`;
  }

  /** Removes all that a run has left on the host. `last`: no other run of its workspace comes. */
  async forget({ folder, spec, name }: Pick<JobRequest, 'folder' | 'spec' | 'name'>, last = false): Promise<void> {
    const connection = await this.connect();
    const place = placeName(workspaceOf(folder));
    await connection.ask({ type: 'forget', place, run: spec.id, name, ...(last && { last: true }) });
  }

  /** Resolves to an open connection. Rejects with SshError or UnusableHost. */
  connect(): Promise<Connection> {
    if (this.connection?.isOpen) return Promise.resolve(this.connection);
    // The connection outlives the request that needs it first, and other clients hear its faults.
    this.connecting ??= outside(() => this.open()).finally(() => (this.connecting = null));
    return this.connecting;
  }

  private async open(): Promise<Connection> {
    const { place, dist, log } = this.options;
    const { env } = this;
    // Windows' client can't share a connection.
    if (process.platform !== 'win32') this.control ??= newSocket(CONTROL_SOCKET);
    const { control } = this;
    try {
      this.host ??= await setUp({ place, control, env, dist });
      const { node, probe } = this.host;
      const command = [
        'exec',
        quoted(node),
        quoted(`${this.host.dist}/${HOST_PROGRAM}`),
        'serve',
        quoted(probe.folder),
      ];
      const child = startSsh(place, command.join(' '), { control, env, stdio: ['pipe', 'pipe', 'pipe'] });
      const connection = new Connection(child, place.host, {
        sent: (message, content) => this.sent(message, content),
        closed: (why) => this.lost(why),
      });
      this.facts = await connection.ready;
      if (this.closed) {
        connection.close();
        throw new Error(l10n.t('The engine is leaving'));
      }
      this.connection = connection;
      this.wait = 1000;
      log.info(
        `ssh ${place.host}: connected (${this.facts.hostname}, ${this.facts.cores} cores, ${this.facts.gpus} GPUs)`,
      );
      for (const [id, { job }] of this.carried) {
        job.trouble = null;
        this.follow(id);
      }
      this.options.known?.();
      return connection;
    } catch (error) {
      // The programs that were found there may be gone.
      this.host = null;
      this.lost((error as Error).message);
      throw error;
    }
  }

  private lost(why: string): void {
    this.connection = null;
    this.retryAt = performance.now() + this.wait;
    this.wait = Math.min(SLOWEST_MS, this.wait * 2);
    if (this.closed) return;
    this.options.log.warn(`ssh ${this.options.place.host}: ${why}`);
    for (const { job } of this.carried.values()) {
      job.trouble = why;
      job.changed();
    }
  }

  /** Connects again when it is time, and passes on new requests for runs. */
  private tick(): void {
    if (this.closed) return;
    const isNeeded = [...this.carried.values()].some(({ job }) => !job.isUnheard);
    if (!this.connection?.isOpen) {
      if (isNeeded && !this.connecting && performance.now() >= this.retryAt) this.connect().catch(() => undefined);
      return;
    }
    for (const [run, carried] of this.carried) this.push(run, carried);
  }

  private push(run: string, carried: Carried): void {
    const { told, mirror } = carried;
    if (told === null || mirror.controlSize <= told) return;
    const content = mirror.control(told);
    this.connection?.tell({ type: 'tell', run, offset: told }, content);
    carried.told = told + content.length;
  }

  private follow(run: string): void {
    const carried = this.carried.get(run);
    if (!carried) return;
    carried.told = null;
    const { request } = carried.job;
    const sizes = carried.mirror.sizes();
    this.connection?.tell({ type: 'follow', ...this.runOf(request), name: request.name, sizes });
  }

  private sent(message: Sent, content: Buffer): void {
    const carried = this.carried.get(message.run);
    if (!carried) return;
    const { mirror, job } = carried;
    try {
      switch (message.type) {
        case 'bytes':
          if (!mirror.bytes(message.file, message.offset, content)) this.follow(message.run);
          break;
        case 'whole':
          mirror.whole(message.file, content);
          break;
        case 'checkpoints':
          mirror.checkpoints(message.folder, message.names);
          break;
        case 'told':
          // A part that is on its way is not sent again.
          carried.told = Math.max(carried.told ?? 0, message.size);
          break;
        case 'state': {
          const state = this.stateOf(job.request.name, message.state);
          // Its absence there is only told when it is asked for: it may be about to be submitted.
          if (!state || JSON.stringify(state) === JSON.stringify(job.state)) return;
          job.state = state;
          job.id ??= job.request.name;
          break;
        }
        case 'caught-up':
          break;
      }
      job.changed();
    } catch (error) {
      // A full disk here: asked for again, from where the files end, when the connection is made anew.
      job.trouble = (error as Error).message;
      this.connection?.close();
    }
  }

  private stateOf(id: string, state: RemoteState): JobState | null {
    const { host } = this.options.place;
    switch (state.name) {
      case 'queued':
        return { name: 'queued', id, reason: state.reason, position: state.position };
      case 'running':
        return { name: 'running', id, node: state.device === '' ? host : `${host} ${state.device}` };
      case 'gone':
        return { name: 'gone', id, how: state.ended ? 'ended' : null };
      case 'unknown':
        return null;
    }
  }

  private runOf({ folder, spec, launch }: JobRequest): RemoteRun {
    return { place: placeName(workspaceOf(folder)), run: spec.id, launch };
  }

  /** Sends the code, unless it is there, and then the job. */
  private async send(connection: Connection, request: JobRequest): Promise<void> {
    const { dist } = this.options;
    const { spec, folder, need } = request;
    const workspace = workspaceOf(folder);
    const { probe, node, dist: hostDist } = this.host!;
    const link = { connection, control: this.control, env: this.env, hasRsync: probe.hasRsync };
    const copy = await this.code.send(link, request);
    const places = { workspace, dist, hostWorkspace: `${probe.folder}/${placeName(workspace)}/${copy}`, hostDist };
    const { launch } = spec;
    const job: RemoteJob = {
      ...this.runOf(request),
      name: request.name,
      copy,
      argv: [node, `${hostDist}/supervisor.cjs`],
      env: passedOn(request.env),
      setup: need.ssh?.setup ?? [],
      gpus: need.gpus ?? null,
      perGpu: need.perGpu ?? 1,
      search: spec.search,
      ...(launch?.from !== undefined && { from: { run: launch.from, atMost: launch.atMost ?? null } }),
      spec: specOrRefuse(() => hostSpec(spec, places)),
      files: Object.fromEntries(ownFiles(folder).map(([file, text]) => [file, hostText(text, places)])),
    };
    await connection.ask({ type: 'submit', job });
    this.follow(spec.id);
  }
}

function specOrRefuse(make: () => string): string {
  try {
    return make();
  } catch (error) {
    throw new SubmitRefused((error as Error).message, { cause: error });
  }
}

/** Files that the engine has put into the run's folder for its program. */
function ownFiles(folder: string): [string, string][] {
  return listRunFiles(folder).files.flatMap(({ path: file }) => {
    const isOwn = file === 'experiment.json' || file === 'args.json' || file.startsWith('files/');
    if (!isOwn || (sizeReal(path.join(folder, file)) ?? Infinity) > 1 << 20) return [];
    return [[file, readReal(path.join(folder, file))] as [string, string]];
  });
}

function passedOn(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
