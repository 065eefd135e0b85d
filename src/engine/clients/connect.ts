/**
 * The client's connection to the engine of a workspace folder: finds it, starts it if there is none, and agrees on the
 * protocol version. Used by the extension host and the CLI. Needs no other part of the engine.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { EngineAddress, ErrorCode, Notifications, PROTOCOL_VERSION } from '../../protocol/engine/index.js';
import type { NotificationName, NotificationParams } from '../../protocol/engine/index.js';
import { setEntry } from '../../protocol/values/records.js';
import { openSocket, SocketConnection, type EngineConnection } from './connection.js';
import { EngineError } from './errors.js';
import { findNode, type NodeProgram } from './nodePath.js';
import { EXIT_DISK_FULL } from '../disk/exitCodes.js';
import { readReal } from '../../files/real.js';
import { isPrivateFolder, localFolders, LocalStateError, prepareLocal } from '../disk/localState.js';
import { isHere } from '../machine/host.js';
import { workspacePaths, type WorkspacePaths } from '../disk/paths.js';
import { isForbidden, whyClosed } from '../disk/readOnly.js';
import { ENGINE_SOCKET, isOwnSocket } from '../disk/sockets.js';
import { l10n } from '../../format/l10n.js';

export interface ConnectOptions {
  /** The workspace folder. */
  workspace: string;
  /** Name of the client for the engine's log: `vscode`, `cli`, … */
  client: string;
  /** The client's version of Tunesmith. */
  version: string;
  /** Absolute path of the folder with `engine.cjs`. */
  distFolder: string;
  /** Runs the engine; else a suitable one is looked for. */
  node?: NodeProgram;
  /** Start an engine if none runs (default true); else reject with EngineError `not-running`. */
  start?: boolean;
  /**
   * Added to this process's environment, for an engine that it starts and for programs that are started through this
   * connection.
   */
  env?: Record<string, string>;
  /** Language of the engine's answers; default: English. */
  locale?: string;
  /** For starting and answering, in all. Default 30 s. */
  timeoutMs?: number;
  /** Called for every notification. Listeners may be added later with `on` as well. */
  onNotification?: <N extends NotificationName>(name: N, params: NotificationParams<N>) => void;
  /** Ends the attempt; the promise rejects with EngineError `closed`. */
  signal?: AbortSignal;
}

/** Connects to the workspace's engine. Rejects with EngineError, whose message is fit for the person. */
export async function connectEngine(options: ConnectOptions): Promise<EngineConnection> {
  const workspace = await fs.realpath(options.workspace).catch((error: unknown) => {
    const why = isForbidden(error)
      ? l10n.t('You have no access to {0}: a folder above it may not be entered.', options.workspace)
      : l10n.t('There is no folder {0}.', options.workspace);
    throw new EngineError('start-failed', why);
  });
  const attempt = new Attempt(options, workspace);
  return attempt.run();
}

/** JSON-RPC's code for a request that the other side does not know. */
const METHOD_NOT_FOUND = -32601;
/** Milliseconds between two checks whether the engine has started. */
const POLL = 40;

class Attempt {
  private readonly deadline: number;
  private started: { exit: number | string | null } | null = null;
  /** Set once an older engine was asked to leave: the next engine is accepted whatever its version. */
  private replaced = false;

  private paths: WorkspacePaths;

  constructor(
    private readonly options: ConnectOptions,
    private readonly workspace: string,
  ) {
    this.paths = workspacePaths(workspace);
    this.deadline = Date.now() + (options.timeoutMs ?? 30_000);
  }

  async run(): Promise<EngineConnection> {
    for (;;) {
      if (this.options.signal?.aborted) throw new EngineError('closed', l10n.t('Gave up connecting to the engine.'));
      for (const folder of localFolders(this.workspace)) {
        const address = readAddress(folder);
        const connection = address && (await this.tryAddress(address));
        if (connection) return connection;
      }
      if (this.options.start === false) {
        throw new EngineError('not-running', l10n.t('No engine is running for {0}.', this.workspace));
      }
      if (this.started === null) await this.start();
      else if (this.started.exit === 0) {
        // It found another engine holding the lock: one that is just coming up, or one about to leave.
        this.started = null;
        await pause(POLL * 3);
      } else if (this.started.exit === EXIT_DISK_FULL)
        throw await this.startFailure(l10n.t('could not start: the disk is full. {0}', this.whereToMakeRoom()));
      else if (this.started.exit !== null) throw await this.startFailure(l10n.t('ended with {0}', this.started.exit));
      if (Date.now() > this.deadline) throw await this.startFailure(l10n.t('is not answering'));
      await pause(POLL);
    }
  }

