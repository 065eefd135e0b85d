/** Connects the program's clients with the engine and passes messages between them. */
import { jsonObject } from '../../protocol/values/jsonObject.js';
import type { Socket } from 'node:net';
import { forJson, mergeFloats } from '../../protocol/values/floats.js';
import type { Assign, Assigned, Control, Frame } from '../../protocol/run/supervisor.js';
import { lineReader } from '../../protocol/values/lines.js';
import { isAssign, isControl, isFrame, isHello } from '../../protocol/run/supervisorChecks.js';
import { timingSafeEqual } from 'node:crypto';

/**
 * Maximum number of bytes buffered for a slow engine. Beyond that, frames are dropped and the engine is told to read
 * the file.
 */
const MAX_BACKLOG = 8 << 20;
const HELLO_MS = 10_000;

interface Peer {
  socket: Socket;
  role: 'client' | 'engine';
  handles: string[];
  /** Files whose frames were dropped; announced without data once the socket has room. */
  behind: Map<string, number>;
}

export interface HubEvents {
  token: string;
  welcome(): { pid: number | null; paused: boolean };
  /** Called with validated requests of the engine. */
  control(control: Control): void;
  /** Called when the engine has been told of a journal file's bytes up to `end`. */
  relayed(file: string, end: number): void;
  /** The program has ended its run and would take another. */
  ready?(): void;
  /** The engine has a run for a program that waits. `answer` sends it the welcome, or null if the program can't take it. */
  assign?(run: Assign, answer: (welcome: { pid: number | null; paused: boolean } | null) => void): void;
  /** No run comes for the program that waits: the engine says so, or has left. */
  dismissed?(): void;
}

export class Hub {
  private readonly peers = new Set<Peer>();
  private readonly sockets = new Set<Socket>();
  /** Called once no engine is connected. */
  private lonely: (() => void)[] = [];
  /** Standing requests, sent to clients that connect later. */
  private readonly standing = new Map<'stop' | 'set', Control>();

  constructor(private readonly events: HubEvents) {}

  get engines(): number {
    return [...this.peers].filter((peer) => peer.role === 'engine').length;
  }

  /** Resolves once no engine is connected. */
  withoutEngine(): Promise<void> {
    return new Promise((resolve) => (this.engines === 0 ? resolve() : void this.lonely.push(resolve)));
  }

  readonly accept = (socket: Socket): void => {
    let peer: Peer | null = null;
    this.sockets.add(socket);
    // A connection that never identifies itself must not stay open.
    const timer = setTimeout(() => socket.destroy(), HELLO_MS).unref();
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      this.sockets.delete(socket);
      if (peer) this.peers.delete(peer);
      if (peer?.role !== 'engine' || this.engines > 0) return;
      for (const tell of this.lonely.splice(0)) tell();
      this.events.dismissed?.();
    });
    socket.on('drain', () => peer && this.catchUp(peer));
    socket.on(
      'data',
      lineReader(
        (line) => {
          if (socket.destroyed) return;
          const message = jsonObject(line);
          if (peer) {
            if (message) this.receive(peer, message, line);
            return;
          }
          peer = message && this.admit(socket, message);
          clearTimeout(timer);
          if (!peer) socket.destroy();
        },
        { onTooLong: () => socket.destroy() },
      ),
    );
  };

  /** Returns whether a client of the program has subscribed to it and will act on it. */
  handled(what: 'stop' | 'set'): boolean {
    return [...this.peers].some((peer) => peer.role === 'client' && peer.handles.includes(what));
  }

  /**
   * Passes a control on to the clients that handle it, and to those that connect later, because programs take their
   * time to start.
   */
  toClients(control: Control): void {
    if (control.type === 'stop') this.standing.set('stop', control);
    if (control.type === 'set') {
      const before = this.standing.get('set');
      const old = before?.type === 'set' ? before : { params: {} };
      const floats = mergeFloats(old, control);
      const params = { ...old.params, ...control.params };
      this.standing.set('set', { type: 'set', params, ...(floats && { floats }) });
    }
    for (const peer of this.peers) if (peer.role === 'client') this.tell(peer, control);
  }

  /** Tells the engine that a file has grown by records that no client sent. */
  grown(file: string, offset: number): void {
    this.relay({ type: 'frame', file, offset }, null);
  }

  /** `waits`: the program has only ended its run, and would take another. */
  exited(waits = false): void {
    const line = waits ? '{"type":"exited","waits":true}\n' : '{"type":"exited"}\n';
    for (const peer of this.peers) if (peer.role === 'engine') peer.socket.write(line);
    // Requests belong to that run alone.
    this.standing.clear();
  }

  /** Gives the waiting program its next run; null: there is none. */
  next(run: Assigned | null): void {
    const line = JSON.stringify(run ?? { type: 'dismiss' }) + '\n';
    for (const peer of this.peers) if (peer.role === 'client') peer.socket.write(line);
  }

  /** Ends all connections once their pending data is sent. */
  close(): void {
    for (const socket of this.sockets) socket.end();
  }

  destroy(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private admit(socket: Socket, message: Record<string, unknown>): Peer | null {
    if (!isHello(message) || !sameText(message.token, this.events.token)) return null;
    const { role, handles = [] } = message;
    const peer: Peer = { socket, role, handles, behind: new Map() };
    this.peers.add(peer);
    socket.write(JSON.stringify({ type: 'welcome', ...this.events.welcome() }) + '\n');
    if (role === 'client') {
      for (const control of this.standing.values()) this.tell(peer, control);
    }
    return peer;
  }

  private tell(peer: Peer, control: Control): void {
    const wants = control.type === 'stop' || control.type === 'set' ? peer.handles.includes(control.type) : true;
    if (wants) peer.socket.write(controlLine(control));
  }

  private receive(peer: Peer, message: Record<string, unknown>, line: string): void {
    if (peer.role === 'client') {
      if (isFrame(message)) this.relay(message, line);
      else if (message.type === 'ready') this.events.ready?.();
    } else if (isControl(message)) this.events.control(message);
    else if (message.type === 'dismiss') this.events.dismissed?.();
    else if (isAssign(message)) {
      this.events.assign?.(message, (welcome) => {
        const answer = welcome ? { type: 'welcome', ...welcome } : { type: 'declined' };
        peer.socket.write(JSON.stringify(answer) + '\n');
      });
    }
  }

  private relay(frame: Frame, line: string | null): void {
    if (frame.data !== undefined) {
      this.events.relayed(frame.file, frame.offset + Buffer.byteLength(frame.data));
    }
    const text = (line ?? JSON.stringify(frame)) + '\n';
    for (const peer of this.peers) {
      if (peer.role !== 'engine') continue;
      if (peer.behind.size > 0 || peer.socket.writableLength > MAX_BACKLOG) peer.behind.set(frame.file, frame.offset);
      else peer.socket.write(text);
    }
  }

  private catchUp(peer: Peer): void {
    for (const [file, offset] of peer.behind)
      peer.socket.write(JSON.stringify({ type: 'frame', file, offset } satisfies Frame) + '\n');
    peer.behind.clear();
  }
}

function sameText(given: string, wanted: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Returns the control as one line, with whole numbers that are floats written as floats. */
function controlLine(control: Control): string {
  const told = control.type === 'set' ? { ...control, params: forJson(control.params, control.floats) } : control;
  return JSON.stringify(told) + '\n';
}
