/**
 * The engine's connection to one run's supervisor: receives frames, sends controls. A lost connection is restored while
 * the supervisor lives; nothing is lost meanwhile, because the journal files contain everything.
 */
import * as net from 'node:net';
import * as path from 'node:path';
import { readReal } from '../../files/real.js';
import { RUN_FILES, SupervisorAddress } from '../../protocol/runFolder.js';
import { FromSupervisor, type Control, type Frame } from '../../protocol/supervisor.js';
import { isFrame } from '../../protocol/supervisorChecks.js';
import { isOwnSocket, RUN_SOCKET } from '../disk/sockets.js';
import { isHere } from '../machine/host.js';
import { lineReader } from '../../protocol/lines.js';

export interface SupervisorEvents {
  /** Connected, with the program's pid (null: not started yet) and whether it is paused. */
  welcome(pid: number | null, paused: boolean): void;
  frame(frame: Frame): void;
  /** Data has arrived, and `read` has to be called. */
  arrived(): void;
  /** The exit record is in the journal. */
  exited(): void;
  closed(): void;
}

const HELLO_MS = 10_000;
/** UTF-16 units. A longer line is dropped, so that a peer that never ends its line can't fill the memory. */
const LONGEST_LINE = 8 << 20;
/** Maximum number of bytes that one `read` handles, and that may be buffered. */
const READ_BYTES = 256 * 1024;
const MAX_WAITING = 1 << 20;

export class SupervisorLink {
  private socket: net.Socket | null = null;
  private welcomed = false;
  private readonly unsent: Control[] = [];
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private lines: (chunk: Uint8Array) => void = () => undefined;
  malformed = 0;

  constructor(
    private readonly folder: string,
    /** Identifies the run's launch, because an earlier launch's supervisor may still exist. */
    private readonly launch: number,
    private readonly events: SupervisorEvents,
  ) {}

  get connected(): boolean {
    return this.welcomed;
  }

  /** Tries once. Returns false when no supervisor answers at the run's address. */
  async connect(): Promise<boolean> {
    const address = readAddress(this.folder);
    if (address?.launch !== this.launch || this.socket) return this.welcomed;
    // The folder may contain anything, so only a socket that this user owns is ever opened.
    if (!isOwnSocket(RUN_SOCKET, address.socket)) return false;
    // On this host, a socket with that name would be another process's.
    if (!isHere(address.host)) return false;
    const socket = net.connect(address.socket);
    this.socket = socket;
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.destroy(), HELLO_MS);
      socket.on('error', () => undefined);
      socket.on('connect', () => {
        socket.write(JSON.stringify({ type: 'hello', token: address.token, role: 'engine' }) + '\n');
      });
      const read = lineReader(
        (line) => {
          const message = this.parse(line);
          if (message?.type === 'welcome') {
            clearTimeout(timer);
            this.welcomed = true;
            resolve(true);
            for (const control of this.unsent.splice(0)) this.send(control);
          }
          if (message) this.dispatch(message);
        },
        { max: LONGEST_LINE, onTooLong: () => this.malformed++, skipTooLong: true },
      );
      this.lines = read;
      this.waiting = [];
      this.waitingBytes = 0;
      socket.on('data', (chunk: Buffer) => {
        // Nothing is buffered before the greeting.
        if (!this.welcomed) return read(chunk);
        this.waiting.push(chunk);
        this.waitingBytes += chunk.length;
        if (this.waitingBytes > MAX_WAITING) socket.pause();
        this.events.arrived();
      });
      socket.on('close', () => {
        clearTimeout(timer);
        if (this.socket !== socket) return;
        this.socket = null;
        this.welcomed = false;
        resolve(false);
        this.events.closed();
      });
    });
  }

  /** Passes on part of the received frames. Returns whether there is more. */
  read(): boolean {
    let bytes = 0;
    while (this.waiting.length > 0 && bytes < READ_BYTES) {
      const chunk = this.waiting.shift()!;
      bytes += chunk.length;
      this.lines(chunk);
    }
    this.waitingBytes -= bytes;
    if (this.waitingBytes <= MAX_WAITING && this.socket?.isPaused()) this.socket.resume();
    return this.waiting.length > 0;
  }

  /** Sends now, or as soon as the supervisor answers. */
  send(control: Control): void {
    if (this.welcomed && this.socket) this.socket.write(JSON.stringify(control) + '\n');
    else this.unsent.push(control);
  }

  dispose(): void {
    const socket = this.socket;
    this.socket = null;
    this.welcomed = false;
    this.waiting = [];
    this.waitingBytes = 0;
    socket?.destroy();
  }

  private parse(line: string): FromSupervisor | null {
    try {
      const message: unknown = JSON.parse(line);
      // The type of nearly all messages.
      if (typeof message === 'object' && message !== null && isFrame(message as Record<string, unknown>))
        return message as Frame;
      return FromSupervisor.parse(message);
    } catch {
      // Unreadable frames are skipped, because the journal files have the same records.
      this.malformed++;
      return null;
    }
  }

  private dispatch(message: FromSupervisor): void {
    if (message.type === 'frame') this.events.frame(message);
    else if (message.type === 'welcome') this.events.welcome(message.pid, message.paused);
    else if (message.type === 'exited') this.events.exited();
  }
}

export function readAddress(folder: string): SupervisorAddress | null {
  try {
    return SupervisorAddress.parse(JSON.parse(readReal(path.join(folder, RUN_FILES.supervisor))));
  } catch {
    return null;
  }
}