  /** Returns null when no engine answers there any more, or when an older engine has just been asked to leave. */
  private async tryAddress(address: EngineAddress): Promise<EngineConnection | null> {
    const socket = await openSocket(address.socket, 5000).catch(() => null);
    if (!socket) return null;
    const connection = new SocketConnection(socket);
    for (const name of this.options.onNotification ? NOTIFICATION_NAMES : []) {
      connection.on(name, (params) => this.options.onNotification!(name, params));
    }
    try {
      const hello = await connection.request(
        'initialize',
        {
          token: address.token,
          client: this.options.client,
          version: this.options.version,
          protocol: PROTOCOL_VERSION,
        },
        { timeoutMs: Math.max(1000, this.deadline - Date.now()) },
      );
      connection.engine = {
        version: hello.engine,
        protocol: hello.protocol,
        pid: hello.pid,
        workspace: hello.workspace,
        notice: hello.notice ?? null,
        grants: hello.grants ?? [],
        problem: hello.problem ?? null,
      };
      const stays = this.options.start === false || this.replaced || !isOlder(hello.engine, this.options.version);
      // Tunesmith was updated: the old engine leaves unless it has work, and then it can still serve us.
      if (stays || !(await askToLeave(connection))) {
        await tellEnvironment(connection, this.options.env);
        await tellLocale(connection, this.options.locale);
        return connection;
      }
      this.replaced = true;
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      if (error.kind === 'timeout') {
        connection.dispose();
        throw new EngineError(
          'timeout',
          l10n.t('The engine (process {0}) does not answer. Its log: {1}', address.pid, this.paths.log),
        );
      }
      // The engine left, or engine.json belongs to one that is gone: try again.
      if (error.kind === 'closed' || error.code === ErrorCode.unauthorized) return null;
      if (error.code !== ErrorCode.incompatible) throw error;
      await this.replaceIncompatible(connection, address, error);
    }
    connection.dispose();
    return null;
  }

  private async replaceIncompatible(connection: SocketConnection, address: EngineAddress, why: EngineError) {
    const { client, version } = this.options;
    if (address.protocol > PROTOCOL_VERSION) {
      connection.dispose();
      throw new EngineError(
        'incompatible',
        l10n.t(
          'The engine that runs for this folder is Tunesmith {0}, newer than this {1} ({2}). Update this one, or reload the window if it has just been updated.',
          address.version,
          client,
          version,
        ),
        why.code,
      );
    }
    if (this.options.start !== false && !this.replaced && (await askToLeave(connection))) {
      this.replaced = true;
      return;
    }
    connection.dispose();
    throw new EngineError(
      'incompatible',
      l10n.t(
        "The engine that runs for this folder is Tunesmith {0} and still has work; this {1} is {2} and can't talk to it. Wait until its runs have ended, or end it with Tunesmith {3}.",
        address.version,
        client,
        version,
        address.version,
      ),
      why.code,
    );
  }

