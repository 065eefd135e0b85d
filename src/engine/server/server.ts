/** Accepts clients, checks their token and protocol version, validates every request and passes it to its handler. */
import type * as net from 'node:net';
import { timingSafeEqual } from 'node:crypto';
import {
  createMessageConnection,
  ErrorCodes,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { z } from 'zod';
import {
  ErrorCode,
  PROTOCOL_VERSION,
  Requests,
  type NotificationName,
  type NotificationParams,
  type RequestName,
  type RequestResult,
} from '../../protocol/engine/index.js';
import type { Translate } from '../../format/l10n.js';
import type { Log } from '../disk/log.js';
import type { Environment } from '../disk/environments.js';
import { inLanguage } from './language.js';
import { RequestError } from './requestError.js';
import { l10n } from '../../format/l10n.js';

/** A handler's parameters, validated, with defaults filled in. */
export type Parsed<N extends RequestName> = z.output<(typeof Requests)[N]['params']>;
export type Handler<N extends RequestName> = (
  params: Parsed<N>,
  client: Client,
) => RequestResult<N> | Promise<RequestResult<N>>;
export type Handlers = { [N in Exclude<RequestName, 'initialize'>]: Handler<N> };

/** One connected, authenticated client. */
export interface Client {
  readonly name: string;
  /** Environment for the programs that it starts; null: not sent. */
  environment: Environment | null;
  /** Translates texts into its language; null: English. */
  translate: Translate | null;
  /** Bytes not yet received by the client: a slow one gets nothing new until it has caught up. */
  backlog(): number;
  notify<N extends NotificationName>(name: N, params: NotificationParams<N>): void;
}

export type Condition = NotificationParams<'condition'>;

export interface ServerOptions {
  token: string;
  version: string;
  workspace: string;
  handlers: Handlers;
  /** Returns the engine's state for a new client. */
  condition(): Condition;
  log: Log;
  connected(client: Client): void;
  disconnected(client: Client): void;
}

/** Limits on size and time for an unknown peer that has not sent the token yet. */
const UNKNOWN_BYTES = 64 * 1024;
const UNKNOWN_MS = 10_000;

export class Server {
  private readonly sessions = new Map<net.Socket, Session>();

  constructor(private readonly options: ServerOptions) {}

  accept(socket: net.Socket): void {
    socket.on('error', () => socket.destroy());
    const rpc = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    const session = new Session(socket, rpc, this.options);
    this.sessions.set(socket, session);
    socket.on('close', () => {
      this.sessions.delete(socket);
      session.end();
    });
    rpc.onError(() => socket.destroy());
    rpc.listen();
  }

  /** Sends pending messages to the clients, then closes every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.sessions.values()].map((session) => session.said));
    const sockets = [...this.sessions.keys()];
    const ended = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of sockets) socket.end();
    const force = setTimeout(() => sockets.forEach((socket) => socket.destroy()), 300);
    await Promise.all(ended);
    clearTimeout(force);
  }
}

class Session implements Client {
  name = '';
  environment: Environment | null = null;
  translate: Translate | null = null;
  /** Resolves when the last notification is written. */
  said: Promise<void> = Promise.resolve();
  private state: 'unknown' | 'incompatible' | 'open' | 'ended' = 'unknown';
  private readonly unknownTimer: NodeJS.Timeout;

  constructor(
    private readonly socket: net.Socket,
    private readonly rpc: MessageConnection,
    private readonly options: ServerOptions,
  ) {
    this.unknownTimer = setTimeout(() => socket.destroy(), UNKNOWN_MS);
    socket.on('data', () => {
      if (this.state === 'unknown' && socket.bytesRead > UNKNOWN_BYTES) socket.destroy();
    });
    for (const name of Object.keys(Requests) as RequestName[]) {
      rpc.onRequest(name, (params: unknown) => this.answer(name, params));
    }
  }

  backlog(): number {
    return this.socket.writableLength;
  }

  notify<N extends NotificationName>(name: N, params: NotificationParams<N>): void {
    if (this.state === 'open') this.said = this.rpc.sendNotification(name, params).catch(() => undefined);
  }

  end(): void {
    clearTimeout(this.unknownTimer);
    const was = this.state;
    this.state = 'ended';
    this.rpc.dispose();
    if (was === 'open') this.options.disconnected(this);
  }

  private answer(name: RequestName, params: unknown): Promise<unknown> {
    return inLanguage(this.translate, () => this.answerIn(name, params));
  }

  private async answerIn(name: RequestName, params: unknown): Promise<unknown> {
    try {
      const parsed = Requests[name].params.safeParse(params ?? {});
      if (!parsed.success) {
        if (this.state === 'unknown')
          throw new RequestError(ErrorCode.unauthorized, 'Send initialize with the token first.');
        throw new RequestError(ErrorCodes.InvalidParams, `${name}: ${z.prettifyError(parsed.error)}`);
      }
      if (name === 'initialize') return this.initialize(parsed.data as Parsed<'initialize'>);
      if (this.state === 'unknown')
        throw new RequestError(ErrorCode.unauthorized, 'Send initialize with the token first.');
      // An old client must be able to stop an engine with another protocol version.
      if (this.state === 'incompatible' && name !== 'engine/stop') throw this.incompatible();
      const handler = this.options.handlers[name] as Handler<RequestName>;
      return await handler(parsed.data as never, this);
    } catch (error) {
      return this.refuse(name, error);
    }
  }

  private initialize(params: Parsed<'initialize'>): RequestResult<'initialize'> {
    const { token, version, workspace, log } = this.options;
    if (!sameToken(params.token, token)) {
      log.warn(`refused a client (${params.client}) with a wrong token`);
      // Runs after the answer was sent.
      setTimeout(() => this.socket.end(), 50);
      throw new RequestError(ErrorCode.unauthorized, 'The token is not the one in engine.json.');
    }
    clearTimeout(this.unknownTimer);
    if (params.protocol !== PROTOCOL_VERSION) {
      if (this.state === 'unknown') this.state = 'incompatible';
      throw this.incompatible();
    }
    this.name = `${params.client} ${params.version}`;
    if (this.state !== 'open') {
      this.state = 'open';
      this.options.connected(this);
    }
    return { engine: version, protocol: PROTOCOL_VERSION, pid: process.pid, workspace, ...this.options.condition() };
  }

  private incompatible(): RequestError {
    return new RequestError(
      ErrorCode.incompatible,
      l10n.t('This engine is Tunesmith {0} and speaks protocol {1}.', this.options.version, PROTOCOL_VERSION),
      { engine: this.options.version, protocol: PROTOCOL_VERSION },
    );
  }

  private refuse(name: RequestName, error: unknown): ResponseError<unknown> {
    if (error instanceof RequestError) return new ResponseError(error.code, error.message, error.data);
    this.options.log.error(`${name} failed`, error);
    const message = error instanceof Error ? error.message : String(error);
    return new ResponseError(
      ErrorCodes.InternalError,
      l10n.t('{0} failed: {1}. More is in {2}.', name, message, this.options.log.file),
    );
  }
}

function sameToken(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
