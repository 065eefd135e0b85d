/** A connection that reconnects, for clients that outlive an engine. */
import type {
  NotificationName,
  NotificationParams,
  RequestName,
  RequestParams,
  RequestResult,
} from '../../protocol/engine/index.js';
import type { Disposable, EngineConnection } from './connection.js';
import { connectEngine, type ConnectOptions } from './connect.js';
import { EngineError } from './errors.js';

export type EngineLinkState =
  | { kind: 'idle' }
  | { kind: 'connecting' }
  | { kind: 'connected' }
  /** Lost or never had; tried again at `retryAt` unless null (nothing to wait for until someone asks). */
  | { kind: 'disconnected'; error: EngineError; retryAt: number | null };

/**
 * Connects when first asked, again with growing pauses after the connection was lost, and passes notifications on
 * across connections. After each `connected` state, request everything shown and `watch` again.
 *
 * An engine that says it is leaving (idle, or stopped on purpose) is not started again by the link alone, only
 * by the next request.
 */
export class EngineLink implements Disposable {
  state: EngineLinkState = { kind: 'idle' };
  private connection: EngineConnection | null = null;
  private connecting: Promise<EngineConnection> | null = null;
  private retry: NodeJS.Timeout | undefined;
  private failures = 0;
  private leaving: string | null = null;
  private disposed = false;
  private readonly abort = new AbortController();
  private readonly stateListeners = new Set<(state: EngineLinkState) => void>();
  private readonly listeners = new Map<NotificationName, Set<(params: never) => void>>();

  constructor(
    private readonly options: Omit<ConnectOptions, 'onNotification' | 'signal'>,
    private readonly connectWith: typeof connectEngine = connectEngine,
  ) {}

  /** The open connection, made if need be. Concurrent callers share one attempt. */
  connect(overrides: { start?: boolean } = {}): Promise<EngineConnection> {
    if (this.disposed) return Promise.reject(new EngineError('closed', 'This link was disposed.'));
    if (this.connection && !this.connection.closed) return Promise.resolve(this.connection);
    this.connecting ??= this.open(overrides).finally(() => (this.connecting = null));
    return this.connecting;
  }

  async request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    return (await this.connect()).request(name, params);
  }

  /** Notifications of this and all later connections. */
  on<N extends NotificationName>(notification: N, listener: (params: NotificationParams<N>) => void): Disposable {
    const set = this.listeners.get(notification) ?? new Set();
    this.listeners.set(notification, set.add(listener as (params: never) => void));
    return { dispose: () => set.delete(listener as (params: never) => void) };
  }

  onState(listener: (state: EngineLinkState) => void): Disposable {
    this.stateListeners.add(listener);
    return { dispose: () => this.stateListeners.delete(listener) };
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.retry);
    this.abort.abort();
    this.connection?.dispose();
    this.connection = null;
    this.stateListeners.clear();
    this.listeners.clear();
  }

  private async open(overrides: { start?: boolean }): Promise<EngineConnection> {
    clearTimeout(this.retry);
    this.leaving = null;
    this.become({ kind: 'connecting' });
    let connection: EngineConnection;
    try {
      connection = await this.connectWith({
        ...this.options,
        ...overrides,
        signal: this.abort.signal,
        onNotification: (name, params) => this.notified(name, params),
      });
    } catch (error) {
      const failure = error instanceof EngineError ? error : new EngineError('start-failed', String(error));
      this.failures++;
      this.lost(failure);
      throw failure;
    }
    if (this.disposed) {
      connection.dispose();
      throw new EngineError('closed', 'This link was disposed.');
    }
    this.connection = connection;
    this.failures = 0;
    connection.onClose(() => {
      if (this.connection !== connection) return;
      this.connection = null;
      this.lost(new EngineError('closed', this.leaving ?? 'The connection to the engine has ended.'));
    });
    this.become({ kind: 'connected' });
    return connection;
  }

  private lost(error: EngineError): void {
    if (this.disposed) return;
    // No automatic retry of problems that only the person can fix.
    const hopeless = this.leaving !== null || error.kind === 'no-node' || error.kind === 'not-running';
    if (hopeless) return this.become({ kind: 'disconnected', error, retryAt: null });
    const wait = Math.min(30_000, 250 * 2 ** this.failures) * (0.75 + Math.random() / 2);
    this.retry = setTimeout(() => void this.connect().catch(() => undefined), wait);
    this.retry.unref?.();
    this.become({ kind: 'disconnected', error, retryAt: Date.now() + wait });
  }

  private notified<N extends NotificationName>(name: N, params: NotificationParams<N>): void {
    if (name === 'leaving') this.leaving = (params as NotificationParams<'leaving'>).why;
    for (const listener of [...(this.listeners.get(name) ?? [])]) listener(params as never);
  }

  private become(state: EngineLinkState): void {
    this.state = state;
    for (const listener of [...this.stateListeners]) listener(state);
  }
}
