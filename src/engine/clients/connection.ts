/** One open JSON-RPC connection to an engine, seen from a client. */
import * as net from 'node:net';
import {
  createMessageConnection,
  ErrorCodes,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { z } from 'zod';
import type { Grant } from '../../protocol/engine/agents.js';
import {
  FileProblem,
  Notifications,
  Requests,
  type NotificationName,
  type NotificationParams,
  type RequestName,
  type RequestParams,
  type RequestResult,
} from '../../protocol/engine/index.js';
import { EngineError } from './errors.js';
import { l10n } from '../../format/l10n.js';

export interface Disposable {
  dispose(): void;
}

export interface EngineInfo {
  version: string;
  protocol: number;
  pid: number;
  workspace: string;
  /** Why the engine only looks on: another host works in the folder. */
  notice: string | null;
  /** Budgets that agents have. */
  grants: Grant[];
  /** Why the engine can't work properly, such as a full disk, and what to do; null when all is well. */
  problem: string | null;
}

export interface EngineConnection extends Disposable {
  readonly engine: EngineInfo;
  readonly closed: boolean;
  /**
   * Asks the engine; both sides validate. Rejects with EngineError: `refused` (with `code` and `problems`),
   * `closed`, `timeout` or `protocol`.
   */
  request<N extends RequestName>(
    name: N,
    params: RequestParams<N>,
    options?: { timeoutMs?: number },
  ): Promise<RequestResult<N>>;
  on<N extends NotificationName>(notification: N, listener: (params: NotificationParams<N>) => void): Disposable;
  /** Called once when the connection has ended for any reason but `dispose`; at once if it already has. */
  onClose(listener: () => void): Disposable;
}

type Listener = (params: never) => void;

export class SocketConnection implements EngineConnection {
  engine: EngineInfo = { version: '', protocol: 0, pid: 0, workspace: '', notice: null, problem: null, grants: [] };
  closed = false;
  private disposed = false;
  private readonly rpc: MessageConnection;
  private readonly listeners = new Map<NotificationName, Set<Listener>>();
  private readonly closeListeners = new Set<() => void>();
  private readonly pending = new Set<(error: EngineError) => void>();

  constructor(private readonly socket: net.Socket) {
    this.rpc = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    this.rpc.onError(() => socket.destroy());
    this.rpc.onClose(() => this.ended());
    socket.on('close', () => this.ended());
    for (const name of Object.keys(Notifications) as NotificationName[]) {
      this.rpc.onNotification(name, (params: unknown) => this.notified(name, params));
    }
    this.rpc.listen();
  }

  async request<N extends RequestName>(
    name: N,
    params: RequestParams<N>,
    options: { timeoutMs?: number } = {},
  ): Promise<RequestResult<N>> {
    if (this.closed) throw closedError();
    const answer: unknown = await this.orClosed(this.rpc.sendRequest(name, params), name, options.timeoutMs);
    const result = Requests[name].result.safeParse(answer);
    if (!result.success) {
      throw new EngineError(
        'protocol',
        l10n.t("The engine's answer to {0} is malformed: {1}", name, z.prettifyError(result.error)),
      );
    }
    return result.data as RequestResult<N>;
  }

  on<N extends NotificationName>(notification: N, listener: (params: NotificationParams<N>) => void): Disposable {
    const set = this.listeners.get(notification) ?? new Set();
    this.listeners.set(notification, set.add(listener as Listener));
    return { dispose: () => set.delete(listener as Listener) };
  }

  onClose(listener: () => void): Disposable {
    if (this.closed && !this.disposed) queueMicrotask(listener);
    else this.closeListeners.add(listener);
    return { dispose: () => this.closeListeners.delete(listener) };
  }

  dispose(): void {
    this.disposed = true;
    this.closeListeners.clear();
    this.ended();
    this.socket.end();
    // A peer that never answers our FIN must not keep this process alive.
    this.socket.unref();
  }

  private notified(name: NotificationName, params: unknown): void {
    const parsed = Notifications[name].safeParse(params);
    if (!parsed.success) return;
    for (const listener of [...(this.listeners.get(name) ?? [])]) listener(parsed.data as never);
  }

  /** JSON-RPC leaves requests open when the connection ends: here they are rejected. */
  private orClosed<T>(answer: Promise<T>, name: string, timeoutMs: number | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.pending.add(reject);
      const timer =
        timeoutMs === undefined
          ? undefined
          : setTimeout(
              () =>
                done(() =>
                  reject(new EngineError('timeout', l10n.t('The engine gave no answer to {0} in time.', name))),
                ),
              timeoutMs,
            );
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        this.pending.delete(reject);
        settle();
      };
      answer.then(
        (value) => done(() => resolve(value)),
        (error: unknown) => done(() => reject(this.closed ? closedError() : refusal(error))),
      );
    });
  }

  private ended(): void {
    if (this.closed) return;
    this.closed = true;
    this.rpc.dispose();
    for (const reject of [...this.pending]) reject(closedError());
    this.pending.clear();
    for (const listener of [...this.closeListeners]) listener();
    this.closeListeners.clear();
  }
}

const NOT_SENT: readonly number[] = [
  ErrorCodes.MessageWriteError,
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.ConnectionInactive,
];

function closedError(): EngineError {
  return new EngineError('closed', l10n.t('The connection to the engine has ended.'));
}

function refusal(error: unknown): EngineError {
  if (!(error instanceof ResponseError)) return new EngineError('closed', String(error));
  // JSON-RPC answers by itself when it can't write: an engine that has just ended never had the request.
  if (NOT_SENT.includes(error.code)) return closedError();
  const problems = z.array(FileProblem).safeParse(error.data);
  return new EngineError('refused', error.message, error.code, problems.data ?? [], error.data);
}

/** Connects to a socket path or pipe name; rejects when no process listens there. */
export function openSocket(address: string, timeoutMs: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(address);
    const timer = setTimeout(() => socket.destroy(new Error(l10n.t('no answer in time'))), timeoutMs);
    const failed = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', failed);
      // From here on 'close' tells the end; an 'error' without a listener would end the process.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}