  private async start(): Promise<void> {
    const { options, workspace } = this;
    const node = options.node ?? (await findNode(options.distFolder));
    const program = path.join(options.distFolder, 'engine.cjs');
    try {
      await fs.access(program);
    } catch {
      throw new EngineError(
        'start-failed',
        l10n.t("The engine's program is missing: {0}. Build it with: node esbuild.mjs", program),
      );
    }
    const { folder, runs } = workspacePaths(workspace);
    const closed = [folder, runs].map(whyClosed).find(Boolean);
    if (closed) throw new EngineError('start-failed', closed);
    this.paths = workspacePaths(workspace, this.prepare());
    try {
      await fs.mkdir(this.paths.folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      // Even if the log shows nothing, its path helps.
      if (!isForbidden(error))
        throw new EngineError(
          'start-failed',
          l10n.t("The folder {0} can't be made: {1}", this.paths.folder, (error as Error).message),
        );
    }
    const log = await fs.open(this.paths.log, 'a', 0o600);
    try {
      const child = spawn(node.execPath, [program, '--workspace', workspace, '--state', this.paths.local], {
        cwd: workspace,
        detached: true,
        windowsHide: true,
        stdio: ['ignore', log.fd, log.fd],
        env: { ...process.env, ...node.env, ...options.env },
      });
      const started: { exit: number | string | null } = { exit: null };
      child.on('error', (error) => (started.exit = error.message));
      child.on('exit', (code, signal) => (started.exit ??= code ?? signal ?? 'unknown'));
      child.unref();
      this.started = started;
    } finally {
      await log.close();
    }
  }

  private whereToMakeRoom(): string {
    const places = [this.paths.local, this.workspace].join(' or of ');
    return l10n.t(
      'Free some space on the disk of {0}, then try again; runs in progress continue, and what they log is kept',
      places,
    );
  }

  private prepare(): string {
    try {
      return prepareLocal(this.workspace).folder;
    } catch (error) {
      if (error instanceof LocalStateError) throw new EngineError('start-failed', error.message);
      throw error;
    }
  }

  private async startFailure(what: string): Promise<EngineError> {
    const log = await fs.readFile(this.paths.log, 'utf8').catch(() => '');
    const tail = log.trimEnd().split('\n').slice(-12).join('\n');
    return new EngineError(
      'start-failed',
      l10n.t(
        "Tunesmith's engine {0}.{1}",
        what,
        tail ? ` ${l10n.t('The end of its log ({0}):\n{1}', this.paths.log, tail)}` : '',
      ),
    );
  }
}

/** An older engine that does not know this request gives programs its own environment. */
async function tellEnvironment(connection: EngineConnection, added: Record<string, string> = {}): Promise<void> {
  try {
    await connection.request('environment', { env: environmentWith(added) });
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== METHOD_NOT_FOUND) throw error;
  }
}

async function tellLocale(connection: EngineConnection, locale: string | undefined): Promise<void> {
  if (locale === undefined || locale === 'en') return;
  try {
    await connection.request('locale', { locale });
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== METHOD_NOT_FOUND) throw error;
  }
}

/** This process's environment with `added` laid over it. */
export function environmentWith(added: Record<string, string>): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...process.env, ...added })) {
    if (value !== undefined) setEntry(env, name, value);
  }
  return env;
}

/** Maximum size of an address in bytes. */
const LARGEST_ADDRESS = 64 * 1024;

/** Returns null if there is none that can be trusted: everybody can write to a folder for temporary files. */
function readAddress(folder: string): EngineAddress | null {
  try {
    const address = EngineAddress.parse(JSON.parse(readReal(workspacePaths('', folder).address, LARGEST_ADDRESS)));
    const usable = isHere(address.host) && isPrivateFolder(folder) && isOwnSocket(ENGINE_SOCKET, address.socket);
    return usable ? address : null;
  } catch {
    return null;
  }
}

const NOTIFICATION_NAMES = Object.keys(Notifications) as NotificationName[];

/** True when the engine agreed to leave (it refuses while it has work). */
async function askToLeave(connection: SocketConnection): Promise<boolean> {
  try {
    await connection.request('engine/stop', { force: false }, { timeoutMs: 10_000 });
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'closed') return true;
    return false;
  }
}

/** Compares `major.minor.patch`; a suffix after a hyphen makes a version older than the same without. */
export function isOlder(version: string, than: string): boolean {
  const parse = (text: string): number[] => {
    const [numbers = '', pre] = text.split('-', 2);
    const [major = 0, minor = 0, patch = 0] = numbers.split('.').map((part) => Number.parseInt(part, 10) || 0);
    return [major, minor, patch, pre === undefined ? 1 : 0];
  };
  const [a, b] = [parse(version), parse(than)];
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
